"""Neural style transfer: a picture that has the content of one and the style of others."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from striate.data import Pixels, read_image
from striate.errors import ArgumentError, ShapeError
from striate.tasks.stylize_goal import CONTENT_FROM_NOISE, Goal, Losses
from striate.tasks.stylize_minimise import HISTORY, Optimizer, minimise
from striate.tasks.stylize_network import StyleNetwork
from striate.tasks.stylize_pictures import (
    fitting_size,
    grey,
    grey_like,
    recoloured,
    resized,
    sizes_in_turn,
    to_pixels,
    to_tensor,
)
from striate.tasks.stylize_preset import StylePreset, find_style_preset
from striate.tasks.stylize_tiles import TiledNetwork, lay_grid, tile_side
from striate.training import Device, Precision, pick_device

Start = Literal["content", "noise"]
Picture = str | Path | Pixels

_PROCESS_BYTES = 1.6e9  # of Python, torch, and what glibc keeps, measured at 1500 pixels
_PICTURES = 8  # that are held at once, beside the optimizer's
_LARGEST = 16384
# Around grey, in 0–1, and smooth over so many pixels: grey alone has hardly a gradient, and finer grain would stay.
_NOISE, _GRAIN = 0.15, 4


@dataclass(frozen=True)
class Iterate:
    """One step of a style transfer: the picture before the step, and what it costs.

    Attributes:
        step: from 1.
        steps: how many there will be.
        image: uint8 (H, W, 3); smaller in the steps of the coarser sizes.
        losses: of the image.
        best: no picture of this size was better so far.
    """

    step: int
    steps: int
    image: Pixels
    losses: Losses
    best: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, without the pixels."""
        size = list(self.image.shape[:2])
        return {"step": self.step, "steps": self.steps, "size_hw": size, "losses": self.losses.to_dict()}


@dataclass(frozen=True)
class _Options:
    """How a picture is made; see `stylize`, which says what raises."""

    size: int
    steps: int
    strength: float
    keep_colour: bool
    start: Start
    optimizer: Optimizer
    memory_gb: float
    seed: int

    def __post_init__(self) -> None:
        for name, least, most in (("size", 16, _LARGEST), ("steps", 1, 10**6)):
            if not least <= getattr(self, name) <= most:
                raise ArgumentError.of(name, f"{least} to {most}", getattr(self, name))
        if not 0 <= self.strength < float("inf"):
            raise ArgumentError.of("strength", "at least 0", self.strength)
        for name, words in (("start", get_args(Start)), ("optimizer", get_args(Optimizer))):
            if getattr(self, name) not in words:
                raise ArgumentError.of(name, f"one of {', '.join(words)}", getattr(self, name))


def stylize(
    content: Picture,
    styles: Picture | Sequence[Picture],
    *,
    model: str | StylePreset = "efficientnet_lite0",
    weights: str | Path | None = None,
    size: int = 512,
    steps: int = 200,
    strength: float = 1.0,
    style_weights: Sequence[float] = (),
    keep_colour: bool = False,
    start: Start = "content",
    optimizer: Optimizer = "lbfgs",
    memory_gb: float = 3.0,
    seed: int = 0,
    device: Device = "auto",
    precision: Precision = "fp32",
) -> Iterator[Iterate]:
    """Make a picture that shows what one picture shows, in the style of others.

    The pixels are optimised until a network's activations are those of the content and their Gram matrices those of
    the style: J = α · Jcontent + β · Jstyle, see `striate.ops.content_cost` and `style_cost`. It works from coarse to
    fine: most steps are done at a small size, whose result is where the next begins. The same arguments give the
    same picture.

    Gatys, Ecker and Bethge, Image Style Transfer Using Convolutional Neural Networks, 2016.

    Args:
        content: an image file, or uint8 pixels (H, W, 3).
        styles: one or several of the like, which are mixed.
        model: name of a preset, see `STYLE_PRESETS`, or one of your own.
        weights: a file of the network's weights; the published ones by default.
        size: pixels of the long side of the result.
        steps: how often the costs are computed, over all sizes.
        strength: of the style against the content; β.
        style_weights: how much each style counts, positive; the same by default.
        keep_colour: take the style's strokes, but the content's colours: only luminance is transferred.
        start: "content", or "noise"; from noise the content counts ten times as much.
        optimizer: "lbfgs" or "adam".
        memory_gb: about how much may be used; a picture that needs more is worked at in tiles, with the same result.
        seed: of the noise.
        device: where it computes.
        precision: "bf16" computes convolutions in bfloat16.

    Returns:
        The iterates, computed as they are asked for.

    Raises:
        ImageError: an image can't be read.
        ArgumentError: an option out of range, or too little memory.
        UnknownNameError: no such preset.
        MissingExtraError, WeightsError: the weights are not here, or don't fit.
    """
    options = _Options(size, steps, strength, keep_colour, start, optimizer, memory_gb, seed)
    preset = find_style_preset(model) if isinstance(model, str) else model
    several = [styles] if isinstance(styles, str | Path | np.ndarray) else list(styles)
    images = [_read(style) for style in several]
    shares = _shares(style_weights, len(images))
    picture = _read(content)
    network = StyleNetwork(preset, weights=weights, device=pick_device(device), precision=precision)
    return _Transfer(network, picture, images, shares, options).iterates()


def _read(picture: Picture) -> Pixels:
    if isinstance(picture, str | Path):
        return read_image(Path(picture))
    if picture.dtype != "uint8" or picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
        raise ShapeError.of("picture", "uint8 (H, W, 3)", f"{picture.dtype} {picture.shape}")
    return picture


def _shares(weights: Sequence[float], count: int) -> list[float]:
    """Weights of so many styles, which sum to 1."""
    given = list(weights) or [1.0] * count
    if count < 1 or len(given) != count or not all(0 < w < float("inf") for w in given):
        raise ArgumentError.of("style_weights", f"a positive number for each of {count} styles (at least one)", given)
    return [weight / sum(given) for weight in given]


class _Transfer:
    """The work at all sizes."""

    def __init__(
        self,
        network: StyleNetwork,
        content: Pixels,
        styles: Sequence[Pixels],
        shares: Sequence[float],
        options: _Options,
    ):
        self.network, self.content, self.options = network, content, options
        self.styles = list(zip(styles, shares, strict=True))
        self.grid = lay_grid(network)
        self.turns = [
            (side, fitting_size(content.shape[:2], side, self.grid.stride), steps)
            for side, steps in sizes_in_turn(options.size, options.steps)
        ]
        height, width = self.turns[-1][1]
        pictures = (2 * HISTORY + _PICTURES) * 3 * 4 * height * width
        self.side = tile_side(self.grid, (height, width), options.memory_gb * 1e9 - _PROCESS_BYTES - pictures)

    def iterates(self) -> Generator[Iterate, None, None]:
        best, done = None, 0
        for side, size_hw, steps in self.turns:
            colours = to_tensor(self.content, size_hw, self.network.device)
            content = grey(colours) if self.options.keep_colour else colours
            goal = self._goal(content, side)
            best = self._start(content) if best is None else resized(best, size_hw)
            least = float("inf")
            for picture, losses in minimise(goal, best, steps, self.options.optimizer):
                done += 1
                better = losses.total < least
                if better:
                    best, least = picture, losses.total
                image = to_pixels(recoloured(picture, colours) if self.options.keep_colour else picture)
                yield Iterate(done, self.options.steps, image, losses, better)

    def _goal(self, content: Tensor, side: int) -> Goal:
        """What the picture is to be at a size whose long side is `side`; styles are as large."""
        wanted: dict[str, Tensor] = {}
        for style, share in self.styles:
            size_hw = fitting_size(style.shape[:2], side, self.grid.stride)
            seen = to_tensor(style, size_hw, self.network.device)
            seen = grey_like(seen, content) if self.options.keep_colour else seen
            for name, gram in self._tiled(size_hw).mean_grams(seen, list(self.network.preset.style)).items():
                wanted[name] = wanted.get(name, 0.0) + share * gram
        factor = CONTENT_FROM_NOISE if self.options.start == "noise" else 1.0
        return Goal(self._tiled(content.shape[2:]), content, wanted, self.options.strength, factor)

    def _tiled(self, size_hw: Sequence[int]) -> TiledNetwork:
        return TiledNetwork(self.network, self.grid, (size_hw[0], size_hw[1]), self.side)

    def _start(self, content: Tensor) -> Tensor:
        if self.options.start == "content":
            return content
        chance = torch.Generator().manual_seed(self.options.seed)
        height, width = (max(1, side // _GRAIN) for side in content.shape[2:])
        coarse = _NOISE * torch.randn((1, 3, height, width), generator=chance)
        return 0.5 + resized(coarse, (content.shape[2], content.shape[3])).to(content.device)

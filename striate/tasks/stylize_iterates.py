"""Neural style transfer: a picture that has the content of one and the style of others."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from striate.data import Pixels, read_image
from striate.errors import ArgumentError, ShapeError
from striate.tasks.stylize_goal import Goal, Losses
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
from striate.tasks.stylize_tiles import Grid, TiledNetwork, lay_grid
from striate.training import Device, Precision, pick_device

Start = Literal["content", "noise"]
Optimizer = Literal["lbfgs", "adam"]
Picture = str | Path | Pixels

HISTORY = 10  # pairs of steps and gradients that L-BFGS remembers
_ADAM_LR = 0.02  # of a picture in 0–1
_PROCESS_BYTES = 0.6e9  # of Python and torch
_LARGEST = 16384


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
class StyleOptions:
    """How a picture is made; see `stylize`.

    Raises:
        ArgumentError: a number out of range, or an unknown word.
    """

    size: int = 512
    steps: int = 200
    strength: float = 1.0
    style_weights: Sequence[float] = ()
    keep_colour: bool = False
    start: Start = "content"
    optimizer: Optimizer = "lbfgs"
    memory_gb: float = 3.0
    seed: int = 0

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
    device: Device = "auto",
    precision: Precision = "fp32",
    **options: Any,
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
        device: where it computes.
        precision: "bf16" computes convolutions in bfloat16.
        size: pixels of the long side of the result.
        steps: how often the costs are computed, over all sizes.
        strength: of the style against the content; β.
        style_weights: how much each style counts, positive; the same by default.
        keep_colour: take the style's strokes, but the content's colours: only luminance is transferred.
        start: "content", or "noise".
        optimizer: "lbfgs" or "adam".
        memory_gb: about how much may be used; a picture that needs more is worked at in tiles, with the same result.
        seed: of the noise.

    Returns:
        The iterates, computed as they are asked for.

    Raises:
        ImageError: an image can't be read.
        ArgumentError: an option out of range, or too little memory.
        UnknownNameError: no such preset.
        MissingExtraError, WeightsError: the weights are not here, or don't fit.
    """
    chosen = StyleOptions(**options)
    preset = find_style_preset(model) if isinstance(model, str) else model
    several = [styles] if isinstance(styles, str | Path | np.ndarray) else list(styles)
    images = [_read(style) for style in several]
    shares = _shares(chosen.style_weights, len(images))
    picture = _read(content)
    network = StyleNetwork(preset, weights=weights, device=pick_device(device), precision=precision)
    return _Transfer(network, picture, images, shares, chosen).iterates()


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
        options: StyleOptions,
    ):
        self.network, self.content, self.options = network, content, options
        self.styles = list(zip(styles, shares, strict=True))
        preset = network.preset
        self.grid = lay_grid(network.rows((256, 256)), preset.layers, preset.upsample)
        self.turns = [
            (side, fitting_size(content.shape[:2], side, self.grid.stride), steps)
            for side, steps in sizes_in_turn(options.size, options.steps)
        ]
        self.side = tile_side(self.grid, self.turns[-1][1], options.memory_gb * 1e9)

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
        return Goal(self._tiled(content.shape[2:]), content, wanted, self.options.strength)

    def _tiled(self, size_hw: Sequence[int]) -> TiledNetwork:
        return TiledNetwork(self.network, self.grid, (size_hw[0], size_hw[1]), self.side)

    def _start(self, content: Tensor) -> Tensor:
        if self.options.start == "content":
            return content
        chance = torch.Generator().manual_seed(self.options.seed)
        return torch.rand(content.shape, generator=chance).to(content.device)


def tile_side(grid: Grid, size_hw: tuple[int, int], memory_bytes: float) -> int:
    """How many pixels a side a tile may have, halo not counted, so that all fits into the memory.

    Raises:
        ArgumentError: not even a tile as large as its halo fits.
    """
    pixels = size_hw[0] * size_hw[1]
    rest = memory_bytes - _PROCESS_BYTES - pixels * 12 * (2 * HISTORY + 8)  # L-BFGS's memory, and the pictures
    across = sqrt(max(rest, 0) / (4 * grid.numbers))
    if rest >= 4 * grid.numbers * pixels:
        return -(-max(size_hw) // grid.stride) * grid.stride
    side = int((across - 2 * grid.halo) / grid.stride) * grid.stride
    if side < max(grid.halo, grid.stride):
        raise ArgumentError.of("memory_gb", f"enough for {size_hw[1]}x{size_hw[0]} pixels", memory_bytes / 1e9)
    return side


def minimise(goal: Goal, picture: Tensor, steps: int, optimizer: Optimizer) -> Iterator[tuple[Tensor, Losses]]:
    """Change a picture until it costs little.

    Yields:
        each picture, and what it costs, before it is changed.
    """
    x = picture.detach().clone(memory_format=torch.contiguous_format).requires_grad_()
    rule: torch.optim.Optimizer
    if optimizer == "adam":
        rule = torch.optim.Adam([x], lr=_ADAM_LR)
    else:
        rule = torch.optim.LBFGS([x], max_iter=1, history_size=HISTORY, tolerance_grad=0, tolerance_change=0)
    found: list[Losses] = []

    def cost() -> float:
        found.append(goal.backward(x))
        return found[-1].total

    for _ in range(steps):
        before = x.detach().clone()
        rule.step(cost)  # type: ignore[no-untyped-call]
        yield before, found[-1]

"""The plan of a training of a network that paints: everything that decides it, and why."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.data import Dataset, parse_distortions
from striate.data.image import named, read_file
from striate.errors import ArgumentError, UnknownNameError
from striate.models import find_entry
from striate.models.registry import ENTRIES
from striate.preset import Preset
from striate.tasks.plan import Plan, Wishes
from striate.tasks.stylize_preset import find_style_preset
from striate.training import Recipe

_NETWORK = "transform_net_slim"
_FEATURES = "efficientnet_lite0"
_SIDE = 256
_BATCH = 4
_STEPS = 2000
_LR = 1e-3


@dataclass(frozen=True)
class PaintPlan(Plan):
    """Everything that decides the training of a network that paints.

    Attributes:
        weights: whose features tell content and style: a name of `STYLE_PRESETS`.
        styles: the files of the styles; their names are the preset's labels.
        style_digests: SHA-256 of each.
        strength: of the styles against the content.
    """

    styles: tuple[str, ...] = ()
    style_digests: tuple[str, ...] = ()
    strength: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return super().to_dict() | {"styles": list(self.styles), "style_digests": list(self.style_digests)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "PaintPlan":
        """The inverse of `to_dict`."""
        lists = {name: tuple(values[name]) for name in ("styles", "style_digests")}
        plan = super().from_dict({**values, **lists})
        assert isinstance(plan, PaintPlan)
        return plan


def make_paint_plan(dataset: Dataset, wishes: Wishes) -> PaintPlan:
    """What the training of a network that paints will do.

    Raises:
        ArgumentError: a wish that can't be fulfilled.
        UnknownNameError: no such network or features.
        ImageError: a style can't be read.
    """
    styles = wishes.styles or ()
    if not styles:
        raise ArgumentError("styles must be at least one image whose style to learn: --style IMAGE")
    network, features = wishes.model or _NETWORK, wishes.weights or _FEATURES
    _check_network(network)
    find_style_preset(features)
    images = len(dataset.parts["train"])
    batch_size = min(images, wishes.batch_size or _BATCH)
    pipeline = parse_distortions("mirror, crop 0.5-1" if wishes.distort is None else wishes.distort)
    preset = Preset(_size(wishes.size), mean=(127.5,) * 3, std=(127.5,) * 3, labels=style_names(styles))
    pipeline.check(preset)
    return PaintPlan(
        network=network,
        weights=features,
        freeze="none",
        preset=preset,
        pipeline=pipeline,
        recipe=_recipe(wishes, images, batch_size),
        batch_size=batch_size,
        precision=wishes.precision or "fp32",
        class_weights=(),
        reasons=(f"style is what {features} sees of {', '.join(preset.labels)}",),
        styles=tuple(str(Path(style).resolve()) for style in styles),
        style_digests=tuple(digest_of(style) for style in styles),
        strength=1.0 if wishes.strength is None else wishes.strength,
    )


def style_names(styles: tuple[str, ...]) -> tuple[str, ...]:
    """What styles are called: their files' names, with a number where two have one.

    Example:
        >>> style_names(("a/wave.jpg", "b/wave.png", "night.jpg"))
        ('wave', 'wave-2', 'night')
    """
    names: list[str] = []
    for style in styles:
        name, number = Path(style).stem, 1
        while name in names:
            number += 1
            name = f"{Path(style).stem}-{number}"
        names.append(name)
    return tuple(names)


def digest_of(style: str | Path) -> str:
    """SHA-256 of an image file, in hexadecimal.

    Raises:
        ImageError: it can't be read.
    """
    with named(style):
        return hashlib.sha256(read_file(Path(style))).hexdigest()


def _check_network(name: str) -> None:
    if not find_entry(name).paints:
        raise UnknownNameError("network that paints", name, [known for known, e in ENTRIES.items() if e.paints])


def _size(wish: int | None) -> tuple[int, int]:
    side = wish or _SIDE
    if side % 4 or side < 16:
        raise ArgumentError.of("size", "a multiple of 4, at least 16", side)
    return side, side


def _recipe(wishes: Wishes, images: int, batch_size: int) -> Recipe:
    epochs = wishes.epochs or math.ceil(_STEPS * batch_size / images)
    more = {"clip_norm": 1.0, "warmup_epochs": min(0.5, epochs / 2), **(wishes.recipe or {})}
    lr, seed = wishes.lr or _LR, wishes.seed or 0
    return Recipe.usual(wishes.optimizer or "adam", epochs=epochs, lr=lr, seed=seed, **more)

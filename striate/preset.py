"""Preset: what a network expects of its input, and the names of what it answers.

A preset travels with the weights through training, export and serving, so they can't drift apart.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from striate.errors import ArgumentError

Filter = Literal["nearest", "bilinear", "bicubic", "area"]
Fit = Literal["crop", "stretch", "letterbox"]


@dataclass(frozen=True)
class Preset:
    """What a network expects of its input, and its labels.

    Attributes:
        size_hw: height and width in pixels of the network's input.
        channels: 1 (grey), 3 (RGB) or 4 (RGB and alpha).
        mean, std: per channel, in input units (0–255): the network sees (x - mean) / std.
        fit: how an image comes to `size_hw`. "crop": the short side to `short_side`, then the central
            part; "stretch": both sides, the shape is not kept; "letterbox": the whole image, borders filled.
        short_side: pixels of the short side before the central crop; 0 means the size itself.
        filter: how pixels are interpolated; always antialiased when an image shrinks.
        border: fill per channel for what lies outside the image, in input units (0–255).
        labels: the name of each class, in the order of the logits.
        colour_pca: how the training images' colours vary, which `striate.data.PcaColour` draws from: for each principal
            component, the widest first, its direction times the standard deviation along it, (3, 3) in input units;
            empty where nothing asked for it.

    Raises:
        ArgumentError: a field is out of range, or lengths disagree with `channels`.

    Example:
        >>> preset = Preset(size_hw=(28, 28), channels=1, mean=(33.3,), std=(78.6,), labels=("0", "1"))
        >>> Preset.from_dict(preset.to_dict()) == preset
        True
    """

    size_hw: tuple[int, int]
    channels: int = 3
    mean: tuple[float, ...] = (123.675, 116.28, 103.53)
    std: tuple[float, ...] = (58.395, 57.12, 57.375)
    fit: Fit = "crop"
    short_side: int = 0
    filter: Filter = "bilinear"
    border: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    colour_pca: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        if len(self.size_hw) != 2 or not all(1 <= s <= 65535 for s in self.size_hw):
            raise ArgumentError.of("preset.size_hw", "a height and a width of 1 to 65535 pixels", self.size_hw)
        if self.channels not in (1, 3, 4):
            raise ArgumentError.of("preset.channels", "1, 3 or 4", self.channels)
        for name in ("mean", "std"):
            if len(getattr(self, name)) != self.channels:
                raise ArgumentError.of(f"preset.{name}", f"{self.channels} numbers, one a channel", getattr(self, name))
        if min(self.std) <= 0:
            raise ArgumentError.of("preset.std", "positive", self.std)
        if not self.border:
            object.__setattr__(self, "border", self.mean)  # what is outside becomes 0 to the network
        if len(self.border) != self.channels:
            raise ArgumentError.of("preset.border", f"{self.channels} numbers, one a channel", self.border)
        for name, choices in (("fit", get_args(Fit)), ("filter", get_args(Filter))):
            if getattr(self, name) not in choices:
                raise ArgumentError.of(f"preset.{name}", f"one of {', '.join(choices)}", getattr(self, name))
        if self.short_side and self.short_side < min(self.size_hw):
            raise ArgumentError.of("preset.short_side", f"0 or at least {min(self.size_hw)}", self.short_side)
        if self.colour_pca and (self.channels < 3 or [len(row) for row in self.colour_pca] != [3, 3, 3]):
            raise ArgumentError.of("preset.colour_pca", "empty, or 3x3 where there are colours", self.colour_pca)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, for a model file's header; an empty `colour_pca` is left out."""
        return {k: _lists(v) for k, v in asdict(self).items() if k != "colour_pca" or v}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Preset":
        """The inverse of `to_dict`; names that are not fields are an error."""
        surplus = sorted(set(values) - {f.name for f in fields(cls)})
        if surplus:
            raise ArgumentError.of("preset", f"made of {', '.join(f.name for f in fields(cls))}", surplus)
        return cls(**{k: _tuples(v) for k, v in values.items()})


def _lists(value: Any) -> Any:
    return [_lists(v) for v in value] if isinstance(value, tuple) else value


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value

"""RecordingPreset: what a network of signals, volumes or clips expects of its input, and the names of its answers.

It is to recordings what `striate.preset.Preset` is to images, and travels with the weights in the same way.
"""

from dataclasses import asdict, dataclass, fields
from math import isfinite, prod
from typing import Any, Literal, get_args

from striate.errors import ArgumentError

Kind = Literal["signal", "volume", "clip"]
Standardise = Literal["training", "each"]
RecordingFit = Literal["crop", "stretch"]

AXES: dict[Kind, tuple[str, ...]] = {"signal": ("time",), "volume": ("depth", "height", "width")}
AXES["clip"] = ("time", "height", "width")
UNITS: dict[Kind, tuple[str, ...]] = {"signal": ("s",), "volume": ("mm",) * 3, "clip": ("s", "pixels", "pixels")}
MAX_SAMPLES = 2**26  # of a network's input, in one channel


@dataclass(frozen=True)
class RecordingPreset:
    """What a network of recordings expects of its input, and its labels.

    Attributes:
        kind: "signal" (C, L), "volume" (C, D, H, W) or "clip" (C, T, H, W).
        size: samples along each axis of the network's input: (L,), (D, H, W) or (T, H, W).
        spacing: from one sample to the next along each axis: seconds of a signal, millimetres of a volume, seconds and
            pixels (1.0) of a clip; 0 where the data doesn't say.
        channels: C.
        mean, std: per channel, in the data's own units: the network sees (x - mean) / std.
        standardise: "training" takes `mean` and `std` as they are, of the training data; "each" takes every recording's
            own of all its samples and channels together after it is fitted, and `mean` and `std` are then not used.
        fit: how a recording comes to `size`: "crop" keeps the spacing and takes the central part, what lies outside
            being `border`; "stretch" brings all of it to the size, whatever its spacing.
        border: what lies outside of a recording, per channel; left out, `mean`, or with "each" the recording's own.
        labels: the name of each class, in the order of the logits.
        channel_names: of the channels, where the data says.

    Raises:
        ArgumentError: a field is out of range, or lengths disagree.

    Example:
        >>> preset = RecordingPreset("signal", (288,), (1 / 360,), 1, (-0.3,), (0.2,), labels=("beat", "none"))
        >>> RecordingPreset.from_dict(preset.to_dict()) == preset, preset.dims
        (True, 1)
    """

    kind: Kind
    size: tuple[int, ...]
    spacing: tuple[float, ...]
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    standardise: Standardise = "training"
    fit: RecordingFit = "crop"
    border: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    channel_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        choices = (("kind", Kind), ("standardise", Standardise), ("fit", RecordingFit))
        for name, kinds in choices:
            if getattr(self, name) not in get_args(kinds):
                raise ArgumentError.of(f"preset.{name}", f"one of {', '.join(get_args(kinds))}", getattr(self, name))
        axes = AXES[self.kind]
        if len(self.size) != len(axes) or min(self.size) < 1 or prod(self.size) > MAX_SAMPLES:
            expected = f"samples along {', '.join(axes)}, at most {MAX_SAMPLES:,} in all"
            raise ArgumentError.of("preset.size", expected, self.size)
        if len(self.spacing) != len(axes) or not all(isfinite(step) and step >= 0 for step in self.spacing):
            raise ArgumentError.of("preset.spacing", f"a step, or 0, along {', '.join(axes)}", self.spacing)
        if not 1 <= self.channels <= 4096:
            raise ArgumentError.of("preset.channels", "1 to 4096", self.channels)
        if not self.border:
            object.__setattr__(self, "border", self.mean)  # what is outside becomes 0 to the network
        for name in ("mean", "std", "border"):
            values = getattr(self, name)
            if len(values) != self.channels or not all(map(isfinite, values)):
                raise ArgumentError.of(f"preset.{name}", f"{self.channels} finite numbers, one a channel", values)
        if min(self.std) <= 0:
            raise ArgumentError.of("preset.std", "positive", self.std)
        if len(self.channel_names) not in (0, self.channels):
            raise ArgumentError.of("preset.channel_names", f"none, or {self.channels}", self.channel_names)

    @property
    def dims(self) -> int:
        """Axes of the network's input: 1 or 3."""
        return len(self.size)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, for a model file's header."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "RecordingPreset":
        """The inverse of `to_dict`; names that are not fields are an error."""
        surplus = sorted(set(values) - {f.name for f in fields(cls)})
        if surplus:
            raise ArgumentError.of("preset", f"made of {', '.join(f.name for f in fields(cls))}", surplus)
        arguments: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        return cls(**arguments)

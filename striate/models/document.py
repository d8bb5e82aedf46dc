"""ModelFile: the JSON document in a model file, checked whether it was made here or read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import torch

from striate.errors import ArgumentError, ModelFileError
from striate.preset import Preset
from striate.recording_preset import RecordingPreset
from striate.version import __version__

AnyPreset = Preset | RecordingPreset  # of images, or of signals, volumes and clips
FORMAT = 1
_SIZES = ("num_classes", "in_channels", "dims")
_MAX_PIXELS = 2**26  # of the network's input; a file that asks for more is to exhaust memory


def _installed_versions() -> dict[str, str]:
    return {"striate": __version__, "torch": str(torch.__version__)}


@dataclass(frozen=True)
class ModelFile:
    """What a model file says of its weights.

    Attributes:
        network: a name of the registry.
        arguments: what the network is built with: num_classes, in_channels, dims and the family's options,
            plain values only.
        task: the job it was trained for, such as "classify".
        preset: what it expects of its input, and its labels; one of recordings says its kind.
        thresholds: by name, where the task decides by any.
        record: how it was trained, plain JSON.
        licence: of the weights it started from; empty where it started from none.
        versions: of the packages that wrote it.
        format: the version of this document.

    Raises:
        ArgumentError: a field is not of its type, or the channels of preset and network differ.

    Example:
        >>> preset = Preset(size_hw=(32, 32), channels=1, mean=(33.3,), std=(78.6,), labels=("0", "1"))
        >>> arguments = {"num_classes": 2, "in_channels": 1, "dims": 2}
        >>> ModelFile("lenet5", arguments, "classify", preset).format
        1
    """

    network: str
    arguments: Mapping[str, Any]
    task: str
    preset: AnyPreset
    thresholds: Mapping[str, float] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""
    versions: Mapping[str, str] = field(default_factory=_installed_versions)
    format: int = FORMAT

    def __post_init__(self) -> None:
        _expect(type(self.format) is int and self.format == FORMAT, "format", str(FORMAT), self.format)
        for name in ("network", "task", "licence"):
            value = getattr(self, name)
            _expect(isinstance(value, str), name, "a string", value)
        for name in ("arguments", "thresholds", "record", "versions"):
            value = getattr(self, name)
            sound = isinstance(value, Mapping) and all(isinstance(key, str) for key in value)
            _expect(sound, name, "a mapping from strings", value)
        for name in _SIZES:
            value = self.arguments.get(name)
            _expect(type(value) is int and value >= 1, f"arguments[{name!r}]", "an integer of at least 1", value)
        for name, value in self.arguments.items():
            _expect(_is_plain(value), f"arguments[{name!r}]", "a plain value or a list of them", value)
        _expect(all(map(_is_finite, self.thresholds.values())), "thresholds", "finite numbers", self.thresholds)
        _expect(all(isinstance(v, str) for v in self.versions.values()), "versions", "strings", self.versions)
        _check_preset(self.preset, self.arguments["in_channels"], self.arguments["dims"])
        if self.preset.labels and len(self.preset.labels) != self.arguments["num_classes"]:
            expected = f"a name for each of {self.arguments['num_classes']} classes"
            raise ArgumentError.of("header.preset.labels", expected, f"{len(self.preset.labels)} names")

    @property
    def image_preset(self) -> Preset:
        """The preset of a model of images.

        Raises:
            ModelFileError: it is one of signals, volumes or clips.
        """
        if isinstance(self.preset, RecordingPreset):
            raise ModelFileError(f"a model of {self.preset.kind}s, and images are looked at")
        return self.preset

    @property
    def size(self) -> tuple[int, ...]:
        """Samples along each axis of the network's input."""
        return self.preset.size_hw if isinstance(self.preset, Preset) else self.preset.size

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, in the order of the fields."""
        return {f.name: getattr(self, f.name) for f in fields(self)} | {"preset": self.preset.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ModelFile":
        """The inverse of `to_dict`, for values from an untrusted file.

        Raises:
            ModelFileError: a field is missing, surplus or not of its type, or the format is of another version.
        """
        _check_format(values)
        names = {f.name for f in fields(cls)}
        if set(values) != names:
            raise ModelFileError(f"the document has to have exactly {', '.join(sorted(names))}; got {sorted(values)}")
        try:
            return cls(**{**values, "preset": read_preset(values["preset"])})
        except (ArgumentError, TypeError, AttributeError, OverflowError) as e:  # of other types it fails in many ways
            raise ModelFileError(f"the document is not sound: {e}") from e


def read_preset(values: dict[str, Any]) -> AnyPreset:
    """The preset of plain values: of recordings where they name a kind, else of images.

    Raises:
        ArgumentError: a field is surplus or out of range; fields of other types fail in many ways.

    Example:
        >>> read_preset(Preset((32, 32), 1, (33.3,), (78.6,)).to_dict()).size_hw
        (32, 32)
        >>> read_preset(RecordingPreset("signal", (96,), (0.0,), 1, (0.0,), (1.0,)).to_dict()).kind
        'signal'
    """
    return RecordingPreset.from_dict(values) if "kind" in values else Preset.from_dict(values)


def _is_plain(value: object) -> bool:
    values = value if isinstance(value, list) else [value]
    return all(isinstance(one, str | int | float | None) for one in values)


def _expect(sound: bool, name: str, expected: str, got: object) -> None:
    if not sound:
        raise ArgumentError.of(f"header.{name}", expected, got)


def _check_format(values: Mapping[str, Any]) -> None:
    if (found := values.get("format")) != FORMAT:
        versions = values.get("versions")
        writer = versions.get("striate", "unknown") if isinstance(versions, dict) else "unknown"
        raise ModelFileError(
            f"a model file of format {found!r}, written by striate {writer}; this is striate {__version__}, "
            f"which reads format {FORMAT}: install striate {writer} or newer"
        )


def _check_preset(preset: AnyPreset, in_channels: int, dims: int) -> None:
    """What a preset takes on trust, because a file may hold anything."""
    _expect(isinstance(preset, Preset | RecordingPreset), "preset", "a Preset or a RecordingPreset", preset)
    own = ("size_hw",) if isinstance(preset, Preset) else ("size", "spacing", "channel_names")
    for name in (*own, "mean", "std", "border", "labels"):
        value = getattr(preset, name)
        _expect(isinstance(value, tuple), f"preset.{name}", "a tuple", value)
    _expect(all(isinstance(label, str) for label in preset.labels), "preset.labels", "strings", preset.labels)
    _expect(preset.channels == in_channels, "preset.channels", f"in_channels, {in_channels}", preset.channels)
    if isinstance(preset, Preset):
        _check_image_preset(preset)
    else:
        _check_recording_preset(preset, dims)


def _check_image_preset(preset: Preset) -> None:
    sizes = (*preset.size_hw, preset.channels, preset.short_side)
    sound = all(type(size) is int and 0 <= size <= 65535 for size in sizes)
    _expect(sound, "preset", "made of sizes in whole pixels up to 65535", sizes)
    height, width = preset.size_hw
    _expect(height * width <= _MAX_PIXELS, "preset.size_hw", f"of at most {_MAX_PIXELS} pixels", preset.size_hw)
    numbers = (*preset.mean, *preset.std, *preset.border, *(v for row in preset.colour_pca for v in row))
    _expect(all(map(_is_finite, numbers)), "preset", "made of finite numbers", numbers)


def _check_recording_preset(preset: RecordingPreset, dims: int) -> None:
    """Ranges are its own; here types, and that it has the network's axes."""
    sizes = (*preset.size, preset.channels)
    _expect(all(type(size) is int for size in sizes), "preset", "made of whole samples", sizes)
    numbers = (*preset.spacing, *preset.mean, *preset.std, *preset.border)
    _expect(all(map(_is_finite, numbers)), "preset", "made of finite numbers", numbers)
    names = preset.channel_names
    _expect(all(isinstance(name, str) for name in names), "preset.channel_names", "strings", names)
    _expect(preset.dims == dims, "preset.kind", f"of dims, {dims}", preset.kind)


def _is_finite(value: object) -> bool:
    """Whether it is a number that fits a float; True is not one."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e300 < value < 1e300

"""The plan of a training on signals, volumes or clips: everything that decides it, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from striate.recording_preset import RecordingPreset
from striate.recordings import RecordingPipeline
from striate.recordings.cut import Cut
from striate.tasks.plan import PrecisionWish
from striate.training import Recipe


@dataclass(frozen=True)
class RecordingPlan:
    """Everything that decides a training on recordings; see `striate.tasks.plan.Plan` for what both have.

    Attributes:
        network, weights, freeze, recipe, batch_size, precision, class_weights, reasons: as of `Plan`.
        preset: what the network expects of a recording, with the labels.
        pipeline: how training recordings are distorted.
        resample: recordings of another spacing are brought to the preset's; else they are refused.
        again: after it was measured, the network learns once more, of the recordings held back as well.
        cut: how records are cut into windows; None where recordings are taken as they are.
        channels: those of the data that are looked at, by name or number; None for all.
    """

    network: str
    weights: str | None
    freeze: str
    preset: RecordingPreset
    pipeline: RecordingPipeline
    recipe: Recipe
    batch_size: int
    precision: PrecisionWish
    class_weights: tuple[float, ...]
    reasons: tuple[str, ...]
    resample: bool = False
    again: bool = False
    cut: Cut | None = None
    channels: tuple[str, ...] | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """What the network is built with."""
        preset = self.preset
        return {"num_classes": len(preset.labels), "in_channels": preset.channels, "dims": preset.dims}

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return plain | {
            "preset": self.preset.to_dict(),
            "pipeline": self.pipeline.to_list(),
            "recipe": self.recipe.to_dict(),
            "class_weights": list(self.class_weights),
            "reasons": list(self.reasons),
            "cut": cut_to_dict(self.cut),
            "channels": list(self.channels) if self.channels else None,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "RecordingPlan":
        """The inverse of `to_dict`."""
        return cls(
            **{
                **values,
                "preset": RecordingPreset.from_dict(values["preset"]),
                "pipeline": RecordingPipeline.from_list(values["pipeline"]),
                "recipe": Recipe.from_dict(values["recipe"]),
                "class_weights": tuple(values["class_weights"]),
                "reasons": tuple(values["reasons"]),
                "cut": cut_from_dict(values.get("cut")),
                "channels": tuple(values["channels"]) if values.get("channels") else None,
            }
        )


def cut_to_dict(cut: Cut | None) -> dict[str, Any] | None:
    """Plain JSON values.

    Example:
        >>> cut_from_dict(cut_to_dict(Cut(0.8, ("N",)))) == Cut(0.8, ("N",))
        True
    """
    if cut is None:
        return None
    return {f.name: list(v) if isinstance(v := getattr(cut, f.name), tuple) else v for f in fields(cut)}


def cut_from_dict(values: Mapping[str, Any] | None) -> Cut | None:
    """The inverse of `cut_to_dict`."""
    if values is None:
        return None
    plain: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    return Cut(**plain)

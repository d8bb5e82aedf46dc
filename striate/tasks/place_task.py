"""What localization and landmarks share: an image shows one object or none, and where is read off as numbers."""

from dataclasses import dataclass
from typing import Any, ClassVar

from striate.data import MarkedDataset, MarkedItem
from striate.preset import Preset
from striate.tasks.marks_task import Found, MarksTask


@dataclass(frozen=True)
class PlaceTask(MarksTask[MarkedItem, Found]):
    """A job whose head is of `striate.models.place_head`.

    Attributes:
        job: what it and its head are called.
        linear: numbers and loss of the course documents; else the logistic form and the loss of today.
        threshold: the object is there if its presence is above it, in [0, 1].
    """

    job: ClassVar[str]
    linear: bool = False
    threshold: float = 0.5

    @property
    def name(self) -> str:  # type: ignore[override]
        """What a model file calls it."""
        return f"{self.job}_linear" if self.linear else self.job

    def arguments(self, preset: Preset, dataset: MarkedDataset[MarkedItem], seed: int) -> dict[str, Any]:
        """Of the head: it reads all places of an input of this size."""
        return {"head": self.job, "size_hw": list(preset.size_hw)}

    @property
    def thresholds(self) -> dict[str, float]:
        """What a model file keeps of it."""
        return {"presence": self.threshold}

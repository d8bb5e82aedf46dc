"""What came of a training."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from striate.data import PartName

AnyFigures = TypeVar("AnyFigures")


@dataclass(frozen=True)
class Outcome(Generic[AnyFigures]):
    """What came of a training.

    Attributes:
        figures: by part: "val", by which the best epoch was chosen, and "test", by which nothing was.
        model: the model file.
        report: the page for people.
        remarks: by part: what it served for beside.
    """

    figures: Mapping[PartName, AnyFigures]
    model: Path
    report: Path
    remarks: Mapping[PartName, str]

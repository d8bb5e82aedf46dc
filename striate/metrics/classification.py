"""Every figure of a classifier that names one class for each image."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.metrics.accuracy import (
    accuracy,
    balanced_accuracy,
    class_scores,
    confusion_matrix,
    mean_over_present,
    top_accuracy,
)
from striate.metrics.calibration import ReliabilityBin, calibration_error, log_loss, reliability
from striate.metrics.inputs import check_classified, check_labels
from striate.metrics.interval import wilson_interval


@dataclass(frozen=True)
class ClassScore:
    """The figures of one class.

    Attributes:
        label: its name.
        n: how many images of it there are.
        precision: of what was taken for it, the share that is it; 0 where nothing was.
        recall: of its images, the share that was found; 0 where there are none.
        f1: their harmonic mean, 2·hits / (images + predictions).
    """

    label: str
    n: int
    precision: float
    recall: float
    f1: float

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Classification:
    """How good a classifier is on one part of the data.

    A class without images keeps its row (n = 0, figures 0) but does not enter the means over classes.

    Attributes:
        n: how many images were judged.
        accuracy: the share whose likeliest class is the true one.
        interval: Wilson's 95 % interval of the accuracy.
        balanced_accuracy: mean recall over the classes that have images.
        precision, f1: means over the classes that have images.
        top5: the share whose true class is among the five likeliest; 1 with five classes or fewer.
        calibration_error: expected calibration error in 15 bins of equal width.
        log_loss: mean -log of the true class's probability, in nats.
        per_class: figures of each class, in the order of the labels.
        confusion: rows of counts, true × predicted.
        reliability: the bins behind the calibration error that hold images.
    """

    n: int
    accuracy: float
    interval: tuple[float, float]
    balanced_accuracy: float
    precision: float
    f1: float
    top5: float
    calibration_error: float
    log_loss: float
    per_class: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    reliability: tuple[ReliabilityBin, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes."""
        return tuple(score.label for score in self.per_class)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, under the names of the attributes."""
        return {
            **{name: getattr(self, name) for name in _FIGURES},
            "interval": list(self.interval),
            "per_class": [score.to_dict() for score in self.per_class],
            "confusion": [list(row) for row in self.confusion],
            "reliability": [one.to_dict() for one in self.reliability],
        }


_FIGURES = ("n", "accuracy", "balanced_accuracy", "precision", "f1", "top5", "calibration_error", "log_loss")


def classification(probabilities: npt.ArrayLike, targets: npt.ArrayLike, labels: Sequence[str]) -> Classification:
    """Compute every figure of `Classification` from a network's answers.

    Args:
        probabilities: (N, K) in [0, 1], each row sums to 1.
        targets: (N,) class numbers in [0, K).
        labels: K names.

    Returns:
        The record; no figure is NaN.

    Raises:
        ShapeError, ArgumentError: there are no images, values out of range, or arrays that don't fit each other.

    Example:
        >>> result = classification([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4]], [0, 1, 1], ["cat", "dog"])
        >>> result.confusion, round(result.accuracy, 3), round(result.f1, 3)
        (((1, 0), (1, 1)), 0.667, 0.667)
    """
    p, t = check_classified(probabilities, targets)
    names = check_labels(labels, p.shape[1])
    confusion = confusion_matrix(p, t)
    counts = confusion.sum(axis=1)
    precision, recall, f1 = class_scores(confusion)
    bins = reliability(p, t)
    columns = zip(names, counts.tolist(), precision.tolist(), recall.tolist(), f1.tolist(), strict=True)
    return Classification(
        n=len(t),
        accuracy=accuracy(p, t),
        interval=wilson_interval(int(np.trace(confusion)), len(t)),
        balanced_accuracy=balanced_accuracy(confusion),
        precision=mean_over_present(precision, counts),
        f1=mean_over_present(f1, counts),
        top5=top_accuracy(p, t, 5),
        calibration_error=calibration_error(bins),
        log_loss=log_loss(p, t),
        per_class=tuple(ClassScore(*row) for row in columns),
        confusion=tuple(map(tuple, confusion.tolist())),
        reliability=bins,
    )

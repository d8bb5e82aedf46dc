"""Every figure of a detector that needs no confidence threshold."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from striate.errors import ArgumentError
from striate.metrics.accuracy import mean_over_present
from striate.metrics.coco_evaluation import CocoCurves, CocoEvaluation
from striate.metrics.ground_truth import GroundTruth
from striate.metrics.inputs import Floats
from striate.metrics.interval import bootstrap_interval
from striate.results import Detections

DRAWS = 500


@dataclass(frozen=True)
class ClassDetection:
    """The figures of one class.

    Attributes:
        label: its name.
        n: how many objects of it count.
        ap50: average precision where an overlap of IoU ≥ .5 is a hit.
        ap: its mean over the thresholds .5, .55, …, .95.
        recall: the share of objects that are found at all, mean over the same thresholds.
        precision: at IoU ≥ .5 and the recalls 0, .01, …, 1, interpolated: no lower than at any higher recall.
    """

    label: str
    n: int
    ap50: float
    ap: float
    recall: float
    precision: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {"precision": list(self.precision)}


@dataclass(frozen=True)
class DetectionScores:
    """How good a detector is on one part of the data, by COCO's reference evaluator.

    A class without objects keeps its row (n = 0, figures 0) but does not enter the means over classes.

    Attributes:
        n: how many images were judged.
        objects: how many objects on them count.
        map50: mean average precision where an overlap of IoU ≥ .5 is a hit: mAP@.5.
        map50_interval: its 95 % interval, or None where it was not asked for.
        map: mean over the thresholds .5, .55, …, .95: mAP@[.5:.95].
        map_interval: likewise.
        average_recall: mean of the classes' `recall`.
        per_class: figures of each class, in the order of the labels.
    """

    n: int
    objects: int
    map50: float
    map50_interval: tuple[float, float] | None
    map: float
    map_interval: tuple[float, float] | None
    average_recall: float
    per_class: tuple[ClassDetection, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes."""
        return tuple(score.label for score in self.per_class)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, under the names of the attributes."""
        intervals = {name: getattr(self, name) for name in ("map50_interval", "map_interval")}
        return {
            **{name: getattr(self, name) for name in ("n", "objects", "map50", "map", "average_recall")},
            **{name: ends and list(ends) for name, ends in intervals.items()},
            "per_class": [score.to_dict() for score in self.per_class],
        }


def detection_scores(
    detections: Sequence[Detections], truths: Sequence[GroundTruth], labels: Sequence[str], *, draws: int = DRAWS
) -> DetectionScores:
    """Compute every figure of `DetectionScores`.

    All detections count, however unsure: hand over those of low confidence too. Of a class on an image the 100 surest
    are looked at. The intervals are the bootstrap's over images, see `striate.metrics.bootstrap_interval`.

    Args:
        detections: of each image.
        truths: of each image, in the same order.
        labels: K names of the classes.
        draws: how many for the intervals; 0 leaves them out. One draw takes about a millisecond for 90 images.

    Returns:
        The record; no figure is NaN.

    Raises:
        ArgumentError: there are no images, answers and images are not as many, a class is none of the K, or `draws` is
            below 0.
        MissingExtraError: faster-coco-eval is not installed.

    Example:
        >>> truth = GroundTruth(np.array([[0.0, 0, 10, 10], [20, 0, 30, 10]]), np.array([0, 0]))
        >>> found = Detections(np.array([[0, 0, 10, 9]]), np.array([0.9]), np.array([0]), ("car",))
        >>> scores = detection_scores([found], [truth], ["car", "bus"], draws=0)
        >>> round(scores.map50, 3), round(scores.map, 3), round(scores.average_recall, 3)
        (0.505, 0.454, 0.45)
    """
    if draws < 0:
        raise ArgumentError.of("draws", "at least 0", draws)
    evaluation = CocoEvaluation(detections, truths, len(labels))
    counts = np.sum([np.bincount(t.class_id[~t.ignored], minlength=len(labels)) for t in truths], axis=0)
    curves = evaluation.curves()
    ap50, ap, recall = _per_class(curves)
    interval50, interval = _intervals(evaluation, len(truths), draws)
    rows = zip(labels, counts.tolist(), ap50.tolist(), ap.tolist(), recall.tolist(), strict=True)
    lines = np.maximum(curves.precision[0].T, 0).tolist()  # (K, 101)
    return DetectionScores(
        n=len(truths),
        objects=int(counts.sum()),
        map50=mean_over_present(ap50, counts),
        map50_interval=interval50,
        map=mean_over_present(ap, counts),
        map_interval=interval,
        average_recall=mean_over_present(recall, counts),
        per_class=tuple(ClassDetection(*row, tuple(line)) for row, line in zip(rows, lines, strict=True)),
    )


def _per_class(curves: CocoCurves) -> tuple[Floats, Floats, Floats]:
    """AP@.5, AP and recall of each class, 0 for those without objects."""
    precision, recall = np.maximum(curves.precision, 0), np.maximum(curves.recall, 0)
    return precision[0].mean(axis=0), precision.mean(axis=(0, 1)), recall.mean(axis=0)


def _intervals(
    evaluation: CocoEvaluation, n: int, draws: int
) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
    """Of mAP@.5 and mAP; a draw without any object says nothing."""
    if not draws:
        return None, None
    ends = bootstrap_interval(lambda drawn: _means(evaluation.curves(drawn)), n, draws=draws)  # (2, 2)
    if np.isnan(ends).any():
        return None, None
    (low50, low), (high50, high) = ends.tolist()
    return (low50, high50), (low, high)


def _means(curves: CocoCurves) -> tuple[float, float]:
    """mAP@.5 and mAP over the classes that have objects; NaN where none has any."""
    present = np.flatnonzero(curves.recall[0] >= 0)
    if not len(present):
        return np.nan, np.nan
    ap50, ap, _ = _per_class(curves)
    return float(ap50[present].mean()), float(ap[present].mean())

"""A confidence above which detections are shown, chosen on held-back data, and what it leads to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from striate.errors import ArgumentError
from striate.metrics.ground_truth import GroundTruth, check_detected
from striate.metrics.inputs import Bools, Floats
from striate.metrics.matching import ALARM, match_images
from striate.results import Detections

NO_CHOICE = 0.5  # where no threshold is better than another


@dataclass(frozen=True)
class OperatingPoint:
    """What is right of the detections above a confidence, where an overlap of IoU ≥ .5 is a hit.

    Attributes:
        threshold: detections of higher confidence count.
        hits: objects that were found.
        misses: objects that were not.
        false_alarms: detections that found none.
    """

    threshold: float
    hits: int
    misses: int
    false_alarms: int

    @property
    def precision(self) -> float:
        """The share of the detections that are right; 0 where there are none."""
        return self.hits / max(1, self.hits + self.false_alarms)

    @property
    def recall(self) -> float:
        """The share of the objects that are found; 0 where there are none."""
        return self.hits / max(1, self.hits + self.misses)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.hits / max(1, 2 * self.hits + self.misses + self.false_alarms)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {"precision": self.precision, "recall": self.recall, "f1": self.f1}


def operating_point(
    detections: Sequence[Detections], truths: Sequence[GroundTruth], threshold: float
) -> OperatingPoint:
    """Count hits, misses and false alarms of the detections above a confidence.

    Args:
        detections: of each image.
        truths: of each image, in the same order.
        threshold: in [0, 1].

    Raises:
        ArgumentError: there are no images, answers and images are not as many, or the threshold is out of range.

    Example:
        >>> truth = GroundTruth(np.array([[0.0, 0, 10, 10], [20, 0, 30, 10]]), np.array([0, 0]))
        >>> found = Detections(np.array([[0, 0, 10, 9]]), np.array([0.9]), np.array([0]), ("car",))
        >>> operating_point([found], [truth], 0.5)
        OperatingPoint(threshold=0.5, hits=1, misses=1, false_alarms=0)
    """
    if not 0 <= threshold <= 1:
        raise ArgumentError.of("threshold", "in [0, 1]", threshold)
    confidence, right, objects = _judged(detections, truths)
    shown = right[confidence > threshold]
    hits = int(shown.sum())
    return OperatingPoint(threshold, hits, objects - hits, len(shown) - hits)


def choose_threshold(detections: Sequence[Detections], truths: Sequence[GroundTruth]) -> float:
    """The confidence above which F1 is highest, over all classes together: half way to the next detection below it.

    Choose it on data that was held back from training, and not on that which it is reported for. Of thresholds that
    are as good the highest is taken; 0.5 where no object is found at any.

    Args:
        detections: of each image, those of low confidence too.
        truths: of each image, in the same order.

    Raises:
        ArgumentError: there are no images, or answers and images are not as many.

    Example:
        >>> truth = GroundTruth(np.array([[0.0, 0, 10, 10]]), np.array([0]))
        >>> boxes = np.array([[0.0, 0, 10, 9], [50, 0, 60, 9]])
        >>> choose_threshold([Detections(boxes, np.array([0.9, 0.2]), np.array([0, 0]), ("a", "a"))], [truth])
        0.55
    """
    confidence, right, objects = _judged(detections, truths)
    order = np.argsort(-confidence, kind="stable")
    below = np.append(confidence[order], 0.0)  # each detection's confidence, then the least there can be
    hits = right[order].cumsum()
    f1 = 2 * hits / np.maximum(1, objects + np.arange(1, len(hits) + 1))
    f1[below[:-1] == below[1:]] = 0  # a threshold can't part equals
    if not hits.any():
        return NO_CHOICE
    best = int(f1.argmax())
    return float((below[best] + below[best + 1]) / 2)


def _judged(detections: Sequence[Detections], truths: Sequence[GroundTruth]) -> tuple[Floats, Bools, int]:
    """Confidence of all detections that count, whether each is right, and how many objects count."""
    check_detected(detections, truths)
    matches = match_images(detections, truths)
    confidence = np.concatenate([d.confidence[m.counts] for d, m in zip(detections, matches, strict=True)])
    right = np.concatenate([m.found[m.counts] != ALARM for m in matches])
    return confidence, right, sum(int((~truth.ignored).sum()) for truth in truths)

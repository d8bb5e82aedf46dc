"""What a detector missed, and where it saw something that is not there."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from striate.metrics.ground_truth import GroundTruth, check_detected
from striate.metrics.inputs import Floats
from striate.metrics.matching import ALARM, match_images, overlap_table
from striate.results import Detections

AlarmKind = Literal["found twice", "wrong class", "badly placed", "nothing there"]
HIT, NEAR = 0.5, 0.1  # IoU


class Miss(NamedTuple):
    """An object that was not found: the image's place, the object's on it, and its area in pixels."""

    image: int
    object: int
    area: float


class FalseAlarm(NamedTuple):
    """A detection that is wrong.

    Attributes:
        image: place of the image.
        detection: place among its detections.
        confidence: how sure the network was.
        kind: "found twice": its object was found by a surer one. "wrong class": it lies on an object of another.
            "badly placed": IoU of .1 to .5 with an object of its class. "nothing there": none of these.
    """

    image: int
    detection: int
    confidence: float
    kind: AlarmKind


def find_misses(detections: Sequence[Detections], truths: Sequence[GroundTruth], threshold: float) -> tuple[Miss, ...]:
    """The objects that no detection above the confidence threshold found, the largest first.

    Args:
        detections: of each image.
        truths: of each image, in the same order; objects that are ignored are not missed.
        threshold: detections of higher confidence count.

    Raises:
        ArgumentError: there are no images, or answers and images are not as many.

    Example:
        >>> truth = GroundTruth(np.array([[0.0, 0, 10, 10], [20, 0, 40, 10]]), np.array([0, 0]))
        >>> find_misses([Detections.empty()], [truth], 0.5)
        (Miss(image=0, object=1, area=200.0), Miss(image=0, object=0, area=100.0))
    """
    check_detected(detections, truths)
    matches = match_images([d[d.confidence > threshold] for d in detections], truths)
    misses = (
        Miss(i, int(j), float((truth.xyxy[j, 2:] - truth.xyxy[j, :2]).prod()))
        for i, (truth, matched) in enumerate(zip(truths, matches, strict=True))
        for j in np.flatnonzero(~matched.seen & ~truth.ignored)
    )
    return tuple(sorted(misses, key=lambda miss: -miss.area))


def find_false_alarms(
    detections: Sequence[Detections], truths: Sequence[GroundTruth], threshold: float
) -> tuple[FalseAlarm, ...]:
    """The detections above the confidence threshold that found no object, the surest first, and what each is.

    Args:
        detections: of each image.
        truths: of each image, in the same order.
        threshold: detections of higher confidence count.

    Raises:
        ArgumentError: there are no images, or answers and images are not as many.

    Example:
        >>> truth = GroundTruth(np.array([[0.0, 0, 10, 10]]), np.array([0]))
        >>> boxes = np.array([[0, 0, 10, 9], [0, 0, 10, 8], [50, 0, 60, 9]])
        >>> found = Detections(boxes, np.array([0.9, 0.8, 0.7]), np.array([0, 0, 0]), ("car",) * 3)
        >>> [(alarm.detection, alarm.kind) for alarm in find_false_alarms([found], [truth], 0.5)]
        [(1, 'found twice'), (2, 'nothing there')]
    """
    check_detected(detections, truths)
    matches = match_images(detections, truths)
    alarms = (
        FalseAlarm(i, int(j), float(found.confidence[j]), _kind(found, truth, overlap_table(found, truth), int(j)))
        for i, (found, truth, matched) in enumerate(zip(detections, truths, matches, strict=True))
        for j in np.flatnonzero((matched.found == ALARM) & (found.confidence > threshold))
    )
    return tuple(sorted(alarms, key=lambda alarm: -alarm.confidence))


def _kind(found: Detections, truth: GroundTruth, overlaps: Floats, place: int) -> AlarmKind:
    same = truth.class_id == found.class_id[place]
    own = overlaps[place][same].max(initial=0)
    other = overlaps[place][~same].max(initial=0)
    if own >= HIT:
        return "found twice"
    if other >= HIT:
        return "wrong class"
    return "badly placed" if own >= NEAR else "nothing there"

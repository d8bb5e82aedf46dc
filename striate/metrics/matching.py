"""Which detection found which object, by the rules of the reference evaluator."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from striate.metrics.ground_truth import GroundTruth
from striate.metrics.inputs import Bools, Floats, Ints
from striate.ops import box_iou
from striate.results import Detections

ALARM = -1  # a detection that found nothing


class Matches(NamedTuple):
    """What the detections of one image found.

    Attributes:
        found: (D,) the object that each detection found, or `ALARM`.
        counts: (D,) whether it counts, which it doesn't where it found an ignored object.
        seen: (N,) whether each object was found.
    """

    found: Ints
    counts: Bools
    seen: Bools


def match_boxes(detections: Detections, truth: GroundTruth, iou_threshold: float = 0.5) -> Matches:
    """Each detection, the surest first, takes the object of its class that overlaps it most and is still free.

    An ignored object is taken where no other is there for it, by any number of detections that lie in it: by the share
    of their own area. Leaving out the least sure detections changes nothing for the others.

    Args:
        detections: on one image.
        truth: on the same.
        iou_threshold: the least overlap of a hit, in (0, 1].

    Example:
        >>> truth = GroundTruth(np.array([[0.0, 0, 10, 10]]), np.array([0]))
        >>> boxes = np.array([[0.0, 0, 9, 9], [0, 0, 10, 10], [0, 0, 10, 10]])
        >>> match_boxes(Detections(boxes, np.array([0.5, 0.8, 0.9]), np.array([0, 0, 1]), ("a", "a", "b")), truth)
        Matches(found=array([-1,  0, -1]), counts=array([ True,  True,  True]), seen=array([ True]))
    """
    overlaps = overlap_table(detections, truth)
    same = detections.class_id[:, None] == truth.class_id
    fits = same & (overlaps >= min(iou_threshold, 1 - 1e-10))
    found, seen = np.full(len(detections), ALARM), np.zeros(len(truth), np.bool_)
    for i in np.argsort(-detections.confidence, kind="stable"):
        for free in (fits[i] & ~truth.ignored & ~seen, fits[i] & truth.ignored):
            if free.any():
                found[i] = _last_largest(np.where(free, overlaps[i], -1))
                seen[found[i]] = True
                break
    counts = (found == ALARM) | ~truth.ignored[found] if len(truth) else np.ones(len(detections), np.bool_)
    return Matches(found, counts, seen)


def match_images(
    detections: Sequence[Detections], truths: Sequence[GroundTruth], iou_threshold: float = 0.5
) -> list[Matches]:
    """`match_boxes` image by image."""
    return [match_boxes(d, t, iou_threshold) for d, t in zip(detections, truths, strict=True)]


def overlap_table(detections: Detections, truth: GroundTruth) -> Floats:
    """(D, N) IoU; with an ignored object, the share of the detection's area that lies in it."""
    a, b = torch.tensor(detections.xyxy), torch.tensor(truth.xyxy, dtype=torch.float64)
    iou: Floats = box_iou(a, b).numpy()
    if not truth.ignored.any():
        return iou
    area_a, area_b = ((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]) for box in (a.numpy(), b.numpy()))
    shared = iou * (area_a[:, None] + area_b) / (1 + iou)
    inside = np.divide(shared, area_a[:, None], out=np.zeros_like(iou), where=area_a[:, None] > 0)
    return np.where(truth.ignored, inside, iou)


def _last_largest(values: Floats) -> int:
    """Of equal ones the last, as in COCO's code."""
    return len(values) - 1 - int(values[::-1].argmax())

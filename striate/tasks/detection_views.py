"""Close-ups of what a detector missed and of its false alarms, the worst first."""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from striate.data import BoxItem, Pixels
from striate.draw import CloseUp
from striate.draw.text import percent
from striate.metrics import NEAR, FalseAlarm, GroundTruth, Miss, find_false_alarms, find_misses
from striate.ops import box_iou
from striate.results import Detections

Load = Callable[[int], Pixels]


def mistake_views(
    items: Sequence[BoxItem],
    load: Load,
    found: Sequence[Detections],
    labels: Sequence[str],
    threshold: float,
    most: int,
) -> list[CloseUp]:
    """The largest objects that were missed, then the surest false alarms.

    Args:
        items: what is marked on each image.
        load: reads the image of a place in `items`.
        found: what a detector found on each of them, whatever its confidence.
        labels: names of the classes.
        threshold: detections of higher confidence count.
        most: of misses and of false alarms each.

    Raises:
        ArgumentError: answers and images are not as many.
    """
    truths = truths_of(items)
    misses, alarms = find_misses(found, truths, threshold), find_false_alarms(found, truths, threshold)
    views = [_missed(items, load, found, labels, threshold, miss) for miss in misses[:most]]
    return views + [_alarmed(items, load, found, alarm) for alarm in alarms[:most]]


def truths_of(items: Sequence[BoxItem]) -> list[GroundTruth]:
    """The objects on each image; difficult ones and crowds count neither way."""
    return [GroundTruth(item.xyxy, item.labels, item.ignored) for item in items]


def _missed(
    items: Sequence[BoxItem],
    load: Load,
    found: Sequence[Detections],
    labels: Sequence[str],
    threshold: float,
    miss: Miss,
) -> CloseUp:
    """The object, and what was found on it, if anything."""
    item, seen = items[miss.image], found[miss.image]
    overlaps = box_iou(torch.tensor(seen.xyxy), torch.tensor(item.xyxy[[miss.object]]))[:, 0].numpy()
    return CloseUp(
        image=load(miss.image),
        xyxy=item.xyxy[miss.object],
        title=labels[item.labels[miss.object]],
        remark="missed",
        path=item.path,
        found=seen[(seen.confidence > threshold) & (overlaps > NEAR)],
        truth=item.xyxy[[miss.object]],
    )


def _alarmed(items: Sequence[BoxItem], load: Load, found: Sequence[Detections], alarm: FalseAlarm) -> CloseUp:
    """What was found, and the objects around it."""
    item, wrong = items[alarm.image], found[alarm.image][np.array([alarm.detection])]
    return CloseUp(
        image=load(alarm.image),
        xyxy=wrong.xyxy[0],
        title=f"{wrong.labels[0]} {percent(alarm.confidence, 0)}",
        remark=alarm.kind,
        path=item.path,
        found=wrong,
        truth=item.xyxy,
    )

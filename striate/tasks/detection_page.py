"""A page of what a detector missed and of its false alarms, the worst first."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from striate.atomic import atomic_write
from striate.data import BoxPart
from striate.draw import CloseUp, close_ups_png
from striate.draw.text import percent
from striate.metrics import NEAR, FalseAlarm, GroundTruth, Miss, find_false_alarms, find_misses
from striate.ops import box_iou
from striate.results import Detections

MOST = 18  # of misses, and of false alarms: three rows of the page each


def draw_detection_mistakes(
    part: BoxPart, found: Sequence[Detections], labels: Sequence[str], threshold: float, out: str | Path
) -> tuple[int, int]:
    """Write a page of close-ups as PNG: the largest objects that were missed, then the surest false alarms.

    Args:
        part: images and their boxes.
        found: what a detector found on each of them, whatever its confidence.
        labels: names of the classes.
        threshold: detections of higher confidence count.
        out: the page; it is not written where nothing is wrong.

    Returns:
        How many misses and false alarms there are, of which the page shows 18 each.

    Raises:
        ArgumentError: answers and images are not as many.
        OutputError: the page can't be written.
    """
    truths = [GroundTruth(item.xyxy, item.labels, item.difficult | item.crowd) for item in part.items]
    misses, alarms = find_misses(found, truths, threshold), find_false_alarms(found, truths, threshold)
    views = [_missed(part, found, labels, threshold, miss) for miss in misses[:MOST]]
    views += [_alarmed(part, found, alarm) for alarm in alarms[:MOST]]
    if views:
        page = close_ups_png(views)
        with atomic_write(Path(out)) as file:
            file.write(page)
    return len(misses), len(alarms)


def _missed(part: BoxPart, found: Sequence[Detections], labels: Sequence[str], threshold: float, miss: Miss) -> CloseUp:
    """The object, and what was found on it, if anything."""
    item, seen = part.items[miss.image], found[miss.image]
    overlaps = box_iou(torch.tensor(seen.xyxy), torch.tensor(item.xyxy[[miss.object]]))[:, 0].numpy()
    return CloseUp(
        image=part.load(miss.image),
        xyxy=item.xyxy[miss.object],
        title=labels[item.labels[miss.object]],
        remark="missed",
        path=item.path,
        found=seen[(seen.confidence > threshold) & (overlaps > NEAR)],
        truth=item.xyxy[[miss.object]],
    )


def _alarmed(part: BoxPart, found: Sequence[Detections], alarm: FalseAlarm) -> CloseUp:
    """What was found, and the objects around it."""
    item, wrong = part.items[alarm.image], found[alarm.image][np.array([alarm.detection])]
    return CloseUp(
        image=part.load(alarm.image),
        xyxy=wrong.xyxy[0],
        title=f"{wrong.labels[0]} {percent(alarm.confidence, 0)}",
        remark=alarm.kind,
        path=item.path,
        found=wrong,
        truth=item.xyxy,
    )

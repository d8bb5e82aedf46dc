"""What there is to know of a data set of boxes or points before training on it."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from striate.data.boxes import BoxDataset, BoxItem, PointDataset, PointItem
from striate.data.summary import Summary, summarize
from striate.errors import Problem

FLAGS = ("difficult", "truncated", "crowd")


class BoxSizes(NamedTuple):
    """Widths and heights in pixels over all boxes, each side on its own."""

    min_wh: tuple[float, float]
    median_wh: tuple[float, float]
    max_wh: tuple[float, float]


@dataclass(frozen=True)
class MarkSummary:
    """What there is to know of a data set of boxes or points before training on it.

    Attributes:
        images: as of any images: how many, sizes, bad files, twins, leaks, what looks alike.
        empty: by part, how many images there is nothing on.
        boxes: by part, how many boxes each class has.
        box_sizes: of the boxes of each class.
        most: on one image.
        flags: how many boxes are difficult, truncated, crowd.
        points: of each point, on how many objects it is seen, hidden and not marked.
        remarks: what is used, but should be known.
        unread: what the files hold and striate doesn't keep: its name, and how many there are.
    """

    images: Summary
    empty: dict[str, int]
    boxes: dict[str, dict[str, int]]
    box_sizes: dict[str, BoxSizes]
    most: int
    flags: dict[str, int]
    points: dict[str, dict[str, int]]
    remarks: tuple[Problem, ...]
    unread: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; those of the images stand beside the others."""
        own = {name: value for name, value in asdict(self).items() if name != "images"}
        own["box_sizes"] = {name: sizes._asdict() for name, sizes in self.box_sizes.items()}
        own["remarks"] = [remark._asdict() for remark in self.remarks]
        return {**self.images.to_dict(), **own}


def summarize_marks(dataset: BoxDataset | PointDataset) -> MarkSummary:
    """Decode every image, compare them, and count what is marked on them.

    Args:
        dataset: best opened with `skip_bad`, so that what is bad is listed instead of raised.
    """
    items: dict[str, list[BoxItem | PointItem]] = {name: list(part.items) for name, part in dataset.parts.items()}
    everything = [item for some in items.values() for item in some]
    boxes = [item for item in everything if isinstance(item, BoxItem)]
    labels = np.concatenate([item.labels for item in boxes]) if boxes else np.zeros(0, np.int64)
    sides = np.concatenate([item.xyxy[:, 2:] - item.xyxy[:, :2] for item in boxes]) if boxes else np.zeros((0, 2))
    return MarkSummary(
        images=summarize(dataset.images),
        empty={name: sum(not _count(item) for item in some) for name, some in items.items()},
        boxes={name: _per_class(some, dataset.classes) for name, some in items.items()} if boxes else {},
        box_sizes={
            name: _sizes_of(sides[labels == n]) for n, name in enumerate(dataset.classes) if (labels == n).any()
        },
        most=max(map(_count, everything)),
        flags={flag: total for flag in FLAGS if (total := sum(int(getattr(i, flag).sum()) for i in boxes))},
        points=_points(everything, dataset.point_names),
        remarks=dataset.remarks,
        unread=dataset.unread,
    )


def _count(item: BoxItem | PointItem) -> int:
    return len(item) if isinstance(item, BoxItem) else int(item.present)


def _per_class(items: list[BoxItem | PointItem], classes: tuple[str, ...]) -> dict[str, int]:
    count = Counter(label for item in items if isinstance(item, BoxItem) for label in item.labels.tolist())
    return {name: count[n] for n, name in enumerate(classes)}


def _sizes_of(sides: np.ndarray[Any, np.dtype[np.float64]]) -> BoxSizes:
    """(N, 2) -> the least, the middle and the most of each side."""
    (w0, h0), (w, h), (w1, h1) = (f(sides, axis=0).round(1).tolist() for f in (np.min, np.median, np.max))
    return BoxSizes((w0, h0), (w, h), (w1, h1))


def _points(items: list[BoxItem | PointItem], names: tuple[str, ...]) -> dict[str, dict[str, int]]:
    """Over the objects that are there."""
    there = [item.visibility.reshape(-1, len(names)) for item in items if _count(item)] if names else []
    if not there:
        return {}
    visibility = np.concatenate(there)  # (N, P)
    words = {"seen": 2, "hidden": 1, "not marked": 0}
    return {
        name: {word: int((column == value).sum()) for word, value in words.items()}
        for name, column in zip(names, visibility.T, strict=True)
    }

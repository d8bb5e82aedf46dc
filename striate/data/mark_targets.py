"""Boxes and points of a batch as one tensor, which losses compare answers with."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from striate.data.boxes import BoxItem, PointItem

NO_BOX = -1  # the class of a row that only fills up


def box_rows(items: Sequence[BoxItem]) -> Tensor:
    """All boxes of each image, crowds and difficult ones left out: nobody is to learn from them.

    Returns:
        float32 (N, M, 5): class, left, top, right, bottom; M is the most boxes of an image, at least 1, and the class
        of rows that only fill up is -1.

    Example:
        >>> one = BoxItem("a.jpg", (60, 80), np.array([[10.0, 20, 30, 40]]), np.array([2]))
        >>> none = BoxItem("b.jpg", (60, 80), np.zeros((0, 4)), np.zeros(0, np.int64))
        >>> box_rows([one, none])
        tensor([[[ 2., 10., 20., 30., 40.]],
                [[-1.,  0.,  0.,  0.,  0.]]])
    """
    kept = [~item.ignored for item in items]
    most = max([1, *(int(marks.sum()) for marks in kept)])
    rows = torch.zeros(len(items), most, 5)
    rows[..., 0] = NO_BOX
    for row, item, marks in zip(rows, items, kept, strict=True):
        boxes = np.column_stack([item.labels[marks], item.xyxy[marks]])
        row[: len(boxes)] = torch.from_numpy(boxes)
    return rows


def count_boxes(item: BoxItem) -> int:
    """How many boxes of an image `box_rows` keeps."""
    return int((~item.ignored).sum())


def one_box(items: Sequence[BoxItem]) -> Tensor:
    """The largest box of each image: float32 (N, 5) as a row of `box_rows`, class -1 where there is none.

    Example:
        >>> boxes = np.array([[0.0, 0, 5, 5], [10, 20, 30, 40]])
        >>> one_box([BoxItem("a.jpg", (60, 80), boxes, np.array([0, 1]))])
        tensor([[ 1., 10., 20., 30., 40.]])
    """
    rows = box_rows(items)  # (N, M, 5)
    sides = rows[..., 3:] - rows[..., 1:3]
    largest = sides.prod(dim=-1).argmax(dim=1)
    return rows[torch.arange(len(rows)), largest]


def point_rows(items: Sequence[PointItem]) -> Tensor:
    """The points of each image: 1 where the object is there, then of each point x, y, and 1 if it counts.

    Float32 (N, 1 + 3P). A point counts if it is marked, whether it is seen or hidden, inside the frame or outside.

    Example:
        >>> item = PointItem("a.jpg", (60, 80), True, np.array([[10.0, 20.0]]), np.array([2]))
        >>> point_rows([item])
        tensor([[ 1., 10., 20.,  1.]])
    """
    rows = []
    for item in items:
        counts = (item.visibility > 0) & np.isfinite(item.xy).all(axis=1) & item.present
        points = np.column_stack([np.where(counts[:, None], item.xy, 0.0), counts])  # (P, 3)
        rows.append(np.concatenate([[item.present], points.ravel()]))
    return torch.from_numpy(np.stack(rows).astype(np.float32))

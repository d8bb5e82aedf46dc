"""Boxes and points of a batch as one tensor."""

import numpy as np
import pytest
import torch

from striate.data import BoxItem, PointItem, box_rows, one_box, point_rows

SMALL, LARGE, THIRD = [1.0, 2, 3, 4], [5.0, 6, 25, 36], [0.0, 0, 10, 10]
NOTHING = [-1.0, 0, 0, 0, 0]


def boxes(*xyxy, labels=(), crowd=(), difficult=()):
    count = len(xyxy)
    flags = {name: np.array(marks, bool) for name, marks in (("crowd", crowd), ("difficult", difficult)) if marks}
    labels = np.array(labels or range(count), np.int64)
    return BoxItem("a.png", (48, 64), np.array(xyxy, float).reshape(count, 4), labels, **flags)


@pytest.mark.parametrize(
    ("items", "rows"),
    [
        ([boxes()], [[NOTHING]]),  # nothing anywhere: still a row
        ([boxes(SMALL)], [[[0, *SMALL]]]),
        ([boxes(SMALL, LARGE), boxes()], [[[0, *SMALL], [1, *LARGE]], [NOTHING, NOTHING]]),
        ([boxes(SMALL, LARGE, crowd=[True, False])], [[[1, *LARGE]]]),
        ([boxes(SMALL, LARGE, difficult=[False, True])], [[[0, *SMALL]]]),
        ([boxes(SMALL, LARGE, crowd=[True, False], difficult=[False, True])], [[NOTHING]]),
        ([boxes(SMALL), boxes(LARGE, THIRD, crowd=[True, False])], [[[0, *SMALL]], [[1, *THIRD]]]),
    ],
)
def test_all_boxes(items, rows):
    found = box_rows(items)
    assert found.dtype == torch.float32
    assert found.tolist() == rows


@pytest.mark.parametrize(
    ("item", "row"),
    [
        (boxes(), NOTHING),
        (boxes(SMALL, LARGE, THIRD), [1, *LARGE]),
        (boxes(SMALL, LARGE, crowd=[False, True]), [0, *SMALL]),  # the larger one is not learned
        (boxes(LARGE, difficult=[True]), NOTHING),
        (boxes(SMALL, labels=[7]), [7, *SMALL]),
        (boxes(THIRD, THIRD, labels=[3, 4]), [3, *THIRD]),  # of equal ones the first
    ],
)
def test_the_largest_box(item, row):
    """Alone, and beside an image with more boxes, whose rows fill up."""
    assert one_box([item]).tolist() == [row]
    assert one_box([boxes(SMALL, THIRD, SMALL, SMALL), item])[1].tolist() == row


def points(*xy, visibility, present=True):
    return PointItem("a.png", (48, 64), present, np.array(xy, float), np.array(visibility, np.int64))


NAN = float("nan")


@pytest.mark.parametrize(
    ("item", "row"),
    [
        (points([1, 2], [3, 4], visibility=[2, 2]), [1, 1, 2, 1, 3, 4, 1]),
        (points([1, 2], [3, 4], visibility=[1, 2]), [1, 1, 2, 1, 3, 4, 1]),  # hidden counts
        (points([NAN, NAN], [3, 4], visibility=[0, 2]), [1, 0, 0, 0, 3, 4, 1]),
        (points([1, 2], [3, 4], visibility=[0, 2]), [1, 0, 0, 0, 3, 4, 1]),  # not marked, whatever stands there
        (points([-9, 2], [300, 4], visibility=[2, 2]), [1, -9, 2, 1, 300, 4, 1]),  # outside counts
        (points([NAN, NAN], [NAN, NAN], visibility=[0, 0]), [1, 0, 0, 0, 0, 0, 0]),  # there, but no point is marked
        (points([NAN, NAN], [NAN, NAN], visibility=[0, 0], present=False), [0, 0, 0, 0, 0, 0, 0]),
        (points([1, 2], [3, 4], visibility=[2, 2], present=False), [0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_points(item, row):
    found = point_rows([item, item])
    assert found.dtype == torch.float32
    assert found.tolist() == [row, row]

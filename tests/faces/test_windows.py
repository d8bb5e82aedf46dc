"""Windows of the cascade: thinned, squared, and not one within another."""

import numpy as np
import pytest

from striate.faces.proposals import pyramid
from striate.faces.windows import NONE, Windows, join, not_nested, squared


def windows(*rows):
    """(image, left, top, right, bottom, confidence) each"""
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Windows(table[:, 0].astype(np.int64), table[:, 1:5], table[:, 5], np.zeros((len(table), 4), np.float32))


def test_images_do_not_thin_out_each_other():
    found = windows((0, 0, 0, 10, 10, 0.8), (1, 0, 0, 10, 10, 0.9), (0, 1, 0, 11, 10, 0.7), (0, 50, 0, 60, 10, 0.6))
    assert found.thinned(0.5).confidence.tolist() == pytest.approx([0.9, 0.8, 0.6])


def test_nothing_stays_nothing():
    assert len(NONE.thinned(0.5)) == len(join([])) == len(NONE.faces()) == len(squared(NONE.xyxy)) == 0
    assert len(join([NONE, windows((0, 0, 0, 1, 1, 0.5))])) == 1
    assert not_nested(NONE.image_id, NONE.xyxy, NONE.confidence, 0.7).tolist() == []


def test_a_face_that_lost_its_area():
    found = windows((0, 0, 0, 10, 10, 0.8), (0, 0, 0, 10, 10, 0.8))
    found.offsets[0] = (0.6, 0, -0.6, 0)  # the left side moved beyond the right one
    assert found.have_area().tolist() == [False, True]


# boxes, their confidence, and which of them stay at 0.7
NESTED = [
    ([(0, 0, 100, 100), (40, 40, 60, 60)], (0.9, 0.8), [0]),  # a small one in a large one, whose IoU is 0.04
    ([(0, 0, 100, 100), (40, 40, 60, 60)], (0.8, 0.9), [1]),
    ([(0, 0, 100, 100), (95, 0, 115, 20)], (0.9, 0.8), [0, 1]),  # a quarter of it inside
    ([(0, 0, 100, 100), (30, 0, 130, 100)], (0.9, 0.8), [0, 1]),  # just 0.7
    ([(0, 0, 100, 100), (29, 0, 129, 100), (58, 0, 158, 100)], (0.9, 0.8, 0.7), [0, 2]),  # the dropped one drops none
]


@pytest.mark.parametrize(("boxes", "confidence", "stays"), NESTED)
def test_one_within_another(boxes, confidence, stays):
    boxes, confidence = np.array(boxes, np.float32), np.array(confidence, np.float32)
    assert not_nested(np.zeros(len(boxes), np.int64), boxes, confidence, 0.7).tolist() == stays
    apart = not_nested(np.arange(len(boxes)), boxes, confidence, 0.7)
    assert sorted(apart.tolist()) == list(range(len(boxes)))


@pytest.mark.parametrize(
    ("size_hw", "smallest", "sizes"),
    [
        ((12, 12), 12, [(12, 12)]),
        ((11, 500), 12, []),  # less than a window
        ((39, 39), 40, []),
        ((40, 80), 40, [(12, 24)]),
        ((250, 250), 40, [(75, 75), (54, 54), (38, 38), (27, 27), (19, 19), (14, 14)]),
    ],
)
def test_the_scales(size_hw, smallest, sizes):
    assert pyramid(size_hw, smallest) == sizes

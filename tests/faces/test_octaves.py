"""Halves of a picture, and squares cut out of them, against a slow bilinear read of each pixel."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.faces.octaves import Octaves

NOISE = np.random.default_rng(0).integers(0, 256, (70, 90, 3), np.uint8)


def plain_cut(level, box, side):
    """One square, pixel by pixel: four neighbours by their shares, black outside."""
    left, top, right, bottom = box
    black = np.zeros((side, side, 3))
    height, width = level.shape[:2]
    for i in range(side):
        for j in range(side):
            x, y = left + (j + 0.5) / side * (right - left) - 0.5, top + (i + 0.5) / side * (bottom - top) - 0.5
            x0, y0 = int(np.floor(x)), int(np.floor(y))
            for column, share_x in ((x0, x0 + 1 - x), (x0 + 1, x - x0)):
                for row, share_y in ((y0, y0 + 1 - y), (y0 + 1, y - y0)):
                    if 0 <= column < width and 0 <= row < height:
                        black[i, j] += share_x * share_y * level[row, column]
    return black


# left, top, right, bottom; and the level that it is read from for a square of 12 pixels
BOXES = [
    ((10, 20, 22, 32), 0),  # as large as the square
    ((10.3, 20.7, 15.3, 25.7), 0),  # smaller
    ((10, 20, 33.9, 43.9), 0),  # less than twice as large
    ((10, 20, 34.1, 44.1), 1),
    ((0, 0, 70, 70), 2),
    ((-15, -10, 10, 15), 1),  # reaches out at the upper left
    ((80, 60, 100, 80), 0),  # and at the lower right
    ((200, 200, 212, 212), 0),  # outside
]


@pytest.mark.parametrize(("box", "level"), BOXES)
def test_a_square_is_read_bilinearly_from_the_right_level(box, level):
    octaves = Octaves(NOISE, 90)
    factor = np.tile([octaves.levels[level].shape[1] / 90, octaves.levels[level].shape[0] / 70], 2)
    expected = plain_cut(octaves.levels[level], box * factor, 12)
    (square,) = octaves.cut(np.array([box], np.float32), 12)
    assert np.abs(square - expected).max() < 6  # OpenCV reads at 32nds of a pixel


def test_all_at_once_are_as_one_by_one():
    octaves, boxes = Octaves(NOISE, 90), np.array([box for box, _ in BOXES], np.float32)
    together = octaves.cut(boxes, 24)
    for box, square in zip(boxes, together, strict=True):
        np.testing.assert_array_equal(octaves.cut(box[None], 24)[0], square)
    assert octaves.cut(boxes[:0], 24).shape == (0, 24, 24, 3)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 200), st.integers(1, 200), st.integers(1, 100))
def test_levels(height, width, side):
    levels = Octaves(np.full((height, width), 7, np.uint8), side).levels
    assert max(levels[0].shape) <= max(side, 3)
    assert all((level == 7).all() for level in levels)
    for large, small in pairwise(levels):
        assert abs(large.shape[0] - 2 * small.shape[0]) <= 1
        assert abs(large.shape[1] - 2 * small.shape[1]) <= 1
    assert min(levels[-1].shape[:2]) < 24 or len(levels) == 1


def test_a_size_is_reached_by_one_resize_of_the_next_larger_level():
    octaves = Octaves(NOISE, 90)
    for size_hw, level in (((70, 90), 0), ((40, 60), 0), ((35, 45), 1), ((20, 30), 1), ((17, 22), 2), ((5, 6), 2)):
        expected = cv2.resize(octaves.levels[level], size_hw[::-1], interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(octaves.resized(size_hw), expected)


def test_a_smaller_image_is_not_enlarged():
    np.testing.assert_array_equal(Octaves(NOISE, 1000).levels[0], NOISE)

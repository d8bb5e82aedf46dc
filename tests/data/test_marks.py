"""The rules that every box must keep."""

import math

import pytest

from striate.data.marks import ROUNDING, settle_box

SIZE_HW = (48, 64)


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 64, 48),  # the whole image
        (63, 47, 64, 48),  # its last pixel
        (0.25, 0, 0.250001, 48),  # a millionth of a pixel wide
        (10.123456, 5, 20, 15.5),
    ],
)
def test_good_boxes_stay_as_they_are(box):
    assert settle_box(box, SIZE_HW) == (box, "", "")


@pytest.mark.parametrize(
    ("box", "wrong"),
    [
        ((math.nan, 0, 1, 1), "a coordinate is no number: left nan, top 0, right 1, bottom 1"),
        ((0, 0, math.inf, 1), "a coordinate is no number"),
        ((20, 0, 10, 1), "its corners are swapped: left 20, right 10"),
        ((0, 9, 10, 1), "its corners are swapped: top 9, bottom 1"),
        ((5, 5, 5, 9), "it has no area"),
        ((5, 5, 9, 5.0000001), "it has no area"),  # less than a millionth of a pixel
        ((64, 0, 70, 10), "it lies outside the image of 64x48"),  # touches the edge
        ((-9, 0, 0, 10), "it lies outside the image"),
        ((0, 48, 10, 60), "it lies outside the image"),
    ],
)
def test_bad_boxes(box, wrong):
    assert settle_box(box, SIZE_HW).wrong.startswith(wrong)


def test_clipped_with_a_remark_unless_it_is_rounding():
    assert settle_box((-ROUNDING, 0, 64 + ROUNDING, 48), SIZE_HW) == ((0, 0, 64, 48), "", "")
    assert settle_box((-1, 0, 66.5, 48), SIZE_HW) == (
        (0, 0, 64, 48),
        "",
        "reaches 2.5 pixels out of the image of 64x48: clipped",
    )

"""Matrices of geometry against their meaning: single points, slow compositions, round trips."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.errors import ArgumentError, ShapeError
from striate.ops import geometry as g

number = st.floats(-50, 50)
angle = st.floats(-80, 80)
motion = st.one_of(
    st.builds(g.translate, number, number),
    st.builds(g.scale, st.floats(0.2, 5), st.floats(0.2, 5)),
    st.builds(g.rotate, st.floats(-180, 180)),
    st.builds(lambda a: g.shear(a), angle),
    st.builds(lambda a: g.shear(0, a), angle),
    st.builds(g.mirror, st.floats(1, 100)),
)
points = st.lists(st.tuples(number, number), max_size=5).map(lambda p: np.array(p, dtype=float).reshape(-1, 2))


@pytest.mark.parametrize(
    ("matrix", "point", "expected"),
    [
        (g.translate(3, -2), (1, 1), (4, -1)),
        (g.scale(2), (1, 3), (2, 6)),
        (g.scale(2, 3), (1, 3), (2, 9)),
        (g.rotate(90), (1, 0), (0, -1)),  # counter-clockwise with y downwards: right becomes up
        (g.shear(45), (0, 2), (2, 2)),
        (g.shear(0, 45), (2, 0), (2, 2)),
        (g.mirror(10), (0.5, 4), (9.5, 4)),  # the first pixel's centre becomes the last's
        (g.around(g.rotate(180), (3, 4)), (3, 5), (3, 3)),
        (g.box_to_box((10, 20, 30, 60), (0, 0, 10, 10)), (20, 40), (5, 5)),
        (g.resize((100, 200), (50, 50)), (200, 100), (50, 50)),
    ],
)
def test_one_point(matrix, point, expected):
    np.testing.assert_allclose(g.apply_points(matrix, point), expected, atol=1e-12)


@given(motion, motion, points)
def test_a_product_is_one_after_the_other(a, b, xy):
    np.testing.assert_allclose(g.apply_points(b @ a, xy), g.apply_points(b, g.apply_points(a, xy)), atol=1e-9)


@given(motion, motion, points)
def test_the_way_back(a, b, xy):
    there = b @ a
    np.testing.assert_allclose(g.apply_points(g.invert(there), g.apply_points(there, xy)), xy, atol=1e-6)
    np.testing.assert_allclose(g.invert(there), np.linalg.inv(there), rtol=1e-6, atol=1e-6)


@given(motion, motion)
def test_areas_and_mirroring_are_the_determinants(a, b):
    assert g.area_factor(b @ a) == pytest.approx(np.linalg.det(b @ a))
    assert g.mirrors(b @ a) == (g.mirrors(a) != g.mirrors(b))


@given(motion, st.tuples(number, number))
def test_around_keeps_its_centre(a, centre):
    slow = g.translate(*centre) @ a @ g.translate(-centre[0], -centre[1])
    np.testing.assert_allclose(g.around(a, centre), slow, atol=1e-6)


@given(motion, st.tuples(number, number, st.floats(0, 20), st.floats(0, 20)), st.floats(0, 1), st.floats(0, 1))
def test_what_is_in_a_box_stays_in_it(a, box, u, v):
    x, y, width, height = box
    left, top, right, bottom = g.apply_boxes(a, [[x, y, x + width, y + height]])[0]
    inner_x, inner_y = g.apply_points(a, [x + u * width, y + v * height])
    assert left - 1e-6 <= inner_x <= right + 1e-6
    assert top - 1e-6 <= inner_y <= bottom + 1e-6


def test_a_turned_box_is_the_bounds_of_its_corners():
    turned = g.apply_boxes(g.around(g.rotate(45), (0, 0)), [[-1, -1, 1, 1]])
    np.testing.assert_allclose(turned, [[-math.sqrt(2), -math.sqrt(2), math.sqrt(2), math.sqrt(2)]])


def test_no_boxes_and_no_points():
    assert g.apply_boxes(g.rotate(30), np.zeros((0, 4))).shape == (0, 4)
    assert g.apply_points(g.rotate(30), np.zeros((0, 2))).shape == (0, 2)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: g.apply_boxes(g.rotate(1), [1, 2, 3, 4]), ShapeError),  # one box without its axis
        (lambda: g.apply_boxes(g.rotate(1), [[1, 2, 3]]), ShapeError),
        (lambda: g.apply_points(g.rotate(1), [1, 2, 3]), ShapeError),
        (lambda: g.box_to_box((0, 0, 0, 5), (0, 0, 1, 1)), ArgumentError),
        (lambda: g.invert(g.scale(0)), ArgumentError),
        (lambda: g.shear(90), ArgumentError),
    ],
)
def test_refused(call, error):
    with pytest.raises(error):
        call()


def test_factors_along_the_axes():
    turned = g.rotate(37) @ g.scale(0.5, 3)
    assert g.axis_factors(turned) == pytest.approx((0.5, 3))
    assert g.keeps_axes(g.mirror(7) @ g.scale(2, 3))
    assert not g.keeps_axes(turned)

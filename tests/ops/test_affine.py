"""In a plane the matrices are those of `geometry`, with the axes in the array's order; in space they keep its laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.errors import ArgumentError, ShapeError
from striate.ops import affine, geometry

SWAP = np.eye(3)[[1, 0, 2]]  # (x, y) <-> (row, column)
numbers = st.floats(-50, 50)
factors = st.floats(0.1, 8)
angles = st.floats(-360, 360)


@given(numbers, numbers, factors, factors, angles)
def test_a_plane_is_geometrys(x, y, a, b, angle):
    plain = geometry.around(geometry.rotate(angle), (x, y)) @ geometry.scale(a, b) @ geometry.translate(x, y)
    here = affine.around(affine.rotate((0, 1), 2, angle), (y, x)) @ affine.scale((b, a)) @ affine.translate((y, x))
    np.testing.assert_allclose(SWAP @ here @ SWAP, plain, atol=1e-9)
    np.testing.assert_allclose(affine.axis_factors(here), geometry.axis_factors(plain)[::-1])
    places = np.random.default_rng(0).normal(0, 10, (5, 2))
    np.testing.assert_allclose(
        affine.apply_points(here, places)[:, ::-1], geometry.apply_points(plain, places[:, ::-1]), atol=1e-9
    )


@given(angles, st.sampled_from([(0, 1), (0, 2), (1, 2), (2, 0)]))
def test_turns_keep_lengths_and_the_third_axis(angle, axes):
    turn = affine.rotate(axes, 3, angle)
    np.testing.assert_allclose(turn @ turn.T, np.eye(4), atol=1e-12)
    (third,) = {0, 1, 2} - set(axes)
    assert turn[third, third] == 1
    along = np.zeros(3)
    along[axes[0]] = 1
    quarter = affine.apply_points(affine.rotate(axes, 3, 90), along)
    assert quarter[axes[1]] == pytest.approx(1)


@given(numbers, factors, angles)
def test_the_inverse_is_the_way_back(shift, factor, angle):
    there = affine.rotate((0, 2), 3, angle) @ affine.scale((factor, 1, -2)) @ affine.translate((shift, 1, 2))
    np.testing.assert_allclose(affine.invert(there) @ there, np.eye(4), atol=1e-9)


@pytest.mark.parametrize(
    ("matrix", "keeps"),
    [
        (affine.scale((2, -3, 1)), True),
        (affine.translate((1, 2)), True),
        (affine.rotate((0, 1), 2, 180), True),
        (affine.rotate((0, 1), 2, 90), False),
        (affine.rotate((0, 1), 3, 1), False),
    ],
)
def test_which_motions_keep_the_axes(matrix, keeps):
    assert affine.keeps_axes(matrix) == keeps


def test_the_whole_comes_to_the_whole():
    corners = affine.apply_points(affine.resize((4, 5, 6), (8, 1, 6)), [[0, 0, 0], [4, 5, 6]])
    assert corners.tolist() == [[0, 0, 0], [8, 1, 6]]


def test_none_and_nonsense():
    assert affine.apply_points(np.eye(4), np.zeros((0, 3))).shape == (0, 3)
    assert affine.apply_points(np.eye(2), np.zeros((2, 0, 1))).shape == (2, 0, 1)
    with pytest.raises(ShapeError, match=r"\(..., 3\)"):
        affine.apply_points(np.eye(4), [[1, 2]])
    with pytest.raises(ArgumentError, match="keeps volumes above 0"):
        affine.invert(affine.scale((1, 0, 1)))

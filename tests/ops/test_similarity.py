"""The nearest similarity, against scikit-image, known motions and its neighbours."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from skimage.transform import SimilarityTransform

from striate.errors import ArgumentError, ShapeError
from striate.ops import geometry as g

number = st.floats(-1000, 1000)
places = st.lists(st.tuples(number, number), min_size=2, max_size=6).map(np.array)


def wide(xy):
    return np.ptp(xy, axis=0).max() > 1


@given(places, st.floats(0.01, 100), st.floats(-180, 180), number, number)
def test_any_similarity_is_found_again(xy, factor, angle, x, y):
    assume(wide(xy))
    matrix = g.translate(x, y) @ g.rotate(angle) @ g.scale(factor)
    found = g.similarity(xy, g.apply_points(matrix, xy))
    np.testing.assert_allclose(found, matrix, atol=1e-6 * (1 + factor) * 1000)
    np.testing.assert_allclose(g.apply_points(found, xy), g.apply_points(matrix, xy), atol=1e-6 * (1 + factor))


@pytest.mark.parametrize("seed", range(20))
def test_noisy_points_as_umeyama_has_them(seed):
    rng = np.random.default_rng(seed)
    source, target = rng.uniform(-100, 100, (2, 5, 2))
    np.testing.assert_allclose(
        g.similarity(source, target), SimilarityTransform.from_estimate(source, target).params, atol=1e-9
    )


@given(places, st.integers(0, 2**32 - 1))
def test_no_other_similarity_comes_nearer(xy, seed):
    assume(wide(xy))
    rng = np.random.default_rng(seed)
    target = xy + rng.normal(0, np.ptp(xy), xy.shape)
    try:
        best = g.similarity(xy, target)
    except ArgumentError:
        assume(False)
    error = np.square(g.apply_points(best, xy) - target).sum()
    for change in (g.translate(1, 0), g.translate(0, 1), g.rotate(1), g.rotate(-1), g.scale(1.01), g.scale(0.99)):
        assert np.square(g.apply_points(change @ best, xy) - target).sum() >= error * (1 - 1e-9)


def test_it_never_mirrors():
    """A face whose points come mirrored is turned as well as it goes, not flipped."""
    source = np.array([[0.0, 0], [4, 0], [2, 3]])
    assert not g.mirrors(g.similarity(source, source * (-1, 1)))


@pytest.mark.parametrize(
    ("source", "target", "error", "message"),
    [
        ([[3, 4], [3, 4]], [[0, 0], [1, 1]], ArgumentError, "source_xy must be at least two different points"),
        ([[3, 4]], [[0, 0]], ArgumentError, "source_xy must be at least two different points"),  # a single one
        ([[0, 0], [1, 1]], [[3, 4], [3, 4]], ArgumentError, "target_xy must be points that"),
        # a square mirrored: no turn is better than another
        ([[1, 1], [1, -1], [-1, -1], [-1, 1]], [[-1, 1], [-1, -1], [1, -1], [1, 1]], ArgumentError, "target_xy must"),
        ([[0, 0], [math.nan, 1]], [[0, 0], [1, 1]], ArgumentError, "finite"),
        ([[0, 0], [1, 1]], [[0, 0], [math.inf, 1]], ArgumentError, "finite"),
        (np.zeros((0, 2)), np.zeros((0, 2)), ShapeError, "as many pairs"),
        ([[0, 0], [1, 1]], [[0, 0]], ShapeError, "as many pairs"),
        ([[0, 0, 0], [1, 1, 1]], [[0, 0, 0], [1, 1, 1]], ShapeError, "as many pairs"),
        ([0, 0], [1, 1], ShapeError, "as many pairs"),
    ],
)
def test_refused(source, target, error, message):
    with pytest.raises(error, match=message):
        g.similarity(source, target)

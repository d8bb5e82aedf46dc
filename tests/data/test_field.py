"""A field has one source for each place and one place for each source, and no pull is exceeded."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import BSpline

from striate.data.distortions import View, Warp
from striate.data.field import Field, knots_over
from striate.errors import ArgumentError, ShapeError
from striate.ops import geometry as g

sizes = st.sampled_from([(28, 28), (48, 80), (224, 224), (7, 300), (1, 1)])
strengths = st.sampled_from([0.0, 0.5, 4.0, 16.0, 64.0])


def sampled(size_hw, pixels, seed=0):
    return Warp(pixels).sample(np.random.default_rng(seed), View(size_hw, (0, 0, size_hw[1], size_hw[0])))


@settings(max_examples=60)
@given(sizes, strengths, st.integers(0, 1000))
def test_forward_is_the_inverse_everywhere(size_hw, pixels, seed):
    field = sampled(size_hw, pixels, seed)
    places = np.random.default_rng(seed).uniform(-0.5, 1.5, (50, 2)) * [size_hw[1], size_hw[0]]
    np.testing.assert_allclose(field.sources(field.forward(places)), places, atol=1e-6)
    np.testing.assert_allclose(field.forward(field.sources(places)), places, atol=1e-6)
    moved = np.linalg.norm(field.sources(places) - places, axis=1)
    assert moved.max() <= pixels + 1e-9
    near = places + np.random.default_rng(1).normal(0, 1e-4, places.shape)
    change = (field.sources(near) - near) - (field.sources(places) - places)
    assert (np.linalg.norm(change, axis=1) <= 0.7072 * np.linalg.norm(near - places, axis=1) + 1e-12).all()


def test_it_is_the_spline_of_scipy():
    field = sampled((60, 90), 5.0)
    spacing, (rows, columns) = field.spacing, field.pulls.shape[:2]
    along = [BSpline((np.arange(n + 4) - 3) * spacing, np.eye(n), 3) for n in (rows, columns)]
    xy = np.random.default_rng(0).uniform(0, 1, (40, 2)) * [90, 60]
    slow = xy + np.einsum("ni,nj,ijc->nc", along[0](xy[:, 1]), along[1](xy[:, 0]), field.pulls)
    np.testing.assert_allclose(field.sources(xy), slow, atol=1e-9)


def test_pixels_come_from_where_their_centres_do():
    field = sampled((30, 50), 6.0)
    x, y = np.meshgrid(np.arange(50) + 0.5, np.arange(30) + 0.5)
    matrix = g.translate(3, -7) @ g.rotate(25) @ g.scale(2, 1.5)
    slow = g.apply_points(matrix, field.sources(np.stack([x, y], axis=-1)))
    np.testing.assert_allclose(np.stack(field.pixel_sources(matrix), axis=-1), slow, atol=2e-5)


def test_half_the_pull_is_usual():
    moved = [np.linalg.norm(sampled((224, 224), 4.0, seed).sources([[100, 90]])[0] - [100, 90]) for seed in range(300)]
    assert 1.5 < np.mean(moved) < 2.1
    assert 3 < max(moved) <= 4


def test_around_the_frame_places_move_as_its_edge():
    field = sampled((40, 40), 4.0)
    edge, beyond = field.sources([[40, 10]])[0] - [40, 10], field.sources([[90, 10]])[0] - [90, 10]
    np.testing.assert_allclose(edge, beyond)
    assert field.forward(np.zeros((0, 2))).shape == (0, 2)


def test_refused():
    assert knots_over((20, 21), 10) == (5, 6)
    with pytest.raises(ShapeError, match=r"of shape \(5, 6, 2\)"):
        Field(np.zeros((5, 5, 2)), 10.0, (20, 21))
    with pytest.raises(ArgumentError, match="pulls"):
        Field(np.full((5, 6, 2), 2.0), 10.0, (20, 21))
    with pytest.raises(ArgumentError, match="within 0 to 64"):
        Warp(65)

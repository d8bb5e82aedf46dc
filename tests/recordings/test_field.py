"""A field has one source for each place and one place for each source, whatever the number of axes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import BSpline

from striate.errors import ArgumentError, ShapeError
from striate.recording_preset import RecordingPreset
from striate.recordings.distortions import Frame, Warp
from striate.recordings.field import GridField

KINDS = {1: "signal", 3: "volume"}


def sampled(size, share, seed=0, cells=4):
    preset = RecordingPreset(KINDS[len(size)], size, (0.0,) * len(size), 1, (0.0,), (1.0,))
    return Warp(share, cells).sample(
        np.random.default_rng(seed), Frame(preset, np.zeros(len(size)), np.array(size, float))
    )


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([(300,), (1,), (7,), (16, 16, 16), (4, 40, 90), (1, 1, 1)]),
    st.sampled_from([0.0, 0.1, 0.25]),
    st.integers(1, 6),
    st.integers(0, 1000),
)
def test_forward_is_the_inverse_everywhere(size, share, cells, seed):
    field = sampled(size, share, seed, cells)
    places = np.random.default_rng(seed).uniform(-0.5, 1.5, (20, len(size))) * size
    np.testing.assert_allclose(field.sources(field.forward(places)), places, atol=1e-6)
    np.testing.assert_allclose(field.forward(field.sources(places)), places, atol=1e-6)
    moved = np.linalg.norm((field.sources(places) - places) / field.steps, axis=1)
    assert moved.max() <= share + 1e-9


@pytest.mark.parametrize("size", [(90,), (20, 30, 40)])
def test_it_is_the_spline_of_scipy(size):
    field = sampled(size, 0.2)
    along = [BSpline((np.arange(7 + 4) - 3) * step, np.eye(7), 3) for step in field.steps]
    places = np.random.default_rng(0).uniform(0, 1, (30, len(size))) * size
    weights = [spline(places[:, i]) for i, spline in enumerate(along)]
    letters = "ijk"[: len(size)]
    terms = ",".join(f"n{letter}" for letter in letters)
    slow = places + np.einsum(f"{terms},c{letters}->nc", *weights, field.pulls) * field.steps
    np.testing.assert_allclose(field.sources(places), slow, atol=1e-9)


@pytest.mark.parametrize("size", [(90,), (5, 8, 6)])
def test_samples_move_as_their_centres_do(size):
    field = sampled(size, 0.25)
    centres = np.moveaxis(np.indices(size) + 0.5, 0, -1)
    slow = field.sources(centres) - centres
    np.testing.assert_allclose(np.moveaxis(field.displacements(), 0, -1), slow, atol=1e-9)


def test_time_never_runs_backwards():
    for seed in range(50):
        places = sampled((500,), 0.25, seed).sources(np.linspace(0, 500, 2000)[:, None])[:, 0]
        assert (np.diff(places) > 0).all()


def test_around_the_frame_places_move_as_its_edge():
    field = sampled((40, 40, 40), 0.2)
    edge, beyond = field.sources([[40, 10, 0]])[0] - [40, 10, 0], field.sources([[90, 10, -30]])[0] - [90, 10, -30]
    np.testing.assert_allclose(edge, beyond)
    assert field.forward(np.zeros((0, 3))).shape == (0, 3)
    assert field.sources(np.zeros((2, 0, 3))).shape == (2, 0, 3)


def test_refused():
    with pytest.raises(ShapeError, match="at least 4 knots"):
        GridField(np.zeros((1, 3)), (20,))
    with pytest.raises(ShapeError, match=r"\(3, …\)"):
        GridField(np.zeros((1, 4, 4, 4)), (20, 20, 20))
    with pytest.raises(ArgumentError, match="a quarter"):
        GridField(np.full((1, 7), 0.3), (20,))
    with pytest.raises(ArgumentError, match=r"within 0 to 0\.25"):
        Warp(0.3)
    with pytest.raises(ArgumentError, match="cells"):
        Warp(0.1, 0)

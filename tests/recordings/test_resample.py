"""Values come from where the matrix says: against slow rewrites, scipy, and what must not change at all."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from striate.errors import ShapeError
from striate.ops import affine
from striate.recordings.resample import resample_values

rng = np.random.default_rng(0)
SIGNAL = rng.normal(5, 2, (2, 37)).astype(np.float32)
VOLUME = rng.normal(5, 2, (2, 9, 11, 13)).astype(np.float32)


def slow_along(row, scale, shift, size, border):
    """One row of values, sample by sample, from the definition: result place = scale · place + shift."""
    width = max(1.0, 1 / abs(scale))
    result = []
    for i in range(size):
        centre = (i + 0.5 - shift) / scale
        weights = [max(0.0, 1 - abs(j + 0.5 - centre) / width) for j in range(len(row))]
        inside = 0 <= centre < len(row)
        result.append(sum(w * v for w, v in zip(weights, row, strict=True)) / sum(weights) if inside else border)
    return result


@settings(max_examples=80, deadline=None)
@given(st.floats(0.05, 3), st.booleans(), st.floats(-20, 40), st.integers(1, 40))
def test_along_one_axis(scale, mirrored, shift, size):
    scale = -scale if mirrored else scale
    matrix = affine.translate([shift]) @ affine.scale([scale])
    seen = resample_values(SIGNAL, matrix, (size,), (7.0, -7.0))
    slow = [slow_along(row, scale, shift, size, b) for row, b in zip(SIGNAL.tolist(), (7.0, -7.0), strict=True)]
    np.testing.assert_allclose(seen, slow, atol=2e-5)


@settings(max_examples=20, deadline=None)
@given(*[st.sampled_from([-1.3, -1.0, 0.3, 0.77, 1.0, 2.0])] * 3, *[st.floats(-3, 12)] * 3)
def test_along_three_axes(a, b, c, x, y, z):
    size = (6, 8, 10)
    seen = resample_values(VOLUME, affine.translate([x, y, z]) @ affine.scale([a, b, c]), size, (7.0, -7.0))
    slow = VOLUME.astype(np.float64)
    for axis, (scale, shift) in enumerate(((a, x), (b, y), (c, z)), start=1):
        slow = np.apply_along_axis(slow_along, axis, slow, scale, shift, size[axis - 1], math.nan)
    border = np.broadcast_to(np.reshape([7.0, -7.0], (2, 1, 1, 1)), slow.shape)
    np.testing.assert_allclose(seen, np.where(np.isnan(slow), border, slow), atol=2e-5)


@settings(max_examples=30, deadline=None)
@given(*[st.floats(-180, 180)] * 3, st.floats(1.0, 2.5))
def test_a_turned_volume_is_scipys(a, b, c, factor):
    turn = affine.rotate((0, 1), 3, a) @ affine.rotate((0, 2), 3, b) @ affine.rotate((1, 2), 3, c)
    matrix = affine.translate([3, 4, 5]) @ turn @ affine.scale([factor] * 3) @ affine.translate([-4.5, -5.5, -6.5])
    if affine.keeps_axes(matrix):
        return
    seen = resample_values(VOLUME, matrix, (6, 8, 10), (7.0, -7.0))
    places = affine.apply_points(np.linalg.inv(matrix), np.moveaxis(np.indices((6, 8, 10)) + 0.5, 0, -1))
    inside = ((places >= 0) & (places < VOLUME.shape[1:])).all(axis=-1)
    for channel, values, border in zip(seen, VOLUME, (7, -7), strict=True):
        expected = ndimage.map_coordinates(values, np.moveaxis(places, -1, 0) - 0.5, order=1, mode="nearest")
        np.testing.assert_allclose(channel, np.where(inside, expected, border), atol=1e-4)


def test_what_stays_is_itself():
    for values in (SIGNAL, VOLUME):
        assert resample_values(values, np.eye(values.ndim), values.shape[1:], (0.0, 0.0)) is values


def test_whole_samples_are_kept_to_the_bit():
    moved = resample_values(VOLUME, affine.translate([-2, 1, 0]), (5, 11, 13), (0.0, 0.0))
    assert np.array_equal(moved[:, :, 1:], VOLUME[:, 2:7, :-1])
    assert not moved[:, :, 0].any()
    mirrored = affine.around(affine.scale([-1, 1, -1]), (4.5, 5.5, 6.5))
    assert np.array_equal(resample_values(VOLUME, mirrored, (9, 11, 13), (0.0, 0.0)), VOLUME[:, ::-1, :, ::-1])
    turned = affine.around(affine.rotate((0, 1), 3, 90), (4, 4, 0))
    cube = VOLUME[:, :8, :8]
    seen = resample_values(cube, turned, (8, 8, 13), (0.0, 0.0))
    np.testing.assert_allclose(seen, np.rot90(cube, 1, axes=(1, 2)), atol=1e-5)


@pytest.mark.parametrize("factor", [2.0, 3.0, 4.5, 8.0])
@pytest.mark.parametrize("turned", [0.0, 30.0])
def test_noise_is_averaged_and_slow_waves_stay_where_it_shrinks(factor, turned):
    """As a triangle does it, whose squared weights sum to 2/3 a factor along each axis, to a fourth along each."""
    side = 48
    noise = np.random.default_rng(1).normal(0, 1, (1, side, side, side)).astype(np.float32)
    size = (int(side / factor),) * 3
    turn = affine.around(affine.rotate((0, 2), 3, turned), [s / 2 for s in size])
    matrix = turn @ affine.resize((side,) * 3, size)
    middle = tuple(slice(s // 4, max(s // 4 + 2, s - s // 4)) for s in size)
    seen = resample_values(noise, matrix, size, (0.0,))[0][middle]
    left = (2 / 3 / factor) ** 3
    assert left / 2 < (seen**2).mean() < 2 * left
    place = np.indices((side,) * 3) + 0.5
    waves = np.sin(2 * np.pi * (place / side).sum(axis=0))[None].astype(np.float32)
    seen = resample_values(waves, matrix, size, (0.0,))[0]
    back = affine.apply_points(np.linalg.inv(matrix), np.moveaxis(np.indices(size) + 0.5, 0, -1))
    expected = np.sin(2 * np.pi * (back / side).sum(axis=-1))
    assert np.abs(seen - expected)[middle].max() < (0.06 if factor < 4 else 0.25)


@pytest.mark.parametrize("angle", [0.0, 20.0])
@pytest.mark.parametrize("factor", [0.3, 1.0, 2.2])
def test_flat_is_flat_and_no_border_bleeds_in(angle, factor):
    flat = np.full((1, 8, 9, 10), 100.0, np.float32)
    matrix = affine.around(affine.rotate((1, 2), 3, angle) @ affine.scale([factor] * 3), (4, 4.5, 5))
    seen = resample_values(flat, matrix, (8, 9, 10), (-1000.0,))
    assert ((np.abs(seen - 100) < 1e-3) | (seen == -1000)).all()
    assert (seen == -1000).any() == (factor < 1 or bool(angle and factor == 1))


@pytest.mark.parametrize("size", [(1,), (1, 1, 1), (1, 5, 1)])
def test_single_samples(size):
    values = np.full((1, *size), 3.0, np.float32)
    for matrix in (affine.scale([4.0] * len(size)), affine.translate([0.3] * len(size))):
        assert resample_values(values, matrix, size, (3.0,)).tolist() == values.tolist()
    if len(size) == 3:
        turned = affine.around(affine.rotate((0, 2), 3, 45), [n / 2 for n in size])
        assert resample_values(values, turned, size, (3.0,)).tolist() == values.tolist()


def test_a_long_signal_takes_little_time_and_memory():
    values = np.zeros((2, 2_000_000), np.float32)
    before = time.perf_counter()
    resample_values(values, affine.resize((2_000_000,), (1000,)), (1000,), (0.0, 0.0))
    resample_values(values, affine.translate([-1_000_000.5]), (360,), (0.0, 0.0))
    assert time.perf_counter() - before < 5


def test_bad_shapes():
    with pytest.raises(ShapeError, match="2 channels and 1 axes"):
        resample_values(VOLUME, np.eye(2), (4,), (0.0, 0.0))
    with pytest.raises(ShapeError, match="1 channels and 1 axes"):
        resample_values(SIGNAL, np.eye(2), (4,), (0.0,))

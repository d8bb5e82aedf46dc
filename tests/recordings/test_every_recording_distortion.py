"""Every distortion of recordings, alone: what is marked on a recording is found where points and masks say."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.errors import ArgumentError
from striate.recording_preset import RecordingPreset
from striate.recordings import distortions as d
from striate.recordings.pipeline import CATALOGUE, RecordingPipeline
from striate.recordings.prepare import fitted

SIGNAL = RecordingPreset("signal", (100,), (0.01,), 2, (1.0, -1.0), (1.0, 2.0))
VOLUME = RecordingPreset("volume", (26, 36, 40), (3.0, 1.5, 1.0), 1, (1.0,), (1.0,))
CLIP = RecordingPreset("clip", (20, 36, 40), (0.04, 1.0, 1.0), 3, (1.0, 0.0, 2.0), (1.0, 1.0, 1.0), fit="stretch")
SIZES = {"signal": (120,), "volume": (30, 36, 44), "clip": (24, 40, 44)}
MOVING = {
    "signal": {
        "mirror": d.Mirror(("time",), 1.0),
        "shift": d.Shift(0.2),
        "crop": d.Crop((0.6, 1.0)),
        "stretch": d.Stretch(0.4),
        "warp": d.Warp(0.25),
    },
    "volume": {
        "mirror": d.Mirror(("depth", "width"), 1.0),
        "shift": d.Shift(0.15),
        "crop": d.Crop((0.7, 1.0)),
        "stretch": d.Stretch(0.3),
        "rotate": d.Rotate(40),
        "warp": d.Warp(0.25),
    },
}
MOVING["clip"] = MOVING["volume"] | {"mirror": d.Mirror(("time", "height"), 1.0)}
STAYING = {
    "scale": d.Scale(0.5),
    "brightness": d.Brightness(1.0),
    "noise": d.Noise(0.2),
    "drop": d.Drop(0.5),
    "wander": d.Wander(0.5),
}
PRESETS = [SIGNAL, VOLUME, CLIP]
CASES = [(preset, name) for preset in PRESETS for name in [*MOVING[preset.kind], *STAYING]]

seeds = st.integers(0, 100_000)
shares = st.floats(0.3, 0.7)


def sampled(preset, name, seed):
    step = (MOVING[preset.kind] | STAYING)[name]
    return RecordingPipeline((step,)).sample(np.random.default_rng(seed), SIZES[preset.kind], preset)


def spot(size, place, radii):
    """A bump of 1 around a place."""
    grids = np.moveaxis(np.indices(size) + 0.5, 0, -1)
    return np.exp(-0.5 * (((grids - place) / radii) ** 2).sum(axis=-1))


def centre_near(values, place, reach):
    """The centre of what stands out around a place."""
    window = tuple(slice(int(p) - reach, int(p) + reach) for p in place)
    near = values[window] - np.median(values[window])
    weights = np.where(near > 0.2 * near.max(), near, 0)
    grids = np.moveaxis(np.indices(near.shape) + 0.5, 0, -1)
    return (grids * weights[..., None]).reshape(-1, len(place)).sum(axis=0) / weights.sum() + [s.start for s in window]


def test_none_is_left_out():
    named = {**MOVING["signal"], **MOVING["volume"], **STAYING}
    assert set(named) == set(CATALOGUE.kinds)
    assert all(type(step) is CATALOGUE.kinds[name] for name, step in named.items())


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(CASES), seeds, st.tuples(shares, shares, shares))
def test_a_spot_is_found_at_its_point(case, seed, where):
    preset, name = case
    distortion, size = sampled(preset, name, seed), np.array(SIZES[preset.kind])
    place = size * where[: preset.dims]
    there = distortion.points(place)
    reach = 8 if preset.dims == 1 else 6
    np.testing.assert_allclose(distortion.back(there), place, atol=1e-5)
    if (there < reach + 1).any() or (there > np.array(preset.size) - reach - 1).any():
        return
    bump = spot(SIZES[preset.kind], place, np.full(preset.dims, 1.5)).astype(np.float32)
    rest = np.reshape(preset.border, (-1, *[1] * preset.dims))
    values = (rest + 40 * bump).astype(np.float32)
    seen = distortion.values(values)
    assert (seen.dtype, seen.shape) == (np.float32, (preset.channels, *preset.size))
    best = np.ptp(seen.reshape(preset.channels, -1), axis=1).argmax()  # one channel at least is not lost
    assert np.abs(centre_near(seen[best], there, reach) - there).max() < 0.3


def test_a_clip_is_shifted_by_whole_frames():
    clip = np.zeros((3, 24, 40, 44), np.float32) + np.arange(24, dtype=np.float32)[:, None, None]
    preset, seen = replace(CLIP, fit="crop"), set()
    for seed in range(30):
        distortion = RecordingPipeline((d.Shift(0.1),)).sample(np.random.default_rng(seed), clip.shape[1:], preset)
        time, *place = distortion.geometry[:3, 3]
        assert time == int(time)
        assert all(way != int(way) for way in place)
        middle = distortion.values(clip)[0, :, 18, 20]
        np.testing.assert_allclose(middle, np.arange(20) - time, atol=1e-5)
        seen.add(int(time) + 2)  # the fit takes the middle 20 of 24
    assert seen == {-2, -1, 0, 1, 2}


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(CASES), seeds)
def test_a_mask_is_the_values_of_a_map(case, seed):
    """Each sample takes the label of the nearest one, from where `back` says, and the border where there is none."""
    preset, name = case
    distortion, size = sampled(preset, name, seed), SIZES[preset.kind]
    labels = np.random.default_rng(seed).integers(0, 250, size).astype(np.uint8)
    moved = distortion.mask(labels, fill=255)
    assert (moved.dtype, moved.shape) == (np.uint8, preset.size)
    for sample in np.random.default_rng(seed).integers(0, preset.size, (30, preset.dims)):
        place = distortion.back(sample + 0.5)
        inside = all(0 <= p < n for p, n in zip(place, size, strict=True))
        nearest = tuple(np.floor(place).astype(int))
        if np.abs(place - np.rint(place)).min() > 1e-6:  # on an edge either side will do
            assert moved[tuple(sample)] == (labels[nearest] if inside else 255)


@pytest.mark.parametrize(("preset", "name"), CASES)
def test_what_moves_values_moves_labels_and_nothing_else_does(preset, name):
    """So none of the tests above is passed by standing still."""
    size = SIZES[preset.kind]
    before = RecordingPipeline(()).sample(np.random.default_rng(0), size, preset)
    assert np.array_equal(before.geometry, fitted(size, preset, (1.0,) * preset.dims))
    places = np.random.default_rng(0).uniform(5, 20, (20, preset.dims))
    values = np.random.default_rng(1).normal(0, 1, (preset.channels, *size)).astype(np.float32)
    far, changed = [], []
    for seed in range(6):
        after = sampled(preset, name, seed)
        far.append(np.abs(after.points(places) - before.points(places)).max())
        changed.append(np.abs(after.values(values) - before.values(values)).max())
    assert max(far) > 0.5 if name in MOVING[preset.kind] else max(far) == 0
    assert max(changed) > 0.05 or (name == "drop" and preset.channels == 1)


@pytest.mark.parametrize(("preset", "name"), CASES)
def test_nothing_marked_is_nothing_moved(preset, name):
    distortion = sampled(preset, name, 0)
    assert distortion.points(np.zeros((0, preset.dims))).shape == (0, preset.dims)
    assert distortion.points(np.zeros((2, 0, preset.dims))).shape == (2, 0, preset.dims)
    assert distortion.back(np.zeros((0, preset.dims))).shape == (0, preset.dims)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    "step",
    [
        d.Shift(0),
        d.Crop((1, 1)),
        d.Stretch(0),
        d.Warp(0),
        d.Scale(0),
        d.Brightness(0),
        d.Noise(0),
        d.Drop(0),
        d.Wander(0),
    ],
    ids=lambda step: type(step).__name__,
)
def test_at_strength_nought_nothing_changes(preset, step):
    """But for a crop, which still chooses what of a larger recording is seen."""
    values = np.random.default_rng(1).normal(0, 1, (preset.channels, *preset.size)).astype(np.float32)
    distortion = RecordingPipeline((step,)).sample(np.random.default_rng(0), preset.size, preset)
    np.testing.assert_allclose(distortion.values(values), values, atol=1e-5)


def test_a_turn_keeps_millimetres():
    """Two points keep their distance in space, not in samples; a clip turns in its plane only."""
    for seed in range(10):
        turn = RecordingPipeline((d.Rotate(90),)).sample(np.random.default_rng(seed), VOLUME.size, VOLUME)
        a, b = turn.points([[5, 5, 5], [20, 30, 8]])
        np.testing.assert_allclose(
            np.linalg.norm((a - b) * VOLUME.spacing), np.linalg.norm(np.array([15, 25, 3]) * VOLUME.spacing)
        )
        turn = RecordingPipeline((d.Rotate(90),)).sample(np.random.default_rng(seed), CLIP.size, CLIP)
        assert turn.points([[7, 3, 30]])[0, 0] == 7


def test_a_crop_at_its_own_scale_is_a_window_of_the_recording():
    values = np.random.default_rng(0).normal(0, 1, (2, 1000)).astype(np.float32)
    seen = set()
    for seed in range(20):
        crop = RecordingPipeline((d.Crop((1, 1)),)).sample(np.random.default_rng(seed), (1000,), SIGNAL)
        first, last = crop.back([[0], [100]])[:, 0]
        assert last - first == pytest.approx(100)
        assert first >= -1e-9
        assert last <= 1000 + 1e-9
        seen.add(int(first // 300))
        expected = np.interp(np.arange(100) + first, np.arange(1000), values[0])
        np.testing.assert_allclose(crop.values(values)[0, 1:-1], expected[1:-1], atol=1e-4)
    assert {0, 1, 2} <= seen


def test_a_stretch_leaves_a_clips_time():
    stretch = RecordingPipeline((d.Stretch(1),)).sample(np.random.default_rng(0), CLIP.size, CLIP)
    assert np.diag(stretch.geometry)[0] == 1
    assert np.diag(stretch.geometry)[1] == np.diag(stretch.geometry)[2] != 1


def test_amounts_of_values():
    values = np.random.default_rng(0).normal(0, 1, (2, 100)).astype(np.float32)
    for seed in range(50):
        rng = np.random.default_rng(seed)
        scale = d.Scale(0.5).sample(rng, SIGNAL)
        np.testing.assert_allclose(scale.apply(values), scale.gain[0] * values, atol=1e-5)
        assert 0.5 <= scale.gain[0] == scale.gain[1] <= 1.5
        light = d.Brightness(0.5).sample(rng, SIGNAL).offset
        assert abs(light[0]) <= 0.5
        assert light[0] == light[1]
        noise = d.Noise(0.5).sample(rng, SIGNAL).added
        assert (noise.dtype, noise.shape) == (np.float32, (2, 100))
        assert noise.std() < 0.7
        drop = d.Drop(1.0).sample(rng, SIGNAL)
        assert sorted(drop.gain) == [0, 1]
        lost = int(drop.gain.argmin())
        assert not drop.apply(values)[lost].any()
        assert np.array_equal(drop.apply(values)[1 - lost], values[1 - lost])
        wander = d.Wander(0.5).sample(rng, SIGNAL).added
        assert np.abs(wander).max() <= 0.5
        assert np.abs(np.diff(wander)).max() <= 0.5 * 2 * np.pi * 3 / 100
    assert d.Drop(1.0).sample(np.random.default_rng(0), VOLUME).gain.tolist() == [1]


@pytest.mark.parametrize("standardise", ["training", "each"])
def test_values_change_once_they_are_standardised(standardise):
    """What is shown and what the network gets are the same in two units, and `each` takes the recording's own."""
    preset = replace(SIGNAL, standardise=standardise)
    pipeline = RecordingPipeline((d.Shift(0.2), d.Scale(0.5), d.Noise(0.5), d.Brightness(1)))
    recording = np.random.default_rng(0).normal(50, 3, (2, 120)).astype(np.float32)
    distortion = pipeline.sample(np.random.default_rng(1), (120,), preset)
    moved = replace(distortion, tint=None)
    seen = moved.values(recording)
    each = standardise == "each"
    mean, std = (seen.mean(), seen.std()) if each else (np.array([[1], [-1]]), np.array([[1], [2]]))
    slow = distortion.tint.apply(((seen - mean) / std).astype(np.float32))
    np.testing.assert_allclose(distortion.network_input(recording), slow, atol=2e-4)
    np.testing.assert_allclose(distortion.values(recording), slow * std + mean, atol=1e-3)
    if each:  # in another unit it is the same to the network
        other = distortion.network_input(7 * recording + 11)
        np.testing.assert_allclose(other, distortion.network_input(recording), atol=2e-4)


def test_what_is_outside_is_the_mean():
    """The training data's, or of the recording itself where each is standardised by its own; or what was asked for."""
    recording = np.random.default_rng(0).normal(50, 3, (2, 10)).astype(np.float32)
    for preset, outside in (
        (SIGNAL, SIGNAL.mean),
        (replace(SIGNAL, standardise="each"), recording.mean(axis=1)),
        (replace(SIGNAL, standardise="each", border=(0.0, 5.0)), (0.0, 5.0)),
    ):
        distortion = RecordingPipeline(()).sample(np.random.default_rng(0), (10,), preset)
        np.testing.assert_allclose(distortion.values(recording)[:, 0], outside, rtol=1e-6)


@pytest.mark.parametrize(
    ("step", "preset", "message"),
    [
        (d.Rotate(5), SIGNAL, "a signal has nothing to turn"),
        (d.Mirror(("width",)), SIGNAL, "some of time, those of a signal"),
        (d.Mirror(("depth",)), CLIP, "time, height, width"),
        (d.Mirror(("time",)), VOLUME, "depth, height, width"),
    ],
)
def test_a_kind_without_that_axis_is_refused(step, preset, message):
    with pytest.raises(ArgumentError, match=message):
        RecordingPipeline((step,)).check(preset)


@pytest.mark.parametrize(
    "make",
    [
        lambda: d.Shift(1.1),
        lambda: d.Shift(-0.1),
        lambda: d.Shift(float("nan")),
        lambda: d.Crop((0, 1)),
        lambda: d.Crop((0.8, 0.5)),
        lambda: d.Stretch(2),
        lambda: d.Rotate(181),
        lambda: d.Mirror((), 0.5),
        lambda: d.Mirror(("left",), 0.5),
        lambda: d.Mirror(("width",), 1.5),
        lambda: d.Noise(5),
        lambda: d.Drop(-1),
        lambda: d.Wander(0.2, -1),
    ],
)
def test_strengths_out_of_range(make):
    with pytest.raises(ArgumentError):
        make()

"""A recording comes to the network as its preset says, or is refused."""

import numpy as np
import pytest

from striate.errors import DataError, ShapeError
from striate.recording_preset import RecordingPreset
from striate.recordings.prepare import prepared
from striate.recordings.records import Recording


def signal(length=10, spacing=0.01, channels=2):
    values = np.random.default_rng(0).normal(3, 2, (channels, length)).astype(np.float32)
    return Recording("signal", values, (spacing,))


def preset(size=(10,), spacing=(0.01,), **fields):
    numbers = {"channels": 2, "mean": (3.0, 2.0), "std": (2.0, 0.5)}
    return RecordingPreset("signal", size, spacing, **(numbers | fields))


def test_what_fits_is_standardised_and_nothing_else():
    recording = signal()
    slow = (recording.values - np.float32([[3], [2]])) / np.float32([[2], [0.5]])
    assert np.array_equal(prepared(recording, preset()), slow)
    own = prepared(recording, preset(standardise="each"))
    assert abs(own.mean()) < 1e-6
    assert abs(own.std() - 1) < 1e-6
    still = Recording("signal", np.full((2, 10), 7, np.float32), (0.01,))
    assert not prepared(still, preset(standardise="each")).any()


@pytest.mark.parametrize(
    ("length", "size", "first"),
    [
        (10, 4, 3),
        (9, 4, 2),  # two samples before, three behind
        (4, 10, -3),
        (5, 10, -3),
        (1, 3, -1),
        (7, 7, 0),
    ],
)
def test_the_central_part_and_a_border(length, size, first):
    recording, wanted = signal(length), preset((size,), mean=(0.0, 0.0), std=(1.0, 1.0), border=(5.0, -5.0))
    slow = np.empty((2, size), np.float32)
    for c, border in enumerate((5, -5)):
        for i in range(size):
            slow[c, i] = recording.values[c, first + i] if 0 <= first + i < length else border
    assert np.array_equal(prepared(recording, wanted), slow)


def test_a_volume_and_a_clip_of_their_size_are_themselves():
    for kind, spacing in (("volume", (3.0, 1.0, 1.0)), ("clip", (0.04, 1.0, 1.0))):
        values = np.random.default_rng(0).normal(0, 1, (1, 3, 4, 5)).astype(np.float32)
        wanted = RecordingPreset(kind, (3, 4, 5), spacing, 1, (0.0,), (1.0,))
        assert np.array_equal(prepared(Recording(kind, values, spacing), wanted), values)


@pytest.mark.parametrize("spacing", [0.02, 0.005, 0.0101, 0.0])
def test_another_spacing_is_refused(spacing):
    with pytest.raises(DataError, match=r"0\.01 s"):
        prepared(signal(spacing=spacing), preset())
    stretched = prepared(signal(20, spacing), preset(fit="stretch"))
    assert stretched.shape == (2, 10)


def test_unknown_is_only_like_unknown():
    assert prepared(signal(spacing=0.0), preset(spacing=(0.0,))).shape == (2, 10)
    for there, here, remedy in ((0.0, 0.01, "save it as an .npz of `values` and `spacing`"), (0.01, 0.0, "as an .npy")):
        for resample in (False, True):
            with pytest.raises(DataError, match=remedy):
                prepared(signal(spacing=there), preset(spacing=(here,)), resample)


def test_nearly_the_same_spacing_moves_nothing():
    near = signal(spacing=0.010005)
    assert np.array_equal(prepared(near, preset()), prepared(signal(), preset()))


@pytest.mark.parametrize("rate", [100, 250, 361, 720, 1000])
def test_a_resampled_copy_is_the_same_to_the_network(rate):
    """Two seconds of slow waves, taken at any rate."""

    def waves(rate):
        seconds = (np.arange(2 * rate) + 0.5) / rate
        return np.sin(2 * np.pi * (2 * seconds + [[0.1], [0.6]])).astype(np.float32)

    wanted = RecordingPreset("signal", (400,), (1 / 360,), 2, (0.0, 0.0), (1.0, 1.0))
    seen = prepared(Recording("signal", waves(rate), (1 / rate,)), wanted, resample=True)
    assert np.abs(seen - waves(360)[:, 160:560]).max() < 0.03


@pytest.mark.parametrize("steps", [(3.0, 1.0, 1.0), (1.0, 0.5, 2.0), (1.3, 0.9, 0.7)])
def test_a_resampled_volume_is_the_same_to_the_network(steps):
    """60 millimetres of slow waves along each axis, taken with any steps."""

    def waves(steps):
        grids = np.meshgrid(*[(np.arange(round(60 / step)) + 0.5) * step for step in steps], indexing="ij")
        return sum(np.sin(2 * np.pi * (g / 30 + 0.1 * i)) for i, g in enumerate(grids)).astype(np.float32)[None]

    wanted = RecordingPreset("volume", (20, 24, 30), (1.5, 1.0, 1.0), 1, (0.0,), (1.0,))
    seen = prepared(Recording("volume", waves(steps), steps), wanted, resample=True)
    assert np.abs(seen - waves((1.5, 1.0, 1.0))[:, 10:30, 18:42, 15:45]).max() < 0.15


def test_other_data_is_refused():
    with pytest.raises(DataError, match="2 channels, and this has 3"):
        prepared(signal(channels=3), preset())
    volume = Recording("volume", np.zeros((2, 3, 3, 3), np.float32), (1.0, 1.0, 1.0))
    with pytest.raises(DataError, match="trained on signals, and this is a volume"):
        prepared(volume, preset())


def test_shapes_are_checked():
    from striate.recordings.prepare import preset_distortion

    with pytest.raises(ShapeError, match="of shape"):
        preset_distortion(signal(), preset()).values(np.zeros((2, 11), np.float32))

"""Signals, volumes and clips as pictures: what is drawn stands where the values say."""

import numpy as np
import pytest

from striate.draw.canvas import RULE
from striate.draw.class_colours import class_colour
from striate.draw.clip_strip import clip_strip
from striate.draw.recording import recording_limits, recording_picture
from striate.draw.slices import sized, slices_picture, window_limits, windowed
from striate.draw.traces import MARK, MOST_CHANNELS, spectrogram_picture, trace_limits, traces_picture
from striate.errors import ArgumentError, ShapeError


def inked(picture):
    return (picture < 200).any(axis=2)


def rows_of(picture):
    """The mean row of the ink in each column."""
    ink = inked(picture)
    return (ink * np.arange(len(ink))[:, None]).sum(axis=0) / np.maximum(ink.sum(axis=0), 1)


def test_a_trace_goes_through_its_values():
    values = np.sin(np.linspace(0, 6, 200))
    picture = traces_picture(values[None], size_hw=(100, 200))
    expected = (0.06 + 0.88 * (values.max() - values) / np.ptp(values)) * 100
    assert np.abs(rows_of(picture)[2:-2] + 0.5 - expected[2:-2]).max() < 1.5


def test_nothing_short_is_lost():
    values = np.zeros(1_000_000, np.float32)
    values[777_777] = 1
    picture = traces_picture(values[None], size_hw=(60, 100))
    assert inked(picture)[5].any()
    assert abs(np.flatnonzero(inked(picture)[:20].any(axis=0)).mean() - 77.3) < 1.5


def test_each_channel_has_its_band_and_its_colour():
    values = np.stack([np.sin(np.arange(90) / 9) * 1000, np.full(90, 3.0), np.arange(90) / 1e6])
    picture = traces_picture(values, size_hw=(90, 120))
    for row in range(3):
        band = 255.0 - picture[30 * row + 2 : 30 * (row + 1)]
        ink = band[band.max(axis=2) > 60] / (255.0 - np.array(class_colour(row)))  # as dense in red, green and blue
        assert len(ink) > 50
        assert np.ptp(ink, axis=1).max() < 0.1
    assert (picture[30] == tuple(bytes.fromhex(RULE[1:]))).any(axis=0).all()
    assert set(np.flatnonzero(inked(picture[31:59]).any(axis=1)) + 31) <= {44, 45, 46}  # the still one, in the middle


def test_what_is_drawn_between_the_same_limits_can_be_compared():
    values = np.sin(np.linspace(0, 6, 200))[None]
    limits = trace_limits(values)
    half = rows_of(traces_picture(0.5 * values, size_hw=(100, 200), limits=limits)) + 0.5
    whole = rows_of(traces_picture(values, size_hw=(100, 200), limits=limits)) + 0.5
    assert np.abs((half - 50) - (whole - 50) / 2)[2:-2].max() < 1.5
    high = traces_picture(values + 99, size_hw=(100, 200), limits=limits)
    assert set(np.flatnonzero(inked(high).any(axis=1))) <= {0, 1, 2, 3}
    bright = np.random.default_rng(0).uniform(0, 1, (1, 10, 10, 10))
    dim = windowed(bright / 2, window_limits(bright))
    assert abs(dim.mean() - windowed(bright).mean() / 2) < 3
    for kind in ("signal", "volume", "clip"):
        some = values if kind == "signal" else bright
        own = recording_picture(kind, some, (1.0,) * (some.ndim - 1))
        assert np.array_equal(
            own, recording_picture(kind, some, (1.0,) * (some.ndim - 1), limits=recording_limits(kind, some))
        )
        with pytest.raises(ShapeError, match="limits"):
            recording_picture(kind, some, (1.0,) * (some.ndim - 1), limits=np.zeros((0, 2)))


def test_a_mark_stands_at_its_sample():
    picture = traces_picture(np.zeros((1, 50)), size_hw=(40, 100), marks=[10.5, -3, 60])
    grey = (picture == MARK).all(axis=2)
    assert np.flatnonzero(grey[:10].all(axis=0)).tolist() == [20, 21]


def test_hundreds_of_channels_are_thinned_out():
    values = np.random.default_rng(0).normal(size=(300, 50))
    assert traces_picture(values, size_hw=(320, 320)).shape == (320, 320, 3)
    assert np.array_equal(
        traces_picture(values, size_hw=(160, 64))[:10],
        traces_picture(values[: 300 // MOST_CHANNELS * MOST_CHANNELS], size_hw=(160, 64))[:10],
    )


@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 9, 100, 5000])
def test_any_length_is_drawn(length):
    values = np.random.default_rng(0).normal(size=(2, length))
    for picture in (traces_picture(values, size_hw=(40, 64)), spectrogram_picture(values, size_hw=(40, 64))):
        assert (picture.shape, picture.dtype) == ((40, 64, 3), np.uint8)


@pytest.mark.parametrize("share", [0.1, 0.4, 0.8])
def test_a_tone_is_bright_at_its_frequency_and_while_it_sounds(share):
    values = np.sin(np.arange(20_000) * np.pi * share)
    values[:10_000] = 0
    light = spectrogram_picture(values[None], size_hw=(100, 200)).sum(axis=2)
    assert abs(light[:, 150].argmax() + 0.5 - 100 * (1 - share)) < 2.5
    assert light[:, 20:90].max() < 0.2 * light[:, 150].max()


def test_silence_is_black():
    assert spectrogram_picture(np.full((1, 500), 3.0), size_hw=(20, 30)).max() <= 4


def test_slices_are_those_of_the_middle():
    values = np.random.default_rng(0).uniform(0, 1, (1, 4, 6, 8)).astype(np.float32)
    picture = slices_picture(values, side=2 + 10 * 14)[..., 0]
    grey = windowed(values)[..., 0]
    big = [s.repeat(10, 0).repeat(10, 1) for s in (grey[::-1, 3], grey[::-1, :, 4], grey[2])]  # depth upwards
    assert np.array_equal(picture[:40, :80], big[0])
    assert np.array_equal(picture[:40, 82:], big[1])
    assert np.array_equal(picture[42:, :80], big[2])
    assert (picture[42:, 82:] == 255).all()


def test_a_sphere_stays_round_whatever_the_spacing():
    z, y, x = np.mgrid[-1:1:20j, -1:1:60j, -1:1:40j]
    picture = slices_picture((x**2 + y**2 + z**2 < 0.5)[None].astype(float), spacing=(6, 2, 3), side=244)[..., 0] > 128
    for top, left in ((0, 0), (0, 123), (123, 0)):
        rows, columns = np.nonzero(picture[top : top + 121, left : left + 121])
        assert abs(np.ptp(rows) - np.ptp(columns)) <= 4
        assert abs(np.ptp(rows) - 121 * 0.707) <= 6


def test_a_window_leaves_out_what_is_rare_and_nothing_else():
    values = np.zeros((1, 10, 10, 10), np.float32)
    assert not windowed(values).any()
    values[0, 0, 0, 0] = 5  # less than a hundredth, and all that there is
    assert windowed(values)[0, 0, 0].tolist() == [255, 255, 255]
    ramp = np.arange(1000, dtype=np.float32).reshape(1, 10, 10, 10)
    ramp[0, 9, 9, 9] = 1e9
    assert windowed(ramp)[9, 9, 8, 0] == 255
    assert abs(int(windowed(ramp)[5, 0, 0, 0]) - 128) < 2
    colours = np.stack([ramp * 0, ramp * 0 + 1, ramp * 0])[:, 0]
    assert windowed(colours)[0, 0, 0].tolist() == [0, 255, 0]


def test_frames_stand_in_the_order_of_time():
    values = np.broadcast_to(np.arange(11, dtype=np.float32)[:, None, None], (1, 11, 5, 5))
    strip = clip_strip(values, frames=6, width=6 * 20 + 10)[..., 0]
    assert strip.shape == (20, 130)
    shades = [int(strip[10, 22 * i + 10]) for i in range(6)]
    assert shades == sorted(set(shades))
    assert (strip[:, 20:22] == 255).all()
    assert clip_strip(values[:, :2], frames=6, width=42).shape == (20, 42, 3)
    assert clip_strip(values, frames=4, columns=2, width=42).shape == (42, 42, 3)


@pytest.mark.parametrize(
    ("kind", "shape"),
    [("signal", (3, 50)), ("volume", (2, 7, 9, 20)), ("clip", (3, 12, 9, 16)), ("clip", (1, 1, 1, 1))],
)
def test_any_kind_fits_a_tile(kind, shape):
    picture = recording_picture(kind, np.random.default_rng(0).normal(size=shape), (0.0,) * (len(shape) - 1), side=96)
    assert picture.dtype == np.uint8
    assert 80 <= max(picture.shape[:2]) <= 98


def test_pixels_are_kept_where_they_grow_and_averaged_where_they_shrink():
    image = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    assert np.array_equal(sized(image, (12, 24)), image.repeat(2, 0).repeat(3, 1))
    slow = image.reshape(3, 2, 4, 2, 3).mean(axis=(1, 3))
    assert np.abs(sized(image, (3, 4)) - slow).max() <= 0.5


def test_bad_input():
    for draw in (traces_picture, spectrogram_picture):
        with pytest.raises(ShapeError, match="channels, samples"):
            draw(np.zeros((2, 0)))
        with pytest.raises(ShapeError, match="channels, samples"):
            draw(np.zeros(5))
        with pytest.raises(ArgumentError, match="size_hw"):
            draw(np.zeros((1, 5)), size_hw=(7, 100))
    for draw in (slices_picture, clip_strip):
        with pytest.raises(ShapeError, match="three axes"):
            draw(np.zeros((1, 5, 5)))
        with pytest.raises(ShapeError, match="three axes"):
            draw(np.zeros((0, 5, 5, 5)))
    with pytest.raises(ArgumentError, match="spacing"):
        slices_picture(np.zeros((1, 5, 5, 5)), spacing=(1.0, 1.0))
    with pytest.raises(ArgumentError, match="frames"):
        clip_strip(np.zeros((1, 5, 5, 5)), frames=0)

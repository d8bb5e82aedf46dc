import numpy as np
import pytest

from striate.draw import IMAGE_VIEW, overlay_picture, recording_levels, signed_levels, view_of
from striate.draw.planes import clip_frames, side_by_side, volume_planes
from striate.draw.trace_view import TraceView

RNG = np.random.default_rng(0)
SIZES = {"signal": (50,), "volume": (5, 6, 7), "clip": (4, 6, 7)}


def test_the_middle_planes_of_a_volume():
    volume = RNG.integers(0, 255, (5, 6, 7))
    page = volume_planes(volume, -1)
    assert page.shape == (5 + 2 + 6, 7 + 2 + 6)
    assert (page[:5, :7] == volume[::-1, 3]).all()  # depth grows upwards
    assert (page[:5, 9:] == volume[::-1, :, 3]).all()
    assert (page[7:, :7] == volume[2]).all()
    assert (page[5:7] == -1).all()
    assert (page[7:, 7:] == -1).all()


@pytest.mark.parametrize(("frames", "shown", "size"), [(1, 1, (4, 5)), (4, 4, (10, 19)), (30, 9, (16, 19))])
def test_frames_of_a_clip(frames, shown, size):
    clip = np.arange(frames)[:, None, None] * np.ones((4, 5))
    page = clip_frames(clip, -1)
    assert page.shape == size
    levels = [v for v in np.unique(page) if v >= 0]
    assert len(levels) == shown
    assert (levels[0], levels[-1]) == (0, frames - 1)


def test_planes_of_other_types_and_sizes():
    page = side_by_side([np.ones((2, 1), bool), np.ones((3, 2), bool)], True)
    assert page.dtype == bool
    assert page.shape == (3, 5)
    assert page.all()


@pytest.mark.parametrize("kind", SIZES)
@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_every_picture_of_every_kind(kind, channels):
    size, view = SIZES[kind], view_of(kind)
    levels = recording_levels(kind, RNG.normal(size=(channels, *size)))
    assert levels.dtype == np.uint8
    assert levels.shape[:-1] == size
    strengths = RNG.normal(size=size)
    pictures = [view.picture(levels), view.strengths(levels, np.abs(strengths)), view.overlay(levels, strengths)]
    pictures += [view.picture(signed_levels(RNG.normal(size=(*size, channels))))]
    pictures += [view.filters(RNG.normal(size=(4, channels, *[3] * len(size))))]
    for picture in pictures:
        assert picture.dtype == np.uint8
        assert picture.ndim == 3
        assert picture.shape[2] in (1, 3)
        assert picture.std() > 0
    assert pictures[0].shape[:2] == pictures[1].shape[:2] == pictures[2].shape[:2]
    inside = np.ones(size, bool)
    inside[: size[0] // 2] = False
    tile, shown = view.patch(levels, inside)
    assert tile.shape[:2] == shown.shape
    assert 0 < shown.mean() < 1


def test_images_are_as_they_are():
    image = RNG.integers(0, 256, (6, 7, 3)).astype(np.uint8)
    strengths = RNG.normal(size=(6, 7))
    assert (IMAGE_VIEW.picture(image) == image).all()
    assert (IMAGE_VIEW.overlay(image, strengths) == overlay_picture(image, strengths)).all()


def test_strengths_stand_where_their_samples_are():
    levels = np.full((100, 1), 128, np.uint8)
    strengths = np.zeros(100)
    strengths[25], strengths[75] = 1, -1
    page = TraceView().overlay(levels, strengths)[10].astype(int)
    orange, blue = (np.flatnonzero(page[:, a] - page[:, b] > 100) for a, b in ((0, 2), (2, 0)))
    assert orange.mean() == pytest.approx(25.5 / 100 * 448, abs=3)
    assert blue.mean() == pytest.approx(75.5 / 100 * 448, abs=3)


def test_a_single_strong_sample_of_many_is_seen():
    strengths = np.zeros(100_000)
    strengths[33_333] = 1
    page = TraceView().overlay(np.full((100_000, 1), 128, np.uint8), strengths)[10].astype(int)
    assert np.flatnonzero(page[:, 0] - page[:, 2] > 100).tolist() == [round(0.33333 * 448)]


def test_traces_go_up_where_levels_do():
    page = TraceView().picture(np.linspace(0, 255, 60).round().astype(np.uint8)[:, None])
    dark = page.sum(2) < 300
    heights = [np.flatnonzero(column).mean() for column in dark.T[20:-20:50]]
    assert (np.diff(heights) < 0).all()

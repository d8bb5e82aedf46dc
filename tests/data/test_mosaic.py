"""Mosaics: markers are found at the moved boxes, pixels are those of one distortion, marks follow."""

import numpy as np
import pytest

from striate.data import (
    BoxItem,
    Brightness,
    Contrast,
    Crop,
    Erase,
    Mirror,
    Pipeline,
    Rotate,
    Warp,
    mosaic,
    preset_distortion,
)
from striate.errors import ArgumentError, ShapeError
from striate.preset import Preset

PRESET = Preset(size_hw=(160, 200), fit="letterbox")
COLOURS = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0)]
SIZES = [(240, 320), (320, 240), (300, 300), (90, 120)]


def marked(index, box, background=100):
    image = np.full((*SIZES[index], 3), background, np.uint8)
    left, top, right, bottom = box
    image[top:bottom, left:right] = COLOURS[index]
    return image, BoxItem(f"{index}.png", SIZES[index], np.array([box], float), np.array([index]))


def picture(planes):
    """Back to 0–255, (h, w, C)."""
    return planes.transpose(1, 2, 0) * PRESET.std + PRESET.mean


def find(shown, colour):
    """The bounds of what has about this colour."""
    y, x = np.nonzero(np.abs(shown - colour).max(axis=-1) < 90)
    return [x.min(), y.min(), x.max() + 1, y.max() + 1]


@pytest.mark.parametrize("seed", range(20))
def test_a_marker_is_found_at_its_moved_box(seed):
    rng = np.random.default_rng(seed)
    boxes = []
    for height, width in SIZES:
        left, top = rng.integers(0, width * 2 // 3), rng.integers(0, height * 2 // 3)
        boxes.append((left, top, left + width // 3, top + height // 3))
    images, items = zip(*(marked(i, box) for i, box in enumerate(boxes)), strict=True)
    sample = Pipeline((Mirror(), Crop((0.5, 1.0)))).sample
    planes, seen = mosaic(images, items, sample, rng, PRESET)
    shown = picture(planes)
    assert planes.dtype == np.float32
    assert seen.size_hw == PRESET.size_hw
    for box, label in zip(seen.xyxy, seen.labels, strict=True):
        np.testing.assert_allclose(find(shown, COLOURS[label]), box, atol=1.5)
    for label in set(range(4)) - set(seen.labels.tolist()):  # hardly seen any more: less than a quarter of 1/9
        assert (np.abs(shown - COLOURS[label]).max(axis=-1) < 90).mean() < 0.05


def test_each_quadrant_is_one_distortion_of_its_image():
    """Bit by bit what the same distortion gives alone: nothing is resampled again."""
    rng = np.random.default_rng(3)
    images = [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in SIZES]
    items = [BoxItem(f"{i}.png", size, np.zeros((0, 4)), np.zeros(0, np.int64)) for i, size in enumerate(SIZES)]
    drawn = []
    pipeline = Pipeline((Mirror(), Crop(), Rotate(20), Warp(3), Brightness(0.4), Contrast(0.4), Erase()))

    def sample(*args):
        drawn.append(pipeline.sample(*args))
        return drawn[-1]

    planes, seen = mosaic(images, items, sample, np.random.default_rng(0), PRESET)
    (y, x), (height, width) = drawn[0].size_hw, PRESET.size_hw
    assert [d.size_hw for d in drawn] == [(y, x), (y, width - x), (height - y, x), (height - y, width - x)]
    parts = [d.network_input(image, PRESET) for d, image in zip(drawn, images, strict=True)]
    whole = np.concatenate([np.concatenate(parts[:2], axis=2), np.concatenate(parts[2:], axis=2)], axis=1)
    assert np.array_equal(planes, whole)
    assert len(seen) == 0
    assert seen.path == "0.png + 1.png + 2.png + 3.png"


def test_the_same_state_gives_the_same_mosaic():
    images, items = zip(*(marked(i, (10, 10, 60, 60)) for i in range(4)), strict=True)
    one, two, other = (
        mosaic(images, items, Pipeline((Crop(),)).sample, np.random.default_rng(seed), PRESET) for seed in (1, 1, 2)
    )
    assert np.array_equal(one[0], two[0])
    assert np.array_equal(one[1].xyxy, two[1].xyxy)
    assert not np.array_equal(one[0], other[0])


def test_boxes_are_clipped_to_their_quadrant_and_flags_and_points_follow():
    def item(number, *boxes):
        points = np.tile([[50.0, 50], [0, 0]], (len(boxes), 1, 1))
        return BoxItem(f"{number}", (100, 100), np.array(boxes, float), np.full(len(boxes), number),
                       crowd=np.full(len(boxes), number == 2), points=points,
                       visibility=np.full((len(boxes), 2), number))  # fmt: skip

    whole, nothing = (0, 0, 100, 100), BoxItem("1", (100, 100), np.zeros((0, 4)), np.zeros(0, np.int64))
    items = [item(0, whole), nothing, item(2, whole), item(3, whole, (0, 0, 0.5, 0.5))]
    images, preset = [np.zeros((100, 100, 1), np.uint8)] * 4, Preset((80, 80), 1, (0,), (1,))
    _, seen = mosaic(images, items, lambda rng, size, quadrant: preset_distortion(quadrant, size),
                     np.random.default_rng(5), preset)  # fmt: skip
    (x, y), labels = seen.xyxy[0, 2:], seen.labels.tolist()
    assert labels == [0, 2, 3]
    assert seen.xyxy.tolist() == [[0, 0, x, y], [0, y, x, 80], [x, y, 80, 80]]
    assert seen.crowd.tolist() == [False, True, False]
    assert seen.visibility.tolist() == [[0, 0], [2, 2], [3, 3]]
    middles = (seen.xyxy[:, :2] + seen.xyxy[:, 2:]) / 2
    np.testing.assert_allclose(seen.points[:, 0], middles, atol=0.5)  # a crop is of whole pixels


def test_images_may_come_smaller_than_their_items():
    large = [BoxItem("a", (200, 200), np.array([[20.0, 20, 180, 180]]), np.array([0]))] * 4
    whole, small = (
        mosaic([np.zeros((side, side, 3), np.uint8)] * 4, large, Pipeline(()).sample, np.random.default_rng(0), PRESET)
        for side in (200, 100)
    )
    assert np.array_equal(whole[1].xyxy, small[1].xyxy)


def test_bad_arguments():
    images, items = zip(*(marked(i, (10, 10, 60, 60)) for i in range(4)), strict=True)
    sample, rng = Pipeline(()).sample, np.random.default_rng(0)
    with pytest.raises(ArgumentError, match=r"images and items must be four each, got \(3, 4\)"):
        mosaic(images[:3], items, sample, rng, PRESET)
    with pytest.raises(ArgumentError, match="at least 2 pixels"):
        mosaic(images, items, sample, rng, Preset(size_hw=(1, 64)))
    with pytest.raises(ShapeError):
        mosaic(images[::-1], items, sample, rng, PRESET)
    for side in (2, 3):
        assert mosaic(images, items, sample, rng, Preset(size_hw=(side, side)))[0].shape == (3, side, side)

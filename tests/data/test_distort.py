"""What is marked on an image is found again where the distortion says: in pixels, points, boxes and masks."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.data.distort import Distortion, preset_distortion
from striate.data.distortions import (
    Brightness,
    ColourShift,
    Contrast,
    Crop,
    Erase,
    Mirror,
    Rotate,
    Saturation,
    Shear,
    Translate,
    Warp,
)
from striate.data.pipeline import Pipeline
from striate.errors import ArgumentError, ShapeError
from striate.ops import colour as c
from striate.ops import geometry as g
from striate.preset import Preset

LUMA = np.array([0.299, 0.587, 0.114])
MOTIONS = (Mirror(1.0), Crop((0.5, 1.0)), Translate(0.2), Rotate(40), Shear(25))
TINTS = (Brightness(0.5), Contrast(0.5), Saturation(0.5), ColourShift(60))
FITS = ("crop", "stretch", "letterbox")

BENT = (*MOTIONS, Warp(2.5))

a_motion = st.one_of(*[st.just((m,)) for m in BENT], st.just(MOTIONS), st.just(BENT), st.just(()))
a_preset = st.builds(
    Preset,
    st.sampled_from([(64, 64), (48, 80)]),
    fit=st.sampled_from(FITS),
    filter=st.sampled_from(["bilinear", "bicubic"]),
    border=st.just((0.0, 0.0, 0.0)),
)
sizes = st.sampled_from([(60, 90), (131, 97), (200, 200)])
seeds = st.integers(0, 1000)


def seen_in(xy, size_hw, margin):
    return margin <= xy[0] <= size_hw[1] - margin and margin <= xy[1] <= size_hw[0] - margin


def spot(size_hw, xy, radius):
    """A soft white spot on black, (H, W, 3)."""
    y, x = np.mgrid[: size_hw[0], : size_hw[1]] + 0.5
    bright = 255 * np.exp(-((x - xy[0]) ** 2 + (y - xy[1]) ** 2) / (2 * radius**2))
    return np.rint(bright)[..., None].repeat(3, axis=2).astype(np.uint8)


def centre_of(weights):
    y, x = np.mgrid[: weights.shape[0], : weights.shape[1]] + 0.5
    return np.array([(x * weights).sum(), (y * weights).sum()]) / weights.sum()


@settings(max_examples=150)
@given(a_motion, a_preset, sizes, seeds, st.floats(0.2, 0.8), st.floats(0.2, 0.8))
def test_a_spot_is_found_at_its_point(steps, preset, size_hw, seed, u, v):
    distortion = Pipeline(steps).sample(np.random.default_rng(seed), size_hw, preset)
    xy = np.array([u * size_hw[1], v * size_hw[0]])
    there = distortion.points(xy)
    bent = distortion.field is not None  # which bends a larger spot, too
    radius = (2 if bent else 3) / abs(g.area_factor(distortion.geometry)) ** 0.5  # in the result some 3 pixels, or 2
    if seen_in(there, preset.size_hw, 16) and seen_in(xy, size_hw, 3 * radius):
        bright = distortion.image(spot(size_hw, xy, radius))[..., 0]
        assert np.abs(centre_of(np.where(bright > 12, bright, 0)) - there).max() < (0.6 if bent else 0.3)
    np.testing.assert_allclose(distortion.back(there), xy, atol=1e-5)


def slow_bounds(distortion, box):
    """The bounds of a thousand moved points along the box's edges."""
    left, top, right, bottom = box
    share = np.linspace(0, 1, 250)[:, None]
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    edges = np.concatenate([a + share * (b - a) for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)])
    moved = distortion.points(edges)
    return np.concatenate([moved.min(axis=0), moved.max(axis=0)])


@settings(max_examples=100)
@given(a_motion, a_preset, sizes, seeds, st.floats(0.2, 0.6), st.floats(0.2, 0.6))
def test_a_rectangle_is_found_in_its_box_and_its_mask(steps, preset, size_hw, seed, u, v):
    distortion = Pipeline(steps).sample(np.random.default_rng(seed), size_hw, preset)
    left, top = round(u * size_hw[1]), round(v * size_hw[0])
    box = [left, top, left + 17, top + 11]
    labels = np.zeros(size_hw, np.int32)
    labels[box[1] : box[3], box[0] : box[2]] = 70000  # more than OpenCV's types for masks hold
    whole = slow_bounds(distortion, box)
    found = distortion.mask(labels)
    assert set(np.unique(found)) <= {0, 70000}
    if seen_in(whole[:2], preset.size_hw, 1) and seen_in(whole[2:], preset.size_hw, 1):
        rows, columns = np.nonzero(found)
        bounds = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert np.abs(bounds - whole).max() < 1.5 + 0.5 * max(0, abs(g.area_factor(distortion.geometry)) - 1)
        boxes, kept = distortion.boxes([box])
        np.testing.assert_allclose(boxes, [whole], atol=0.05)
        assert kept.tolist() == [0]
        image = (labels > 0).astype(np.uint8)[..., None].repeat(3, axis=2) * 255
        bright = distortion.image(image)[..., 0] > 127
        assert (bright != (found > 0)).mean() < 0.03


@given(st.permutations(MOTIONS), seeds)
def test_a_pipeline_is_the_product_of_its_steps(steps, seed):
    preset, size_hw = Preset((48, 80), fit="letterbox"), (131, 97)
    whole = Pipeline(tuple(steps)).sample(np.random.default_rng(seed), size_hw, preset)
    rng, start = np.random.default_rng(seed), preset_distortion(preset, size_hw)
    xy = np.array([[0.0, 0.0], [97.0, 0.0], [30.0, 80.0]])
    moved = start.points(xy)
    for step in steps:
        alone = Pipeline((step,)).sample(rng, size_hw, preset)
        moved = g.apply_points(alone.geometry @ start.inverse, moved)
    np.testing.assert_allclose(whole.points(xy), moved, atol=1e-8)


def slow_colours(image, steps, seed):
    """Each step by its definition on a float picture, one after another, clipped at the end."""
    rng = np.random.default_rng(seed)
    for step in steps:
        if isinstance(step, ColourShift):
            image = image + [step.amount * (2 * rng.random() - 1) for _ in range(3)]
            continue
        factor = 1 + step.strength * (2 * rng.random() - 1)
        grey = image @ LUMA
        centre = {Brightness: 0.0, Contrast: grey.mean(), Saturation: grey[..., None]}[type(step)]
        image = factor * image + (1 - factor) * centre
    return np.clip(image, 0, 255)


@settings(max_examples=60)
@given(st.lists(st.sampled_from(TINTS), min_size=1, max_size=5), seeds)
def test_colours_are_the_slow_rewrites(steps, seed):
    image = np.random.default_rng(seed + 1).integers(0, 256, (24, 40, 3), dtype=np.uint8)
    preset = Preset((24, 40), mean=(120.0, 110.0, 100.0), std=(50.0, 60.0, 70.0))
    distortion = Pipeline(tuple(steps)).sample(np.random.default_rng(seed), (24, 40), preset)
    slow = slow_colours(image.astype(float), steps, seed)
    np.testing.assert_allclose(distortion.image(image), slow, atol=1e-3)
    normalised = (slow - preset.mean) / preset.std
    np.testing.assert_allclose(distortion.network_input(image, preset), normalised.transpose(2, 0, 1), atol=1e-4)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("steps", [(), (Rotate(20),), (Rotate(20), Brightness(0.5), Contrast(0.9), ColourShift(50))])
def test_network_input_is_the_image_normalised(channels, steps):
    mean, std = (100.0, 110.0, 120.0, 5.0)[:channels], (50.0, 60.0, 70.0, 80.0)[:channels]
    preset = Preset((224, 200), channels, mean, std)
    image = np.random.default_rng(0).integers(0, 256, (150, 170, channels), dtype=np.uint8)
    distortion = Pipeline(steps).sample(np.random.default_rng(5), (150, 170), preset)
    out = np.full((channels, 224, 200), np.nan, np.float32)
    assert distortion.network_input(image, preset, out) is out
    expected = ((distortion.image(image) - mean) / std).transpose(2, 0, 1)
    np.testing.assert_allclose(out, expected, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("filter", ["nearest", "bilinear", "bicubic", "area"])
def test_a_field_moves_every_pixel_as_the_points(channels, filter):
    """Coordinates as colours: each pixel of the result shows where it came from."""
    preset = Preset((60, 80), channels, (0.0,) * channels, (1.0,) * channels, fit="stretch", filter=filter)
    ramp = np.stack([np.tile(np.arange(80), (60, 1)) * 3, np.tile(np.arange(60)[:, None], (1, 80)) * 3], axis=-1)
    ramp = ramp.repeat(2, axis=-1)[..., :channels].astype(np.uint8)
    distortion = Pipeline((Warp(3.7), Mirror(1.0))).sample(np.random.default_rng(4), (60, 80), preset)
    x, y = np.meshgrid(np.arange(80) + 0.5, np.arange(60) + 0.5)
    came_from = distortion.back(np.stack([x, y], axis=-1)) - 0.5
    expected = np.concatenate([3 * came_from[..., :1]] * 2 + [3 * came_from[..., 1:]] * 2, axis=-1)[..., :channels]
    inside = (slice(5, -5), slice(5, -5))
    tolerance = 2.0 if filter == "nearest" else 1.0
    assert np.abs(distortion.image(ramp) - expected)[inside].max() < tolerance
    assert np.abs(came_from[inside] - np.stack([79.5 - x, y - 0.5], axis=-1)[inside]).max() > 2  # it does bend


def test_a_picture_without_a_pull_stays():
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    distortion = Pipeline((Warp(0),)).sample(np.random.default_rng(0), (40, 50), Preset((40, 50)))
    np.testing.assert_array_equal(distortion.image(image), image)


def test_the_way_back_of_a_field_is_no_matrix():
    distortion = Pipeline((Warp(2),)).sample(np.random.default_rng(0), (40, 50), Preset((40, 50)))
    with pytest.raises(ArgumentError, match="has no matrix as its inverse; move points by `back`"):
        distortion.inverse  # noqa: B018


@pytest.mark.parametrize("steps", [(), (Warp(3),), BENT])
def test_nothing_marked_is_nothing_moved(steps):
    distortion = Pipeline(steps).sample(np.random.default_rng(0), (60, 90), Preset((48, 80)))
    boxes, kept = distortion.boxes(np.zeros((0, 4)))
    assert (boxes.shape, kept.shape) == ((0, 4), (0,))
    assert distortion.points(np.zeros((0, 2))).shape == (0, 2)
    assert distortion.points(np.zeros((0, 5, 2)), pairs=((0, 1),)).shape == (0, 5, 2)
    assert distortion.mask(np.zeros((60, 90, 0))).shape == (48, 80, 0)
    with pytest.raises(ShapeError, match="boxes"):
        distortion.boxes([])
    with pytest.raises(ShapeError, match="pairs"):
        distortion.points([])


@pytest.mark.parametrize("warped", [(), (Warp(3),)])
def test_left_and_right_change_their_names_in_a_mirror(warped):
    """Eyes, nose, corners of the mouth of two faces: afterwards the left eye still stands at the left."""
    faces = np.array(
        [[[30, 30], [60, 30], [45, 45], [33, 60], [57, 60]], [[31, 33], [58, 31], [44, 48], [36, 61], [55, 63]]]
    )
    pairs = ((0, 1), (3, 4))
    for mirror in (0.0, 1.0):
        distortion = Pipeline((Mirror(mirror), *warped)).sample(np.random.default_rng(0), (90, 90), Preset((90, 90)))
        plain, named = distortion.points(faces), distortion.points(faces, pairs=pairs)
        np.testing.assert_array_equal(named, plain[:, [1, 0, 2, 4, 3]] if mirror else plain)
        assert (named[:, [0, 3], 0] < named[:, [1, 4], 0]).all()


@settings(max_examples=40)
@given(seeds, st.sampled_from([(), (Brightness(0.5), Contrast(0.5)), BENT]), st.sampled_from([1, 3, 4]))
def test_erasing_hides_a_rectangle_and_moves_nothing(seed, steps, channels):
    """Everything outside of it is as without it, and what was marked stays marked where it was."""
    border, mean, std = (77.0, 50.0, 20.0, 9.0)[:channels], (90.0,) * channels, (60.0,) * channels
    preset = Preset((40, 50), channels, mean, std, border=border)
    image = np.random.default_rng(seed).integers(0, 256, (60, 90, channels), dtype=np.uint8)
    plain = Pipeline(steps).sample(np.random.default_rng(seed), (60, 90), preset)
    hidden = Pipeline((*steps, Erase(1.0))).sample(np.random.default_rng(seed), (60, 90), preset)
    ((left, top, right, bottom),) = hidden.erased
    expected = plain.image(image).copy()
    expected[top:bottom, left:right] = border
    np.testing.assert_array_equal(hidden.image(image), expected)
    normalised = ((expected - mean) / std).transpose(2, 0, 1)
    np.testing.assert_allclose(hidden.network_input(image, preset), normalised, atol=1e-5)
    box, point = [[20, 20, 50, 40]], [[30, 30]]
    np.testing.assert_array_equal(hidden.boxes(box)[0], plain.boxes(box)[0])
    np.testing.assert_array_equal(hidden.points(point), plain.points(point))
    np.testing.assert_array_equal(hidden.mask(image[..., 0]), plain.mask(image[..., 0]))


def test_the_result_is_within_bytes_and_clipped_once():
    image = np.array([[[10], [200]]], np.uint8)
    up_and_down = c.brightness(1, 0.5) @ c.brightness(1, 2)
    same = Distortion(np.eye(3), (1, 2), (1, 2), (0,), up_and_down)
    np.testing.assert_array_equal(same.image(image), image)  # 400 on the way is no harm
    bright = Distortion(np.eye(3), (1, 2), (1, 2), (0,), c.brightness(1, 2))
    np.testing.assert_array_equal(bright.image(image).ravel(), [20, 255])


def test_an_image_decoded_at_a_fraction_of_its_size():
    preset = Preset((64, 64))
    full = spot((301, 403), (150.0, 120.0), 20)
    distortion = Pipeline((Rotate(30), Crop())).sample(np.random.default_rng(3), (301, 403), preset)
    half = cv2.resize(full, (202, 151), interpolation=cv2.INTER_AREA)
    assert np.abs(distortion.image(half) - distortion.image(full)).mean() < 1.5
    with pytest.raises(ShapeError, match="the same picture smaller"):
        distortion.image(full.transpose(1, 0, 2))
    with pytest.raises(ShapeError, match="the same picture smaller"):
        distortion.image(np.zeros((602, 806, 3), np.uint8))


def test_how_large_to_decode():
    preset = Preset((224, 224), short_side=256)
    assert preset_distortion(preset, (3000, 4000)).decode_at_least_hw == (512, 682)  # twice 256 x 341
    assert preset_distortion(preset, (300, 400)).decode_at_least_hw == (300, 400)


# a table of boxes on an image of 100x100, cropped to its left half
@pytest.mark.parametrize(
    ("boxes", "expected", "kept"),
    [
        (np.zeros((0, 4)), np.zeros((0, 4)), []),  # none
        ([[10, 10, 20, 20]], [[10, 10, 20, 20]], [0]),  # inside
        ([[60, 10, 90, 20]], np.zeros((0, 4)), []),  # outside
        ([[40, 0, 60, 10]], [[40, 0, 50, 10]], [0]),  # half of it
        ([[48, 0, 60, 10], [0, 0, 9, 9]], [[0, 0, 9, 9]], [1]),  # a sixth of the first
        ([[49.5, 0, 50.5, 10]], np.zeros((0, 4)), []),  # half, but less than a pixel wide
        ([[5, 5, 5, 9]], np.zeros((0, 4)), []),  # no area
    ],
)
def test_boxes_are_clipped_or_dropped(boxes, expected, kept):
    half = Distortion(np.eye(3), (100, 100), (100, 50), (0,))
    moved, indices = half.boxes(boxes)
    np.testing.assert_array_equal(moved, expected)
    assert indices.tolist() == kept


def test_refused():
    distortion = preset_distortion(Preset((8, 8)), (8, 8))
    with pytest.raises(ShapeError, match="mask"):
        distortion.mask(np.zeros((9, 8)))
    with pytest.raises(ShapeError, match="uint8"):
        distortion.image(np.zeros((8, 8, 1), np.uint8))
    grey = Distortion(np.eye(3), (8, 8), (8, 8), (0, 0, 0), c.brightness(1, 0.5))
    with pytest.raises(ShapeError, match="of 1 channels"):
        grey.image(np.zeros((8, 8, 3), np.uint8))

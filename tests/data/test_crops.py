"""Crops against Pillow's resize of the whole image and slices of it; and against markers on the image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from striate.data import (
    ONE_CROP,
    Crops,
    Spot,
    arrange_crops,
    crop_distortions,
    crop_inputs,
    decode_at_least_hw,
    decode_for_crops_hw,
    preset_distortion,
)
from striate.errors import ArgumentError
from striate.preset import Preset

MARGIN = Preset(size_hw=(28, 28), short_side=32, filter="bicubic")
TIGHT = Preset(size_hw=(32, 32), border=(0.0, 128.0, 255.0))


def seen(image, preset, crops):
    return [d.image(image) for d in crop_distortions(preset, image.shape[:2], crops)]


@pytest.mark.parametrize("size_hw", [(48, 64), (64, 48), (32, 32), (41, 97)])
def test_ten_crops_are_slices_of_the_resized_image(picture, size_hw):
    """Krizhevsky's, one by one: the short side to 32, the middle square of that, its centre and its corners of 28."""
    image = picture(3, *size_hw)
    short = min(size_hw)
    height, width = (32 * side // short for side in size_hw)
    resized = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC)).astype(float)
    top, left = round((height - 28) / 2), round((width - 28) / 2)
    expected = []
    for down, right in ((0, 0), (-2, -2), (-2, 2), (2, -2), (2, 2)):
        crop = resized[top + down : top + down + 28, left + right : left + right + 28]
        expected += [crop, crop[:, ::-1]]
    found = seen(image, MARGIN, arrange_crops(10))
    assert len(found) == 10
    for crop, other in zip(found, expected, strict=True):
        assert crop.shape == (28, 28, 3)
        assert abs(crop - other).max() <= 1


def test_without_a_margin_crops_are_shifted_over_the_edge(picture):
    image = picture(1, 32, 32)
    padded = np.empty((36, 36, 3))
    padded[:] = TIGHT.border
    padded[2:34, 2:34] = image
    found = seen(image, TIGHT, arrange_crops(9))
    slices = [padded[y : y + 32, x : x + 32] for y in (0, 2, 4) for x in (0, 2, 4)]
    for crop, other in zip(found, slices, strict=True):
        np.testing.assert_array_equal(crop, other)


@pytest.mark.parametrize("fit", ["stretch", "letterbox"])
def test_the_other_fits_have_no_margin_either(picture, fit):
    preset = Preset(size_hw=(32, 32), fit=fit)
    image = picture(2, 40, 60)
    centre, *corners = seen(image, preset, arrange_crops(5))
    np.testing.assert_array_equal(centre, preset_distortion(preset, (40, 60)).image(image))
    np.testing.assert_array_equal(corners[0][2:, 2:], centre[:-2, :-2])
    np.testing.assert_array_equal(corners[3][:-2, :-2], centre[2:, 2:])


def test_narrow_crops_are_enlarged(picture):
    """Half the side: the quarters of the square, each of 16 pixels, as Pillow enlarges them."""
    image = picture(5, 32, 32)
    found = seen(image, TIGHT, arrange_crops(4, (0.5,)))
    for crop, (left, top) in zip(found, ((0, 0), (16, 0), (0, 16), (16, 16)), strict=True):
        box = (left, top, left + 16, top + 16)
        other = np.asarray(Image.fromarray(image).resize((32, 32), Image.Resampling.BILINEAR, box=box))
        np.testing.assert_array_equal(crop, other)


def test_144_crops(picture):
    """Szegedy's: of each square of the image the whole of it, and at every scale its corners and its centre."""
    crops = arrange_crops(144)
    assert (len(crops), crops.mirrored, len(crops.spots)) == (144, True, 72)
    preset, source_hw = Preset(size_hw=(224, 224), short_side=256), (256, 456)
    boxes = [
        np.round(d.inverse @ [[0, 224], [0, 224], [1, 1]], 6)[:2].T.ravel().tolist()
        for d in crop_distortions(preset, source_hw, Crops(crops.spots, mirrored=False))
    ]
    squares = [box for box in boxes if box[2] - box[0] == 256]
    assert sorted({box[0] for box in squares}) == [0, 100, 200]
    for short in (256, 288, 320, 352):
        side = 224 * 256 / short
        own = [box for box in boxes if abs(box[2] - box[0] - side) < 1e-5]
        assert len(own) == 15
        lefts = sorted({round(box[0], 3) for box in own})
        expected = [q + p * (256 - side) / 2 for q in (0, 100, 200) for p in (0, 1, 2)]
        np.testing.assert_allclose(sorted({round(e, 3) for e in expected}), lefts, atol=0.01)
        assert {round(box[1], 2) for box in own} == {round(p * (256 - side) / 2, 2) for p in (0, 1, 2)}
    wide = picture(0, 60, 90)
    assert crop_inputs(wide, Preset((16, 16)), crops).shape == (144, 3, 16, 16)


sizes = st.integers(24, 90)
PRESETS = (
    MARGIN,
    TIGHT,
    Preset((28, 28), fit="stretch"),
    Preset((28, 40), fit="letterbox"),
    Preset((20, 28), short_side=24),
)


@given(
    sizes, sizes, st.sampled_from(PRESETS), st.sampled_from([(10, ()), (18, (0.8,)), (144, ()), (12, (0.7, 0.9, 1))])
)
@settings(max_examples=40, deadline=None)
def test_a_marker_is_found_where_the_crop_says(height, width, preset, arrangement):
    """A soft spot somewhere on the image has its middle at the moved point, in every crop that shows it whole."""
    x, y = width * 0.45, height * 0.55
    rows, columns = np.mgrid[:height, :width] + 0.5
    spot = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 2.0**2))
    image = np.repeat(np.rint(255 * spot)[..., None], 3, axis=2).astype(np.uint8)
    black = Preset(preset.size_hw, fit=preset.fit, short_side=preset.short_side, border=(0, 0, 0))
    for distortion in crop_distortions(black, (height, width), arrange_crops(*arrangement)):
        (to_x, to_y), (h, w) = distortion.points([x, y]), distortion.size_hw
        factors = np.abs(np.diag(distortion.geometry)[:2])
        if not (8 * factors[0] < to_x < w - 8 * factors[0] and 8 * factors[1] < to_y < h - 8 * factors[1]):
            continue
        crop = distortion.image(image)[..., 0].astype(float)
        found_y, found_x = (np.tensordot(crop, grid + 0.5, 2) / crop.sum() for grid in np.mgrid[:h, :w])
        assert (found_x, found_y) == pytest.approx((to_x, to_y), abs=0.25)


@pytest.mark.parametrize("preset", PRESETS)
def test_what_the_network_is_given(picture, preset):
    """The crops of `crop_distortions` to the bit, mirrored ones too; and a single crop is what evaluation sees."""
    image = picture(7, 50, 66)
    for crops in (arrange_crops(10), arrange_crops(8, (0.7,)), arrange_crops(4)):
        planes = crop_inputs(image, preset, crops)
        expected = [d.network_input(image, preset) for d in crop_distortions(preset, (50, 66), crops)]
        np.testing.assert_array_equal(planes, expected)
    once = preset_distortion(preset, (50, 66)).network_input(image, preset)
    np.testing.assert_array_equal(crop_inputs(image, preset), once[None])
    np.testing.assert_array_equal(crop_inputs(image, preset, arrange_crops(1)), once[None])


def test_arrangements():
    assert arrange_crops(1) == ONE_CROP == Crops((Spot(),), mirrored=False)
    able = [n for n in range(1, 60) if _arranges(n)]
    assert able == [1, 2, 4, 5, 8, 9, 10, 16, 18, 25, 32, 36, 49, 50]
    assert all(len(arrange_crops(n)) == n for n in able)
    for n in able:  # as much to the left as to the right, as much up as down
        x, y = np.array([spot[1:3] for spot in arrange_crops(n).spots]).T
        assert abs(x.sum()) + abs(y.sum()) < 1e-9
        assert len(set(zip(x, y, strict=True))) == len(x)
    two = arrange_crops(20, (0.8, 1.0))
    assert (len(two), two.mirrored, {spot.scale for spot in two.spots}) == (20, True, {0.8, 1.0})
    assert len(arrange_crops(144, (0.7, 0.8, 0.9, 1))) == 144  # 6 x 6 at each scale


def _arranges(number):
    try:
        return len(arrange_crops(number)) == number
    except ArgumentError:
        return False


@pytest.mark.parametrize(
    ("number", "scales", "message"),
    [
        (0, (), "crops must be one of 1, 2, 4, 5, 8, "),
        (-4, (), "crops must be one of 1, 2, 4, 5, 8, "),
        (7, (), "36, 49, 50, 144, ..., got 7"),
        (5, (0.8, 1), "crops must be one of 2, 4, 8, 10, 16, .* at 2 scales, got 5"),
        (10**9, (), "crops must be one of"),
        (10, (0.8, 0.8), "crop_scale must be different numbers above 0"),
        (5, (0.0,), "crop_scale must be different numbers above 0"),
        (5, (float("nan"),), "crop_scale must be different numbers above 0"),
        (5, (float("inf"),), "crop_scale must be different numbers above 0"),
    ],
)
def test_refused(number, scales, message):
    with pytest.raises(ArgumentError, match=message):
        arrange_crops(number, scales)


def test_a_crop_is_no_larger_than_the_image():
    assert len(crop_distortions(MARGIN, (50, 60), arrange_crops(1, (8 / 7,)))) == 1
    with pytest.raises(ArgumentError, match=r"crop_scale must be 1.143 at most, the preset's whole square, got 1.2"):
        crop_distortions(MARGIN, (50, 60), arrange_crops(1, (1.2,)))


def test_narrow_crops_need_more_pixels():
    assert decode_for_crops_hw(MARGIN, ONE_CROP) == decode_at_least_hw(MARGIN)
    assert decode_for_crops_hw(MARGIN, arrange_crops(10)) == decode_at_least_hw(MARGIN)
    assert decode_for_crops_hw(MARGIN, arrange_crops(20, (0.5, 1))) == tuple(2 * n for n in decode_at_least_hw(MARGIN))

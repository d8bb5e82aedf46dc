"""Resampling against Pillow's resize and crop, scipy's interpolation, and a zone plate that shows aliases."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import map_coordinates

from striate.data.distort import preset_distortion
from striate.data.resample import resample, warp
from striate.errors import ShapeError
from striate.ops import geometry as g
from striate.preset import Preset


def noise(height, width, channels=3, seed=0):
    """Noise over a gradient: something on every scale."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    slope = 255 * (x[..., None] / width + y[..., None] / height) / 2
    return np.clip(slope + rng.normal(0, 40, (height, width, channels)), 0, 255).astype(np.uint8)


def published(image, short_side, size):
    """How EfficientNet-Lite's input is described: short side to size + 32, bicubic, then the central crop."""
    height, width = image.shape[:2]
    scale = short_side / min(height, width)
    resized = (int(short_side * width / height), short_side) if scale * height == short_side else None
    resized = resized or (short_side, int(short_side * height / width))
    seen = Image.fromarray(image).resize(resized, Image.Resampling.BICUBIC)
    left, top = round((resized[0] - size) / 2), round((resized[1] - size) / 2)
    return np.asarray(seen.crop((left, top, left + size, top + size)))


@pytest.mark.parametrize("size_hw", [(375, 500), (500, 333), (256, 256), (100, 130), (1021, 769), (300, 1200)])
def test_evaluation_is_the_published_preprocessing(size_hw):
    image = noise(*size_hw)
    preset = Preset(size_hw=(224, 224), short_side=256, filter="bicubic")
    seen = preset_distortion(preset, size_hw).image(image)
    difference = np.abs(seen - published(image, 256, 224).astype(np.float32))
    assert difference.max() <= 1
    assert difference.mean() < 0.001  # the same taps but for the last digit of a position


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_stretch_is_pillows_resize(channels):
    image = noise(90, 200, channels)
    preset = Preset((64, 48), channels, (0.0,) * channels, (1.0,) * channels, fit="stretch")
    seen = preset_distortion(preset, (90, 200)).image(image)
    for i in range(channels):  # each on its own: colours are not weighed by alpha
        alone = np.asarray(Image.fromarray(image[..., i]).resize((48, 64), Image.Resampling.BILINEAR))
        np.testing.assert_array_equal(seen[..., i], alone)


def test_letterbox_keeps_the_shape_and_fills_the_border():
    image = noise(50, 100)
    preset = Preset((64, 64), fit="letterbox", border=(1.0, 2.0, 3.0))
    seen = preset_distortion(preset, (50, 100)).image(image)
    np.testing.assert_array_equal(seen[16:48], np.asarray(Image.fromarray(image).resize((64, 32), 2)))
    assert (seen[:16] == [1, 2, 3]).all()
    assert (seen[48:] == [1, 2, 3]).all()


def test_nothing_to_do_is_the_image_itself():
    image = noise(20, 30)
    assert resample(image, np.eye(3), (20, 30), filter="bicubic", border=(0, 0, 0), exact=True) is image


@pytest.mark.parametrize("exact", [True, False])
def test_a_mirror_moves_whole_pixels(exact):
    image = noise(20, 31)
    seen = resample(image, g.mirror(31), (20, 31), filter="bilinear", border=(0, 0, 0), exact=exact)
    np.testing.assert_array_equal(seen, image[:, ::-1])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_warp_interpolates_as_scipy_does(channels):
    image = noise(40, 60, channels)
    matrix = g.around(g.rotate(20) @ g.scale(1.2), (30, 20))
    seen = warp(image, matrix, (40, 60), filter="bilinear", border=(7.0,) * channels)
    y, x = np.mgrid[:40, :60] + 0.5
    source = g.apply_points(g.invert(matrix), np.stack([x, y], -1)) - 0.5
    at = [source[..., 1], source[..., 0]]
    for i in range(channels):
        slow = map_coordinates(image[..., i].astype(float), at, order=1, mode="grid-constant", cval=7)
        assert np.abs(seen[..., i] - slow).max() < 0.51  # rounding to a byte


def zone_plate(n):
    """Circles whose frequency grows with the radius r, to r / n cycles a pixel."""
    y, x = np.mgrid[:n, :n] + 0.5
    r_squared = (x - n / 2) ** 2 + (y - n / 2) ** 2
    return np.rint(127.5 + 127.5 * np.cos(np.pi * r_squared / n)).astype(np.uint8)[..., None]


def alias_rms(seen, factor):
    """What is left where the frequency is well beyond what the result can hold, and where it is well below."""
    m = len(seen)
    n = m * factor
    y, x = np.mgrid[:m, :m] + 0.5
    r = np.hypot(x - m / 2, y - m / 2) * factor
    inner = np.maximum(abs(x - m / 2), abs(y - m / 2)) < m / 2 - 4
    beyond, below = inner & (r > 1.15 * n / 2 / factor), r < 0.3 * n / 2 / factor
    ideal = 127.5 + 127.5 * np.cos(np.pi * r**2 / n)
    return [
        np.sqrt(np.mean((seen[..., 0][where] - truth) ** 2))
        for where, truth in ((beyond, 127.5), (below, ideal[below]))
    ]


@pytest.mark.parametrize("m", [448, 384, 336, 328, 224, 170, 96])  # of 672: 1.5, 1.75, 2, 2.05, 3, 3.95, 7
def test_a_zone_plate_does_not_alias(m):
    factor = 672 / m
    plate, matrix = zone_plate(672), g.resize((672, 672), (m, m))
    alias, kept = alias_rms(warp(plate, matrix, (m, m), filter="bilinear", border=(0,)), factor)
    naive, _ = alias_rms(plate[np.ix_(*[(np.arange(m) * factor + factor / 2).astype(int)] * 2)], factor)
    assert alias < 25  # of 90 for a full alias; averaging areas alone leaves 30 at 1.5
    assert naive > 80
    assert kept < 9  # a triangle's own loss
    exact, kept = alias_rms(
        resample(plate, matrix, (m, m), filter="bicubic", border=(0,), exact=True).astype(float), factor
    )
    assert exact < 25
    assert kept < 2


@pytest.mark.parametrize("factor", np.linspace(0.11, 1.3, 14))
def test_a_flat_image_stays_flat(factor):
    image = np.full((101, 203, 3), 200, np.uint8)
    matrix = g.scale(factor) @ g.around(g.rotate(8), (100, 50))
    seen = warp(image, matrix, (30, 30), filter="bilinear", border=(200, 200, 200))
    assert (seen == 200).all()


def test_what_is_not_seen_is_border():
    seen = warp(noise(20, 30, 1), g.translate(500, 0) @ g.scale(0.1), (8, 9), filter="bilinear", border=(9,))
    assert seen.shape == (8, 9, 1)
    assert (seen == 9).all()


# sizes that blocks do not divide, one pixel, one row
@pytest.mark.parametrize("size_hw", [(1, 1), (1, 300), (300, 1), (7, 5), (61, 83)])
@pytest.mark.parametrize("fit", ["crop", "stretch", "letterbox"])
def test_any_size_comes_to_the_presets(size_hw, fit):
    image = np.full((*size_hw, 3), 90, np.uint8)
    preset = Preset((32, 24), fit=fit, border=(90.0, 90.0, 90.0))
    distortion = preset_distortion(preset, size_hw)
    assert (distortion.image(image) == 90).all()
    bent = warp(image, g.rotate(3) @ distortion.geometry, (32, 24), filter="bilinear", border=preset.border)
    assert (bent == 90).all()


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.uint8),  # no channel axis
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 4), np.uint8),  # alpha where the preset has none
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_refused(image):
    with pytest.raises(ShapeError, match="uint8"):
        resample(image, np.eye(3), (4, 4), filter="bilinear", border=(0, 0, 0), exact=True)

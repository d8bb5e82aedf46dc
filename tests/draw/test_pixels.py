import base64
import io

import numpy as np
import pytest
from PIL import Image

from striate.draw import png_bytes
from striate.draw.pixels import shrink, thumbnail_uri
from striate.errors import ArgumentError, ShapeError


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3), (5, 7, 4), (1, 1, 3)])
def test_png_keeps_every_pixel(shape):
    image = noise(*shape)
    decoded = np.asarray(Image.open(io.BytesIO(png_bytes(image))))
    assert (decoded == image.squeeze(2) if image.ndim == 3 and shape[2] == 1 else decoded == image).all()


@pytest.mark.parametrize(
    ("size_hw", "side", "small_hw"),
    [((100, 400), 200, (50, 200)), ((30, 20), 200, (30, 20)), ((1, 5000), 100, (1, 100)), ((9, 9), 9, (9, 9))],
)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_shrink(size_hw, side, small_hw, channels):
    assert shrink(noise(*size_hw, channels), side).shape == (*small_hw, channels)


def test_shrinking_averages():
    stripes = np.tile(np.array([0, 200], np.uint8), (64, 32))
    assert (shrink(stripes, 32) == 100).all()


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (np.zeros((28, 28), np.uint8), "png"),  # flat: PNG is shorter
        (noise(300, 200, 3), "jpeg"),  # rich: JPEG is
        (noise(300, 200, 4), "png"),  # JPEG has no alpha
    ],
)
def test_thumbnail_takes_the_shorter_kind(image, kind):
    head, body = thumbnail_uri(image, 100).split(",")
    assert head == f"data:image/{kind};base64"
    small = Image.open(io.BytesIO(base64.b64decode(body)))
    assert small.size[::-1] == shrink(image, 100).shape[:2]


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.zeros((4, 4)), ArgumentError, "image must be of dtype uint8"),
        (np.zeros((4, 4, 2), np.uint8), ShapeError, "image must be of shape"),
        (np.zeros((0, 4, 3), np.uint8), ShapeError, "not empty"),
        (np.zeros(4, np.uint8), ShapeError, "image must be of shape"),
    ],
)
def test_bad_images(image, error, message):
    with pytest.raises(error, match=message):
        png_bytes(image)

"""Matrices of Pillow's filters against Pillow, on single rows of pixels."""

import numpy as np
import pytest
from PIL import Image

from striate.data.filter_matrix import filter_matrix

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "area": Image.Resampling.BOX,
}


# shrinking, enlarging, neither, to and from one pixel, parts, parts that cut through pixels
@pytest.mark.parametrize(
    ("size", "start", "stop", "result"),
    [
        (100, 0, 100, 37),
        (100, 0, 100, 250),
        (50, 0, 50, 50),
        (100, 0, 100, 1),
        (1, 0, 1, 5),
        (100, 10, 90, 40),
        (100, 12.25, 63.7, 30),
        (100, 99.25, 100, 3),
        (400, 0, 400, 224),
    ],
)
@pytest.mark.parametrize("filter", FILTERS)
def test_it_is_pillows_filter(filter, size, start, stop, result):
    row = np.random.default_rng(0).integers(0, 256, (1, size), dtype=np.uint8)
    pillows = Image.fromarray(row).resize((result, 1), FILTERS[filter], box=(start, 0, stop, 1))
    matrix = filter_matrix(size, start, stop, result, filter)
    assert matrix.shape == (result, size)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-6)
    ours = np.clip(matrix @ row[0].astype(np.float32), 0, 255)
    assert np.abs(ours - np.asarray(pillows)[0]).max() < 0.501  # rounding to a byte

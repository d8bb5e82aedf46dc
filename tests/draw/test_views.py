import io

import numpy as np
import pytest
from PIL import Image

from striate.draw import Row, View, views_png
from striate.errors import ArgumentError, ShapeError

BOX, POINTS = np.array([[8.0, 4.0, 24.0, 20.0]]), np.array([[16.0, 12.0]])


def page(*rows, title="mirror"):
    return Image.open(io.BytesIO(views_png(rows, title))).convert("RGB")


def row(*views):
    return Row("cat $1$", "train/a\udce9.jpg", views)


def test_a_place_for_each():
    grey, colour = View(np.full((32, 32), 90, np.uint8)), View(np.full((9, 30, 3), 90, np.uint8))
    assert page(row(grey), row(colour, grey, grey)).size == (2 * (3 * 158 + 24), 2 * (46 + 2 * 190 + 8))


def test_boxes_and_points_stand_where_they_are():
    """Of a black picture of 32 pixels a side, 150 wide on the page at twice the resolution: nine for each pixel."""
    drawn = np.asarray(page(row(View(np.zeros((32, 32, 3), np.uint8), BOX, POINTS))), int)
    picture = drawn[2 * 46 : 2 * 196, 2 * 16 : 2 * 166]
    orange = (picture[..., 0] > 180) & (picture[..., 2] < 60)
    scale = 300 / 32
    y, x = np.nonzero(orange)
    np.testing.assert_allclose([x.min(), y.min(), x.max(), y.max()], BOX[0] * scale, atol=4)
    assert orange[round(12 * scale), round(16 * scale)]
    assert not orange[round(8 * scale), round(12 * scale)]
    plain = np.asarray(page(row(View(np.zeros((32, 32, 3), np.uint8)))), int)[2 * 46 : 2 * 196, 2 * 16 : 2 * 166]
    assert not plain.any()


def test_bad_input():
    with pytest.raises(ArgumentError, match="rows must be at least one"):
        views_png([], "none")
    with pytest.raises(ArgumentError, match="rows must be at least one"):
        views_png([row()], "none")
    with pytest.raises(ShapeError, match="image must be of shape"):
        views_png([row(View(np.zeros((8, 8, 2), np.uint8)))], "none")

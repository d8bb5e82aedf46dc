import io

import numpy as np
import pytest
from PIL import Image

from striate.draw import Tile, sheet_png
from striate.errors import ArgumentError, ShapeError


def tile(*shape, name="cat"):
    return Tile(np.full(shape, 90, np.uint8), "test/a\udce9/$1$.jpg", name, "犬 <b>\x00", 0.98)


@pytest.mark.parametrize(
    ("count", "columns", "width", "height"),
    [(1, 6, 1, 1), (6, 6, 6, 1), (7, 6, 6, 2), (3, 1, 1, 3)],
)
def test_page_has_a_place_for_each(count, columns, width, height):
    page = Image.open(io.BytesIO(sheet_png([tile(9, 9, 3)] * count, columns=columns)))
    assert page.size == (2 * (176 * width + 16), 2 * (234 * height + 16))


def test_every_kind_of_image():
    tiles = [tile(8, 8), tile(8, 8, 1), tile(900, 20, 3), tile(1, 1, 4), tile(3, 500)]
    assert Image.open(io.BytesIO(sheet_png(tiles, columns=5))).format == "PNG"


def test_same_bytes_every_time():
    assert sheet_png([tile(8, 8)]) == sheet_png([tile(8, 8)])


def test_bad_input():
    with pytest.raises(ArgumentError, match="tiles must be at least one"):
        sheet_png([])
    with pytest.raises(ArgumentError, match="columns must be at least 1"):
        sheet_png([tile(8, 8)], columns=0)
    with pytest.raises(ShapeError, match="image must be of shape"):
        sheet_png([tile(8, 8, 2)])

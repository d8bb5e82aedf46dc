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


def test_a_row_is_as_high_as_its_highest_picture():
    rows = [tile(9, 18, 3), tile(9, 36), tile(30, 10), tile(9, 9), tile(10, 100)]
    page = Image.open(io.BytesIO(sheet_png(rows, columns=2, width=336)))
    assert page.size == (2 * (352 * 2 + 16), 2 * (168 + 336 + 34 + 3 * (58 + 16) + 16))


def test_pictures_stand_on_their_captions():
    page = np.asarray(Image.open(io.BytesIO(sheet_png([tile(10, 20), tile(10, 40)]))).convert("L"))
    first, second = page[32:192, 32:352], page[32:192, 384:704]
    assert (first < 100).all()
    assert (second[80:] < 100).all()
    assert (second[:80] == 255).all()


def test_both_paths_of_a_pair(monkeypatch):
    from striate.draw import sheet

    written = []
    monkeypatch.setattr(sheet, "write_text", lambda figure, left, top, text, colour, size: written.append(text))
    long = "John_Bolton/John_Bolton_00{}.jpg"
    pair = Tile(np.zeros((160, 328), np.uint8), long.format("03"), "the same", "different, 1.20", other=long.format(10))
    page = Image.open(io.BytesIO(sheet_png([pair], width=336)))
    assert written == ["the same", "→ different, 1.20", long.format("03"), long.format(10)]
    assert page.height == 2 * (164 + 75 + 2 * 16)


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

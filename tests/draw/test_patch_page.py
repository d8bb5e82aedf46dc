import io

import numpy as np
import pytest
from PIL import Image

from striate.draw import LayerTiles, PatchTile, UnitTiles, patch_page_png
from striate.draw.patch_page import tile_picture
from striate.errors import ArgumentError

RED = np.full((6, 6, 3), (200, 0, 0), np.uint8)
WHOLE = np.ones((6, 6), bool)
BLOCK = 3 * 44 + 2  # of nine patches


def page(*layers, title="net"):
    return np.asarray(Image.open(io.BytesIO(patch_page_png(layers, title))).convert("RGB"), int)


def share_of_red(picture):
    return ((picture[..., 0] == 200) & (picture[..., 1] == 0)).mean()


def test_a_place_for_each_unit_and_patch():
    unit = UnitTiles("0", [PatchTile(RED, WHOLE)] * 9)
    drawn = page(LayerTiles("first", [unit] * 4), LayerTiles("second $x$", [unit] * 11))
    width, height = 9 * (BLOCK + 14) + 14, 34 + 3 * (18 + BLOCK + 14) + 2 * 34 + 14
    assert drawn.shape == (2 * height, 2 * width, 3)
    assert share_of_red(drawn) == pytest.approx(15 * 9 * 44**2 / (width * height), rel=0.01)


def test_a_silent_unit_and_reconstructions():
    with_them = UnitTiles("3", [PatchTile(RED, WHOLE, RED)] * 5)
    drawn = page(LayerTiles("first", [with_them, UnitTiles("4: silent")]))
    assert share_of_red(drawn) == pytest.approx(2 * 5 * 44**2 * 4 / drawn[..., 0].size, rel=0.01)


def test_what_lies_beyond_the_image_is_hatched():
    inside = WHOLE.copy()
    inside[:, :3] = False
    tile = tile_picture(RED, inside)
    assert (tile[:, 44:] == (200, 0, 0)).all()
    beyond = tile[:, :44]
    assert (beyond[..., 0] == beyond[..., 1]).all()
    assert {190, 235} == set(beyond.ravel().tolist())


@pytest.mark.parametrize("shape", [(3, 9, 3), (9, 3, 1), (1, 1), (200, 90, 4)])
def test_patches_of_any_shape_and_kind(shape):
    tile = tile_picture(np.full(shape, 255, np.uint8), np.ones(shape[:2], bool))
    assert tile.shape == (88, 88, 3)
    share = (tile == 255).all(2).mean()
    assert share == pytest.approx(min(shape[:2]) / max(shape[:2]), abs=0.02)


def test_nothing_to_draw():
    for layers in ([], [LayerTiles("first", [])]):
        with pytest.raises(ArgumentError, match="layers must be at least one"):
            patch_page_png(layers, "net")

"""A page of what units look for: for each layer some units, for each unit its strongest patches.

Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, 2013, arXiv:1311.2901, figure 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, sqrt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from striate.draw.attribution import mosaic_picture
from striate.draw.canvas import INK, MUTED, new_figure
from striate.draw.pixels import Pixels, as_rgb, rescale
from striate.draw.sheet import to_png, write_text
from striate.draw.text import shorten
from striate.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TILE, GAP, CAPTION, HEAD, COLUMNS = 44, 14, 18, 34, 9  # pixels, but for the blocks in a row
_SHARP = 2  # pixels of the PNG for each of these


@dataclass(frozen=True, eq=False)
class PatchTile:
    """One patch.

    Attributes:
        image: (H, W) or (H, W, C) of uint8.
        inside: (H, W), false where the receptive field reaches beyond the image, which is hatched.
        reconstruction: of the same size, what of it made the unit strong; None if that was not asked for.
    """

    image: Pixels
    inside: npt.NDArray[np.bool_]
    reconstruction: Pixels | None = None


@dataclass(frozen=True, eq=False)
class UnitTiles:
    """A unit's patches, the strongest first.

    Attributes:
        title: such as its number.
        tiles: none if the unit is silent.
    """

    title: str
    tiles: Sequence[PatchTile] = field(default_factory=tuple)


@dataclass(frozen=True, eq=False)
class LayerTiles:
    """A layer and some of its units."""

    title: str
    units: Sequence[UnitTiles]


def patch_page_png(layers: Sequence[LayerTiles], title: str) -> bytes:
    """The layers below each other as one PNG page, at twice the screen's usual resolution.

    Each unit is a square of patches; where there are reconstructions, their square stands below.

    Args:
        layers: at least one, each of at least one unit.
        title: above them.

    Raises:
        ArgumentError: there is nothing to draw.
    """
    if not layers or not all(layer.units for layer in layers):
        raise ArgumentError.of("layers", "at least one, each of at least one unit", layers)
    side = max(1, ceil(sqrt(max(len(unit.tiles) for layer in layers for unit in layer.units))))
    block = side * TILE + (side - 1)
    across = min(COLUMNS, max(len(layer.units) for layer in layers))
    heights = [_height(layer, across, block) for layer in layers]
    width = max(420, across * (block + GAP) + GAP)
    figure = new_figure(width, HEAD + sum(heights) + GAP)
    write_text(figure, GAP, 12, shorten(title, (width - 2 * GAP) // 8), INK, 13)
    top = HEAD
    for layer, height in zip(layers, heights, strict=True):
        _draw_layer(figure, layer, top, across, block, side)
        top += height
    return to_png(figure)


def _height(layer: LayerTiles, across: int, block: int) -> int:
    return HEAD + ceil(len(layer.units) / across) * _pitch(layer, block)


def _pitch(layer: LayerTiles, block: int) -> int:
    """From one row of units to the next."""
    return CAPTION + block + GAP + (block + GAP // 2) * _has_reconstructions(layer)


def _has_reconstructions(layer: LayerTiles) -> bool:
    return any(tile.reconstruction is not None for unit in layer.units for tile in unit.tiles)


def _draw_layer(figure: "Figure", layer: LayerTiles, top: int, across: int, block: int, side: int) -> None:
    write_text(figure, GAP, top + 8, shorten(layer.title, max(55, across * block // 7)), INK, 11)
    for i, unit in enumerate(layer.units):
        row, column = divmod(i, across)
        left, y = GAP + column * (block + GAP), top + HEAD + row * _pitch(layer, block)
        write_text(figure, left, y, shorten(unit.title, block // 6), MUTED, 9)
        shown = [tile_picture(tile.image, tile.inside) for tile in unit.tiles]
        made = [tile_picture(t.reconstruction, t.inside) for t in unit.tiles if t.reconstruction is not None]
        _place(figure, _square(shown, side), left, y + CAPTION)
        if _has_reconstructions(layer):
            _place(figure, _square(made, side), left, y + CAPTION + block + GAP // 2)


def _square(tiles: Sequence[Pixels], side: int) -> Pixels:
    """As many places as a unit may have patches, those without one in the colour of rules."""
    pixels = TILE * _SHARP
    empty = np.full((pixels, pixels, 3), 244, np.uint8)
    return mosaic_picture([*tiles, *[empty] * (side * side - len(tiles))], columns=side, gap=_SHARP)


def tile_picture(image: Pixels, inside: npt.NDArray[np.bool_]) -> Pixels:
    """A patch as large as it may be in a square tile, hatched where there is no image.

    Example:
        >>> tile_picture(np.zeros((3, 6, 3), np.uint8), np.ones((3, 6), bool)).shape
        (88, 88, 3)
    """
    import cv2

    pixels = TILE * _SHARP
    scale = pixels / max(image.shape[:2])
    shown = rescale(as_rgb(image), scale)
    height, width = shown.shape[:2]
    seen = cv2.resize(inside.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST).astype(bool)
    tile = _hatched(pixels)
    top, left = (pixels - height) // 2, (pixels - width) // 2
    tile[top : top + height, left : left + width][seen] = shown[seen]
    return tile


def _hatched(pixels: int) -> Pixels:
    """Diagonal lines, which no photograph has."""
    rows, columns = np.indices((pixels, pixels))
    grey = np.where((rows + columns) % 12 < 3, 190, 235).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _place(figure: "Figure", picture: Pixels, left: float, top: float) -> None:
    """Pixel by pixel."""
    width, height = figure.get_size_inches() * 72
    h, w = (n / _SHARP for n in picture.shape[:2])
    axes = figure.add_axes((left / width, 1 - (top + h) / height, w / width, h / height), frameon=False)
    axes.set(xticks=[], yticks=[])
    axes.imshow(picture, interpolation="nearest", aspect="auto")

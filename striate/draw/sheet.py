"""A page of small pictures, each with what it is and what it was taken for."""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from striate.draw.canvas import INK, MUTED, ORANGE, new_figure
from striate.draw.fonts import fonts, writable
from striate.draw.pixels import Pixels, check_pixels, shrink
from striate.draw.text import percent, shorten, shorten_path
from striate.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TILE, LINE, GAP = 160, 17, 16  # pixels


@dataclass(frozen=True)
class Tile:
    """One image that was judged.

    Attributes:
        image: (H, W) or (H, W, C) of uint8; grey, RGB, or RGB and alpha.
        path: where it lies.
        true: name of its class (or classes).
        predicted: name of the class it was taken for, or what is wrong.
        probability: how likely the network holds that, in [0, 1]; None where there is no such number.
        other: where the second image of a pair lies; "" where there is one.
    """

    image: Pixels
    path: str
    true: str
    predicted: str
    probability: float | None = None
    other: str = ""


def sheet_png(tiles: Sequence[Tile], *, columns: int = 6, width: int = TILE) -> bytes:
    """The tiles in rows, as one PNG page at twice the screen's usual resolution.

    Args:
        tiles: at least one.
        columns: how many stand side by side at most, at least 1.
        width: pixels of a tile, and most of its height; a row is no higher than its highest picture.

    Returns:
        The bytes of the PNG, 2 · ((width + 16) · c + 16) pixels wide where c tiles stand side by side.

    Raises:
        ArgumentError: there are no tiles, or an image is not one.
    """
    if not tiles:
        raise ArgumentError.of("tiles", "at least one", tiles)
    if columns < 1:
        raise ArgumentError.of("columns", "at least 1", columns)
    columns = min(columns, len(tiles))
    rows = [tiles[start : start + columns] for start in range(0, len(tiles), columns)]
    heights = [max(_height(tile, width) for tile in row) for row in rows]
    caption = 7 + LINE * max(len(_caption(tile, width)) for tile in tiles)
    figure = new_figure(columns * (width + GAP) + GAP, sum(heights) + len(rows) * (caption + GAP) + GAP)
    top = GAP
    for row, height in zip(rows, heights, strict=True):
        for i, tile in enumerate(row):
            _draw_tile(figure, tile, GAP + i * (width + GAP), top, width, height)
        top += height + caption + GAP
    return to_png(figure)


def _height(tile: Tile, width: int) -> int:
    """Of its picture, in pixels."""
    h, w = check_pixels(tile.image).shape[:2]
    return max(1, round(width * min(1.0, float(h / w))))


def _caption(tile: Tile, width: int) -> list[tuple[str, str, int]]:
    """Lines, their colours and the size of their letters."""
    sure = "" if tile.probability is None else f" {percent(tile.probability, 0)}"
    large, small = width * 22 // TILE, width * 26 // TILE  # columns that have room
    return [
        (shorten(writable(tile.true), large), INK, 11),
        (f"→ {shorten(writable(tile.predicted), large - 2 - len(sure))}{sure}", ORANGE, 11),
        *((shorten_path(writable(path), small), MUTED, 9) for path in (tile.path, tile.other) if path),
    ]


def _draw_tile(figure: "Figure", tile: Tile, left: int, top: int, width: int, height: int) -> None:
    """Its picture as large as it may be, upon its caption."""
    image = shrink(check_pixels(tile.image), 2 * width)
    right, bottom = figure.get_size_inches() * 72
    axes = figure.add_axes((left / right, 1 - (top + height) / bottom, width / right, height / bottom), frameon=False)
    axes.set(xticks=[], yticks=[], anchor="SW")
    axes.imshow(
        image.squeeze(2) if image.shape[2] == 1 else image,
        cmap="gray",
        vmin=0,
        vmax=255,
        interpolation="nearest" if max(image.shape[:2]) < width / 2 else "antialiased",
    )
    for i, (text, colour, size) in enumerate(_caption(tile, width)):
        write_text(figure, left, top + height + 6 + LINE * i, text, colour, size)


def write_text(figure: "Figure", left: float, top: float, text: str, colour: str, size: int) -> None:
    """A line of text whose upper left corner is at so many pixels of the figure."""
    width, height = figure.get_size_inches() * 72
    place, shown = (left / width, 1 - top / height), writable(text)
    figure.text(*place, shown, va="top", color=colour, fontsize=size, family=list(fonts()), parse_math=False)


def to_png(figure: "Figure") -> bytes:
    """The figure as PNG, the same bytes every time."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # drawn as a box: no font here has it
        figure.savefig(file, format="png", dpi=144, metadata={"Software": None})
    return file.getvalue()

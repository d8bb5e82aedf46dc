"""A page of small pictures, each with what it is and what it was taken for."""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from striate.draw.canvas import INK, MUTED, ORANGE, new_figure
from striate.draw.pixels import Pixels, check_pixels, shrink
from striate.draw.text import percent, shorten, shorten_path
from striate.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TILE, CAPTION, GAP = 160, 58, 16  # pixels
# DejaVu has no letters for these scripts; the first of these that a machine has will do.
OTHER_FONTS = ("Noto Sans CJK JP", "Noto Sans CJK SC", "Hiragino Sans", "Microsoft YaHei", "Malgun Gothic")


@dataclass(frozen=True)
class Tile:
    """One image that was judged.

    Attributes:
        image: (H, W) or (H, W, C) of uint8; grey, RGB, or RGB and alpha.
        path: where it lies.
        true: name of its class (or classes).
        predicted: name of the class it was taken for, or what is wrong.
        probability: how likely the network holds that, in [0, 1]; None where there is no such number.
    """

    image: Pixels
    path: str
    true: str
    predicted: str
    probability: float | None = None


def sheet_png(tiles: Sequence[Tile], *, columns: int = 6) -> bytes:
    """The tiles in rows, as one PNG page at twice the screen's usual resolution.

    Args:
        tiles: at least one.
        columns: how many stand side by side at most, at least 1.

    Returns:
        The bytes of the PNG, 2 · (176 · c + 16) pixels wide where c tiles stand side by side.

    Raises:
        ArgumentError: there are no tiles, or an image is not one.
    """
    if not tiles:
        raise ArgumentError.of("tiles", "at least one", tiles)
    if columns < 1:
        raise ArgumentError.of("columns", "at least 1", columns)
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    figure = new_figure(columns * (TILE + GAP) + GAP, rows * (TILE + CAPTION + GAP) + GAP)
    for i, tile in enumerate(tiles):
        _draw_tile(figure, tile.image, _caption(tile), *divmod(i, columns))
    return to_png(figure)


def _caption(tile: Tile) -> list[tuple[str, str]]:
    """Up to three lines and their colours."""
    sure = "" if tile.probability is None else f" {percent(tile.probability, 0)}"
    return [
        (shorten(tile.true, 22), INK),
        (f"→ {shorten(tile.predicted, 20 - len(sure))}{sure}", ORANGE),
        (shorten_path(tile.path, 26), MUTED),
    ]


def _draw_tile(figure: "Figure", image: Pixels, lines: Sequence[tuple[str, str]], row: int, column: int) -> None:
    width, height = figure.get_size_inches() * 72
    left, top = GAP + column * (TILE + GAP), GAP + row * (TILE + CAPTION + GAP)
    axes = figure.add_axes((left / width, 1 - (top + TILE) / height, TILE / width, TILE / height), frameon=False)
    axes.set(xticks=[], yticks=[], anchor="SW")
    image = shrink(check_pixels(image), 2 * TILE)
    small = max(image.shape[:2]) < TILE / 2
    axes.imshow(
        image.squeeze(2) if image.shape[2] == 1 else image,
        cmap="gray",
        vmin=0,
        vmax=255,
        interpolation="nearest" if small else "antialiased",
    )
    for i, (text, colour) in enumerate(lines):
        write_text(figure, left, top + TILE + 6 + 17 * i, text, colour, 9 if i == 2 else 11)


def write_text(figure: "Figure", left: float, top: float, text: str, colour: str, size: int) -> None:
    """A line of text whose upper left corner is at so many pixels of the figure."""
    width, height = figure.get_size_inches() * 72
    figure.text(
        left / width, 1 - top / height, text, va="top", color=colour, fontsize=size, family=fonts(), parse_math=False
    )


def fonts() -> list[str]:
    """DejaVu, and what this machine has for other scripts."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in OTHER_FONTS if name in installed)]


def to_png(figure: "Figure") -> bytes:
    """The figure as PNG, the same bytes every time."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # drawn as a box: no font here has it
        figure.savefig(file, format="png", dpi=144, metadata={"Software": None})
    return file.getvalue()

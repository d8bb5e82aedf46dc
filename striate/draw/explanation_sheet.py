"""Explanations of one answer side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from striate.draw.canvas import INK, MUTED, new_figure
from striate.draw.pixels import Pixels, check_pixels
from striate.draw.sheet import to_png, write_text
from striate.draw.text import shorten
from striate.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TILE, CAPTION, GAP, HEAD = 224, 46, 16, 44  # pixels


@dataclass(frozen=True, eq=False)
class Explained:
    """One picture of the sheet.

    Attributes:
        image: (H, W) or (H, W, C) of uint8.
        title: what was done.
        remark: with what, such as the layer.
    """

    image: Pixels
    title: str
    remark: str = ""


def explanation_sheet_png(pictures: Sequence[Explained], title: str, *, columns: int = 4) -> bytes:
    """The pictures in rows as one PNG page, at twice the screen's usual resolution.

    Args:
        pictures: at least one.
        title: above them.
        columns: how many stand side by side at most, at least 1.

    Raises:
        ArgumentError: there is nothing to draw, or an image is not one.
    """
    if not pictures:
        raise ArgumentError.of("pictures", "at least one", pictures)
    if columns < 1:
        raise ArgumentError.of("columns", "at least 1", columns)
    across = min(columns, len(pictures))
    rows = -(-len(pictures) // across)
    figure = new_figure(max(360, across * (TILE + GAP) + GAP), HEAD + rows * (TILE + CAPTION + GAP))
    write_text(figure, GAP, 14, shorten(title, max(44, across * 28)), INK, 13)
    for i, picture in enumerate(pictures):
        row, column = divmod(i, across)
        _draw(figure, picture, GAP + column * (TILE + GAP), HEAD + row * (TILE + CAPTION + GAP))
    return to_png(figure)


def _draw(figure: "Figure", picture: Explained, left: float, top: float) -> None:
    image = check_pixels(picture.image)
    width, height = figure.get_size_inches() * 72
    axes = figure.add_axes((left / width, 1 - (top + TILE) / height, TILE / width, TILE / height), frameon=False)
    axes.set(xticks=[], yticks=[], anchor="SW")
    axes.imshow(
        image.squeeze(2) if image.shape[2] == 1 else image,
        cmap="gray",
        vmin=0,
        vmax=255,
        interpolation="nearest" if max(image.shape[:2]) < TILE / 2 else "antialiased",
    )
    write_text(figure, left, top + TILE + 6, shorten(picture.title, 32), INK, 11)
    write_text(figure, left, top + TILE + 23, shorten(picture.remark, 42), MUTED, 9)

"""A page of distorted pictures: a row an image, first as it is, then as a network in training sees it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from striate.draw.canvas import INK, MUTED, ORANGE, new_figure
from striate.draw.pixels import Pixels, check_pixels
from striate.draw.sheet import to_png, write_text
from striate.draw.text import shorten, shorten_path
from striate.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
TILE, CAPTION, GAP, HEAD = 150, 40, 8, 46  # pixels


def _nothing(columns: int) -> Floats:
    return np.zeros((0, columns))


@dataclass(frozen=True, eq=False)
class View:
    """A picture and what is marked on it.

    Attributes:
        image: (H, W) or (H, W, C) of uint8; grey, RGB, or RGB and alpha.
        boxes: (N, 4) left, top, right, bottom in pixels.
        points: (P, 2) in pixels.
    """

    image: Pixels
    boxes: Floats = field(default_factory=lambda: _nothing(4))
    points: Floats = field(default_factory=lambda: _nothing(2))


@dataclass(frozen=True, eq=False)
class Row:
    """An image and its views.

    Attributes:
        label: its class (or classes).
        path: where it lies.
        views: the image first.
    """

    label: str
    path: str
    views: Sequence[View]


def views_png(rows: Sequence[Row], title: str) -> bytes:
    """The rows below each other as one PNG page, at twice the screen's usual resolution.

    Args:
        rows: at least one, each of at least one view.
        title: above them.

    Raises:
        ArgumentError: there is nothing to draw, or an image is not one.
    """
    if not rows or not all(row.views for row in rows):
        raise ArgumentError.of("rows", "at least one, each of at least one view", rows)
    columns = max(len(row.views) for row in rows)
    width = columns * (TILE + GAP) + 3 * GAP
    figure = new_figure(width, HEAD + len(rows) * (TILE + CAPTION) + GAP)
    write_text(figure, 2 * GAP, 14, shorten(title, max(20, width // 8)), INK, 12)
    for i, row in enumerate(rows):
        top = HEAD + i * (TILE + CAPTION)
        for j, view in enumerate(row.views):
            _draw(_place(figure, 2 * GAP + j * (TILE + GAP), top), view)
        write_text(figure, 2 * GAP, top + TILE + 4, shorten(row.label, 22), INK, 11)
        write_text(
            figure, 2 * GAP + TILE + GAP, top + TILE + 6, shorten_path(row.path, 24 * max(1, columns - 1)), MUTED, 9
        )
    return to_png(figure)


def _place(figure: "Figure", left: float, top: float) -> "Axes":
    width, height = figure.get_size_inches() * 72
    place = (left / width, 1 - (top + TILE) / height, TILE / width, TILE / height)
    axes = figure.add_axes(place, frameon=False)
    axes.set(xticks=[], yticks=[], anchor="SW")
    return axes


def _draw(axes: "Axes", view: View) -> None:
    """The picture, in coordinates in which its first pixel's centre is at 0.5, and its marks."""
    from matplotlib.patches import Rectangle

    image = check_pixels(view.image)
    height, width = image.shape[:2]
    axes.imshow(
        image.squeeze(2) if image.shape[2] == 1 else image,
        cmap="gray",
        vmin=0,
        vmax=255,
        extent=(0, width, height, 0),
        interpolation="nearest" if max(height, width) < TILE / 2 else "antialiased",
    )
    for left, top, right, bottom in view.boxes:
        axes.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=ORANGE, linewidth=2))
    if len(view.points):
        axes.plot(*view.points.T, "o", color=ORANGE, markersize=5, markeredgecolor="white")
    axes.set(xlim=(0, width), ylim=(height, 0))

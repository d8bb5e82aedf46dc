"""How the objects on an image become the numbers that a detector of grid and anchors is trained on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from striate.draw.canvas import INK, MUTED, RULE, new_figure
from striate.draw.class_colours import class_colour, ink_on
from striate.draw.fonts import fonts, writable
from striate.draw.pixels import Pixels, as_rgb
from striate.draw.sheet import to_png
from striate.draw.text import shorten
from striate.errors import ArgumentError
from striate.ops import Target, target_volume

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PICTURE, CELL, ROW, GAP, HEAD = 420, 50, 62, 20, 26  # pixels
ANCHORS = 0.35  # their scale beside the image's
Floats = npt.NDArray[np.float64]
Rgb = tuple[float, float, float]


def target_volume_png(
    image: Pixels,
    xyxy: npt.ArrayLike,
    class_ids: Sequence[int],
    labels: Sequence[str],
    *,
    grid_hw: tuple[int, int],
    anchors_wh: npt.ArrayLike,
) -> bytes:
    """The image with its grid, boxes and midpoints, and beside it the numbers that stand for each object.

    Below are the anchors, at about a third of the image's scale. What collides is listed and has no numbers.

    Args:
        image: (H, W) or (H, W, C) of uint8; grey, RGB, or RGB and alpha.
        xyxy: (N, 4) in pixels of the image, at least one.
        class_ids: N numbers of classes.
        labels: K names of the classes.
        grid_hw: rows and columns of cells.
        anchors_wh: (A, 2) widths and heights in pixels of the image.

    Returns:
        The bytes of a PNG.

    Raises:
        ArgumentError: there are no boxes, or `striate.ops.target_volume` doesn't take them.
        ShapeError: likewise, or the image is not one.
    """
    pixels, boxes = as_rgb(image), np.asarray(xyxy, np.float64)
    if not len(boxes):
        raise ArgumentError.of("xyxy", "at least one box", xyxy)
    anchors = np.asarray(anchors_wh, np.float64)
    target = target_volume(
        torch.from_numpy(boxes),
        torch.tensor(class_ids),
        len(labels),
        size_hw=(pixels.shape[0], pixels.shape[1]),
        grid_hw=grid_hw,
        anchors_wh=torch.from_numpy(anchors),
    )
    scale = PICTURE / pixels.shape[1]
    below = HEAD + ROW * len(boxes) + 40  # of the numbers
    sketch = ANCHORS * scale * float(anchors[:, 1].max()) + 24
    height = max(HEAD + scale * pixels.shape[0], below + sketch) + 2 * GAP
    figure = new_figure(PICTURE + CELL * (5 + len(labels)) + 3 * GAP, round(height))
    _draw_image(figure, pixels, boxes, class_ids, grid_hw)
    _draw_numbers(figure, target, class_ids, labels)
    _draw_anchors(figure, anchors, ANCHORS * scale, GAP + below)
    return to_png(figure)


def _place(figure: "Figure", left: float, top: float, width: float, height: float) -> "Axes":
    """Axes without a frame whose units are the figure's pixels, y downwards."""
    all_width, all_height = figure.get_size_inches() * 72
    place = (left / all_width, 1 - (top + height) / all_height, width / all_width, height / all_height)
    axes = figure.add_axes(place, frameon=False)
    axes.set(xticks=[], yticks=[], xlim=(0, width), ylim=(height, 0))
    return axes


def _draw_image(
    figure: "Figure", pixels: Pixels, boxes: Floats, class_ids: Sequence[int], grid_hw: tuple[int, int]
) -> None:
    from matplotlib.patches import Rectangle

    height, width = pixels.shape[:2]
    axes = _place(figure, GAP, GAP + HEAD, PICTURE, PICTURE * height / width)
    axes.imshow(pixels, extent=(0, width, height, 0), interpolation="antialiased", aspect="auto")
    for colour, line in (("black", 3), ("white", 1.2)):
        for row in range(1, grid_hw[0]):
            axes.axhline(height * row / grid_hw[0], color=colour, linewidth=line)
        for column in range(1, grid_hw[1]):
            axes.axvline(width * column / grid_hw[1], color=colour, linewidth=line)
    for (left, top, right, bottom), class_id in zip(boxes.tolist(), class_ids, strict=True):
        for edge, line in (("white", 5.0), (_shares(class_id), 3.0)):
            corner, sides = (left, top), (right - left, bottom - top)
            axes.add_patch(Rectangle(corner, *sides, fill=False, edgecolor=edge, linewidth=line))
        middle = [(left + right) / 2], [(top + bottom) / 2]
        axes.plot(*middle, "o", markersize=10, color=_shares(class_id), markeredgecolor="white", markeredgewidth=2)
    axes.set(xlim=(0, width), ylim=(height, 0))


def _draw_numbers(figure: "Figure", target: Target, class_ids: Sequence[int], labels: Sequence[str]) -> None:
    """A row an object, and one for all places without any."""
    count, found = 5 + len(labels), target.assignment
    left, height = PICTURE + 2 * GAP, ROW * (len(class_ids) + 1) + HEAD
    axes = _place(figure, left, GAP, CELL * count, height)
    names = ["pc", "bx", "by", "bh", "bw", *(f"c{i}" for i in range(1, len(labels) + 1))]
    for i, name in enumerate(names):
        _write(axes, CELL * (i + 0.5), 8, name, MUTED, 11)
    places = list(zip(found.row.tolist(), found.column.tolist(), found.anchor.tolist(), strict=True))
    for i, (place, class_id) in enumerate(zip(places, class_ids, strict=True)):
        top, name = HEAD + ROW * i, shorten(labels[class_id], 20)
        index = f"cell {place[0]}, {place[1]}, anchor {place[2]}"
        if found.collides[i]:
            _write(axes, 0, top + 12, f"{name}: {index} is taken, it is left out", INK, 11, ha="left")
            continue
        _write(axes, 0, top + 12, f"{name}: {index}", INK, 11, ha="left")
        _draw_row(axes, top + 22, target.volume[place].tolist(), class_id)
    rows, columns, anchors = target.volume.shape[:3]
    empty = rows * columns * anchors - int((~found.collides).sum())
    shape = "×".join(map(str, target.volume.shape))
    text = f"the other {empty} places of {shape}: pc = 0, the rest does not count"
    _write(axes, 0, HEAD + ROW * len(class_ids) + 12, text, MUTED, 11, ha="left")


def _draw_row(axes: "Axes", top: float, numbers: Sequence[float], class_id: int) -> None:
    from matplotlib.patches import Rectangle

    for i, number in enumerate(numbers):
        own = number == 1 and (i == 0 or i == 5 + class_id)
        face = _shares(class_id) if own else "white"
        axes.add_patch(Rectangle((CELL * i + 1, top), CELL - 3, 28, facecolor=face, edgecolor=RULE, linewidth=1))
        ink = tuple(c / 255 for c in ink_on(class_colour(class_id))) if own else INK
        text = f"{number:.2f}" if 1 <= i < 5 else f"{number:.0f}"
        _write(axes, CELL * (i + 0.5) - 0.5, top + 14, text, ink, 11)


def _draw_anchors(figure: "Figure", anchors: Floats, scale: float, top: float) -> None:
    from matplotlib.patches import Rectangle

    room = scale * float(anchors[:, 1].max())
    axes = _place(figure, PICTURE + 2 * GAP, top, figure.get_size_inches()[0] * 72 - PICTURE - 3 * GAP, room + 24)
    left = 1.0
    for i, (wide, high) in enumerate((anchors * scale).tolist()):
        axes.add_patch(Rectangle((left, room - high + 1), wide, high - 2, fill=False, edgecolor=INK, linewidth=1.5))
        _write(axes, left, room + 14, f"anchor {i}", MUTED, 11, ha="left")
        left += max(wide, 64) + GAP


def _write(axes: "Axes", x: float, y: float, text: str, colour: object, size: int, ha: str = "center") -> None:
    axes.text(
        x, y, writable(text), color=colour, fontsize=size, ha=ha, va="center", family=list(fonts()), parse_math=False
    )


def _shares(class_id: int) -> Rgb:
    red, green, blue = class_colour(class_id)
    return red / 255, green / 255, blue / 255

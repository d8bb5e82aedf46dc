"""The sizes of boxes as a cloud, and the anchors that stand for them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from striate.draw.canvas import INK, LEFT, MUTED, SERIES, add_axes, add_title, new_figure
from striate.draw.sheet import to_png
from striate.draw.text import percent
from striate.errors import ShapeError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]
MOST = 20_000  # dots


def anchors_png(sizes_wh: npt.ArrayLike, owners: npt.ArrayLike, anchors_wh: npt.ArrayLike, mean_iou: float) -> bytes:
    """Widths and heights of boxes as dots in the colour of their anchor, and the anchors as boxes of one centre.

    Args:
        sizes_wh: (N, 2) in pixels, above 0; of more than 20,000 an even choice is drawn.
        owners: (N,) the anchor that overlaps each size most.
        anchors_wh: (A, 2) in pixels, above 0.
        mean_iou: of the sizes with their anchors.

    Returns:
        The bytes of a PNG.

    Raises:
        ShapeError: not sizes, or not an anchor for each.
    """
    sizes, own, anchors = np.asarray(sizes_wh, np.float64), np.asarray(owners), np.asarray(anchors_wh, np.float64)
    if sizes.ndim != 2 or sizes.shape[1] != 2 or own.shape != sizes.shape[:1] or anchors.shape[1:] != (2,):
        shapes = sizes.shape, own.shape, anchors.shape
        raise ShapeError.of("sizes_wh, owners and anchors_wh", "of shapes (N, 2), (N,) and (A, 2)", shapes)
    figure = new_figure(880, 440)
    _draw_cloud(add_axes(figure, LEFT, 44, 448, 48), sizes, own, anchors)
    _draw_boxes(add_axes(figure, 440 + LEFT, 44, 16, 48), anchors)
    figure.text(
        0.985, 0.02, f"mean IoU {percent(mean_iou)} with {len(sizes)} boxes", ha="right", color=INK, fontsize=11
    )
    return to_png(figure)


def _draw_cloud(axes: "Axes", sizes: Floats, owners: npt.NDArray[np.int64], anchors: Floats) -> None:
    shown = np.linspace(0, len(sizes) - 1, min(len(sizes), MOST)).round().astype(int)
    colours = np.array(SERIES)[owners[shown] % len(SERIES)]
    axes.scatter(sizes[shown, 0], sizes[shown, 1], s=6, c=colours, alpha=0.4, linewidth=0)
    for i, (width, height) in enumerate(anchors.tolist()):
        axes.plot([width], [height], "s", markersize=11, color=_colour(i), markeredgecolor=INK, markeredgewidth=1.5)
    axes.set(xscale="log", yscale="log")
    axes.grid(axis="x", color=axes.yaxis.get_gridlines()[0].get_color(), linewidth=1)
    for axis, values in ((axes.xaxis, sizes[:, 0]), (axes.yaxis, sizes[:, 1])):
        _mark_doublings(axis, values)
    axes.set_xlabel("width in pixels", color=MUTED, fontsize=11, labelpad=4)
    add_title(axes, "Heights and widths of the boxes")


def _mark_doublings(axis: object, values: Floats) -> None:
    from matplotlib.axis import Axis
    from matplotlib.ticker import FixedLocator, NullLocator

    assert isinstance(axis, Axis)
    low, high = int(np.floor(np.log2(values.min()))), int(np.ceil(np.log2(values.max())))
    step = max(1, (high - low) // 6)
    axis.set_major_locator(FixedLocator([2.0**i for i in range(low, high + 1, step)]))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(lambda value, _: f"{value:g}")


def _draw_boxes(axes: "Axes", anchors: Floats) -> None:
    """Largest first, so that every one is seen."""
    from matplotlib.patches import Rectangle

    order: Sequence[int] = np.argsort(-anchors.prod(axis=1), kind="stable").tolist()
    for i in order:
        width, height = anchors[i].tolist()
        corner = (-width / 2, -height / 2)
        axes.add_patch(Rectangle(corner, width, height, facecolor=_colour(i), alpha=0.18))
        axes.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=_colour(i), linewidth=2))
    reach = 0.54 * float(anchors.max())
    axes.set(xlim=(-reach, reach), ylim=(reach, -reach), aspect="equal", xticks=[], yticks=[])
    axes.spines["bottom"].set_visible(False)
    add_title(axes, f"{len(anchors)} anchors")


def _colour(place: int) -> str:
    return SERIES[place % len(SERIES)]

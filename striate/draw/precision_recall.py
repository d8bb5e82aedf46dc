"""How precision falls as a detector is asked for more of the objects."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from striate.draw.canvas import (
    BLUE,
    INK,
    LEFT,
    MUTED,
    SERIES,
    add_axes,
    add_title,
    label_percent,
    new_figure,
    to_svg,
)
from striate.draw.text import percent, shorten
from striate.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ClassCurve(Protocol):
    """One class: how many objects it has, its average precision, precision at equally spaced recalls from 0 to 1."""

    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def n(self) -> int: ...  # noqa: D102
    @property
    def ap50(self) -> float: ...  # noqa: D102
    @property
    def precision(self) -> Sequence[float]: ...  # noqa: D102


def precision_recall(classes: Sequence[ClassCurve]) -> str:
    """Precision over recall at IoU ≥ .5 as SVG: a colour a class, or the mean over faint lines where they are many.

    Args:
        classes: those without objects are left out; at least one has some.

    Raises:
        ArgumentError: no class has objects.
    """
    shown = [one for one in classes if one.n]
    if not shown:
        raise ArgumentError.of("classes", "at least one with objects", [one.label for one in classes])
    few = len(shown) <= len(SERIES)
    rows = -(-len(shown) // 2) if few else 1
    figure = new_figure(480, 340 + 20 * rows)
    axes = add_axes(figure, LEFT, 44, 16, 52 + 20 * rows)
    mean = float(np.mean([one.ap50 for one in shown]))
    if few:
        for one, colour in zip(shown, SERIES, strict=False):
            _draw(axes, one.precision, f"{shorten(one.label, 20)}: AP {percent(one.ap50)}", color=colour, linewidth=2)
    else:
        for one in shown:
            _draw(axes, one.precision, "_", color=MUTED, linewidth=0.75, alpha=0.4)
        _draw(axes, np.mean([one.precision for one in shown], axis=0), "mean", color=BLUE, linewidth=2.5)
    axes.set(xlim=(0, 1.005), ylim=(0, 1.02))
    for axis in (axes.xaxis, axes.yaxis):
        label_percent(axis)
    axes.set_xlabel("recall: share of the objects that are found", color=MUTED, fontsize=11, labelpad=4)
    add_title(axes, "Precision: share of the detections that are right")
    legend = figure.legend(loc="lower left", ncols=2, frameon=False, fontsize=11, labelcolor=INK)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return to_svg(figure, f"Precision over recall of {len(shown)} classes; mean average precision {percent(mean)}.")


def _draw(axes: "Axes", precision: Sequence[float], name: str, **style: Any) -> None:
    """A line as far as the recall goes: beyond, the precision is 0."""
    values = np.asarray(precision, np.float64)
    axes.plot(np.linspace(0, 1, len(values)), np.where(values > 0, values, np.nan), label=name, **style)

"""How many same pairs are accepted, over how few different ones are."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from striate.draw.canvas import BLUE, INK, LEFT, MUTED, RULE, add_axes, add_title, label_percent, new_figure, to_svg
from striate.draw.text import percent
from striate.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def roc_curve(far: ArrayLike, tar: ArrayLike, chosen: tuple[float, float] | None = None) -> str:
    """True-accept rate over false-accept rate as SVG: the receiver operating characteristic.

    The false-accept rate is drawn by its logarithm, since what matters is whether it is a hundredth or a thousandth. It
    begins at half of the least one that the pairs can tell, where no different pair is accepted.

    Args:
        far: (T,) false-accept rates, rising from 0 to 1.
        tar: (T,) true-accept rates, rising likewise.
        chosen: both rates at a threshold, to be marked.

    Raises:
        ArgumentError: the rates are not that.
    """
    x, y = _check("far", far), _check("tar", tar)
    if len(x) != len(y):
        raise ArgumentError.of("tar", f"{len(x)} numbers, one for each of far", f"{len(y)} numbers")
    least = float(x[x > 0][0]) / 2
    figure = new_figure(480, 340)
    axes = add_axes(figure, LEFT, 44, 28, 48)
    axes.grid(axis="x", color=RULE, linewidth=1)
    start = float(y[x == 0].max())  # where no different pair is accepted
    axes.step([least, *x[x > 0]], [start, *y[x > 0]], where="post", color=BLUE, linewidth=2)
    low = min(0.9, np.floor(10 * start) / 10)
    axes.set(xscale="log", xlim=(least, 1), ylim=(low, 1 + 0.02 * (1 - low)))
    axes.minorticks_off()
    for axis in (axes.xaxis, axes.yaxis):
        label_percent(axis)
    axes.set_xlabel("false accepts: share of the different pairs", color=MUTED, fontsize=11, labelpad=4)
    add_title(axes, "True accepts: share of the same pairs")
    if chosen is not None:
        _mark(axes, max(chosen[0], least), chosen[1], f"{percent(chosen[1])} at {percent(chosen[0], 2)}")
    return to_svg(figure, f"Share of same pairs accepted over that of different ones; {percent(start)} where none is.")


def _check(name: str, rates: ArrayLike) -> NDArray[np.float64]:
    """Rates that rise from 0 to 1."""
    values = np.asarray(rates, np.float64)
    if values.ndim != 1 or len(values) < 2 or values[0] != 0 or values[-1] != 1 or not (np.diff(values) >= 0).all():
        raise ArgumentError.of(name, "numbers that rise from 0 to 1", rates)
    return values


def _mark(axes: "Axes", x: float, y: float, text: str) -> None:
    """A point, and its figures on the side where there is room: below the curve, and inside."""
    axes.plot([x], [y], "o", color=BLUE, markersize=8, clip_on=False)
    inside = axes.transAxes.inverted().transform(axes.transData.transform((x, y)))
    left = bool(inside[0] > 0.6)
    axes.annotate(
        text,
        (x, y),
        xytext=(-8 if left else 8, -16 if inside[1] > 0.15 else 10),
        textcoords="offset points",
        ha="right" if left else "left",
        fontsize=11,
        color=INK,
    )

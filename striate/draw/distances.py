"""How far same and different pairs are apart, on either side of a threshold."""

import numpy as np
from numpy.typing import ArrayLike

from striate.draw.canvas import (
    BLUE,
    INK,
    LEFT,
    MUTED,
    ORANGE,
    add_axes,
    add_legend,
    add_title,
    label_percent,
    new_figure,
    to_svg,
)
from striate.errors import ArgumentError

_BINS = 50


def distance_histogram(distances: ArrayLike, same: ArrayLike, threshold: float) -> str:
    """The distances of same and of different pairs and the threshold between them, as SVG.

    Args:
        distances: (N,) of pairs, finite and at least 0.
        same: (N,) whether each pair shows one person or thing; some do, and some don't.
        threshold: τ: pairs of at most this distance count as same.

    Raises:
        ArgumentError: there are no pairs of a kind, or a number is out of range.
    """
    d, s = np.asarray(distances, np.float64), np.asarray(same, np.bool_)
    if d.ndim != 1 or s.shape != d.shape or not s.any() or s.all():
        raise ArgumentError.of("same", "one for each distance, True for some and False for some", same)
    if not (np.isfinite(d) & (d >= 0)).all():
        raise ArgumentError.of("distances", "finite and at least 0", distances)
    end = max(float(d.max()), 1.02 * threshold) or 1.0
    figure = new_figure(480, 320)
    axes = add_axes(figure, LEFT, 44, 16, 48)
    for kind, name, colour in ((s, "same", BLUE), (~s, "different", ORANGE)):
        counts, edges = np.histogram(d[kind], bins=_BINS, range=(0, end))
        axes.stairs(counts / kind.sum(), edges, fill=True, color=colour, alpha=0.3, linewidth=0)
        axes.stairs(counts / kind.sum(), edges, color=colour, linewidth=1.5, label=name)
    axes.axvline(threshold, color=INK, linewidth=1, linestyle=(0, (2, 3)))
    axes.margins(y=0.12)
    right = threshold > 0.8 * end
    axes.annotate(
        f"τ = {threshold:.3g}",
        (threshold, 1),
        xytext=(-6 if right else 6, -12),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="right" if right else "left",
        fontsize=11,
        color=INK,
    )
    axes.set(xlim=(0, end), ylim=(0, None))
    label_percent(axes.yaxis)
    axes.set_xlabel("distance of the two encodings", color=MUTED, fontsize=11, labelpad=4)
    add_title(axes, "Share of the pairs at such a distance")
    add_legend(axes)
    return to_svg(
        figure, f"Distances of {s.sum()} same and {(~s).sum()} different pairs; the threshold is {threshold:g}."
    )

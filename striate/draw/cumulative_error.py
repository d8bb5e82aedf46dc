"""How many images have landmarks that are no further off than so much."""

from collections.abc import Sequence

import numpy as np

from striate.draw.canvas import BLUE, LEFT, MUTED, add_axes, add_title, label_percent, new_figure, to_svg
from striate.draw.text import percent
from striate.errors import ArgumentError


def cumulative_error(errors: Sequence[float], limit: float = 0.1) -> str:
    """The share of images over the error up to which they count, as SVG: the cumulative error distribution.

    Args:
        errors: of each image, in shares of its reference distance; at least one.
        limit: above it an image counts as a failure.

    Raises:
        ArgumentError: there are no errors, or one of them is below 0 or no number.
    """
    ordered = np.sort(np.asarray(errors, np.float64))
    if not ordered.size or not (np.isfinite(ordered) & (ordered >= 0)).all():
        raise ArgumentError.of("errors", "one for each of at least one image, at least 0", errors)
    right = float((ordered <= limit).mean())
    figure = new_figure(480, 320)
    axes = add_axes(figure, LEFT, 44, 16, 48)
    end = max(2 * limit, float(ordered[min(len(ordered) - 1, int(0.98 * len(ordered)))]))
    x = np.concatenate([[0], ordered, [max(end, ordered[-1])]])
    share = np.concatenate([[0], np.arange(1, len(ordered) + 1) / len(ordered), [1]])
    axes.step(x, share, where="post", color=BLUE, linewidth=2)
    axes.axvline(limit, color=MUTED, linewidth=1, linestyle=(0, (2, 3)), zorder=1)
    axes.annotate(
        f"{percent(right)} up to {percent(limit, 0)}",
        (limit, 0.06),
        xytext=(6, 0),
        textcoords="offset points",
        fontsize=11,
        color=MUTED,
    )
    axes.set(xlim=(0, end), ylim=(0, 1.02))
    for axis in (axes.xaxis, axes.yaxis):
        label_percent(axis)
    axes.set_xlabel("mean error of an image's points, of the reference distance", color=MUTED, fontsize=11, labelpad=4)
    add_title(axes, "Images with no larger error")
    return to_svg(
        figure, f"Share of {len(ordered)} images over their landmarks' error; {percent(right)} up to {limit:g}."
    )

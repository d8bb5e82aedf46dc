"""Which classes are taken for which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from striate.draw.canvas import INK, MUTED, PAPER, RULE, new_figure, to_svg
from striate.draw.text import columns, shorten
from striate.errors import ShapeError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NUMBERS_UP_TO, NAMES_UP_TO = 15, 40
SIDE = 440  # pixels of the matrix itself
RIGHT_RGB, WRONG_RGB = (0.04, 0.38, 0.68), (0.88, 0.40, 0.04)

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ConfusedPair:
    """How often one class was taken for another.

    Attributes:
        true, predicted: names of the two classes.
        count: how many images.
        share: of all images of the true class, in [0, 1].
    """

    true: str
    predicted: str
    count: int
    share: float


def confused_pairs(confusion: npt.ArrayLike, labels: Sequence[str], limit: int = 12) -> tuple[ConfusedPair, ...]:
    """The mistakes that are made most often, the commonest first.

    Args:
        confusion: (K, K) counts, true × predicted.
        labels: K names.
        limit: how many pairs at most.

    Raises:
        ShapeError: the counts and the names don't fit.

    Example:
        >>> confused_pairs([[9, 1], [2, 8]], ["cat", "dog"], limit=1)
        (ConfusedPair(true='dog', predicted='cat', count=2, share=0.2),)
    """
    counts = _check(confusion, labels)
    wrong = counts - np.diag(np.diag(counts))
    totals = counts.sum(axis=1)
    order = np.argsort(-wrong, axis=None, kind="stable")[:limit]
    cells = [divmod(int(place), len(labels)) for place in order]
    return tuple(
        ConfusedPair(labels[i], labels[j], int(wrong[i, j]), float(wrong[i, j] / totals[i]))
        for i, j in cells
        if wrong[i, j]
    )


def confusion_map(confusion: npt.ArrayLike, labels: Sequence[str]) -> str:
    """A heat map of the confusion matrix as SVG: right answers blue, mistakes orange.

    The shade is the square root of the share of the true class, so that a few mistakes among many right
    answers can be seen. Up to 15 classes the counts are written in, up to 40 the names stand beside.

    Args:
        confusion: (K, K) counts, true × predicted.
        labels: K names.

    Raises:
        ShapeError: the counts and the names don't fit.

    Example:
        >>> confusion_map([[9, 1], [2, 8]], ["cat", "dog"])[:15]
        '<svg role="img"'
    """
    counts = _check(confusion, labels)
    names = [shorten(label, 20) for label in labels] if len(labels) <= NAMES_UP_TO else []
    room = 7 * max(map(columns, names), default=5)  # pixels that the longest name may take
    slanted = bool(names) and room > SIDE / len(labels)
    below = 44 + (0.75 * room if slanted else 16)
    figure = new_figure(int(room + 34 + SIDE + (0.5 * room if slanted else 16)), int(SIDE + below + 52))
    axes = _square_axes(figure, room + 34, below)
    shade = _shade(counts)
    sharp = len(labels) <= SIDE  # beyond that, squares smaller than a pixel must be averaged or some would vanish
    axes.imshow(
        _colour(shade), interpolation="none" if sharp else "antialiased", extent=(0, len(labels), len(labels), 0)
    )
    if len(labels) <= NUMBERS_UP_TO:
        _write_counts(axes, counts, shade)
    _name_classes(axes, names, len(labels), slanted)
    _explain_shade(figure, room + 34)
    return to_svg(figure, f"Confusion matrix of {len(labels)} classes: rows are true, columns predicted.")


def _check(confusion: npt.ArrayLike, labels: Sequence[str]) -> Counts:
    counts = np.asarray(confusion, dtype=np.int64)
    if not len(labels) or counts.shape != (len(labels), len(labels)):
        raise ShapeError.of("confusion", f"({len(labels)}, {len(labels)}) for at least one label", counts.shape)
    return counts


def _shade(counts: Counts) -> npt.NDArray[np.float64]:
    """In [0, 1]: the root of each cell's share of its row; a class without images is blank."""
    shares: npt.NDArray[np.float64] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.sqrt(shares)


def _colour(shade: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(K, K) -> (K, K, 4): the ground shines through what is rare, be it light or dark."""
    right = np.eye(len(shade), dtype=bool)[..., None]
    rgba: npt.NDArray[np.float64] = np.concatenate([np.where(right, RIGHT_RGB, WRONG_RGB), shade[..., None]], axis=-1)
    return rgba


def _square_axes(figure: "Figure", left: float, below: float) -> "Axes":
    width, height = figure.get_size_inches() * 72
    axes = figure.add_axes((left / width, below / height, SIDE / width, SIDE / height))
    axes.set_facecolor("none")
    axes.spines[:].set_color(RULE)
    return axes


def _write_counts(axes: "Axes", counts: Counts, shade: npt.NDArray[np.float64]) -> None:
    size = len(counts)
    font = min(20, max(11, 0.28 * SIDE / size))
    axes.vlines(range(1, size), 0, size, color=PAPER, linewidth=2)
    axes.hlines(range(1, size), 0, size, color=PAPER, linewidth=2)
    for i, j in zip(*counts.nonzero(), strict=True):
        count = int(counts[i, j])
        text = str(count) if count < 10_000 else f"{count / 1000:.0f}k"
        colour = "#fefefe" if shade[i, j] > 0.7 else INK  # on a strong shade, white in light and dark
        axes.text(j + 0.5, i + 0.5, text, ha="center", va="center_baseline", fontsize=font, color=colour)


def _name_classes(axes: "Axes", names: list[str], size: int, slanted: bool) -> None:
    """Names beside the rows and below the columns, or their numbers where there are too many."""
    places = np.arange(size) if names else np.arange(0, size, max(10, round(size / 100) * 10))
    texts = names or [str(place) for place in places]
    font = 11 if size <= NUMBERS_UP_TO else 9
    axes.set_yticks(places + 0.5, texts, fontsize=font, parse_math=False)
    axes.set_xticks(places + 0.5, texts, fontsize=font, parse_math=False)
    if slanted:
        for label in axes.get_xticklabels():
            label.set(rotation=45, ha="right", va="center", rotation_mode="anchor")
    axes.tick_params(length=0, pad=6, labelcolor=INK)
    number = "" if names else " (number of the class)"
    axes.set_xlabel(f"predicted{number}", color=MUTED, fontsize=11, loc="right")
    axes.annotate(
        f"true{number}",
        (0, 1),
        xytext=(-8, 10),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="left" if number else "right",
        fontsize=11,
        color=MUTED,
    )


def _explain_shade(figure: "Figure", left: float) -> None:
    """A scale for both colours above the matrix's right end."""
    width, height = figure.get_size_inches() * 72
    ramp = np.linspace(0, 1, 64)[:, None]
    rows = [np.hstack([np.tile(rgb, (64, 1)), ramp]) for rgb in (RIGHT_RGB, WRONG_RGB)]  # (64, 4) each
    scale = figure.add_axes(((left + SIDE - 120) / width, 1 - 32 / height, 120 / width, 22 / height))
    scale.imshow(np.stack(rows), interpolation="none", extent=(0, 1, 0, 1), aspect="auto")
    shares = (0, 0.05, 0.25, 1)
    scale.set_xticks([s**0.5 for s in shares], [f"{s:.0%}" for s in shares], fontsize=9, color=MUTED)
    scale.set_yticks([0.75, 0.25], ["right", "wrong"], fontsize=9, color=MUTED)
    scale.tick_params(length=0, pad=3)
    scale.spines[:].set_visible(False)

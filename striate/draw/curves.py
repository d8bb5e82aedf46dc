"""A training, epoch by epoch."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
from striate.draw.text import percent
from striate.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 480, 300
_ALL_MARKED = 8  # epochs that all have their number below the axes
Values = Sequence[float]


@dataclass(frozen=True)
class History:
    """What was measured after each epoch; NaN where it was not.

    Attributes:
        train_loss, val_loss: mean loss on the training and the validation part.
        val_score: share of the validation part that is right, in [0, 1].
        learning_rate: at the end of the epoch.
        best: the epoch that was kept, from 1.
        train_score: share of the training part that is right, or () where nobody measured it.
        score_name: what the score is.
        by_score: whether the kept epoch is the one with the best score; else it is the one with the lowest loss.

    Raises:
        ArgumentError: there are no epochs, their numbers differ, or `best` is none of them.

    Example:
        >>> history = History((0.9, 0.5), (0.8, 0.6), (0.7, 0.8), (0.1, 0.05), best=2)
        >>> history.epochs, history.best_score
        (2, 0.8)
    """

    train_loss: tuple[float, ...]
    val_loss: tuple[float, ...]
    val_score: tuple[float, ...]
    learning_rate: tuple[float, ...]
    best: int
    train_score: tuple[float, ...] = ()
    score_name: str = "accuracy"
    by_score: bool = True

    def __post_init__(self) -> None:
        if not self.train_loss:
            raise ArgumentError.of("train_loss", "one number for each epoch, at least one", self.train_loss)
        for name in ("val_loss", "val_score", "learning_rate", "train_score"):
            values = getattr(self, name)
            if len(values) != self.epochs and not (name == "train_score" and not values):
                raise ArgumentError.of(name, f"{self.epochs} numbers, one for each epoch", f"{len(values)} numbers")
        if not 1 <= self.best <= self.epochs:
            raise ArgumentError.of("best", f"an epoch from 1 to {self.epochs}", self.best)

    @property
    def epochs(self) -> int:
        """How many there were."""
        return len(self.train_loss)

    @property
    def score_title(self) -> str:
        """The score's name as a title begins, an abbreviation unharmed."""
        return self.score_name[:1].upper() + self.score_name[1:]

    @property
    def best_score(self) -> float:
        """The validation score of the epoch that was kept."""
        return self.val_score[self.best - 1]


def loss_curves(history: History) -> str:
    """Training and validation loss over the epochs, the one that was kept marked, as SVG."""
    text = f"Loss over {history.epochs} epochs; epoch {history.best} was kept."
    return _panel("Loss", text, {"training": history.train_loss, "validation": history.val_loss}, history.best)


def score_curves(history: History) -> str:
    """The scores over the epochs, the one that was kept marked, as SVG."""
    text = (
        f"{history.score_title} over {history.epochs} epochs; "
        f"epoch {history.best} was kept, with {percent(history.best_score)} on the validation part."
    )
    curves = {"training": history.train_score, "validation": history.val_score}
    return _panel(history.score_title, text, curves, history.best, share=True)


def rate_curve(history: History) -> str:
    """The learning rate over the epochs, as a small SVG."""
    figure = new_figure(WIDTH, 120)
    axes = add_axes(figure, LEFT, 36, 16, 28)
    draw_curve(axes, "learning rate", history.learning_rate, MUTED)
    mark_epochs(axes, history.epochs)
    axes.set_ylim(bottom=0)
    axes.locator_params(axis="y", nbins=2)
    add_title(axes, "Learning rate")
    return to_svg(figure, f"Learning rate over {history.epochs} epochs.")


def _panel(title: str, description: str, curves: Mapping[str, Values], best: int, *, share: bool = False) -> str:
    figure = new_figure(WIDTH, HEIGHT)
    axes = add_axes(figure, LEFT, 44, 16, 40)
    for colour, (name, values) in zip((ORANGE, BLUE), curves.items(), strict=True):
        if values:
            draw_curve(axes, name, values, colour)
    mark_epochs(axes, len(curves["validation"]))
    _mark_best(axes, best, curves["validation"][best - 1], label_height=0.06 if share else 0.94)
    if share:
        show_percent(axes)
    axes.set_xlabel("epoch", color=MUTED, fontsize=11, labelpad=4)
    add_title(axes, title)
    add_legend(axes)
    return to_svg(figure, description)


def draw_curve(axes: "Axes", name: str, values: Values, colour: str, **style: Any) -> None:
    """One value an epoch; an infinite or missing one is a gap, and few epochs are dots too."""
    finite = [v if math.isfinite(v) else math.nan for v in values]
    dots = "o" if len(finite) <= 12 else ""
    axes.plot(range(1, len(finite) + 1), finite, marker=dots, markersize=4, color=colour, label=name, **style)


def mark_epochs(axes: "Axes", epochs: int) -> None:
    """Whole numbers below the axes, few epochs all of them, with a little room at both ends."""
    from matplotlib.ticker import MaxNLocator

    room = 0.5 if epochs < 3 else min(0.9, 0.02 * epochs)  # there is no epoch 0
    axes.set_xlim(1 - room, epochs + room)
    if epochs <= _ALL_MARKED:
        axes.set_xticks(range(1, epochs + 1))
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=_ALL_MARKED, integer=True))


def show_percent(axes: "Axes") -> None:
    """Shares as percentages, without showing more than there can be."""
    low, high = axes.get_ylim()
    axes.set_ylim(max(low, -0.02), min(high, 1.01))
    label_percent(axes.yaxis)


def _mark_best(axes: "Axes", best: int, value: float, label_height: float) -> None:
    axes.axvline(best, color=MUTED, linewidth=1, linestyle=(0, (2, 3)), zorder=1)
    axes.plot([best], [value], "o", markersize=8, color=BLUE, markeredgecolor=INK, markeredgewidth=1.5, zorder=4)
    low, high = axes.get_xlim()
    late = best > (low + high) / 2
    axes.annotate(
        f"best: epoch {best}",
        (best, label_height),
        xytext=(-6 if late else 6, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="right" if late else "left",
        va="center",
        fontsize=11,
        color=MUTED,
        parse_math=False,
    )

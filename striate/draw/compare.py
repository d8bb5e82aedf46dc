"""Several trainings beside each other."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from striate.draw.canvas import INK, LEFT, MUTED, SERIES, add_axes, add_title, new_figure, to_svg
from striate.draw.curves import History, draw_curve, mark_epochs, show_percent
from striate.draw.page import picture, render
from striate.draw.text import shorten
from striate.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# When the colours are used up they come again with another stroke.
STROKES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))


@dataclass(frozen=True)
class Run:
    """One training to compare.

    Attributes:
        name: what to call it.
        history: figures epoch by epoch.
        figures: what else to show of it, by name (parameters, seconds, score on the test part, …).
        lower_is_better: of the score.
    """

    name: str
    history: History
    figures: Mapping[str, object] = field(default_factory=dict)
    lower_is_better: bool = False


def comparison_curves(runs: Sequence[Run]) -> str:
    """Loss and score of all the runs in one SVG: validation as full lines, training as thin ones.

    Args:
        runs: at least one.

    Raises:
        ArgumentError: there are none.
    """
    _check(runs)
    rows = math.ceil(len(runs) / 3)
    figure = new_figure(960, 340 + 20 * rows)
    below = 40 + 12 + 20 * rows
    loss, score = add_axes(figure, LEFT, 44, 512, below), add_axes(figure, 496 + LEFT, 44, 16, below)
    for i, run in enumerate(runs):
        _draw_pair(loss, run.history.train_loss, run.history.val_loss, i)
        _draw_pair(score, run.history.train_score, run.history.val_score, i)
    for axes, title in ((loss, "Loss"), (score, runs[0].history.score_title)):
        mark_epochs(axes, max(run.history.epochs for run in runs))
        axes.set_xlabel("epoch", color=MUTED, fontsize=11, labelpad=4)
        add_title(axes, title)
    show_percent(score)
    _name_runs(figure, loss, runs)
    return to_svg(figure, f"Loss and {runs[0].history.score_name} of {len(runs)} runs over the epochs.")


def comparison_rows(runs: Sequence[Run]) -> list[dict[str, object]]:
    """One row a run with the same columns in each: the best validation score first, None where a figure is missing.

    Args:
        runs: at least one.

    Raises:
        ArgumentError: there are none.

    Example:
        >>> run = Run("a", History((0.9, 0.5), (0.8, 0.6), (0.7, 0.8), (0.1, 0.1), best=2), {"parameters": 61706})
        >>> comparison_rows([run])
        [{'run': 'a', 'validation accuracy': 0.8, 'best epoch': 2, 'epochs': 2, 'validation loss': 0.6,
          'training loss': 0.5, 'parameters': 61706}]
    """
    _check(runs)
    names = list(dict.fromkeys(name for run in runs for name in run.figures))
    ranked = sorted(runs, key=lambda run: run.history.best_score * (1 if run.lower_is_better else -1))
    return [_row(run) | {name: run.figures.get(name) for name in names} for run in ranked]


def render_comparison(runs: Sequence[Run], title: str = "", notes: Sequence[str] = ()) -> str:
    """The runs as one HTML page with their curves and a table; no script, no outside request.

    Args:
        runs: at least one.
        title: of the page; how many runs there are if left out.
        notes: sentences to begin it with.

    Raises:
        ArgumentError: there are none.
    """
    rows = comparison_rows(runs)
    return render(
        "compare.html",
        title=title or f"{len(rows)} runs compared",
        notes=notes,
        curves=picture(comparison_curves(runs)),
        rows=rows,
        columns=list(rows[0]),
    )


def _check(runs: Sequence[Run]) -> None:
    if not runs:
        raise ArgumentError.of("runs", "at least one", runs)


def _row(run: Run) -> dict[str, object]:
    history, kept = run.history, run.history.best - 1
    return {
        "run": run.name,
        f"validation {history.score_name}": history.best_score,
        "best epoch": history.best,
        "epochs": history.epochs,
        "validation loss": history.val_loss[kept],
        "training loss": history.train_loss[kept],
    }


def _draw_pair(axes: "Axes", train: Sequence[float], val: Sequence[float], place: int) -> None:
    colour, stroke = SERIES[place % len(SERIES)], STROKES[place // len(SERIES) % len(STROKES)]
    for values, width in ((train, 1), (val, 2)):
        draw_curve(axes, "", values, colour, linestyle=stroke, linewidth=width)


def _name_runs(figure: "Figure", axes: "Axes", runs: Sequence[Run]) -> None:
    """The legend below both axes, in three columns."""
    lines = axes.get_lines()[1::2]  # the second of each pair: validation
    names = [shorten(run.name, 36) for run in runs]
    legend = figure.legend(lines, names, loc="lower left", ncols=3, frameon=False, fontsize=11, labelcolor=INK)
    for text in legend.get_texts():
        text.set_parse_math(False)

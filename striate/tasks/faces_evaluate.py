"""Measure how well an encoder tells pairs of images, and write a page of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from striate.atomic import atomic_write
from striate.data import Pairs
from striate.draw import distance_histogram, render_verification, roc_curve
from striate.errors import OutputError
from striate.metrics import TenFold, Verification, ten_fold, verification
from striate.tasks.faces_pairs import MeasuredPairs, measure_pairs
from striate.tasks.faces_recogniser import OnImages, Recogniser

_FARS = (0.01, 0.001)


class FigureRow(NamedTuple):
    """A figure, its value and its 95 % interval (empty where there is none), in words."""

    name: str
    value: str
    interval: str = ""


@dataclass(frozen=True, eq=False)
class PairsEvaluation:
    """How well an encoder tells pairs.

    Attributes:
        measured: the distances.
        verification: the figures; at the encoder's threshold, or at the best one if it has none.
        calibrated: whether that threshold is the encoder's, which these pairs did not choose.
        ten_fold: where the list is divided into folds.
    """

    measured: MeasuredPairs
    verification: Verification
    calibrated: bool
    ten_fold: TenFold | None

    @property
    def threshold_from(self) -> str:
        """Where the threshold comes from."""
        return "the encoder" if self.calibrated else "these pairs"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What whoever reads the figures should know."""
        measured = self.measured
        flattered = "the threshold was chosen on these very pairs: the accuracy at it is flattered"
        number = measured.pairs_left_out
        images = f"left out: {number:,} {'pair' if number == 1 else 'pairs'}, for images without an encoding"
        return (flattered,) * (not self.calibrated) + (images,) * (number > 0)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            **self.verification.to_dict(),
            "threshold_from": self.threshold_from,
            "ten_fold": self.ten_fold.to_dict() if self.ten_fold else None,
            **self.measured.left_out_dict(),
        }


def evaluate_pairs(
    recogniser: Recogniser, pairs: Pairs, *, skip_bad: bool = False, on_images: OnImages | None = None
) -> PairsEvaluation:
    """Measure how well an encoder tells pairs: at its threshold, by folds where there are, and at all thresholds.

    Args:
        recogniser, pairs, skip_bad, on_images: as in `measure_pairs`.

    Raises:
        DataError: as in `measure_pairs`.
    """
    measured = measure_pairs(recogniser, pairs, skip_bad=skip_bad, on_images=on_images)
    threshold = recogniser.encoder.threshold
    figures = verification(measured.distances, measured.same, threshold=threshold)
    folds = None if measured.fold is None else ten_fold(measured.distances, measured.same, measured.fold)
    return PairsEvaluation(measured, figures, threshold is not None, folds)


def write_evaluation(folder: str | Path, evaluation: PairsEvaluation, title: str) -> Path:
    """Write a page of the figures and curves, and the curves as files, into a folder, which is made.

    Returns:
        the page.

    Raises:
        OutputError: something can't be written.
    """
    folder, measured, figures = Path(folder), evaluation.measured, evaluation.verification
    curve = roc_curve(figures.roc.far, figures.roc.tar, (figures.rates.far, figures.rates.tar))
    histogram = distance_histogram(measured.distances, measured.same, figures.threshold)
    page = render_verification(title, figure_rows(evaluation), curve, histogram, evaluation.remarks)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise OutputError(f"can't make the folder {folder}: {e.strerror}") from e
    for name, text in {"roc.svg": curve, "distances.svg": histogram, "verification.html": page}.items():
        with atomic_write(folder / name) as f:
            f.write(text.encode())
    return folder / "verification.html"


def figure_rows(evaluation: PairsEvaluation) -> list[FigureRow]:
    """The figures in words, for a page or a terminal."""
    figures, rates, folds = evaluation.verification, evaluation.verification.rates, evaluation.ten_fold
    rows = [
        FigureRow("pairs", f"{rates.n_same:,} same, {rates.n_different:,} different"),
        FigureRow("threshold", f"{rates.threshold:.4f}, from {evaluation.threshold_from}"),
        FigureRow("accuracy", f"{rates.accuracy:.2%}", _between(rates.accuracy_interval)),
        FigureRow("true accepts", f"{rates.tar:.2%}", _between(rates.tar_interval)),
        FigureRow("false accepts", f"{rates.far:.2%}", _between(rates.far_interval)),
    ]
    if folds:
        count = len(folds.accuracies)
        rows.append(FigureRow(f"accuracy over {count} folds", f"{folds.mean:.2%} ± {folds.standard_error:.2%}"))
    told = [far for far in _FARS if far * rates.n_different >= 1]
    rows += [FigureRow(f"true accepts at {100 * far:g}% false ones", f"{figures.tar_at(far):.2%}") for far in told]
    return [
        *rows,
        FigureRow("equal error rate", f"{figures.eer:.2%}"),
        FigureRow("area under ROC", f"{figures.auc:.4f}"),
    ]


def _between(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.2%} to {interval[1]:.2%}"

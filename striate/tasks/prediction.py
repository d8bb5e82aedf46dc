"""Predict image files: what each shows, and which can't be read."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from striate.atomic import atomic_write
from striate.data import ONE_CROP, Crops
from striate.errors import Problem
from striate.results import Classes
from striate.tasks.classifier import Classifier, OnBad
from striate.tasks.classify import Probabilities
from striate.tasks.ensemble import Ensemble
from striate.tasks.images import answer_images


class Prediction(NamedTuple):
    """A file and what it shows."""

    path: str
    classes: Classes


def predict_files(
    classifier: Classifier | Ensemble,
    paths: Iterable[str | Path],
    *,
    crops: int | Crops = ONE_CROP,
    skip_bad: bool = False,
) -> tuple[list[Prediction], list[Problem]]:
    """Predict files, folders and shell patterns.

    Args:
        classifier: what looks at them.
        paths: see `find_images`.
        crops: how often each image is looked at, or which crops of it, see `striate.data.arrange_crops`.
        skip_bad: go on without files that can't be read.

    Returns:
        the predictions in order, and the files that were skipped.

    Raises:
        DataError: a path does not exist; or files can't be read, all of them listed.
    """

    def answer(files: Sequence[Path], on_bad: OnBad) -> Probabilities:
        return classifier.probabilities(files, crops=crops, on_bad=on_bad)

    rows, problems = answer_images(paths, answer, skip_bad=skip_bad)
    return [Prediction(path, classifier.task.to_classes(row, classifier.labels)) for path, row in rows], problems


def write_predictions(path: str | Path, predictions: Sequence[Prediction], top: int) -> None:
    """Write predictions as a CSV: path, label1, probability1, label2, … (whole or not at all).

    Raises:
        OutputError: the file can't be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    most = min(top, max((len(p.classes.labels) for p in predictions), default=0))
    writer.writerow(["path", *(f"{name}{i + 1}" for i in range(most) for name in ("label", "probability"))])
    for prediction in predictions:
        labels, probabilities = prediction.classes.labels[:most], prediction.classes.probabilities[:most]
        pairs = zip(labels, probabilities, strict=True)
        writer.writerow([prediction.path, *(cell for label, p in pairs for cell in (label, f"{p:.6f}"))])
    with atomic_write(path) as f:
        f.write(text.getvalue().encode(errors="surrogateescape"))  # the very bytes of a name that is not UTF-8

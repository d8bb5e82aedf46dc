"""`striate predict` where a model tells classes."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.output import note, print_json

if TYPE_CHECKING:
    from striate.data import Crops
    from striate.tasks import Classifier, Ensemble, RecordingClassifier


def predict_classes(
    classifier: "Classifier | Ensemble | RecordingClassifier",
    paths: Sequence[str],
    *,
    top: int,
    csv: Path | None,
    views: "Crops",
    resample: bool,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Say the likeliest classes, write them to a table, tell them as JSON.

    Args:
        classifier: what looks at the images, or at signals, volumes or clips.
        paths: files, folders or globs.
        top: how many classes to name.
        csv: a table to write, or None.
        views: crops of each image.
        resample: signals, volumes or clips of another rate or spacing are brought to the model's.
        skip_bad: go on without files that can't be read.
        as_json: all of it as JSON.
    """
    from striate.draw.text import printable
    from striate.tasks import RecordingClassifier, predict_files, predict_recordings, write_predictions

    start = time.perf_counter()
    if isinstance(classifier, RecordingClassifier):
        predictions, bad = predict_recordings(classifier, paths, resample=resample, skip_bad=skip_bad)
    else:
        predictions, bad = predict_files(classifier, paths, crops=views, skip_bad=skip_bad)
        note(_cost(classifier, len(views), len(predictions), time.perf_counter() - start))
    for problem in bad:
        note(f"skipped {problem}")
    if csv:
        write_predictions(csv, predictions, top)
    if as_json:
        print_json([{"path": path, **classes.to_dict(top)} for path, classes in predictions])
        return
    for path, classes in predictions:
        print(path)
        for label, probability in zip(classes.labels[:top], classes.probabilities, strict=False):
            print(f"  {probability:6.1%}  {printable(label)}")


def _cost(classifier: "Classifier | Ensemble", crops: int, images: int, seconds: float) -> str:
    """What several networks or crops cost; nothing where there is one of each. The gain takes labels: `evaluate`."""
    answers = len(classifier.members) * crops
    if answers == 1:
        return ""
    many = [f"{len(classifier.members)} networks"] * (len(classifier.members) > 1) + [f"{crops} crops"] * (crops > 1)
    return (
        f"{' × '.join(many)}: {answers} answers averaged for each of {images} images, {seconds:.1f} s, "
        f"{classifier.num_bytes / 1e6:.1f} MB of weights; `striate evaluate` says what that gains"
    )

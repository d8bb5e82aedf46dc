"""Predict files of signals, volumes or clips: what each shows, and which can't be used."""

import glob
from collections.abc import Iterable, Sequence
from pathlib import Path

from striate.data.stores import FolderStore
from striate.errors import Problem
from striate.recordings.folder import find_recordings
from striate.recordings.read import is_recording
from striate.tasks.classifier import OnBad
from striate.tasks.classify import Probabilities
from striate.tasks.images import answer_files, expand_paths
from striate.tasks.prediction import Prediction
from striate.tasks.recording_classifier import RecordingClassifier


def predict_recordings(
    classifier: RecordingClassifier, paths: Iterable[str | Path], *, resample: bool = False, skip_bad: bool = False
) -> tuple[list[Prediction], list[Problem]]:
    """Predict files, folders and shell patterns.

    Args:
        classifier: what looks at them.
        paths: see `recording_files`.
        resample: recordings of another spacing are brought to the preset's.
        skip_bad: go on without files that can't be used.

    Returns:
        the predictions in order, and the files that were skipped.

    Raises:
        DataError: a path does not exist; or recordings can't be used, all of them listed.
    """

    def answer(files: Sequence[Path], on_bad: OnBad) -> Probabilities:
        return classifier.probabilities(files, resample=resample, on_bad=on_bad)

    what = f"{classifier.preset.kind}s can't be used"
    rows, problems = answer_files(recording_files(paths), answer, skip_bad=skip_bad, what=what)
    return [Prediction(path, classifier.task.to_classes(row, classifier.labels)) for path, row in rows], problems


def recording_files(paths: Iterable[str | Path]) -> list[Path]:
    """The recordings of files, folders (with all that is below) and shell patterns, each once, in order.

    A file that is named is taken whatever its suffix; of a folder or pattern those whose suffix is a recording's. A
    folder that is one recording, such as a DICOM series or the frames of a clip, is taken as one.

    Raises:
        DataError: a path does not exist, or a folder or pattern holds no recording; all are listed.

    Example:
        >>> recording_files(["no such.npy"])
        Traceback (most recent call last):
        striate.errors.DataError: nothing to look at
          no such.npy: no such file, folder or pattern
    """
    return expand_paths(paths, _expand, nothing="nothing to look at")


def _expand(name: str) -> tuple[list[Path], str]:
    """What a name stands for, and what is wrong with it."""
    path = Path(name)
    if path.is_file():
        return [path], ""
    if path.is_dir():
        inside = [path / file for file in find_recordings(FolderStore(path).listing(), depth=0)]
        return inside, "" if inside else "a folder without signals, volumes or clips"
    if glob.has_magic(name):
        matches = sorted(map(Path, glob.glob(name, recursive=True)))  # noqa: PTH207 - absolute patterns too
        inside = [match for match in matches if match.is_dir() or is_recording(match.name)]
        return inside, "" if inside else "no signal, volume or clip matches"
    return [], "no such file, folder or pattern"

"""Find events in files of signals: what happens in each, and when."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from striate.atomic import atomic_write
from striate.draw import event_trace_png, trace_rows
from striate.errors import DataError, OutputError, Problem
from striate.results import Events
from striate.tasks.event_finder import EventFinder
from striate.tasks.picture_files import check_page, picture_files
from striate.tasks.recording_prediction import recording_files


class FoundEvents(NamedTuple):
    """A file, the seconds that it lasts, and what happens in it."""

    path: Path
    seconds: float
    events: Events


def find_events(
    finder: EventFinder,
    paths: Iterable[str | Path],
    *,
    resample: bool = False,
    skip_bad: bool = False,
    out: str | Path | None = None,
) -> tuple[list[FoundEvents], list[Problem]]:
    """Look at files, folders and shell patterns.

    Args:
        finder: what looks at them.
        paths: see `striate.tasks.recording_prediction.recording_files`.
        resample: signals of another rate are brought to the preset's.
        skip_bad: go on without files that can't be used.
        out: the picture of a single signal with its events, a .png; or a folder for those of several.

    Returns:
        what was found, in order, and the files that were skipped.

    Raises:
        DataError: a path does not exist; or signals can't be used, all of them listed.
        ArgumentError: a picture that is no .png.
        OutputError: a picture can't be written.
    """
    files = recording_files(paths)
    pictures = _pictures(files, out) if out else [None] * len(files)
    found, problems = [], []
    for file, picture in zip(files, pictures, strict=True):
        try:
            found.append(_look(finder, file, resample, picture))
        except DataError as e:
            problems.append(Problem.of(str(file), e))
    if problems and not (skip_bad and found):
        raise DataError(f"{len(problems)} of the signals can't be used (--skip-bad leaves them out)", problems)
    return found, problems


def _pictures(files: Sequence[Path], out: str | Path) -> Sequence[Path | None]:
    if len(files) == 1:
        check_page(out, files[0])
        return [Path(out)]
    if Path(out).is_file():
        raise OutputError(f"{out} is a file: several signals are drawn into a folder")
    return picture_files(files, out)


def _look(finder: EventFinder, file: Path, resample: bool, picture: Path | None) -> FoundEvents:
    recording = finder.read(file)
    events = finder.find(recording, resample=resample)
    seconds = recording.size[0] * recording.spacing[0]
    if picture:
        marks = {label: events.seconds[np.array(events.labels, object) == label] for label in finder.labels}
        counts = ", ".join(f"{len(times):,} {label}" for label, times in marks.items())
        page = event_trace_png(
            recording.values, recording.spacing[0], marks, trace_rows(seconds), f"{file.name}: {counts}"
        )
        with atomic_write(picture) as f:
            f.write(page)
    return FoundEvents(file, seconds, events)

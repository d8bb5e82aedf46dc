"""What is marked in annotated records, and which stretches of them a part of a data set is of."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from striate.errors import DataError
from striate.metrics import EventFigures, choose_event_threshold, measure_events
from striate.recordings import RecordingPart, read_annotations
from striate.results import Events
from striate.tasks.event_finder import EventFinder

_BLOCK = re.compile(r"(.*), block (\d+) of (\d+)")  # as `striate.recordings.cut` names groups of a single record


class Stretch(NamedTuple):
    """A part of a record's time.

    Attributes:
        record: its name.
        start, stop: shares of its time, from 0 to 1.
    """

    record: str
    start: float = 0.0
    stop: float = 1.0

    @classmethod
    def of_group(cls, group: str) -> "Stretch":
        """A record, or a block of a single record's time, by the name of the group that its windows are of.

        Example:
            >>> Stretch.of_group("100"), Stretch.of_group("100, block 3 of 20")
            (Stretch(record='100', start=0.0, stop=1.0), Stretch(record='100', start=0.1, stop=0.15))
        """
        block = _BLOCK.fullmatch(group)
        if block is None:
            return cls(group)
        number, count = int(block[2]), int(block[3])
        return cls(block[1], (number - 1) / count, number / count)

    def within(self, events: Events, duration_s: float) -> Events:
        """Those of a record's events that are in the stretch."""
        share = events.seconds / duration_s
        return events[(share >= self.start) & (share < self.stop)]


class Judged(NamedTuple):
    """Events of one stretch, and how many seconds it lasts.

    Attributes:
        stretch: of which record.
        candidates: what may be one.
        marked: what is one.
        seconds: that it lasts.
    """

    stretch: Stretch
    candidates: Events
    marked: Events
    seconds: float


def stretches_of(parts: Iterable[RecordingPart], *, whole: bool) -> list[Stretch]:
    """Which stretches the windows of some parts were cut from; with `whole` the records, all of their time."""
    groups = dict.fromkeys(group for part in parts for group in part.groups)
    found = [Stretch.of_group(group) for group in groups]
    return [Stretch(record) for record in dict.fromkeys(s.record for s in found)] if whole else found


def judge_records(
    finder: EventFinder,
    root: Path,
    stretches: Sequence[Stretch],
    *,
    resample: bool = False,
    on_records: Callable[[int, int], None] | None = None,
) -> list[Judged]:
    """Look at records, each once, and at what is marked in them.

    Args:
        finder: what looks.
        root: the folder of the records.
        stretches: which parts of them count.
        resample: records of another rate are brought to the preset's.
        on_records: told how many records of how many are done.

    Raises:
        DataError: no annotations, or a record of another rate or number of channels.
    """
    names = list(dict.fromkeys(stretch.record for stretch in stretches))
    judged = list[Judged]()
    for done, name in enumerate(names, 1):
        judged += _judge_record(finder, root / f"{name}.hea", [s for s in stretches if s.record == name], resample)
        if on_records:
            on_records(done, len(names))
    return judged


def _judge_record(finder: EventFinder, path: Path, stretches: Sequence[Stretch], resample: bool) -> list[Judged]:
    recording, marks = finder.read(path), read_annotations(path)
    try:
        candidates = finder.candidates(recording, resample=resample)
    except DataError as e:
        raise DataError(f"{path}: {e}") from e
    counts = np.isin(np.array(marks.symbols, dtype=object), finder.labels)
    duration = recording.size[0] * recording.spacing[0]
    symbols = [symbol for symbol, counted in zip(marks.symbols, counts, strict=True) if counted]
    marked = Events.marked(marks.seconds[counts], symbols)
    return [
        Judged(
            stretch,
            candidates=stretch.within(candidates, duration),
            marked=stretch.within(marked, duration),
            seconds=(stretch.stop - stretch.start) * duration,
        )
        for stretch in stretches
    ]


def choose_threshold(judged: Sequence[Judged], tolerance_s: float) -> float:
    """The threshold at which the events of these stretches are found best."""
    return choose_event_threshold([j.candidates for j in judged], [j.marked for j in judged], tolerance_s)


def measure(judged: Sequence[Judged], labels: Sequence[str], threshold: float, tolerance_s: float) -> EventFigures:
    """How well the events of these stretches are found at a threshold."""
    found = [j.candidates[j.candidates.confidence > threshold] for j in judged]
    return measure_events(found, [j.marked for j in judged], labels, tolerance_s)

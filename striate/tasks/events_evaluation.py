"""Measure a finder of events on annotated records."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from striate.atomic import atomic_write
from striate.draw import event_trace_png
from striate.metrics import EventFigures, match_times
from striate.tasks.evaluation_record import PartChoice
from striate.tasks.event_finder import EventFinder
from striate.tasks.event_truth import Judged, judge_records, measure, stretches_of
from striate.tasks.own_data import choose_part, remarks_on, remarks_on_own
from striate.tasks.picture_files import check_page
from striate.tasks.recording_evaluation import open_for, resamples

_MOST_SHOWN = 24
_AROUND_S = 2.0


@dataclass(frozen=True)
class EventsEvaluation:
    """What a finder of events is worth on some records.

    Attributes:
        figures: every figure of merit, at the finder's threshold.
        part: which part of the data was measured; of "all" the whole records.
        fingerprint: of the data.
        remarks: what a reader must know.
        seconds: of signal that were looked at.
        mistakes: how many were drawn.
    """

    figures: EventFigures
    part: str
    fingerprint: str
    remarks: tuple[str, ...]
    seconds: float
    mistakes: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: the figures, and what they are of."""
        own = {"part": self.part, "fingerprint": self.fingerprint, "remarks": list(self.remarks)}
        return self.figures.to_dict() | own | {"seconds": self.seconds}


def evaluate_events(
    finder: EventFinder,
    data: str | Path,
    *,
    part: PartChoice | None = None,
    resample: bool = False,
    skip_bad: bool = False,
    out: str | Path | None = None,
    on_records: Callable[[int, int], None] | None = None,
) -> EventsEvaluation:
    """Sensitivity and positive predictivity over all the time of records.

    Args:
        finder: what `load` returned for a model of events.
        data: a folder of WFDB records with annotations, or the .hea of one.
        part: "train", "val", "test" or "all"; None takes test where there is one, else val, else all.
        resample: records of another rate are brought to the preset's; so they are if the training did.
        skip_bad: go on without windows that can't be used.
        out: a page of the first misses and false alarms as PNG; it is not written where there are none.
        on_records: told how many records of how many are done.

    Raises:
        DataError: no such data, records without annotations, or without the finder's symbols.
        ArgumentError: no such part, or a page that is no .png.
        OutputError: the page can't be written.
    """
    if out:
        check_page(out, data)
    dataset = open_for(finder.record, finder.preset.labels, data, skip_bad=skip_bad)
    name, _ = choose_part(dataset.parts, part)
    chosen = [p for own, p in dataset.parts.items() if name in ("all", own)]
    root = Path(data) if Path(data).is_dir() else Path(data).parent
    stretches = stretches_of(chosen, whole=name == "all")
    resample = resample or resamples(finder.record)
    judged = judge_records(finder, root, stretches, resample=resample, on_records=on_records)
    task = finder.task
    figures = measure(judged, finder.labels, task.threshold, task.tolerance_s)
    drawn = _write_mistakes(finder, root, judged, Path(out)) if out else 0
    own = remarks_on_own([finder.record], dataset.fingerprint, name, "records")
    seconds = sum(one.seconds for one in judged)
    return EventsEvaluation(figures, name, dataset.fingerprint, (*own, *remarks_on(dataset)), seconds, drawn)


def _write_mistakes(finder: EventFinder, root: Path, judged: list[Judged], out: Path) -> int:
    """The record with the most mistakes, around the first of them; how many these are."""
    wrong = [_mistakes(finder, one) for one in judged]
    worst = max(range(len(judged)), key=lambda i: len(wrong[i]), default=0)
    if not judged or not len(wrong[worst]):
        return 0
    name = judged[worst].stretch.record
    recording = finder.read(root / f"{name}.hea")
    rows = [(float(t) - _AROUND_S, float(t) + _AROUND_S) for t in wrong[worst][:_MOST_SHOWN]]
    marks = dict(zip(("found", "missed", "false alarm"), _sorted_out(finder, judged[worst]), strict=True))
    title = f"{name}: {len(wrong[worst])} mistakes, the first {len(rows)}"
    with atomic_write(out) as f:
        f.write(event_trace_png(recording.values, recording.spacing[0], marks, rows, title))
    return len(rows)


def _mistakes(finder: EventFinder, judged: Judged) -> np.ndarray[Any, np.dtype[np.float64]]:
    """When events were missed, or found where none is."""
    _, missed, alarms = _sorted_out(finder, judged)
    return np.sort(np.concatenate([missed, alarms]))


def _sorted_out(finder: EventFinder, judged: Judged) -> tuple[np.ndarray[Any, np.dtype[np.float64]], ...]:
    """Seconds of hits, misses and false alarms."""
    found = judged.candidates[judged.candidates.confidence > finder.task.threshold]
    matched = match_times(found.seconds, judged.marked.seconds, finder.task.tolerance_s)
    seen = np.isin(np.arange(len(judged.marked)), matched)
    return found.seconds[matched >= 0], judged.marked.seconds[~seen], found.seconds[matched < 0]

"""How well events are found in signals: sensitivity and positive predictivity within a tolerance of time.

The terms are those of ANSI/AAMI EC57, Testing and Reporting Performance Results of Cardiac Rhythm and ST Segment
Measurement Algorithms, 1998, for heartbeats; elsewhere they are called recall and precision.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from striate.errors import ArgumentError
from striate.metrics.inputs import Floats, Ints, check_labels
from striate.metrics.interval import wilson_interval
from striate.results import Events

ALARM = -1  # an event that was found where none is
NO_CHOICE = 0.5  # where no threshold is better than another
_THRESHOLDS = 200  # that are tried


@dataclass(frozen=True)
class EventScore:
    """How well events were found.

    Attributes:
        label: of which class; empty for all, whatever they were called.
        hits: events that were found.
        misses: events that were not.
        false_alarms: found where none is.
    """

    label: str
    hits: int
    misses: int
    false_alarms: int

    @property
    def sensitivity(self) -> float:
        """The share of the events that were found; 0 where there are none."""
        return self.hits / max(1, self.hits + self.misses)

    @property
    def positive_predictivity(self) -> float:
        """The share of what was found that is an event; 0 where nothing was found."""
        return self.hits / max(1, self.hits + self.false_alarms)

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.hits / max(1, 2 * self.hits + self.misses + self.false_alarms)

    @property
    def sensitivity_interval(self) -> tuple[float, float]:
        """95 % (Wilson's), as if each event were a draw of its own; (0, 1) where there are none."""
        return _interval(self.hits, self.misses)

    @property
    def positive_predictivity_interval(self) -> tuple[float, float]:
        """Likewise."""
        return _interval(self.hits, self.false_alarms)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        shares = ("sensitivity", "sensitivity_interval", "positive_predictivity", "positive_predictivity_interval")
        return asdict(self) | {name: getattr(self, name) for name in (*shares, "f1")}


@dataclass(frozen=True)
class EventFigures:
    """Every figure of merit of events.

    Attributes:
        n_signals: signals that were looked at.
        tolerance_s: how far in seconds what was found may be off.
        found: all events, whatever they were called.
        named: of those that were found, how many were called by their name.
        median_error_s: of those that were found, half are off by at most this; 0 where none was found.
        per_class: in the order of the labels; here an event that was called otherwise is missed.
    """

    n_signals: int
    tolerance_s: float
    found: EventScore
    named: int
    median_error_s: float
    per_class: tuple[EventScore, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        scores = {"found": self.found.to_dict(), "per_class": [score.to_dict() for score in self.per_class]}
        return asdict(self) | scores

    def __str__(self) -> str:
        found = self.found
        shares = [("sensitivity", found.sensitivity, found.sensitivity_interval)]
        shares += [("positive predictivity", found.positive_predictivity, found.positive_predictivity_interval)]
        words = [f"{name} {share:.2%} (95 % interval {low:.2%} to {high:.2%})" for name, share, (low, high) in shares]
        return f"{', '.join(words)} within {1000 * self.tolerance_s:g} ms; {found.hits + found.misses} events"


def match_times(found: Floats, true: Floats, tolerance: float) -> Ints:
    """Pair what was found with what is there, one with one, so that as many pairs as possible are near enough.

    Going through both in order and taking what fits first makes as many pairs as any other way: each event reaches
    equally far.

    Args:
        found: (F,) times, rising.
        true: (T,) times, rising.
        tolerance: how far apart a pair may be, at least 0, in the same unit.

    Returns:
        (F,) the index of what each found one is paired with, or `ALARM`.

    Raises:
        ArgumentError: the tolerance is negative, or times fall.

    Example:
        >>> match_times(np.array([0.9, 1.0, 2.2]), np.array([1.0, 1.08, 2.0, 3.0]), tolerance=0.1)
        array([ 0,  1, -1])
    """
    if not tolerance >= 0:
        raise ArgumentError.of("tolerance", "at least 0", tolerance)
    for name, times in (("found", found), ("true", true)):
        if (np.diff(times) < 0).any():
            raise ArgumentError.of(name, "in rising order", times.tolist())
    matched = np.full(len(found), ALARM)
    there = true.tolist()
    i = 0
    for j, time in enumerate(found.tolist()):
        while i < len(there) and time - there[i] > tolerance:
            i += 1
        if i < len(there) and there[i] - time <= tolerance:
            matched[j] = i
            i += 1
    return matched


def measure_events(
    found: Sequence[Events], true: Sequence[Events], labels: Sequence[str], tolerance_s: float
) -> EventFigures:
    """Count hits, misses and false alarms over some signals.

    Args:
        found: in each signal.
        true: in the same signals.
        labels: of the classes that are told apart, each another.
        tolerance_s: how far in seconds what was found may be off, at least 0.

    Raises:
        ArgumentError: there are no signals, both are not as many, or an event has none of the labels.

    Example:
        >>> truth = Events.marked([0.5, 1.5, 2.5], ["N", "N", "V"])
        >>> answer = Events(np.array([0.52, 2.5, 3.5]), ("N", "N", "V"), np.array([0.9, 0.8, 0.6]))
        >>> figures = measure_events([answer], [truth], ["N", "V"], tolerance_s=0.1)
        >>> figures.found, figures.named
        (EventScore(label='', hits=2, misses=1, false_alarms=1), 1)
        >>> figures.per_class[1]
        EventScore(label='V', hits=0, misses=1, false_alarms=1)
    """
    _check(found, true)
    known = check_labels(dict.fromkeys(labels), len(labels))
    unknown = {label for events in (*found, *true) for label in events.labels} - set(known)
    if unknown:
        raise ArgumentError.of("labels", "those of all events", f"{list(labels)}, without {sorted(unknown)}")
    pairs = [_pairs(f, t, tolerance_s) for f, t in zip(found, true, strict=True)]
    errors = np.concatenate([np.abs(f.seconds - t.seconds) for f, t in pairs])
    return EventFigures(
        n_signals=len(found),
        tolerance_s=tolerance_s,
        found=_score("", found, true, tolerance_s),
        named=sum(one == other for f, t in pairs for one, other in zip(f.labels, t.labels, strict=True)),
        median_error_s=float(np.median(errors)) if len(errors) else 0.0,
        per_class=tuple(
            _score(label, [_of(f, label) for f in found], [_of(t, label) for t in true], tolerance_s) for label in known
        ),
    )


def choose_event_threshold(found: Sequence[Events], true: Sequence[Events], tolerance_s: float) -> float:
    """The confidence above which there are fewest errors (misses and false alarms), whatever the events are called.

    Choose it on signals that were held back from training, and not on those which it is reported for. Where a stretch
    of thresholds is as good but for chance, by up to one standard error of so few errors (their number's root, at
    least 1), the middle of the widest is taken, which is the most likely to hold elsewhere. 0.5 where nothing is found.

    Args:
        found: in each signal, those of low confidence too.
        true, tolerance_s: as for `measure_events`.

    Raises:
        ArgumentError: there are no signals, or both are not as many.

    Example:
        >>> seconds = np.arange(8) / 2
        >>> answer = Events(seconds, ("N",) * 8, np.array([0.9, 0.2, 0.9, 0.2, 0.9, 0.2, 0.9, 0.2]))
        >>> choose_event_threshold([answer], [Events.marked(seconds[::2], ["N"] * 4)], 0.1)
        0.55
    """
    _check(found, true)
    steps = _steps(np.concatenate([events.confidence for events in found]))
    scores = [_score("", [f[f.confidence > step] for f in found], true, tolerance_s) for step in steps[:-1].tolist()]
    if not any(score.hits for score in scores):
        return NO_CHOICE
    errors = np.array([score.misses + score.false_alarms for score in scores])
    good = np.flatnonzero(errors <= errors.min() + max(1.0, float(errors.min()) ** 0.5))
    stretches = np.split(good, np.flatnonzero(np.diff(good) > 1) + 1)
    low, high = max(((steps[one[0]], steps[one[-1] + 1]) for one in stretches), key=lambda ends: ends[1] - ends[0])
    return float((low + high) / 2)


def _steps(confidence: Floats) -> Floats:
    """Where what is above a threshold changes, rising from 0; of many only some."""
    steps = np.unique(np.concatenate([[0.0], confidence]))
    if len(steps) > _THRESHOLDS:
        steps = steps[np.unique(np.linspace(0, len(steps) - 1, _THRESHOLDS).astype(np.int64))]
    return steps


def _score(label: str, found: Sequence[Events], true: Sequence[Events], tolerance: float) -> EventScore:
    hits = sum(len(_pairs(f, t, tolerance)[0]) for f, t in zip(found, true, strict=True))
    return EventScore(label, hits, sum(map(len, true)) - hits, sum(map(len, found)) - hits)


def _pairs(found: Events, true: Events, tolerance: float) -> tuple[Events, Events]:
    """Those that are right, and what each of them found."""
    matched = match_times(found.seconds, true.seconds, tolerance)
    right = matched != ALARM
    return found[right], true[matched[right]]


def _of(events: Events, label: str) -> Events:
    return events[np.array([one == label for one in events.labels], np.bool_)]


def _interval(hits: int, others: int) -> tuple[float, float]:
    return wilson_interval(hits, hits + others) if hits + others else (0.0, 1.0)


def _check(found: Sequence[Events], true: Sequence[Events]) -> None:
    if not found or len(found) != len(true):
        raise ArgumentError.of("found and true", "of the same signals, at least one", (len(found), len(true)))

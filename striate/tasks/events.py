"""Events in signals as a task: what a finder decides by, and what it is measured by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from striate.errors import ArgumentError
from striate.recordings import BACKGROUND, Cut

WINDOWS_PER_EVENT = 2.0  # of background
_TOLERANCE, _REFRACTORY = 1 / 8, 1 / 4  # of a window


@dataclass(frozen=True)
class EventTask:
    """What a finder of events decides by.

    Attributes:
        threshold: an event is where the network is surer of one, in [0, 1].
        refractory_s: seconds from one event to the next, at least.
        tolerance_s: seconds that a place may be off to be right.

    Raises:
        ArgumentError: a number is out of range.

    Example:
        >>> task = EventTask.of_window(0.8)
        >>> task.refractory_s, task.tolerance_s
        (0.2, 0.1)
        >>> EventTask.restored(task.thresholds) == task
        True
    """

    threshold: float
    refractory_s: float
    tolerance_s: float
    name: ClassVar[str] = "events"

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise ArgumentError.of("threshold", "in [0, 1]", self.threshold)
        if not self.refractory_s > 0 or not self.tolerance_s > 0:
            raise ArgumentError.of("refractory_s and tolerance_s", "positive", (self.refractory_s, self.tolerance_s))

    @classmethod
    def of_window(cls, window_s: float, threshold: float = 0.5) -> "EventTask":
        """For windows of so many seconds: events are a quarter of one apart, and right within an eighth."""
        return cls(threshold, _REFRACTORY * window_s, _TOLERANCE * window_s)

    @classmethod
    def restored(cls, thresholds: Mapping[str, float]) -> "EventTask":
        """The inverse of `thresholds`, from a model file.

        Raises:
            ArgumentError: one of them is missing.
        """
        names = ("event", "refractory_s", "tolerance_s")
        if missing := [name for name in names if name not in thresholds]:
            raise ArgumentError.of("thresholds", f"those of events, {', '.join(names)}", f"no {missing[0]}")
        return cls(*(thresholds[name] for name in names))

    @property
    def thresholds(self) -> dict[str, float]:
        """For a model file."""
        return {"event": self.threshold, "refractory_s": self.refractory_s, "tolerance_s": self.tolerance_s}


def event_cut(window_s: float, symbols: tuple[str, ...]) -> Cut:
    """How annotated records are cut to learn events: background is whatever is farther from one than the tolerance."""
    return Cut(window_s, symbols, background=WINDOWS_PER_EVENT, apart_s=_TOLERANCE * window_s)


def event_labels(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The classes that are reported: all but the background.

    Example:
        >>> event_labels(("N", "background", "V"))
        ('N', 'V')
    """
    return tuple(label for label in labels if label != BACKGROUND)

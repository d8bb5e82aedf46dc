"""What happens in a signal, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.errors import ArgumentError, ShapeError
from striate.results.checks import frozen_array


@dataclass(frozen=True, eq=False)
class Events:
    """What happens in a signal, and when: what was found there, or what is marked.

    Arrays are copied, and can't be written to.

    Attributes:
        seconds: (N,) float64, from the signal's first sample, rising.
        labels: N names of their classes.
        confidence: (N,) float64 in [0, 1]; 1 of what is marked.

    Raises:
        ArgumentError: a number is out of range or order.
        ShapeError: the fields differ in length.

    Example:
        >>> found = Events(np.array([0.8, 1.6]), ("N", "V"), np.array([0.9, 0.4]))
        >>> len(found), found[found.confidence > 0.5].labels
        (2, ('N',))
        >>> found[1].to_dict()
        {'events': [{'seconds': 1.6, 'label': 'V', 'confidence': 0.4}]}
    """

    seconds: NDArray[np.float64]
    labels: tuple[str, ...]
    confidence: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("seconds", "confidence"):
            object.__setattr__(self, name, frozen_array(name, getattr(self, name), np.float64))
        object.__setattr__(self, "labels", tuple(self.labels))
        shapes = self.seconds.shape, (len(self.labels),), self.confidence.shape
        if self.seconds.ndim != 1 or len(set(shapes)) > 1:
            raise ShapeError.of("seconds, labels and confidence", "one of each for every event", shapes)
        if not np.isfinite(self.seconds).all() or (np.diff(self.seconds) < 0).any():
            raise ArgumentError.of("seconds", "finite, in rising order", self.seconds.tolist())
        if not ((self.confidence >= 0) & (self.confidence <= 1)).all():
            raise ArgumentError.of("confidence", "in [0, 1]", self.confidence.tolist())

    @classmethod
    def marked(cls, seconds: Sequence[float] | NDArray[Any], labels: Sequence[str]) -> "Events":
        """What somebody marked, in any order.

        Example:
            >>> Events.marked([1.5, 0.5], ["V", "N"]).labels
            ('N', 'V')
        """
        times = np.asarray(seconds, np.float64)
        order = np.argsort(times, kind="stable")
        return cls(times[order], tuple(labels[i] for i in order), np.ones(len(times)))

    def __len__(self) -> int:
        return len(self.seconds)

    def __getitem__(self, index: int | slice | NDArray[np.bool_] | NDArray[np.integer]) -> "Events":
        """Some of them: one, a slice, or by an array of marks or of rising indices."""
        taken = np.atleast_1d(np.arange(len(self))[index])
        return Events(self.seconds[taken], tuple(self.labels[i] for i in taken), self.confidence[taken])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        rows = zip(self.seconds.tolist(), self.labels, self.confidence.tolist(), strict=True)
        return {"events": [dict(zip(("seconds", "label", "confidence"), row, strict=True)) for row in rows]}

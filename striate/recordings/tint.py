"""What a distortion does to standardised values where they stand: a factor, an amount, and a disturbance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from striate.recordings.records import Values

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tint:
    """`gain · values + offset + added`, each channel by its own.

    Attributes:
        gain, offset: (C,).
        added: float32, (C, *S) or what spreads to it: noise, a wandering baseline; None adds nothing.

    Example:
        >>> twice, more = Tint(np.array([2.0]), np.zeros(1)), Tint(np.ones(1), np.array([1.0]))
        >>> twice.then(more).apply(np.array([[3.0]], np.float32)), more.then(twice).apply(np.array([[3.0]], np.float32))
        (array([[7.]], dtype=float32), array([[8.]], dtype=float32))
    """

    gain: Floats
    offset: Floats
    added: Values | None = None

    def then(self, other: "Tint") -> "Tint":
        """This one first, the other one after it, as one."""
        added = None if self.added is None else self._per_channel(other.gain, self.added.ndim) * self.added
        if other.added is not None:
            added = other.added if added is None else added + other.added
        return Tint(other.gain * self.gain, other.gain * self.offset + other.offset, added)

    def apply(self, values: Values) -> Values:
        """The changed values, float32 (C, *S)."""
        changed = self._per_channel(self.gain, values.ndim) * values + self._per_channel(self.offset, values.ndim)
        if self.added is not None:
            changed += self.added
        return changed

    @staticmethod
    def _per_channel(numbers: Floats, ndim: int) -> Values:
        return numbers.astype(np.float32).reshape(-1, *[1] * (ndim - 1))

"""All pairs of things by number, same and different ones, so that some can be drawn where listing all would not do."""

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class NumberedPairs:
    """The pairs that show one identity, numbered from 0, and those that show two.

    Args:
        identities: (N,) of the things, numbers or names.

    Attributes:
        n_same, n_different: how many pairs of either kind there are.

    Example:
        >>> pairs = NumberedPairs(["Ada", "Bob", "Ada"])
        >>> pairs.n_same, pairs.n_different
        (1, 2)
        >>> pairs.same(np.arange(1)), pairs.different(np.arange(2))
        (array([[0, 2]]), array([[0, 1],
               [1, 2]]))
    """

    def __init__(self, identities: npt.ArrayLike):
        values = np.asarray(identities)
        self._order = np.argsort(values, kind="stable")
        _, starts, counts = np.unique(values[self._order], return_index=True, return_counts=True)
        places = np.arange(len(values))
        self._next = places + 1
        self._end = np.repeat(starts + counts, counts)  # (N,) where those of the same identity end
        self._own, self._others = self._end - self._next, len(values) - self._end  # (N,) partners that come later
        self.n_same, self.n_different = int(self._own.sum()), int(self._others.sum())

    def same(self, numbers: Ints) -> Ints:
        """(M, 2) places of things, the lower one first, of pairs by their numbers in [0, n_same)."""
        return self._pairs(numbers, self._own, self._next)

    def different(self, numbers: Ints) -> Ints:
        """(M, 2) likewise, by numbers in [0, n_different)."""
        return self._pairs(numbers, self._others, self._end)

    def _pairs(self, numbers: Ints, counts: Ints, starts: Ints) -> Ints:
        """Thing i, in order, is in `counts[i]` of these pairs: with thing `starts[i]` and the next ones."""
        before = np.concatenate([[0], counts.cumsum()])
        first = np.searchsorted(before, numbers, side="right") - 1
        second = starts[first] + numbers - before[first]
        return np.sort(self._order[np.column_stack([first, second])], axis=1)

"""Which boxes may overlap by more than a threshold, found without looking at all pairs.

Two boxes whose longest sides are L and M can only have an IoU above t if their centres lie within r (L + M) of one
another in x and in y, with r = (1 - t) / (2 (1 + t)), and if L and M differ at most 1/t times. So boxes are put on
shelves by their longest side, each shelf is cut into rows of the height that this range needs, and each row is sorted
from left to right in columns. All boxes near one box are then a few stretches of one sorted list.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

_SLACK = 1e-5  # of the threshold: more than the rounding of an IoU in float32
_LEAST_RATIO, _LEAST_THRESHOLD = 1.5, 0.1  # of sides between shelves; below it one shelf holds all
_MOST_CELLS = 1 << 20  # rows and columns of a shelf, so that a key fits 64 bits
_COLUMNS_PER_ROW = 4  # how much narrower columns are than rows are high


class Stretches(NamedTuple):
    """Parts of a sorted list of boxes: those near `queries[i]` are `order[starts[i] : starts[i] + counts[i]]`."""

    queries: Indices
    starts: Indices
    counts: Indices
    order: Indices

    @property
    def pairs(self) -> int:
        """How many pairs they stand for."""
        return int(self.counts.sum())

    def expand(self, most: int) -> Iterator[tuple[Indices, Indices]]:
        """The pairs (query, near box), about `most` at a time: no more, unless one stretch alone has more."""
        ends = np.cumsum(self.counts)
        first = 0
        while first < len(ends):
            done = ends[first - 1] if first else 0
            last = max(first + 1, int(np.searchsorted(ends, done + most, side="right")))
            counts = self.counts[first:last]
            shifts = self.starts[first:last] - (ends[first:last] - counts - done)
            places = np.arange(ends[last - 1] - done) + np.repeat(shifts, counts)
            yield np.repeat(self.queries[first:last], counts), self.order[places]
            first = last


class NearBoxes:
    """An index of boxes that answers which of them may overlap others by more than a threshold.

    Args:
        xyxy: (N, 4) float64, none of them empty.
        groups: (N,) int64; boxes of two groups are never near.
        iou_threshold: in [0, 1].
    """

    def __init__(self, xyxy: NDArray[np.float64], groups: Indices, iou_threshold: float) -> None:
        self._threshold = threshold = max(iou_threshold - _SLACK, 0.0)
        self._reach = (1 - threshold) / (2 * (1 + threshold))
        self._centres = (xyxy[:, :2] + xyxy[:, 2:]) / 2  # (N, 2)
        self._sides = (xyxy[:, 2:] - xyxy[:, :2]).max(axis=1)  # (N,)
        self._origin = self._centres.min(axis=0)
        levels = _levels(self._sides, threshold)
        self._codes = groups * (levels.max() + 2) + levels  # of shelves; those of two groups are never neighbours
        self._shelves, self._shelf = np.unique(self._codes, return_inverse=True)
        self._longest = np.zeros(len(self._shelves))
        np.maximum.at(self._longest, self._shelf, self._sides)
        extent = float((self._centres.max(axis=0) - self._origin).max())
        self._row_height = np.maximum(2 * self._reach * self._longest, extent / (_MOST_CELLS - 2))
        self._keys = self._key(self._shelf, *self._cells(self._centres, self._shelf))
        self._by_key = np.argsort(self._keys, kind="stable")

    def near(self, queries: Indices, among: NDArray[np.bool_]) -> Stretches:
        """For each box of `queries`, those of `among`, (N,) marks, that it may overlap by more than the threshold."""
        order = self._by_key[among[self._by_key]]
        keys = self._keys[order]
        queries = queries[np.argsort(self._keys[queries], kind="stable")]  # neighbours search in the same cache lines
        found = [part for step in (-1, 0, 1) for part in self._on_shelf(queries, step, keys)]
        empty = np.zeros(0, dtype=np.int64)
        queries, starts, counts = (np.concatenate(p) for p in zip((empty, empty, empty), *found, strict=True))
        return Stretches(queries, starts, counts, order)

    def _on_shelf(self, queries: Indices, step: int, keys: Indices) -> Iterator[tuple[Indices, Indices, Indices]]:
        """Queries, starts and counts of the stretches on the shelf `step` above each query's own, a row at a time."""
        wanted = self._codes[queries] + step
        shelf = np.searchsorted(self._shelves, wanted).clip(max=len(self._shelves) - 1)
        exists = (self._shelves[shelf] == wanted) & (self._longest[shelf] >= self._threshold * self._sides[queries])
        queries, shelf = queries[exists], shelf[exists]
        reach = (self._reach * (self._sides[queries] + self._longest[shelf]))[:, None]
        first_row, first_column = self._cells(self._centres[queries] - reach, shelf)
        last_row, last_column = self._cells(self._centres[queries] + reach, shelf)
        while len(queries):
            starts = np.searchsorted(keys, self._key(shelf, first_row, first_column), side="left")
            counts = np.searchsorted(keys, self._key(shelf, first_row, last_column), side="right") - starts
            some = counts > 0
            yield queries[some], starts[some], counts[some]
            more = first_row < last_row
            queries, shelf, first_row, last_row = queries[more], shelf[more], first_row[more] + 1, last_row[more]
            first_column, last_column = first_column[more], last_column[more]

    def _cells(self, points: NDArray[np.float64], shelf: Indices) -> tuple[Indices, Indices]:
        """Row and column of points (N, 2) on their shelves; what lies outside of all boxes' centres is at the edge."""
        away = (points - self._origin) / self._row_height[shelf, None]
        row = np.floor(away[:, 1]).clip(0, _MOST_CELLS - 1).astype(np.int64)
        column = np.floor(away[:, 0] * _COLUMNS_PER_ROW).clip(0, _COLUMNS_PER_ROW * _MOST_CELLS - 1).astype(np.int64)
        return row, column

    def _key(self, shelf: Indices, row: Indices, column: Indices) -> Indices:
        return (shelf * _MOST_CELLS + row) * (_COLUMNS_PER_ROW * _MOST_CELLS) + column


def _levels(sides: NDArray[np.float64], threshold: float) -> Indices:
    """Which shelf each longest side belongs on, from 0: boxes that may be near are on the same or on the next one."""
    if threshold < _LEAST_THRESHOLD:
        return np.zeros(len(sides), dtype=np.int64)
    ratio = max(1 / threshold, _LEAST_RATIO)
    logarithms = np.log(sides)
    return np.asarray(np.floor((logarithms - logarithms.min()) / np.log(ratio)), dtype=np.int64)

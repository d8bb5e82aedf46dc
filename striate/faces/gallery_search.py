"""Exact nearest people: one matrix product for all rows, exact distances for the few that may be nearest."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.faces.gallery_entries import UNIT_TOLERANCE, Encodings

_MOST_SCORES = 1 << 26  # of one product: a quarter of a gigabyte
_MOST_ROWS = 1 << 14  # of distances computed at once
_BLOCK = 256  # scores of which one maximum is kept

People = NDArray[np.int64]


class Nearest(NamedTuple):
    """People by distance: whoever is among the k nearest, and all who are as far as the last of them.

    Attributes:
        people: (M,) ids, the nearest first.
        distances: (M,) float64, of the nearest image of each.
    """

    people: People
    distances: NDArray[np.float64]


def nearest_people(encodings: Encodings, people: People, queries: Encodings, k: int) -> Iterator[Nearest]:
    """The k people nearest to each query, by the nearest of their images.

    As ‖q - x‖² = 2 - 2 q·x at unit length, the products order the rows, up to rounding. Rows that rounding may have
    misplaced are kept, and distances are computed anew, in double precision, from the differences.

    Args:
        encodings: (N, D) float32 of unit length; rows may lie apart in memory.
        people: (N,) whose image each row is.
        queries: (Q, D) float32 of unit length.
        k: at least 1.

    Example:
        >>> rows = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
        >>> next(nearest_people(rows, np.array([7, 7, 9]), rows[1:2], k=2))
        Nearest(people=array([7, 9]), distances=array([0. , 0.8944271...]))
    """
    slack = product_slack(queries.shape[1])
    at_once = max(1, _MOST_SCORES // max(1, len(encodings)))
    for start in range(0, len(queries), at_once):
        some = queries[start : start + at_once]
        for query, scores in zip(some, some @ encodings.T, strict=True):  # (N,)
            rows = _rows_in_question(scores, people, k, slack)
            yield _rank(people[rows], _distances(encodings, rows, query), k)


def product_slack(dim: int) -> float:
    """Products that differ by less may stand in the wrong order: twice what each may be off as a measure of distance.

    A sum of D products of unit vectors is off by at most D·2⁻²⁴ in whatever order it is summed (Higham, Accuracy and
    Stability of Numerical Algorithms, 3.1), and half of a squared length by the tolerance of unit length.
    """
    return 2 * 1.01 * (dim * 2.0**-24 + UNIT_TOLERANCE)


def _rows_in_question(scores: NDArray[np.float32], people: People, k: int, slack: float) -> NDArray[np.int64]:
    """The rows that may be the nearest image of one of the k nearest people."""
    highest = scores[: len(scores) // _BLOCK * _BLOCK].reshape(-1, _BLOCK).max(axis=1)  # (N / 256,)
    count = 4 * k
    while True:  # until the best rows belong to k people, or are all rows but those of a damaged file that score NaN
        rows = _rows_from(_floor(scores, highest, count), scores, highest)
        _, best = _best_of_each(people[rows], scores[rows])
        if len(best) >= k or count >= len(scores):
            break
        count *= 8
    if not len(best):
        return rows
    rows = _rows_from(np.sort(best)[-min(k, len(best))] - slack, scores, highest)
    person, best = _best_of_each(people[rows], scores[rows])
    return rows[scores[rows] >= best[person] - slack]


def _floor(scores: NDArray[np.float32], highest: NDArray[np.float32], count: int) -> float:
    """A score that at least `count` rows reach, if there are so many: by blocks' maxima where these are enough."""
    for values in (highest, scores):
        if len(values) > count:
            return float(np.partition(values, -count)[-count])
    return -np.inf


def _rows_from(floor: float, scores: NDArray[np.float32], highest: NDArray[np.float32]) -> NDArray[np.int64]:
    """The rows whose score is at least `floor`, looked for in those blocks alone that have one."""
    blocks = np.flatnonzero(highest >= floor)
    whole = len(highest) * _BLOCK
    block, place = np.nonzero(scores[:whole].reshape(-1, _BLOCK)[blocks] >= floor)
    return np.concatenate([blocks[block] * _BLOCK + place, whole + np.flatnonzero(scores[whole:] >= floor)])


def _best_of_each(people: People, scores: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Each row's person as an index, and the highest score of each person."""
    ids, person = np.unique(people, return_inverse=True)
    best = np.full(len(ids), -np.inf, np.float32)
    np.maximum.at(best, person, scores)
    return person, best


def _distances(encodings: Encodings, rows: NDArray[np.int64], query: Encodings) -> NDArray[np.float64]:
    """(M,) the same to the bit for a row, whichever others are computed with it."""
    found = np.empty(len(rows))
    for start in range(0, len(rows), _MOST_ROWS):
        part = slice(start, start + _MOST_ROWS)
        differences = encodings[rows[part]].astype(np.float64) - query  # (M, D)
        found[part] = np.sqrt((differences**2).sum(axis=1))
    return found


def _rank(people: People, distances: NDArray[np.float64], k: int) -> Nearest:
    """People by the nearest of their rows."""
    order = np.argsort(distances, kind="stable")
    ids, first = np.unique(people[order], return_index=True)
    nearest = distances[order][first]
    order = np.argsort(nearest, kind="stable")
    ids, nearest = ids[order], nearest[order]
    some = nearest <= nearest[min(k, len(nearest)) - 1] if len(nearest) else slice(0)
    return Nearest(ids[some], nearest[some])

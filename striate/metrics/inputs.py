"""What the figures are computed from, checked once at the door."""

from typing import Any

import numpy as np
import numpy.typing as npt

from striate.errors import ArgumentError, ShapeError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def check_probabilities(probabilities: npt.ArrayLike) -> Floats:
    """(N, K) numbers in [0, 1] as float64, with at least one row and one column.

    Raises:
        ShapeError: not two axes, or one of them is empty.
        ArgumentError: a value is not finite or not in [0, 1].
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 2 or not p.size:
        raise ShapeError.of("probabilities", "of shape (N, K) with at least one image and one class", p.shape)
    if not np.isfinite(p).all():
        raise ArgumentError.of("probabilities", "finite (did the training diverge?)", p[~np.isfinite(p)][0])
    if p.min() < 0 or p.max() > 1:
        raise ArgumentError.of("probabilities", "in [0, 1]", (float(p.min()), float(p.max())))
    return p


def check_classified(probabilities: npt.ArrayLike, targets: npt.ArrayLike) -> tuple[Floats, Ints]:
    """Probabilities (N, K) whose rows sum to 1, and one class number in [0, K) for each row.

    The sums may be off by 0.01, which is what bfloat16 leaves.

    Raises:
        ShapeError, ArgumentError: they are not that.
    """
    p = check_probabilities(probabilities)
    t = np.asarray(targets)
    if t.shape != p.shape[:1]:
        raise ShapeError.of("targets", f"of shape {p.shape[:1]}, one class number an image", t.shape)
    if not np.issubdtype(t.dtype, np.integer):
        raise ArgumentError.of("targets", "whole numbers", t.dtype)
    if t.min() < 0 or t.max() >= p.shape[1]:
        raise ArgumentError.of("targets", f"in [0, {p.shape[1]})", (int(t.min()), int(t.max())))
    sums = p.sum(axis=1)
    if abs(sums - 1).max() > 0.01:
        raise ArgumentError.of("probabilities", "rows that sum to 1", float(sums[abs(sums - 1).argmax()]))
    return p, t.astype(np.int64)


def check_tagged(probabilities: npt.ArrayLike, targets: npt.ArrayLike) -> tuple[Floats, Bools]:
    """Probabilities (N, K), each on its own, and targets (N, K) of 0 or 1.

    Raises:
        ShapeError, ArgumentError: they are not that.
    """
    p = check_probabilities(probabilities)
    t = np.asarray(targets)
    if t.shape != p.shape:
        raise ShapeError.of("targets", f"of shape {p.shape}, like the probabilities", t.shape)
    if not np.isin(t, (0, 1)).all():
        raise ArgumentError.of("targets", "0 or 1", t[~np.isin(t, (0, 1))][0].item())
    return p, t.astype(np.bool_)


def check_pairs(distances: npt.ArrayLike, same: npt.ArrayLike) -> tuple[Floats, Bools]:
    """Distances (N,) of pairs, and whether each is of one person or thing, with a pair of either kind.

    Raises:
        ShapeError, ArgumentError: they are not that.
    """
    d, s = np.asarray(distances, dtype=np.float64), np.asarray(same)
    if d.ndim != 1 or s.shape != d.shape:
        raise ShapeError.of("distances and same", "both of shape (N,), one a pair", (d.shape, s.shape))
    if (wrong := d[~(np.isfinite(d) & (d >= 0))]).size:
        raise ArgumentError.of("distances", "finite and at least 0", float(wrong[0]))
    if not np.isin(s, (0, 1)).all():
        raise ArgumentError.of("same", "True or False, or 1 or 0", s[~np.isin(s, (0, 1))][0].item())
    if len(set(s.tolist())) < 2:
        raise ArgumentError.of("same", "True for at least one pair and False for at least one", np.unique(s).tolist())
    return d, s.astype(np.bool_)


def check_labels(labels: Any, num_classes: int) -> tuple[str, ...]:
    """One name for each class.

    Raises:
        ArgumentError: their number is not `num_classes`.
    """
    names = tuple(labels)
    if len(names) != num_classes:
        raise ArgumentError.of("labels", f"{num_classes} names, one a class", f"{len(names)} names")
    return names


def ratio(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Floats:
    """Element by element, where 0/0 is 0: the rule for every figure of a class that never occurs."""
    above, below = np.broadcast_arrays(np.asarray(numerator, np.float64), np.asarray(denominator, np.float64))
    quotient: Floats = np.zeros(below.shape)
    np.divide(above, below, out=quotient, where=below != 0)
    return quotient

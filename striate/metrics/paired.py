"""Whether one classifier is better than another on the same images: the difference and how far it may be off."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.errors import ArgumentError, ShapeError
from striate.metrics.inputs import Bools, Floats, Ints, check_classified, check_tagged, ratio
from striate.metrics.interval import bootstrap_interval

_DRAWS = 2000  # of the images, for the interval of a figure that is no share of them


@dataclass(frozen=True)
class PairedDifference:
    """What came of answering the same images in another way.

    Attributes:
        difference: of the figures, after - before, in [-1, 1].
        interval: its 95 % interval; it holds 0 where chance alone may have made the difference.
        gained: how many images are right after and were wrong before.
        lost: how many are wrong after and were right before.
        n: how many images there are.
    """

    difference: float
    interval: tuple[float, float]
    gained: int
    lost: int
    n: int

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {"interval": list(self.interval)}


def paired_interval(gained: int, lost: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """The score interval of (gained - lost) / n, a difference of shares measured on the same trials.

    It agrees with McNemar's test: 0 is outside of it just where that rejects. Unlike the usual one it holds for few
    trials, and has a length where nothing changed.

    Tango, Equivalence test and confidence interval for the difference in proportions for the paired-sample design,
    Statistics in Medicine 17, 1998.

    Args:
        gained: trials that succeeded the second time only.
        lost: trials that succeeded the first time only.
        n: all trials, at least 1.
        confidence: how often such an interval holds the true difference, in (0, 1).

    Returns:
        Its low and high end, in [-1, 1].

    Raises:
        ArgumentError: a number is out of its range.

    Example:
        >>> low, high = paired_interval(9, 2, 100)
        >>> round(low, 3), round(high, 3)
        (0.006, 0.146)
    """
    if n < 1:
        raise ArgumentError.of("n", "at least 1", n)
    if min(gained, lost) < 0 or gained + lost > n:
        raise ArgumentError.of("gained and lost", f"at least 0 and {n} together at most", (gained, lost))
    if not 0 < confidence < 1:
        raise ArgumentError.of("confidence", "in (0, 1)", confidence)
    z, found = NormalDist().inv_cdf((1 + confidence) / 2), (gained - lost) / n
    low = _last(lambda d: _score(gained, lost, n, d) > z, -1.0, found)
    high = _last(lambda d: _score(gained, lost, n, d) >= -z, found, 1.0)
    return low, high


def _score(gained: int, lost: int, n: int, difference: float) -> float:
    """How many standard deviations the finding lies above what a true difference lets expect; it falls with it."""
    b = (2 * n - gained + lost) * difference - gained - lost
    c = -lost * difference * (1 - difference)
    share_lost = (max(b * b - 8 * n * c, 0.0) ** 0.5 - b) / (4 * n)  # the likeliest, given the difference
    variance = n * (2 * share_lost + difference * (1 - difference))
    above = gained - lost - n * difference
    if variance <= 1e-12:
        return float(np.copysign(np.inf, above)) if abs(above) > 1e-9 else 0.0
    return float(above / variance**0.5)


def _last(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where between two ends something ceases to hold, by bisection."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return (low + high) / 2


def accuracy_difference(before: npt.ArrayLike, after: npt.ArrayLike, targets: npt.ArrayLike) -> PairedDifference:
    """How much more accurate the second probabilities are than the first.

    Args:
        before, after: (N, K) in [0, 1] of the same images, each row sums to 1.
        targets: (N,) class numbers in [0, K).

    Raises:
        ShapeError, ArgumentError: the arrays are empty, out of range or don't fit each other.

    Example:
        >>> found = accuracy_difference([[0.6, 0.4], [0.3, 0.7]], [[0.4, 0.6], [0.3, 0.7]], [1, 1])
        >>> found.difference, found.gained, found.lost
        (0.5, 1, 0)
    """
    p, t = check_classified(before, targets)
    q, _ = check_classified(after, targets)
    return _of_shares(p.argmax(axis=1) == t, q.argmax(axis=1) == t)


def _of_shares(before: Bools, after: Bools) -> PairedDifference:
    gained, lost, n = _changed(before, after)
    return PairedDifference((gained - lost) / n, paired_interval(gained, lost, n), gained, lost, n)


def _changed(before: Bools, after: Bools) -> tuple[int, int, int]:
    return int((after & ~before).sum()), int((before & ~after).sum()), len(before)


def micro_f1_difference(
    before: npt.ArrayLike, after: npt.ArrayLike, targets: npt.ArrayLike, *, threshold: float = 0.5
) -> PairedDifference:
    """How much higher the second probabilities' micro F1 is; the interval from drawing the images anew.

    It is that of `bootstrap_interval` by 2,000 draws, in which each image keeps both answers.
    Gained and lost are images whose classes are all named rightly.

    Args:
        before, after: (N, K) in [0, 1] of the same images.
        targets: (N, K) of 0 and 1.
        threshold: a class is named where its probability is at least this.

    Raises:
        ShapeError, ArgumentError: the arrays are empty, out of range or don't fit each other.

    Example:
        >>> micro_f1_difference([[0.9, 0.9]], [[0.9, 0.1]], [[1, 0]]).difference
        0.33333333333333337
    """
    p, t = check_tagged(before, targets)
    q, _ = check_tagged(after, targets)
    if p.shape != q.shape:
        raise ShapeError.of("after", f"of shape {p.shape}, like before", q.shape)
    first, second = p >= threshold, q >= threshold
    tallies = np.stack([_tally(first, t), _tally(second, t)], axis=1)  # (N, 2, 2)

    def change(images: Ints) -> Floats:
        f1_before, f1_after = ratio(*tallies[images].sum(axis=0).T)
        return np.asarray(f1_after - f1_before)

    low, high = bootstrap_interval(change, len(t), draws=_DRAWS).tolist()
    gained, lost, n = _changed((first == t).all(axis=1), (second == t).all(axis=1))
    return PairedDifference(change(np.arange(n)).item(), (low, high), gained, lost, n)


def _tally(named: Bools, shown: Bools) -> Ints:
    """(N, K) each -> (N, 2) what F1 is made of: twice the hits of each image, and all classes named or shown."""
    return np.column_stack([2 * (named & shown).sum(axis=1), named.sum(axis=1) + shown.sum(axis=1)])

"""Whom a threshold on the distance accepts: its error rates, and those of all thresholds at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.errors import ArgumentError
from striate.metrics.inputs import Floats, Ints, check_pairs
from striate.metrics.interval import wilson_interval

Interval = tuple[float, float]


@dataclass(frozen=True)
class PairRates:
    """What comes of accepting the pairs whose distance is at most a threshold.

    Attributes:
        threshold: τ.
        true_accepts: same pairs that are accepted.
        false_accepts: different ones that are.
        n_same, n_different: how many pairs of each kind there are.
    """

    threshold: float
    true_accepts: int
    false_accepts: int
    n_same: int
    n_different: int

    @property
    def right(self) -> int:
        """Pairs that are told rightly: same ones accepted, different ones rejected."""
        return self.true_accepts + self.n_different - self.false_accepts

    @property
    def accuracy(self) -> float:
        """The share of all pairs that are told rightly."""
        return self.right / (self.n_same + self.n_different)

    @property
    def accuracy_interval(self) -> Interval:
        """95 %, of `accuracy`, as if pairs had no images in common."""
        return wilson_interval(self.right, self.n_same + self.n_different)

    @property
    def far(self) -> float:
        """False-accept rate: the share of the different pairs that are accepted."""
        return self.false_accepts / self.n_different

    @property
    def far_interval(self) -> Interval:
        """95 %, of `far`."""
        return wilson_interval(self.false_accepts, self.n_different)

    @property
    def tar(self) -> float:
        """True-accept rate: the share of the same pairs that are accepted; 1 - it is the false-reject rate."""
        return self.true_accepts / self.n_same

    @property
    def tar_interval(self) -> Interval:
        """95 %, of `tar`."""
        return wilson_interval(self.true_accepts, self.n_same)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "threshold": self.threshold,
            "n_same": self.n_same,
            "n_different": self.n_different,
            "true_accepts": self.true_accepts,
            "false_accepts": self.false_accepts,
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.accuracy_interval),
            "far": self.far,
            "far_interval": list(self.far_interval),
            "tar": self.tar,
            "tar_interval": list(self.tar_interval),
        }


@dataclass(frozen=True, eq=False)
class Roc:
    """Both error rates at every threshold that matters: the receiver operating characteristic.

    Attributes:
        distances: (T + 1,) rising, each that occurs once, after -inf: at a threshold of that nobody is accepted.
        true_accepts: (T + 1,) same pairs of at most that distance.
        false_accepts: (T + 1,) different ones.
    """

    distances: Floats
    true_accepts: Ints
    false_accepts: Ints

    @property
    def n_same(self) -> int:
        """How many pairs are same."""
        return int(self.true_accepts[-1])

    @property
    def n_different(self) -> int:
        """How many are different."""
        return int(self.false_accepts[-1])

    @property
    def tar(self) -> Floats:
        """(T + 1,) true-accept rates, from 0 to 1."""
        return self.true_accepts / self.n_same

    @property
    def far(self) -> Floats:
        """(T + 1,) false-accept rates, from 0 to 1."""
        return self.false_accepts / self.n_different

    @property
    def auc(self) -> float:
        """The area below it: how often a same pair is nearer than a different one, where a tie counts half."""
        return float(np.trapezoid(self.tar, self.far))

    @property
    def eer(self) -> float:
        """Equal error rate: where as large a share of different pairs is accepted as of same ones is rejected.

        Between two thresholds the rates are taken to change along a straight line.
        """
        return float(np.interp(0, self.far - (1 - self.tar), self.far))

    def rates(self, i: int) -> PairRates:
        """At a threshold half way from the distance at place `i` to the next one; from 0, for the first place.

        Raises:
            ArgumentError: it is the first place, and the next distance is 0: no threshold rejects that.
        """
        low, high = max(0.0, self.distances[i]), self.distances[min(i + 1, len(self.distances) - 1)]
        if high == 0 and i == 0:
            raise ArgumentError("no threshold rejects a distance of 0: are there copies of an image among the pairs?")
        # Of two floats next to one another, the half way may be the upper one.
        middle = (low + high) / 2 if (low + high) / 2 < high else low
        true_accepts, false_accepts = int(self.true_accepts[i]), int(self.false_accepts[i])
        return PairRates(float(middle), true_accepts, false_accepts, self.n_same, self.n_different)

    def rates_at_far(self, far: float) -> PairRates:
        """At the largest threshold whose false-accept rate is no higher than this.

        Args:
            far: as in `place_at_far`.

        Raises:
            ArgumentError: the rate is lower than these pairs can tell; or different pairs are 0 apart.
        """
        return self.rates(self.place_at_far(far))

    def place_at_far(self, far: float) -> int:
        """The place of the largest distance whose false-accept rate is no higher than this.

        Args:
            far: at least one in `n_different`, and less than 1.

        Raises:
            ArgumentError: the rate is lower than these pairs can tell.
        """
        if not 1 / self.n_different <= far < 1:
            raise ArgumentError.of("far", f"in [1/{self.n_different}, 1) with so many different pairs", far)
        return int(np.searchsorted(self.far, far, side="right")) - 1

    def most_accurate(self) -> PairRates:
        """At the threshold that tells most pairs rightly; of those that are as good, the lowest."""
        right = self.true_accepts - self.false_accepts
        first = int(self.distances[1] == 0)  # nobody can't be accepted, then
        return self.rates(first + int(right[first:].argmax()))


def roc(distances: npt.ArrayLike, same: npt.ArrayLike) -> Roc:
    """Both error rates at every threshold.

    Args:
        distances: (N,) of pairs, finite and at least 0.
        same: (N,) whether each pair shows one person or thing; some do, and some don't.

    Raises:
        ShapeError: the two don't fit each other.
        ArgumentError: a distance is no such number, or all pairs are of one kind.

    Example:
        >>> curve = roc([0.2, 0.9, 0.4, 1.1], [True, True, False, False])
        >>> curve.far, curve.tar, curve.auc, curve.eer
        (array([0. , 0. , 0.5, 0.5, 1. ]), array([0. , 0.5, 0.5, 1. , 1. ]), 0.75, 0.5)
    """
    d, s = check_pairs(distances, same)
    found, place = np.unique(d, return_inverse=True)
    counts = (np.bincount(place[kind], minlength=len(found)) for kind in (s, ~s))
    true_accepts, false_accepts = (np.concatenate([[0], count.cumsum()]) for count in counts)
    return Roc(np.concatenate([[-np.inf], found]), true_accepts, false_accepts)


def rates_at(distances: npt.ArrayLike, same: npt.ArrayLike, threshold: float) -> PairRates:
    """What comes of a threshold that was chosen elsewhere.

    Args:
        distances, same: as for `roc`.
        threshold: τ: pairs of at most this distance are accepted.

    Raises:
        ShapeError, ArgumentError: as for `roc`, or the threshold is negative or not finite.

    Example:
        >>> found = rates_at([0.2, 0.9, 0.4, 1.1], [True, True, False, False], threshold=0.9)
        >>> found.tar, found.far, found.accuracy
        (1.0, 0.5, 0.75)
    """
    d, s = check_pairs(distances, same)
    if not 0 <= threshold < np.inf:
        raise ArgumentError.of("threshold", "finite and at least 0", threshold)
    accepted = d <= threshold
    return PairRates(float(threshold), int(accepted[s].sum()), int(accepted[~s].sum()), int(s.sum()), int((~s).sum()))

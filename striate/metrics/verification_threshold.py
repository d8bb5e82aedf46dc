"""A threshold on the distance for a false-accept rate that somebody can live with, and how sure of it one may be."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.errors import ArgumentError
from striate.metrics.inputs import Floats, check_pairs
from striate.metrics.verification_roc import Interval, PairRates, roc

_DOUBT = 0.05  # intervals hold the truth in 95 of 100 cases


@dataclass(frozen=True)
class Calibration:
    """A threshold that was chosen on pairs.

    Intervals hold 95 %, as if no two pairs had an image or a person in common; where they do, they are too short.

    Attributes:
        far_asked: the false-accept rate that was asked for.
        rates: what the threshold reaches on the pairs that it was chosen on.
        interval: where the threshold lies whose rate among all the pairs in the world is the one asked for.
    """

    far_asked: float
    rates: PairRates
    interval: Interval

    @property
    def threshold(self) -> float:
        """τ: pairs of at most this distance are accepted."""
        return self.rates.threshold

    @property
    def far(self) -> float:
        """The rate reached, not above the one asked for."""
        return self.rates.far

    @property
    def far_interval(self) -> Interval:
        """Of the rate reached."""
        return self.rates.far_interval

    @property
    def tar(self) -> float:
        """The share of the same pairs that the threshold accepts."""
        return self.rates.tar

    @property
    def tar_interval(self) -> Interval:
        """Of that share."""
        return self.rates.tar_interval

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return self.rates.to_dict() | {"far_asked": self.far_asked, "threshold_interval": list(self.interval)}


def pairs_needed(far: float) -> int:
    """How many different pairs it takes to speak of a false-accept rate.

    With fewer, not even a threshold that accepts none of them shows that the rate is as low as that: at this rate, no
    pair of n is accepted with a chance of (1 - far)ⁿ, which must not be above 5 %. It is about 3 / far, the "rule of
    three" (Hanley and Lippman-Hand, If Nothing Goes Wrong, Is Everything All Right?, 1983).

    Args:
        far: in (0, 1).

    Raises:
        ArgumentError: the rate is out of range.

    Example:
        >>> pairs_needed(0.01), pairs_needed(0.001)
        (299, 2995)
    """
    if not 0 < far < 1:
        raise ArgumentError.of("far", "in (0, 1)", far)
    return math.ceil(math.log(_DOUBT) / math.log1p(-far))


def calibrate(distances: npt.ArrayLike, same: npt.ArrayLike, far: float) -> Calibration:
    """Choose the largest threshold whose false-accept rate on these pairs is no higher than asked.

    It lies half way between two distances that occur. Its interval is made of the distances of different pairs, by
    their ranks, and assumes nothing of how they are distributed (David and Nagaraja, Order Statistics, 2003,
    section 7.1).

    Args:
        distances: (N,) of pairs, finite and at least 0.
        same: (N,) whether each pair shows one person or thing; some do, and some don't.
        far: the share of different pairs that may be accepted, in (0, 1).

    Raises:
        ShapeError: the two don't fit each other.
        ArgumentError: a number is out of range, all pairs are of one kind, there are fewer different pairs than
            `pairs_needed`, or so many of them have a distance of 0 that no threshold has so low a rate.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> distances = np.concatenate([rng.normal(0.5, 0.1, 1000), rng.normal(1.3, 0.1, 1000)])
        >>> found = calibrate(distances, np.arange(2000) < 1000, far=0.01)
        >>> round(found.threshold, 2), found.far, found.tar
        (1.06, 0.01, 1.0)
    """
    needed = pairs_needed(far)
    d, s = check_pairs(distances, same)
    if (n := int((~s).sum())) < needed:
        raise ArgumentError.of("far", f"one that {n} different pairs can show: a rate of {far:g} takes {needed:,}", far)
    return Calibration(far, roc(d, s).rates_at_far(far), quantile_interval(d[~s], far))


def quantile_interval(values: Floats, share: float) -> Interval:
    """Where the number lies that a share of all values is below, as far as a sample tells.

    Args:
        values: (N,) at least 0, at least one.
        share: in (0, 1).

    Returns:
        The low end is 0, and the high one the largest value, where the sample is too small to know better.

    Example:
        >>> quantile_interval(np.arange(1.0, 101.0), 0.5)
        (40.0, 61.0)
    """
    ordered = np.concatenate([[0.0], np.sort(values)])
    chances = _binomial_cdf(len(values), share)  # of at most k values below
    low = int(np.searchsorted(chances, _DOUBT / 2, side="right"))
    high = int(np.searchsorted(chances, 1 - _DOUBT / 2)) + 1
    return float(ordered[low]), float(ordered[min(high, len(values))])


def _binomial_cdf(n: int, p: float) -> Floats:
    """(n + 1,) the chance of at most 0, 1, … n successes in n trials."""
    k = np.arange(1, n + 1)
    steps = np.log((n - k + 1) / k) + math.log(p) - math.log1p(-p)
    logarithms = n * math.log1p(-p) + np.concatenate([[0.0], steps.cumsum()])
    return np.exp(logarithms).cumsum()

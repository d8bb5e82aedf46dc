"""How well distances tell same pairs from different ones: verification, 1:1."""

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from striate.metrics.verification_roc import Interval, PairRates, Roc, rates_at, roc

USUAL_FARS = (0.1, 0.01, 0.001, 0.0001)


@dataclass(frozen=True)
class Verification:
    """Every figure of merit of a verification.

    Intervals hold 95 %, as if no two pairs had an image or a person in common; where they do, they are too short.

    Attributes:
        rates: at the threshold.
        roc: at all thresholds.
    """

    rates: PairRates
    roc: Roc

    @property
    def n_same(self) -> int:
        """How many pairs show one person or thing."""
        return self.rates.n_same

    @property
    def n_different(self) -> int:
        """How many don't."""
        return self.rates.n_different

    @property
    def threshold(self) -> float:
        """τ: pairs of at most this distance are accepted."""
        return self.rates.threshold

    @property
    def accuracy(self) -> float:
        """The share of all pairs that are told rightly at the threshold."""
        return self.rates.accuracy

    @property
    def interval(self) -> Interval:
        """Of the accuracy."""
        return self.rates.accuracy_interval

    @property
    def auc(self) -> float:
        """How often a same pair is nearer than a different one; .5 by chance."""
        return self.roc.auc

    @property
    def eer(self) -> float:
        """Equal error rate: false accepts and false rejects where they are equally frequent."""
        return self.roc.eer

    def tar_at(self, far: float) -> float:
        """TAR@FAR: the share of same pairs that are accepted where no more than this share of different ones is.

        It is 0 where more different pairs than that are copies, 0 apart: no threshold rejects these.

        Raises:
            ArgumentError: the rate is below one in `n_different`: these pairs can't tell.
        """
        return float(self.roc.tar[self.roc.place_at_far(far)])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; TAR@FAR at powers of ten, as far down as the pairs tell; the curve is left out."""
        told = [far for far in USUAL_FARS if far * self.n_different >= 1]
        tars = {f"{far:g}": self.tar_at(far) for far in told}
        return self.rates.to_dict() | {"auc": self.auc, "eer": self.eer, "tar_at_far": tars}


def verification(distances: npt.ArrayLike, same: npt.ArrayLike, *, threshold: float | None = None) -> Verification:
    """Measure how well distances tell same pairs from different ones.

    Args:
        distances: (N,) of pairs, finite and at least 0.
        same: (N,) whether each pair shows one person or thing; some do, and some don't.
        threshold: τ, chosen on other pairs. None takes the one that is best on these: the accuracy is then flattered,
            and `ten_fold` says what to expect.

    Raises:
        ShapeError: the two don't fit each other.
        ArgumentError: a distance or the threshold is no such number, or all pairs are of one kind.

    Example:
        >>> found = verification([0.2, 0.5, 0.4, 1.1], [True, True, False, False])
        >>> found.threshold, found.accuracy, found.eer, found.tar_at(0.5)
        (0.3..., 0.75, 0.5, 1.0)
    """
    curve = roc(distances, same)
    rates = curve.most_accurate() if threshold is None else rates_at(distances, same, threshold)
    return Verification(rates, curve)

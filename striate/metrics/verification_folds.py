"""The protocol of Labeled Faces in the Wild: a threshold is measured on pairs that it was not chosen on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.errors import ArgumentError, ShapeError
from striate.metrics.inputs import check_pairs
from striate.metrics.verification_roc import rates_at, roc


@dataclass(frozen=True)
class TenFold:
    """The accuracy of each fold at the threshold that is best on all others.

    Attributes:
        accuracies: of each fold, by rising number of the fold.
        thresholds: τ of each.
    """

    accuracies: tuple[float, ...]
    thresholds: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Of the accuracies: the figure that is reported."""
        return float(np.mean(self.accuracies))

    @property
    def standard_error(self) -> float:
        """Of the mean: the standard deviation of the accuracies over the root of their number."""
        return float(np.std(self.accuracies, ddof=1) / np.sqrt(len(self.accuracies)))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "mean": self.mean,
            "standard_error": self.standard_error,
            "accuracies": list(self.accuracies),
            "thresholds": list(self.thresholds),
        }


def ten_fold(distances: npt.ArrayLike, same: npt.ArrayLike, folds: npt.ArrayLike) -> TenFold:
    """Measure each fold at the threshold that is best on the others; the encoder has to know none of the people.

    Huang et al., Labeled Faces in the Wild, 2007, section 3, "view 2": ten folds of 300 same and 300 different pairs,
    no person in two of them.

    Args:
        distances: (N,) of pairs, finite and at least 0.
        same: (N,) whether each pair shows one person or thing; some of every fold do, and some don't.
        folds: (N,) number of the fold that each pair belongs to; two folds at least, ten in LFW.

    Raises:
        ShapeError: the three don't fit each other.
        ArgumentError: a distance is no such number, there is one fold only, or one has pairs of one kind only.

    Example:
        >>> found = ten_fold([0.2, 0.9, 0.5, 0.8], [True, False, True, False], [1, 1, 2, 2])
        >>> found.mean, found.thresholds
        (1.0, (0.65, 0.55))
    """
    d, s = check_pairs(distances, same)
    f = np.asarray(folds)
    if f.shape != d.shape:
        raise ShapeError.of("folds", f"of shape {d.shape}, one number a pair", f.shape)
    numbers = np.unique(f)
    if len(numbers) < 2:
        raise ArgumentError.of("folds", "two different ones at least", numbers.tolist())
    if single := [number for number in numbers.tolist() if len(set(s[f == number].tolist())) < 2]:
        raise ArgumentError.of("folds", "each with same and with different pairs", single[0])
    thresholds = [roc(d[f != number], s[f != number]).most_accurate().threshold for number in numbers]
    rates = [rates_at(d[f == n], s[f == n], threshold) for n, threshold in zip(numbers, thresholds, strict=True)]
    return TenFold(tuple(found.accuracy for found in rates), tuple(thresholds))

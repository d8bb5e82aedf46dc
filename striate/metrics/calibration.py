"""Whether a network's probabilities mean what they say."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.errors import ArgumentError
from striate.metrics.inputs import check_classified


@dataclass(frozen=True)
class ReliabilityBin:
    """The images whose highest probability lies in (low, high].

    Attributes:
        low, high: the ends of the bin, in [0, 1].
        n: how many images it holds, at least 1.
        confidence: the mean of their highest probabilities.
        accuracy: the share of them that are right.
    """

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def reliability(probabilities: npt.ArrayLike, targets: npt.ArrayLike, *, bins: int = 15) -> tuple[ReliabilityBin, ...]:
    """Sort the images by their highest probability into bins of equal width.

    Guo et al., On Calibration of Modern Neural Networks, 2017, arXiv:1706.04599.

    Args:
        probabilities: (N, K) in [0, 1], each row sums to 1.
        targets: (N,) class numbers in [0, K).
        bins: how many parts [0, 1] is cut into, at least 1.

    Returns:
        The bins that hold images, by rising probability.

    Raises:
        ShapeError, ArgumentError: bins is below 1, or the arrays are empty, out of range or don't fit each other.

    Example:
        >>> [(b.n, b.accuracy) for b in reliability([[0.9, 0.1], [0.3, 0.7], [0.4, 0.6]], [0, 1, 0], bins=5)]
        [(1, 0.0), (1, 1.0), (1, 1.0)]
    """
    if bins < 1:
        raise ArgumentError.of("bins", "at least 1", bins)
    p, t = check_classified(probabilities, targets)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == t
    edges = np.linspace(0, 1, bins + 1)
    place = np.searchsorted(edges[1:], confidence, side="left")
    members = [(i, place == i) for i in np.unique(place)]
    return tuple(
        ReliabilityBin(
            low=float(edges[i]),
            high=float(edges[i + 1]),
            n=int(inside.sum()),
            confidence=float(confidence[inside].mean()),
            accuracy=float(right[inside].mean()),
        )
        for i, inside in members
    )


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Expected calibration error: the mean gap between confidence and accuracy, each bin weighed by its images.

    Guo et al., 2017, equation 3. Zero is best; the figure depends on how many bins there are (15 by default).

    Args:
        bins: from `reliability`, at least one.

    Returns:
        A share in [0, 1].

    Example:
        >>> round(calibration_error(reliability([[0.9, 0.1], [0.7, 0.3]], [0, 1])), 3)
        0.4
    """
    return sum(b.n * abs(b.confidence - b.accuracy) for b in bins) / sum(b.n for b in bins)


def log_loss(probabilities: npt.ArrayLike, targets: npt.ArrayLike) -> float:
    """The mean of -log of the true class's probability: the cost J of training, in nats.

    A probability of 0 counts as the smallest step of float64 (2.2e-16), so that one sure mistake
    costs 36 and not infinity.

    Args:
        probabilities: (N, K) in [0, 1], each row sums to 1.
        targets: (N,) class numbers in [0, K).

    Returns:
        0 or more.

    Raises:
        ShapeError, ArgumentError: the arrays are empty, out of range or don't fit each other.

    Example:
        >>> round(log_loss([[0.5, 0.5], [0.5, 0.5]], [0, 1]), 4)
        0.6931
    """
    p, t = check_classified(probabilities, targets)
    true = np.take_along_axis(p, t[:, None], axis=1)
    return float(-np.log(np.maximum(true, np.finfo(np.float64).eps)).mean())

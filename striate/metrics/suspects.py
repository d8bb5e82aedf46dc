"""Which labels are probably wrong, from what a network that had not seen them makes of the images."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from striate.errors import ArgumentError, ShapeError

_FEWEST = 2  # images of a class, for one to be told from the others


@dataclass(frozen=True)
class Suspect:
    """An image that looks like another class than its label says.

    Attributes:
        index: of the image, its row.
        label: its class.
        likely: the class that it looks like.
        margin: log probability of its class less that of the other one, below 0.
        sure: the other class is as probable as the images of that class are to be it on average, or more.
    """

    index: int
    label: int
    likely: int
    margin: float
    sure: bool


def find_suspects(log_probabilities: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[Suspect, ...]:
    """The images whose class is not the likeliest one, by margin: the most suspicious first.

    There are as many of them as mistakes, and most may be merely hard. `Suspect.sure` tells those apart that are as
    clearly another class as the images of that class are themselves: Northcutt et al., Confident Learning, 2021,
    arXiv:1911.00068, section 3.1. A class with a single image is not judged: nothing else shows what it looks like.

    Args:
        log_probabilities: (N, K) of each image by a network that did not learn from it, -inf to 0.
        labels: (N,) class numbers in [0, K), which may be wrong.

    Raises:
        ShapeError: the arrays don't fit each other, or there are fewer than two classes.
        ArgumentError: a value is NaN or above 0, or a label out of its range.

    Example:
        >>> likely = np.log([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.4, 0.6], [0.95, 0.05]])
        >>> [(s.index, round(s.margin, 2), s.sure) for s in find_suspects(likely, [0, 0, 1, 0, 1])]
        [(4, -2.94, True), (3, -0.41, True)]
    """
    logs, given = _checked(log_probabilities, labels)
    rows, classes = np.arange(len(logs)), range(logs.shape[1])
    other = logs.copy()
    other[rows, given] = -np.inf
    likely = other.argmax(axis=1)
    margins = np.maximum(logs[rows, given], np.finfo(np.float64).min) - other[rows, likely]
    usual = np.array([np.exp(logs[given == c, c]).mean() if (given == c).any() else 1.0 for c in classes])
    judged = np.bincount(given, minlength=len(classes))[given] >= _FEWEST
    sure = np.exp(other[rows, likely]) >= usual[likely]
    found = np.flatnonzero(judged & (margins < 0))
    return tuple(
        Suspect(int(i), int(given[i]), int(likely[i]), float(margins[i]), bool(sure[i]))
        for i in found[np.argsort(margins[found], kind="stable")]
    )


def _checked(
    log_probabilities: npt.ArrayLike, labels: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    logs, given = np.asarray(log_probabilities, np.float64), np.asarray(labels)
    if logs.ndim != 2 or logs.shape[1] < 2:
        raise ShapeError.of("log_probabilities", "of shape (N, K) with two classes or more", logs.shape)
    if given.shape != logs.shape[:1]:
        raise ShapeError.of("labels", f"of shape {logs.shape[:1]}, one class number an image", given.shape)
    if np.isnan(logs).any() or (logs > 1e-6).any():
        raise ArgumentError("log_probabilities must be at most 0, and numbers")
    if given.size and not (np.issubdtype(given.dtype, np.integer) and given.min() >= 0 and given.max() < logs.shape[1]):
        raise ArgumentError.of("labels", f"whole numbers in [0, {logs.shape[1]})", given.tolist()[:10])
    return logs, given.astype(np.int64)

"""One number that makes a network's probabilities mean what they say."""

import math

import numpy as np
import numpy.typing as npt

from striate.errors import ArgumentError, ShapeError
from striate.metrics.inputs import Floats

_SPREAD = 0.5  # of log T before any image is seen
_COARSE, _FINE = 0.25, 1e-6  # steps of log T
_FURTHEST = 7.0  # of log T from 0, either way
_GOLDEN = (math.sqrt(5) - 1) / 2


def fit_temperature(logits: npt.ArrayLike, targets: npt.ArrayLike, *, multilabel: bool = False) -> float:
    """The T for which softmax(logits / T), or the sigmoid, is the least surprised by images that were held back.

    Guo et al., On Calibration of Modern Neural Networks, 2017, arXiv:1706.04599, section 4.2. T is one number for all
    classes, so the likeliest class stays the same. What differs: log T is expected around 0 with a standard deviation
    of 0.5, before an image is seen. Many images outweigh that; few, all told right, would else make T zero. It is the
    maximum of the posterior: the least sum of all cross-entropies plus 2 (log T)².

    Args:
        logits: (N, K) of images that the network was not trained on, finite.
        targets: (N,) class numbers in [0, K), or with `multilabel` (N, K) of 0 and 1.
        multilabel: an image may show any number of classes.

    Returns:
        T, above 0: 1 leaves the logits as they are, more makes them less sure. 1 where there are no images.

    Raises:
        ShapeError: logits and targets that don't fit each other.
        ArgumentError: logits that are not finite, or targets out of their range.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> logits = rng.normal(size=(5000, 3))
        >>> targets = (logits + rng.gumbel(size=logits.shape)).argmax(1)  # drawn from softmax(logits)
        >>> round(fit_temperature(logits, targets), 1), round(fit_temperature(4 * logits, targets), 1)
        (1.0, 4.0)
    """
    z, t = _checked(logits, targets, multilabel=multilabel)
    surprise = _tags_surprise if multilabel else _class_surprise

    def cost(log_temperature: float) -> float:
        return surprise(z / math.exp(log_temperature), t) + (log_temperature / _SPREAD) ** 2 / 2

    if not len(z):
        return 1.0
    steps = np.arange(-_FURTHEST, _FURTHEST + _COARSE, _COARSE)
    best = float(steps[np.argmin([cost(float(step)) for step in steps])])
    low, high = best - _COARSE, best + _COARSE  # the cost has one valley between neighbours of the best
    while high - low > _FINE:
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        low, high = (low, right) if cost(left) <= cost(right) else (left, high)
    return math.exp((low + high) / 2)


def cross_tempered(
    logits: npt.ArrayLike, targets: npt.ArrayLike, *, multilabel: bool = False, folds: int = 5, seed: int = 0
) -> Floats:
    """The logits of each image over the T that was fitted on the other folds: what calibration gains, told fairly.

    Args:
        logits, targets, multilabel: as in `fit_temperature`.
        folds: parts of the images, at least 2.
        seed: of the folds.

    Returns:
        float64 (N, K).

    Raises:
        ShapeError, ArgumentError: as in `fit_temperature`, or too few folds.

    Example:
        >>> cross_tempered([[2.0, 0.0], [0.0, 2.0]], [0, 1], folds=2).argmax(1)
        array([0, 1])
    """
    if folds < 2:
        raise ArgumentError.of("folds", "at least 2", folds)
    z, t = _checked(logits, targets, multilabel=multilabel)
    fold = np.random.default_rng(seed).permutation(len(z)) % folds
    tempered = np.empty_like(z)
    for number in range(folds):
        seen = fold != number
        tempered[~seen] = z[~seen] / fit_temperature(z[seen], t[seen], multilabel=multilabel)
    return tempered


def _checked(
    logits: npt.ArrayLike, targets: npt.ArrayLike, *, multilabel: bool
) -> tuple[Floats, npt.NDArray[np.int64]]:
    z, t = np.asarray(logits, np.float64), np.asarray(targets)
    if z.ndim != 2 or not z.shape[1]:
        raise ShapeError.of("logits", "of shape (N, K) with at least one class", z.shape)
    if t.shape != (z.shape if multilabel else z.shape[:1]):
        raise ShapeError.of("targets", f"of shape {z.shape if multilabel else z.shape[:1]}", t.shape)
    if not np.isfinite(z).all():
        raise ArgumentError.of("logits", "finite (did the training diverge?)", z[~np.isfinite(z)][0])
    if multilabel and not np.isin(t, (0, 1)).all():
        raise ArgumentError.of("targets", "0 or 1", t[~np.isin(t, (0, 1))][0].item())
    if not multilabel and t.size and not (np.issubdtype(t.dtype, np.integer) and t.min() >= 0 and t.max() < z.shape[1]):
        raise ArgumentError.of("targets", f"whole numbers in [0, {z.shape[1]})", (t.min().item(), t.max().item()))
    return z, t.astype(np.int64)


def _class_surprise(z: Floats, targets: npt.NDArray[np.int64]) -> float:
    """The sum of -log softmax(z)[target]."""
    true, top = np.take_along_axis(z, targets[:, None], axis=1), z.max(axis=1, keepdims=True)
    return float(np.log(np.exp(z - top).sum(axis=1)).sum() + (top - true).sum())


def _tags_surprise(z: Floats, targets: npt.NDArray[np.int64]) -> float:
    """The sum of -log sigmoid(z) where the tag is 1, and of -log(1 - sigmoid(z)) where it is 0."""
    return float(np.logaddexp(0, np.where(targets == 1, -z, z)).sum())

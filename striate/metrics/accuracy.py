"""How often a classifier is right, and where it goes wrong: one class for each image."""

import numpy as np
import numpy.typing as npt

from striate.errors import ArgumentError
from striate.metrics.inputs import Floats, Ints, check_classified, ratio


def accuracy(probabilities: npt.ArrayLike, targets: npt.ArrayLike) -> float:
    """The share of images whose likeliest class is the true one; of equals the first counts.

    Args:
        probabilities: (N, K) in [0, 1], each row sums to 1.
        targets: (N,) class numbers in [0, K).

    Returns:
        A share in [0, 1].

    Raises:
        ShapeError, ArgumentError: the arrays are empty, out of range or don't fit each other.

    Example:
        >>> accuracy([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4]], [0, 1, 1])
        0.6666666666666666
    """
    p, t = check_classified(probabilities, targets)
    return float((p.argmax(axis=1) == t).mean())


def top_accuracy(probabilities: npt.ArrayLike, targets: npt.ArrayLike, k: int = 5) -> float:
    """The share of images whose true class is among the k likeliest; 1 where there are at most k classes.

    Args:
        probabilities: (N, K) in [0, 1], each row sums to 1; of equals the first come first.
        targets: (N,) class numbers in [0, K).
        k: how many classes count, at least 1.

    Returns:
        A share in [0, 1].

    Raises:
        ShapeError, ArgumentError: k is below 1, or the arrays are empty, out of range or don't fit each other.

    Example:
        >>> top_accuracy([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], [1, 2], k=2)
        0.5
    """
    if k < 1:
        raise ArgumentError.of("k", "at least 1", k)
    p, t = check_classified(probabilities, targets)
    own = np.take_along_axis(p, t[:, None], axis=1)  # (N, 1)
    earlier = np.arange(p.shape[1]) < t[:, None]  # (N, K)
    ahead = (p > own) | ((p == own) & earlier)
    return float((ahead.sum(axis=1) < k).mean())


def confusion_matrix(probabilities: npt.ArrayLike, targets: npt.ArrayLike) -> Ints:
    """How many images of each class (rows) were taken for each class (columns).

    Args:
        probabilities: (N, K) in [0, 1], each row sums to 1.
        targets: (N,) class numbers in [0, K).

    Returns:
        (K, K) counts: true × predicted.

    Raises:
        ShapeError, ArgumentError: the arrays are empty, out of range or don't fit each other.

    Example:
        >>> confusion_matrix([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4]], [0, 1, 1])
        array([[1, 0],
               [1, 1]])
    """
    p, t = check_classified(probabilities, targets)
    num_classes = p.shape[1]
    cells = np.bincount(t * num_classes + p.argmax(axis=1), minlength=num_classes**2)
    return cells.reshape(num_classes, num_classes).astype(np.int64)


def class_scores(confusion: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and F1 of each class; 0/0 is 0, for a class that never occurs or is never predicted.

    Args:
        confusion: (K, K) counts, true × predicted.

    Returns:
        Three arrays (K,) in [0, 1].

    Example:
        >>> precision, recall, f1 = class_scores([[1, 0], [1, 1]])
        >>> precision, recall
        (array([0.5, 1. ]), array([1. , 0.5]))
    """
    cells = np.asarray(confusion)
    hits, true, predicted = np.diag(cells), cells.sum(axis=1), cells.sum(axis=0)
    return ratio(hits, predicted), ratio(hits, true), ratio(2 * hits, true + predicted)


def mean_over_present(values: npt.ArrayLike, counts: npt.ArrayLike) -> float:
    """The plain mean over the classes that have images: one without any says nothing of the network.

    Args:
        values: (K,) a figure of each class.
        counts: (K,) how many images of it there are.

    Returns:
        The mean, or 0 where no class has images.

    Example:
        >>> mean_over_present([1.0, 0.5, 0.0], [10, 10, 0])
        0.75
    """
    present = np.asarray(counts) > 0
    return float(np.asarray(values)[present].mean()) if present.any() else 0.0


def balanced_accuracy(confusion: npt.ArrayLike) -> float:
    """The mean recall over the classes that have images: every class weighs the same, however rare.

    Args:
        confusion: (K, K) counts, true × predicted.

    Returns:
        A share in [0, 1].

    Example:
        >>> balanced_accuracy([[90, 0], [5, 5]])
        0.75
    """
    return mean_over_present(class_scores(confusion)[1], np.asarray(confusion).sum(axis=1))


def worst_mistakes(probabilities: npt.ArrayLike, targets: npt.ArrayLike, count: int = 24) -> Ints:
    """The images that were misjudged with the most conviction, the worst first.

    Args:
        probabilities: (N, K) in [0, 1], each row sums to 1.
        targets: (N,) class numbers in [0, K).
        count: how many at most.

    Returns:
        (M,) places in the arrays, M ≤ count, by rising probability of the true class.

    Raises:
        ShapeError, ArgumentError: the arrays are empty, out of range or don't fit each other.

    Example:
        >>> worst_mistakes([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4], [0.8, 0.2]], [1, 1, 1, 0])
        array([0, 2])
    """
    p, t = check_classified(probabilities, targets)
    mistaken = np.flatnonzero(p.argmax(axis=1) != t)
    order = np.argsort(p[mistaken, t[mistaken]], kind="stable")
    return mistaken[order][:count].astype(np.int64)

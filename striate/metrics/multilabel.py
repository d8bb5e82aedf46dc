"""Every figure of a classifier that may name several classes for each image."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.errors import ArgumentError, ShapeError
from striate.metrics.accuracy import mean_over_present
from striate.metrics.inputs import check_labels, check_tagged, ratio
from striate.metrics.interval import wilson_interval


@dataclass(frozen=True)
class TagScore:
    """The figures of one class that an image may show beside others.

    Attributes:
        label: its name.
        n: how many images show it.
        precision, recall, f1: at the threshold; 0/0 is 0.
        average_precision: the area under precision over recall, at every threshold; 0 where no image shows it.
    """

    label: str
    n: int
    precision: float
    recall: float
    f1: float
    average_precision: float

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class MultilabelClassification:
    """How good a classifier of several classes an image is on one part of the data.

    A class that no image shows keeps its row (n = 0) but does not enter the means over classes.

    Attributes:
        n: how many images were judged.
        threshold: a class is named where its probability is at least this.
        subset_accuracy: the share of images whose classes are named exactly.
        interval: Wilson's 95 % interval of it.
        micro_f1: F1 of all (image, class) pairs together.
        macro_f1: mean F1 over the classes that occur.
        mean_average_precision: mean over the classes that occur; needs no threshold.
        per_class: figures of each class, in the order of the labels.
    """

    n: int
    threshold: float
    subset_accuracy: float
    interval: tuple[float, float]
    micro_f1: float
    macro_f1: float
    mean_average_precision: float
    per_class: tuple[TagScore, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, under the names of the attributes."""
        rows = [score.to_dict() for score in self.per_class]
        return {**vars(self), "interval": list(self.interval), "per_class": rows}


def average_precision(scores: npt.ArrayLike, shown: npt.ArrayLike) -> float:
    """The mean precision at each step of recall, going down the scores; equal scores are one step.

    Args:
        scores: (N,) the higher, the surer.
        shown: (N,) whether each is what was looked for, 0 or 1.

    Returns:
        A share in [0, 1]; 0 where nothing is.

    Raises:
        ShapeError: the two are not of one length.

    Example:
        >>> average_precision([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0])
        0.8333333333333333
    """
    s, t = np.asarray(scores), np.asarray(shown, dtype=np.bool_)
    if s.ndim != 1 or s.shape != t.shape:
        raise ShapeError.of("shown", f"of shape {s.shape}, one for each score", t.shape)
    if not t.any():
        return 0.0
    order = np.argsort(-s, kind="stable")
    last_of_equals = np.flatnonzero(np.append(np.diff(s[order]) != 0, True))
    hits = np.cumsum(t[order])[last_of_equals]
    precision, recall = hits / (last_of_equals + 1), hits / t.sum()
    return float((np.diff(recall, prepend=0.0) * precision).sum())


def multilabel(
    probabilities: npt.ArrayLike, targets: npt.ArrayLike, labels: Sequence[str], *, threshold: float = 0.5
) -> MultilabelClassification:
    """Compute every figure of `MultilabelClassification` from a network's answers.

    Args:
        probabilities: (N, K) in [0, 1], each on its own.
        targets: (N, K) of 0 or 1.
        labels: K names.
        threshold: a class is named where its probability is at least this, in [0, 1].

    Returns:
        The record; no figure is NaN.

    Raises:
        ShapeError, ArgumentError: there are no images, values out of range, or arrays that don't fit each other.

    Example:
        >>> result = multilabel([[0.9, 0.8], [0.2, 0.7]], [[1, 1], [1, 1]], ["cat", "dog"])
        >>> result.subset_accuracy, result.mean_average_precision
        (0.5, 1.0)
    """
    p, t = check_tagged(probabilities, targets)
    names = check_labels(labels, p.shape[1])
    if not 0 <= threshold <= 1:
        raise ArgumentError.of("threshold", "in [0, 1]", threshold)
    named = p >= threshold
    exact = (named == t).all(axis=1)
    counts, hits, claims = t.sum(axis=0), (named & t).sum(axis=0), named.sum(axis=0)  # (K,) each
    precision, recall, f1 = ratio(hits, claims), ratio(hits, counts), ratio(2 * hits, counts + claims)
    areas = [average_precision(p[:, k], t[:, k]) for k in range(len(names))]
    columns = zip(names, counts.tolist(), precision.tolist(), recall.tolist(), f1.tolist(), areas, strict=True)
    return MultilabelClassification(
        n=len(t),
        threshold=threshold,
        subset_accuracy=float(exact.mean()),
        interval=wilson_interval(int(exact.sum()), len(t)),
        micro_f1=float(ratio(2 * hits.sum(), counts.sum() + claims.sum())),
        macro_f1=mean_over_present(f1, counts),
        mean_average_precision=mean_over_present(areas, counts),
        per_class=tuple(TagScore(*row) for row in columns),
    )

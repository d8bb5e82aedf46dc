"""Anchors chosen from data: k-means that measures by IoU, so that large boxes count no more than small ones."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from striate.errors import ArgumentError, ShapeError
from striate.ops.anchors import shape_iou

Floats = NDArray[np.float64]

_STARTS, _MOST_STEPS = 5, 100


@dataclass(frozen=True)
class Anchors:
    """Shapes that stand for those of a data set.

    Attributes:
        wh: widths and heights, in the unit of the sizes that they were chosen from, by growing area.
        mean_iou: of every size with the anchor that overlaps it most.
    """

    wh: tuple[tuple[float, float], ...]
    mean_iou: float


def kmeans_anchors(sizes_wh: ArrayLike, k: int, *, seed: int = 0) -> Anchors:
    """Choose k anchors by k-means on 1 - IoU, from several starts; the best mean IoU that was seen is kept.

    Redmon & Farhadi, YOLO9000: Better, Faster, Stronger, 2016 (arXiv 1612.08242). Starts are drawn far from one another
    (Arthur & Vassilvitskii, k-means++, 2007), which the paper leaves open.

    Args:
        sizes_wh: (N, 2) widths and heights of boxes, above 0.
        k: how many, at least 1 and at most as many as there are different sizes.
        seed: of the starts; the same seed gives the same anchors.

    Returns:
        The anchors and how well they fit.

    Raises:
        ArgumentError: sizes that are not above 0, or a k out of range.
        ShapeError: not a list of sizes.

    Example:
        >>> kmeans_anchors([[10, 20], [11, 20], [12, 20], [48, 30], [50, 30], [52, 30]], 2)
        Anchors(wh=((11.0, 20.0), (50.0, 30.0)), mean_iou=0.95...)
    """
    sizes = np.array(sizes_wh, dtype=np.float64, order="C")
    if sizes.ndim != 2 or sizes.shape[1] != 2:
        raise ShapeError.of("sizes_wh", "widths and heights, shape (N, 2)", sizes.shape)
    if not (np.isfinite(sizes) & (sizes > 0)).all():
        raise ArgumentError("sizes_wh must be finite and above 0")
    distinct = np.unique(sizes, axis=0)
    if not 1 <= k <= len(distinct):
        raise ArgumentError.of("k", f"from 1 to the {len(distinct)} different sizes that there are", k)
    rng = np.random.default_rng(seed)
    mean_iou, best = max((_run(sizes, _start(distinct, k, rng)) for _ in range(_STARTS)), key=lambda run: run[0])
    by_area = best[np.lexsort((best[:, 0], best.prod(axis=1)))]
    return Anchors(tuple((float(w), float(h)) for w, h in by_area), mean_iou)


def _start(distinct: Floats, k: int, rng: np.random.Generator) -> Floats:
    """K of the sizes, each the likelier the less those before it overlap it."""
    chosen = [int(rng.integers(len(distinct)))]
    for _ in range(k - 1):
        far = (1 - _iou(distinct, distinct[chosen]).max(axis=1)) ** 2 + 1e-12
        far[chosen] = 0.0
        chosen.append(int(rng.choice(len(distinct), p=far / far.sum())))
    return distinct[chosen]


def _run(sizes: Floats, anchors: Floats) -> tuple[float, Floats]:
    """k-means until nothing changes hands; the best mean IoU on the way, and its anchors."""
    best, owners = (-1.0, anchors), np.full(len(sizes), -1)
    for _ in range(_MOST_STEPS):
        iou = _iou(sizes, anchors)
        best = max(best, (float(iou.max(axis=1).mean()), anchors), key=lambda step: step[0])
        before, owners = owners, iou.argmax(axis=1)
        if np.array_equal(before, owners):
            break
        owned = [sizes[owners == i] for i in range(len(anchors))]
        anchors = np.array([own.mean(axis=0) if len(own) else anchors[i] for i, own in enumerate(owned)])
    return best


def _iou(a_wh: Floats, b_wh: Floats) -> Floats:
    return np.asarray(shape_iou(torch.from_numpy(a_wh), torch.from_numpy(b_wh)).numpy())

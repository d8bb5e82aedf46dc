"""Peaks of a curve that keep their distance: suppression along one axis."""

import numpy as np
from numpy.typing import NDArray

from striate.errors import ArgumentError, ShapeError


def pick_peaks(strength: NDArray[np.floating], distance: int, *, above: float = -np.inf) -> NDArray[np.int64]:
    """Where a curve is highest, the highest first, without what is nearer to a higher peak than `distance`.

    A peak is higher than what stands on either side of it; of a level top the middle counts, and the curve's ends are
    as good as any place. It is what `batched_nms` does with boxes.

    Args:
        strength: (N,)
        distance: samples from one peak to the next, at least 1.
        above: peaks are higher than this.

    Returns:
        (P,) their indices, rising.

    Raises:
        ShapeError: not a curve.
        ArgumentError: the distance is below 1, or a number is none.

    Example:
        >>> pick_peaks(np.array([0.0, 3, 1, 2, 0, 0, 5, 5, 5, 1, 4]), distance=3, above=0.5)
        array([ 1,  7, 10])
    """
    if strength.ndim != 1:
        raise ShapeError.of("strength", "(N,)", strength.shape)
    if distance < 1:
        raise ArgumentError.of("distance", "at least 1", distance)
    if np.isnan(strength).any():
        raise ArgumentError("the network gives NaN: its weights or its input are broken")
    places = _tops(strength)
    places = places[strength[places] > above]
    free = np.ones(len(places), np.bool_)
    kept = np.zeros(len(places), np.bool_)
    for i in np.argsort(-strength[places], kind="stable").tolist():
        if free[i]:
            kept[i] = True
            near = np.searchsorted(places, (places[i] - distance + 1, places[i] + distance))
            free[near[0] : near[1]] = False
    return places[kept]


def _tops(strength: NDArray[np.floating]) -> NDArray[np.int64]:
    """The middle of every stretch of equal numbers that is higher than what stands before and after it."""
    if not len(strength):
        return np.zeros(0, np.int64)
    ends = np.append(np.flatnonzero(strength[1:] != strength[:-1]), len(strength) - 1)
    starts = np.append(0, ends[:-1] + 1)
    heights = np.concatenate([[-np.inf], strength[ends], [-np.inf]])
    top = (heights[1:-1] > heights[:-2]) & (heights[1:-1] > heights[2:])
    return np.asarray((starts[top] + ends[top]) // 2, np.int64)

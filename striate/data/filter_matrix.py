"""Pillow's antialiased resize of a row of pixels as a matrix, so that a tensor can be resized by two products."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from striate.preset import Filter

Floats = NDArray[np.float64]


@lru_cache(maxsize=256)
def filter_matrix(size: int, start: float, stop: float, result: int, filter: Filter) -> NDArray[np.float32]:
    """What each of `size` pixels in a row counts for each of the `result` pixels that a stretch of it becomes.

    A pixel of the result weighs what lies around its centre by a filter as wide as one pixel of the result, or of the
    image where that is larger; weights are cut off at the image's edges, and sum to 1.

    Args:
        size: pixels of the image along the axis.
        start, stop: the stretch, which may cut through pixels.
        result: pixels that it becomes.
        filter: triangle ("bilinear"), cubic with a = -1/2, box ("area") or none ("nearest").

    Returns:
        (result, size), rows that sum to 1.

    Example:
        >>> filter_matrix(4, 0, 4, 2, "bilinear")
        array([[0.42857143, 0.42857143, 0.14285715, 0.        ],
               [0.        , 0.14285715, 0.42857143, 0.42857143]], dtype=float32)
    """
    first_edge, last_edge = np.float32(start), np.float32(stop)  # Pillow's type, which decides what is a tie
    step = float(last_edge - first_edge) / result
    centres = float(first_edge) + (np.arange(result)[:, np.newaxis] + 0.5) * step  # (result, 1)
    pixels = np.arange(size)
    if filter == "nearest":
        added_up = np.cumsum([float(first_edge) + 0.5 * step, *[step] * (result - 1)])
        return np.asarray(pixels == np.floor(added_up)[:, np.newaxis], np.float32)
    width = max(1.0, step)
    weigh, reach = _KERNELS[filter]
    first, last = (np.floor(np.clip(centres + side * reach * width + 0.5, 0, size)) for side in (-1, 1))
    weights = weigh((pixels - centres + 0.5) * (1 / width)) * ((pixels >= first) & (pixels < last))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def _triangle(x: Floats) -> Floats:
    return np.asarray(np.maximum(0.0, 1 - np.abs(x)))


def _cubic(x: Floats) -> Floats:
    """Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981."""
    x = np.abs(x)
    near, far = (1.5 * x - 2.5) * x**2 + 1, -0.5 * (((x - 5) * x + 8) * x - 4)
    return np.asarray(np.where(x < 1, near, np.where(x < 2, far, 0.0)))


def _box(x: Floats) -> Floats:
    return np.asarray((x > -0.5) & (x <= 0.5), np.float64)


_KERNELS: dict[Filter, tuple[Callable[[Floats], Floats], float]] = {  # with how far each reaches
    "bilinear": (_triangle, 1.0),
    "bicubic": (_cubic, 2.0),
    "area": (_box, 0.5),
}

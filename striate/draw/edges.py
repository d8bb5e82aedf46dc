"""An edge map as a picture."""

from typing import Any

import numpy as np
import numpy.typing as npt

from striate.draw.pixels import Pixels
from striate.errors import ArgumentError, ShapeError

EdgeMap = npt.NDArray[np.floating[Any]]


def signed_edges_picture(edges: EdgeMap) -> Pixels:
    """Mid-grey where nothing changes, white and black where it changes much, one scale for both signs.

    Args:
        edges: (H, W), signed, of any range.

    Returns:
        (H, W) of uint8: 128 for 0, 255 or 1 for the largest changes.

    Raises:
        ShapeError, ArgumentError: not two axes, or a value is not finite.

    Example:
        >>> signed_edges_picture(np.array([[0.0, 30.0, -30.0, 15.0]]))
        array([[128, 255,   1, 192]], dtype=uint8)
    """
    values = _check(edges)
    return np.floor(128.5 + 127 * _normalise(values)).astype(np.uint8)


def absolute_edges_picture(edges: EdgeMap) -> Pixels:
    """Black where nothing changes, white where it changes much, whatever the sign.

    Args:
        edges: (H, W), of any range; the sign is dropped.

    Returns:
        (H, W) of uint8: 0 for 0, 255 for the largest changes.

    Raises:
        ShapeError, ArgumentError: not two axes, or a value is not finite.

    Example:
        >>> absolute_edges_picture(np.array([[0.0, 30.0, -30.0]]))
        array([[  0, 255, 255]], dtype=uint8)
    """
    values = _check(edges)
    return np.floor(0.5 + 255 * _normalise(np.abs(values))).astype(np.uint8)


def _check(edges: EdgeMap) -> npt.NDArray[np.float64]:
    values = np.asarray(edges, dtype=np.float64)
    if values.ndim != 2:
        raise ShapeError.of("edges", "of shape (H, W)", values.shape)
    if not np.isfinite(values).all():
        raise ArgumentError.of("edges", "finite", values[~np.isfinite(values)][0])
    return values


def _normalise(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """To [-1, 1] by the size that 995 of 1000 values stay under, as a few glints would leave all else dark."""
    sizes = np.abs(values)
    full = np.quantile(sizes, 0.995, method="higher") if values.size else 0.0
    return np.clip(values / (full or sizes.max(initial=0) or 1.0), -1, 1)

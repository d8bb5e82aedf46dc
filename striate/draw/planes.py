"""Arrays of three axes as planes side by side, whatever they hold: values, strengths, masks."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
GAP = 2  # samples between planes
_MOST_FRAMES = 9


def image_plane(array: Array, between: float) -> Array:
    """(H, W, …): it is a plane."""
    return array


def volume_planes(array: Array, between: float) -> Array:
    """The three planes through the middle, arranged as `slices_picture` does it: depth grows upwards.

    (D, H, W, …) -> above (D, W) and (D, H), below the first of them (H, W).

    Args:
        array: any numbers.
        between: what fills the rest.

    Example:
        >>> volume_planes(np.zeros((2, 3, 4)), 9).shape
        (7, 9)
    """
    depth, height, width = (n // 2 for n in array.shape[:3])
    upwards = array[::-1]
    above = side_by_side([upwards[:, height], upwards[:, :, width]], between)
    return _below_each_other([above, array[depth]], between)


def clip_frames(array: Array, between: float) -> Array:
    """Up to nine frames in the order of time, in rows of three: (T, H, W, …) -> (h, w, …).

    Example:
        >>> clip_frames(np.zeros((20, 4, 5)), 9).shape
        (16, 19)
    """
    count = min(_MOST_FRAMES, len(array))
    chosen = [array[i] for i in np.rint(np.linspace(0, len(array) - 1, count)).astype(np.int64)]
    rows = [side_by_side(chosen[i : i + 3], between) for i in range(0, count, 3)]
    return _below_each_other(rows, between)


def side_by_side(planes: Sequence[Array], between: float) -> Array:
    """Planes (h, w, …) from left to right, each from the top on; what stands between them and below is `between`.

    Example:
        >>> side_by_side([np.ones((1, 1)), np.ones((2, 1))], 0).tolist()
        [[1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 1.0]]
    """
    height, width = max(len(p) for p in planes), sum(p.shape[1] + GAP for p in planes) - GAP
    page = np.full((height, width, *planes[0].shape[2:]), between, planes[0].dtype)
    left = 0
    for plane in planes:
        page[: len(plane), left : left + plane.shape[1]] = plane
        left += plane.shape[1] + GAP
    return page


def _below_each_other(planes: Sequence[Array], between: float) -> Array:
    return side_by_side([plane.swapaxes(0, 1) for plane in planes], between).swapaxes(0, 1)

"""Volumes in one orientation: depth towards the head, height towards the back, width to the patient's left.

These are DICOM's axes in turn, so that an axial slice, drawn with its first row on top, is as radiologists look at it.
"""

from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

CANONICAL = ((0, 0, 1), (0, 1, 0), (1, 0, 0))  # in DICOM's (left, back, head): what each axis of a volume points to


def to_canonical(
    values: NDArray[Any], directions: NDArray[np.float64], spacing: tuple[float, float, float]
) -> tuple[NDArray[Any], tuple[float, float, float]]:
    """A volume with its axes in another order and mirrored, so that each points nearest to where it should.

    Args:
        values: (D, H, W), or more axes before those.
        directions: (3, 3), a row an axis of `values`: where it points in DICOM's (left, back, head).
        spacing: along those axes.

    Returns:
        The volume, as a view, and its spacing.

    Example:
        >>> volume = np.arange(8).reshape(2, 2, 2)
        >>> turned, spacing = to_canonical(volume, np.array([[0, 0, -1], [1, 0, 0], [0, 1, 0]]), (3.0, 1.0, 2.0))
        >>> turned.tolist(), spacing
        ([[[4, 6], [5, 7]], [[0, 2], [1, 3]]], (3.0, 2.0, 1.0))
    """
    along = directions @ np.array(CANONICAL, np.float64).T  # (3, 3): how far axis i points along canonical axis j
    order = max(permutations(range(3)), key=lambda p: sum(abs(along[p[j], j]) for j in range(3)))
    first = values.ndim - 3
    turned = values.transpose(*range(first), *(first + i for i in order))
    mirrored = tuple(first + j for j in range(3) if along[order[j], j] < 0)
    depth, height, width = (float(f"{spacing[i]:.6g}") for i in order)  # headers hold fewer digits
    return np.flip(turned, mirrored), (depth, height, width)

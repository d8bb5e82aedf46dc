"""Colour changes as matrices: brightness, contrast, saturation, shift and normalisation.

A change of C channels is a (C+2)x(C+2) float64 matrix on columns (the channels, μ, 1), in input units (0–255). μ is the
image's mean grey: contrast turns around it, brightness and shift move it, saturation leaves it alone. With μ carried
along every change is linear, so `b @ a` is first `a`, then `b`, whatever the picture. `bind` puts a picture's own μ in
and leaves the (C+1)x(C+1) matrix on (the channels, 1), which is applied once and clipped once.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from striate.errors import ArgumentError

Matrix = NDArray[np.float64]

LUMA = np.array([0.299, 0.587, 0.114])  # how bright red, green and blue look: ITU-R BT.601


def grey_weights(channels: int) -> Matrix:
    """What each channel adds to grey, (C,): all of a grey image, BT.601 for RGB, none for alpha.

    Raises:
        ArgumentError: not 1 (grey), 3 (RGB) or 4 (RGB and alpha) channels.
    """
    if channels not in (1, 3, 4):
        raise ArgumentError.of("channels", "1 (grey), 3 (RGB) or 4 (RGB and alpha)", channels)
    return np.ones(1) if channels == 1 else np.append(LUMA, np.zeros(channels - 3))


def brightness(channels: int, factor: float) -> Matrix:
    """Multiply the light by `factor` (at least 0); alpha stays."""
    matrix, lit = np.eye(channels + 2), _lit(channels)
    matrix[lit, lit] *= factor
    matrix[-2, -2] = factor
    return matrix


def contrast(channels: int, factor: float) -> Matrix:
    """Move colours away from the image's mean grey by `factor`: 0 leaves that grey alone, 1 changes nothing."""
    matrix, lit = np.eye(channels + 2), _lit(channels)
    matrix[lit, lit] *= factor
    matrix[lit, -2] = 1.0 - factor
    return matrix


def saturation(channels: int, factor: float) -> Matrix:
    """Move each pixel away from its own grey by `factor`: 0 makes a grey picture, 1 changes nothing.

    Raises:
        ArgumentError: the image has no colours: `channels` is 1.
    """
    weights = grey_weights(channels)
    if channels < 3:
        raise ArgumentError.of("channels", "3 or 4 for saturation, which needs colours", channels)
    matrix = np.eye(channels + 2)
    matrix[:3, :3] = factor * np.eye(3) + (1.0 - factor) * weights[:3]
    return matrix


def shift(offsets: ArrayLike) -> Matrix:
    """Add `offsets`, (C,) in input units, to the channels; alpha's must be 0 to stay."""
    added = np.asarray(offsets, dtype=np.float64)
    matrix = np.eye(len(added) + 2)
    matrix[:-2, -1] = added
    matrix[-2, -1] = grey_weights(len(added)) @ added
    return matrix


def bind(change: Matrix, mean_grey: float) -> Matrix:
    """The change for a picture with this mean grey: (C+2, C+2) to (C+1, C+1) on columns (the channels, 1).

    Example:
        >>> bind(contrast(1, 0.5), 100.0)
        array([[ 0.5, 50. ],
               [ 0. ,  1. ]])
    """
    bound = np.eye(len(change) - 1)
    bound[:-1, :-1] = change[:-2, :-2]
    bound[:-1, -1] = change[:-2, -1] + mean_grey * change[:-2, -2]
    return bound


def normalisation(mean: Sequence[float], std: Sequence[float]) -> Matrix:
    """(x - mean) / std as a (C+1)x(C+1) matrix on columns (the channels, 1), to compose with a bound change."""
    divide = 1.0 / np.asarray(std, dtype=np.float64)
    matrix = np.diag(np.append(divide, 1.0))
    matrix[:-1, -1] = -np.asarray(mean) * divide
    return matrix


def _lit(channels: int) -> slice:
    """The channels that carry light: all but alpha."""
    return slice(0, np.count_nonzero(grey_weights(channels)))

"""Bring a recording's values to where a matrix says, once, and without aliasing where it shrinks.

There are two ways. What keeps the axes is resampled along one after the other by an antialiased triangle filter. All
else is averaged and blurred as far as it shrinks, and then interpolated linearly between the 2ⁿ samples around each
place. A sample of the result whose centre comes from outside of the recording is the border; every other is a weighted
mean of samples of the recording alone, so that no border bleeds into it.
"""

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from striate.errors import ShapeError
from striate.ops import affine
from striate.recordings.field import GridField
from striate.recordings.records import Values

Floats = NDArray[np.float64]
_ALIASES = 0.95  # axes that become shorter than this are blurred before they are interpolated


def resample_values(
    values: Values,
    matrix: affine.Matrix,
    size: tuple[int, ...],
    border: Sequence[float],
    field: GridField | None = None,
) -> Values:
    """The recording seen through a motion.

    Args:
        values: float32 (C, *S).
        matrix: where the recording's coordinates go, see `striate.ops.affine`.
        size: samples of the result along each axis.
        border: per channel, what lies outside.
        field: moves samples of the result once more, after the matrix.

    Returns:
        float32 (C, *size); the values themselves, not a copy, where nothing moves.

    Raises:
        ShapeError: another number of axes or channels than the matrix and the border have.

    Example:
        >>> tripled = resample_values(np.array([[0, 3]], np.float32), affine.scale((3.0,)), (7,), (9.0,))
        >>> tripled.round(4)
        array([[0., 0., 1., 2., 3., 3., 9.]], dtype=float32)
    """
    if values.ndim != len(matrix) or len(values) != len(border):
        raise ShapeError.of("values", f"of {len(border)} channels and {len(matrix) - 1} axes", values.shape)
    if field is None and values.shape[1:] == size and np.abs(matrix - np.eye(len(matrix))).max() < 1e-9:
        return values
    if field is None and affine.keeps_axes(matrix):
        return _along_axes(values, matrix, size, border)
    return _in_space(values, matrix, size, border, field)


def sources(matrix: affine.Matrix, size: tuple[int, ...], field: GridField | None = None) -> Floats:
    """Where the centre of each sample of the result comes from, (n, *size)."""
    back = affine.invert(matrix)
    centres = [
        (np.arange(n) + 0.5).reshape([-1 if i == j else 1 for j in range(len(size))]) for i, n in enumerate(size)
    ]
    moved = centres if field is None else [c + d for c, d in zip(centres, field.displacements(), strict=True)]
    rows = [sum(factor * place for factor, place in zip(row[:-1], moved, strict=True)) + row[-1] for row in back[:-1]]
    return np.stack([np.broadcast_to(row, size) for row in rows])


def inside(places: Floats, size: Sequence[int]) -> NDArray[np.bool_]:
    """Which places (n, ...) lie within a grid of this size."""
    shape = (-1, *[1] * (places.ndim - 1))
    return np.asarray(((places >= 0) & (places < np.reshape(size, shape))).all(axis=0))


def _along_axes(values: Values, matrix: affine.Matrix, size: tuple[int, ...], border: Sequence[float]) -> Values:
    """Axis by axis, first where most is left out."""
    back = affine.invert(matrix)
    seen, outside = values, []
    for axis in sorted(range(len(size)), key=lambda i: size[i] / values.shape[i + 1]):
        length, step = values.shape[axis + 1], float(back[axis, axis])
        centres = step * (np.arange(size[axis]) + 0.5) + back[axis, -1]
        outside.append((axis + 1, (centres < 0) | (centres >= length)))
        seen = _filtered(seen, axis + 1, centres, max(1.0, abs(step)))
    for axis, hidden in outside:
        if hidden.any():
            np.moveaxis(seen, axis, 1)[:, hidden] = np.reshape(np.array(border, np.float32), (-1, *[1] * len(size)))
    return seen


def _filtered(values: Values, axis: int, centres: Floats, width: float) -> Values:
    """Means of what lies around each centre on an axis, weighted by a triangle that reaches `width` either way."""
    index, weights = _taps(values.shape[axis], centres, width)
    shape = [1] * values.ndim
    shape[axis] = len(centres)
    seen = np.zeros((*values.shape[:axis], len(centres), *values.shape[axis + 1 :]), np.float32)
    for taken, weight in zip(index.T, weights.T, strict=True):
        if weight.any():
            seen += values.take(taken, axis) * weight.reshape(shape)
    return seen


def _taps(length: int, centres: Floats, width: float) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Which samples of an axis count for each centre and how much, both (R, K); rows of weights sum to 1."""
    first = np.floor(centres - 0.5 - width) + 1
    index = first[:, np.newaxis] + np.arange(math.ceil(2 * width))  # (R, K)
    weights = np.maximum(0.0, 1 - np.abs(index + 0.5 - centres[:, np.newaxis]) / width)
    weights *= (index >= 0) & (index < length)
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-30)  # all 0 where nothing is near
    return np.clip(index, 0, length - 1).astype(np.int64), weights.astype(np.float32)


def _in_space(
    values: Values, matrix: affine.Matrix, size: tuple[int, ...], border: Sequence[float], field: GridField | None
) -> Values:
    """Any motion, and a field."""
    places = sources(matrix, size, field)
    hidden = ~inside(places, values.shape[1:])
    factors = affine.axis_factors(matrix)
    if min(factors) < _ALIASES:
        values, blocks = _reduced(values, [max(1.0, 1 / f) for f in factors])
        places /= np.reshape(blocks, (-1, *[1] * len(size)))
    seen = _interpolated(values, places)
    seen[:, hidden] = np.array(border, np.float32)[:, np.newaxis]
    return seen


def _reduced(values: Values, factors: Sequence[float]) -> tuple[Values, list[int]]:
    """Means of blocks and a blur, so that together with linear interpolation they match a triangle's variance.

    A triangle that reaches f samples either way has f²/6, interpolation 1/6, a block of b samples (b² - 1)/12. The
    means come with how many samples each block holds along each axis.
    """
    blocks = [max(1, round(f / 2)) for f in factors]
    for axis, block in enumerate(blocks, start=1):
        values = _block_means(values, axis, block)
    for axis, (block, factor) in enumerate(zip(blocks, factors, strict=True), start=1):
        variance = (factor**2 / 6 - (block**2 - 1) / 12) / block**2 - 1 / 6
        values = _blurred(values, axis, variance)
    return values, blocks


def _block_means(values: Values, axis: int, block: int) -> Values:
    """Means of so many neighbours along an axis; the last block is filled up by repeating the edge."""
    if block == 1:
        return values
    length = values.shape[axis]
    if length % block:
        values = values.take(np.minimum(np.arange(length + -length % block), length - 1), axis)
    return np.asarray(values.reshape(*values.shape[:axis], -1, block, *values.shape[axis + 1 :]).mean(axis=axis + 1))


def _blurred(values: Values, axis: int, variance: float) -> Values:
    """Weighted means of neighbours along an axis; beyond its ends the edge goes on."""
    weights = _bell(variance)
    if len(weights) == 1:
        return values
    places, last = np.arange(values.shape[axis]), values.shape[axis] - 1
    blurred = np.zeros_like(values)
    for offset, weight in enumerate(weights, start=-(len(weights) // 2)):
        blurred += weight * values.take(np.clip(places + offset, 0, last), axis)
    return blurred


def _bell(variance: float) -> NDArray[np.float32]:
    """Weights of this variance that sum to 1: a Gaussian's, or three where samples of one would be too coarse."""
    if variance <= 0.5:
        return np.array([variance / 2, 1 - variance, variance / 2] if variance > 1e-9 else [1.0], np.float32)
    reach = math.ceil(4 * math.sqrt(variance))
    weights = np.exp(-0.5 * np.arange(-reach, reach + 1) ** 2 / variance)
    return np.asarray(weights / weights.sum(), np.float32)


def _interpolated(values: Values, places: Floats) -> Values:
    """Linearly between the samples around each place (n, ...); what is outside comes to the edge."""
    shape = values.shape[1:]
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    first: NDArray[np.int64] = np.zeros(places.shape[1:], np.int64)
    axes = []  # of each: the weight of the farther sample, and how far it is from the nearer one in memory
    for place, length, stride in zip(places, shape, strides, strict=True):
        along = np.clip(place - 0.5, 0, length - 1)
        below = np.minimum(along.astype(np.int64), max(0, length - 2))
        first += below * stride
        axes.append(((along - below).astype(np.float32), stride if length > 1 else 0))
    flat = values.reshape(len(values), -1)
    seen = np.zeros((len(values), *places.shape[1:]), np.float32)
    for corner in product((False, True), repeat=len(shape)):
        chosen = list(zip(corner, axes, strict=True))
        weight = math.prod((far if up else 1 - far for up, (far, _) in chosen), start=np.float32(1))
        seen += flat[:, first + sum(stride for up, (_, stride) in chosen if up)] * weight
    return seen

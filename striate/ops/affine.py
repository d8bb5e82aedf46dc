"""Motions of a grid of any number of axes as (n+1)x(n+1) matrices, and what they do to points.

A matrix is float64 and maps columns (p₁, …, pₙ, 1), in the order of the array's own axes. Coordinates are continuous:
an axis of n samples spans [0, n], and its first sample's centre stands at 0.5. `b @ a` is first `a`, then `b`. In a
plane `striate.ops.geometry` does the same with x before y.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from striate.errors import ArgumentError, ShapeError

Matrix = NDArray[np.float64]  # (n+1, n+1), the last row 0 … 0 1
Floats = NDArray[np.float64]


def translate(by: Sequence[float]) -> Matrix:
    """Move everything by so many samples along each axis."""
    matrix = np.eye(len(by) + 1)
    matrix[:-1, -1] = by
    return matrix


def scale(factors: Sequence[float]) -> Matrix:
    """Stretch so many times along each axis, away from the first corner; a factor below 0 mirrors."""
    return np.diag([*factors, 1.0])


def resize(from_size: Sequence[int], to_size: Sequence[int]) -> Matrix:
    """The motion that stretches a whole grid of one size to another size.

    Example:
        >>> apply_points(resize((10,), (20,)), [[5.0]])
        array([[10.]])
    """
    return scale([new / old for old, new in zip(from_size, to_size, strict=True)])


def rotate(axes: tuple[int, int], dims: int, angle_degrees: float) -> Matrix:
    """Turn in the plane of two axes, from the first one towards the second.

    Example:
        >>> apply_points(rotate((0, 2), 3, 90), [[1, 5, 0]]).round(6) + 0.0
        array([[0., 5., 1.]])
    """
    first, second = axes
    c, s = math.cos(math.radians(angle_degrees)), math.sin(math.radians(angle_degrees))
    matrix = np.eye(dims + 1)
    matrix[first, first] = matrix[second, second] = c
    matrix[second, first], matrix[first, second] = s, -s
    return matrix


def around(matrix: Matrix, centre: Sequence[float]) -> Matrix:
    """The same motion with `centre` instead of the first corner as its fixed point.

    Example:
        >>> apply_points(around(scale((-1.0,)), (5.0,)), [[1.0]])
        array([[9.]])
    """
    return translate(centre) @ matrix @ translate([-c for c in centre])


def invert(matrix: Matrix) -> Matrix:
    """The way back.

    Raises:
        ArgumentError: the matrix flattens the space, so there is none.
    """
    if not abs(np.linalg.det(matrix[:-1, :-1])) > 1e-12:
        raise ArgumentError.of("matrix", "one that keeps volumes above 0", matrix.tolist())
    linear = np.linalg.inv(matrix[:-1, :-1])
    inverse = np.eye(len(matrix))
    inverse[:-1, :-1], inverse[:-1, -1] = linear, -linear @ matrix[:-1, -1]
    return inverse


def axis_factors(matrix: Matrix) -> tuple[float, ...]:
    """How many times longer a step along each axis of the source becomes."""
    return tuple(np.linalg.norm(matrix[:-1, :-1], axis=0).tolist())


def keeps_axes(matrix: Matrix) -> bool:
    """Whether each axis stays itself: nothing is turned or slanted."""
    linear = matrix[:-1, :-1]
    return bool((np.abs(linear - np.diag(np.diag(linear))) < 1e-9).all())


def apply_points(matrix: Matrix, places: ArrayLike) -> Floats:
    """Points after the motion.

    Args:
        matrix: (n+1, n+1).
        places: (..., n) in samples; there may be none.

    Returns:
        (..., n) in float64.

    Raises:
        ShapeError: points of another number of axes.
    """
    points, dims = np.asarray(places, dtype=np.float64), len(matrix) - 1
    if points.shape[-1:] != (dims,):
        raise ShapeError.of("places", f"of shape (..., {dims})", points.shape)
    return np.asarray(points @ matrix[:-1, :-1].T + matrix[:-1, -1])

"""Geometry as 3x3 matrices: mirror, crop, resize, rotation and shear, and what they do to points and boxes.

A matrix is float64 and maps columns (x, y, 1): x grows to the right, y downwards. Coordinates are continuous: an image
of width W spans [0, W], and its first pixel's centre stands at 0.5. `b @ a` is first `a`, then `b`.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from striate.errors import ArgumentError, ShapeError

Matrix = NDArray[np.float64]  # (3, 3), the last row 0 0 1
Floats = NDArray[np.float64]


def translate(x: float, y: float) -> Matrix:
    """Move everything `x` pixels to the right and `y` pixels down."""
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def scale(x: float, y: float | None = None) -> Matrix:
    """Stretch `x` times in width and `y` times in height (`x` times too by default), away from the corner (0, 0)."""
    return np.array([[x, 0.0, 0.0], [0.0, x if y is None else y, 0.0], [0.0, 0.0, 1.0]])


def rotate(angle_degrees: float) -> Matrix:
    """Turn counter-clockwise, as one sees it, around the corner (0, 0).

    Example:
        >>> apply_points(rotate(90), [[1, 0]]).round(6) + 0.0
        array([[ 0., -1.]])
    """
    angle = math.radians(angle_degrees)
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])


def shear(x_degrees: float, y_degrees: float = 0.0) -> Matrix:
    """Slant: vertical lines lean by `x_degrees`, horizontal ones by `y_degrees`, each within (-90, 90)."""
    if max(abs(x_degrees), abs(y_degrees)) >= 90:
        raise ArgumentError.of("shear", "angles between -90 and 90 degrees", (x_degrees, y_degrees))
    along_x, along_y = math.tan(math.radians(x_degrees)), math.tan(math.radians(y_degrees))
    return np.array([[1.0, along_x, 0.0], [along_y, 1.0, 0.0], [0.0, 0.0, 1.0]])


def mirror(width: float) -> Matrix:
    """Swap left and right in a frame of this width: x becomes width - x."""
    return np.array([[-1.0, 0.0, width], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def around(matrix: Matrix, centre_xy: tuple[float, float]) -> Matrix:
    """The same motion with `centre_xy` instead of the corner (0, 0) as its fixed point.

    Example:
        >>> apply_points(around(rotate(180), (2, 1)), [[0, 0]]).round(6)
        array([[4., 2.]])
    """
    (a, b, moved_x), (c, d, moved_y), last = matrix.tolist()
    x, y = centre_xy
    return np.array([[a, b, moved_x + x - a * x - b * y], [c, d, moved_y + y - c * x - d * y], last])


def box_to_box(source_xyxy: ArrayLike, target_xyxy: ArrayLike) -> Matrix:
    """Crop and resize: the motion that takes one box to another, without turning.

    Args:
        source_xyxy: left, top, right, bottom, in pixels; its sides are longer than 0.
        target_xyxy: where that box goes.

    Raises:
        ArgumentError: the source has no area.

    Example:
        >>> box_to_box((100, 0, 300, 200), (0, 0, 224, 224))
        array([[   1.12,    0.  , -112.  ],
               [   0.  ,    1.12,    0.  ],
               [   0.  ,    0.  ,    1.  ]])
    """
    left, top, right, bottom = (float(v) for v in np.asarray(source_xyxy))
    to_left, to_top, to_right, to_bottom = (float(v) for v in np.asarray(target_xyxy))
    if not (right > left and bottom > top):
        raise ArgumentError.of("source_xyxy", "a box with an area", (left, top, right, bottom))
    x, y = (to_right - to_left) / (right - left), (to_bottom - to_top) / (bottom - top)
    return np.array([[x, 0.0, to_left - x * left], [0.0, y, to_top - y * top], [0.0, 0.0, 1.0]])


def similarity(source_xy: ArrayLike, target_xy: ArrayLike) -> Matrix:
    """Turn, resize evenly and move: the motion without mirroring that takes points nearest to others.

    Nearest in least squares: the sum of squared distances from the moved source points to the targets is the smallest.
    Umeyama, Least-Squares Estimation of Transformation Parameters Between Two Point Patterns, 1991, in closed form:
    in the plane, read as complex numbers, it is one division.

    Args:
        source_xy: (P, 2) in pixels, at least two different points.
        target_xy: (P, 2) where they should come to.

    Raises:
        ShapeError: not as many pairs in both.
        ArgumentError: a number is not finite, or all points lie in one place, before or after.

    Example:
        >>> similarity([[0, 0], [1, 0], [0, 1]], [[5, 5], [7, 5], [5, 7]])
        array([[2., 0., 5.],
               [0., 2., 5.],
               [0., 0., 1.]])
    """
    source, target = np.asarray(source_xy, np.float64), np.asarray(target_xy, np.float64)
    if source.ndim != 2 or source.shape[1:] != (2,) or target.shape != source.shape or not len(source):
        raise ShapeError.of("source_xy and target_xy", "as many pairs, shape (P, 2)", (source.shape, target.shape))
    if not (np.isfinite(source).all() and np.isfinite(target).all()):
        raise ArgumentError("source_xy and target_xy must be finite numbers")
    from_centre, to_centre = source.mean(axis=0), target.mean(axis=0)
    (x, y), (u, v) = (source - from_centre).T, (target - to_centre).T
    spread = float(x @ x + y @ y)
    if spread <= 1e-18 * len(source) * (1 + float(from_centre @ from_centre)):
        raise ArgumentError.of("source_xy", "at least two different points", source.tolist())
    c, s = float(x @ u + y @ v) / spread, float(x @ v - y @ u) / spread
    if math.hypot(c, s) ** 2 * spread <= 1e-18 * len(source) * (1 + float(to_centre @ to_centre)):
        raise ArgumentError.of("target_xy", "points that the source's can be turned to", target.tolist())
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(translate(*to_centre.tolist()) @ turn @ translate(*(-from_centre).tolist()))


def resize(from_hw: tuple[int, int], to_hw: tuple[int, int]) -> Matrix:
    """The motion that stretches a whole image of one size to another size."""
    return scale(to_hw[1] / from_hw[1], to_hw[0] / from_hw[0])


def invert(matrix: Matrix) -> Matrix:
    """The way back.

    Raises:
        ArgumentError: the matrix flattens the plane, so there is none.
    """
    (a, b, x), (c, d, y), _ = matrix.tolist()
    det = a * d - b * c
    if not abs(det) > 1e-12:
        raise ArgumentError.of("matrix", "one that keeps areas above 0", matrix.tolist())
    d, b, c, a = d / det, b / det, c / det, a / det
    return np.array([[d, -b, b * y - d * x], [-c, a, c * x - a * y], [0.0, 0.0, 1.0]])


def mirrors(matrix: Matrix) -> bool:
    """Whether left and right are swapped (the determinant is negative), and so must be names like "left eye"."""
    return area_factor(matrix) < 0


def area_factor(matrix: Matrix) -> float:
    """How many times larger areas become; negative where left and right are swapped."""
    return float(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0])


def axis_factors(matrix: Matrix) -> tuple[float, float]:
    """How many times longer a step along the source's x axis, and along its y axis, becomes."""
    return math.hypot(matrix[0, 0], matrix[1, 0]), math.hypot(matrix[0, 1], matrix[1, 1])


def keeps_axes(matrix: Matrix) -> bool:
    """Whether rows stay rows and columns stay columns: no rotation, no shear."""
    return bool(abs(matrix[0, 1]) < 1e-9 and abs(matrix[1, 0]) < 1e-9)


def apply_points(matrix: Matrix, xy: ArrayLike) -> Floats:
    """Points after the motion.

    Args:
        matrix: (3, 3).
        xy: (..., 2) in pixels.

    Returns:
        (..., 2) in float64.

    Raises:
        ShapeError: `xy` does not hold pairs.
    """
    points = np.asarray(xy, dtype=np.float64)
    if points.shape[-1:] != (2,):
        raise ShapeError.of("xy", "an array of pairs, shape (..., 2)", points.shape)
    return np.asarray(points @ matrix[:2, :2].T + matrix[:2, 2])


def apply_boxes(matrix: Matrix, xyxy: ArrayLike) -> Floats:
    """Boxes after the motion: the bounds of their moved corners, so that what was inside stays inside.

    Args:
        matrix: (3, 3).
        xyxy: (N, 4) left, top, right, bottom in pixels; N may be 0.

    Returns:
        (N, 4) in float64.

    Raises:
        ShapeError: `xyxy` does not hold boxes.

    Example:
        >>> apply_boxes(mirror(100), [[10, 20, 30, 40]])
        array([[70., 20., 90., 40.]])
    """
    boxes = np.asarray(xyxy, dtype=np.float64)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ShapeError.of("xyxy", "an array of boxes, shape (N, 4)", boxes.shape)
    corners = apply_points(matrix, boxes[:, [[0, 1], [2, 1], [2, 3], [0, 3]]])  # (N, 4, 2)
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)  # (N, 4)

"""Landmarks on an image."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from striate.draw.boxes import draw_note, line_width
from striate.draw.class_colours import BLACK, WHITE, Colour, class_colour
from striate.draw.pixels import Pixels, as_rgb
from striate.draw.text import percent
from striate.errors import ShapeError
from striate.results import Landmarks


def draw_landmarks(image: Pixels, landmarks: Landmarks) -> Pixels:
    """The image with a dot on each point, in a colour of its own that is always the same, or a note that there is none.

    Args:
        image: (H, W) or (H, W, C) of uint8; grey, RGB, or RGB and alpha, which shows white below.
        landmarks: in pixels of the image; points outside of it are not seen.

    Returns:
        (H, W, 3) of uint8, a copy.

    Raises:
        ShapeError, ArgumentError: the image is not one.

    Example:
        >>> eyes = Landmarks(0.9, ("left", "right"), ((20.5, 30.5), (40.5, 30.5)))
        >>> picture = draw_landmarks(np.zeros((64, 64), np.uint8), eyes)
        >>> picture[30, 20], picture[30, 40]
        (array([  0, 114, 178], dtype=uint8), array([213,  94,   0], dtype=uint8))
    """
    canvas = as_rgb(image)
    if not landmarks.found:
        draw_note(canvas, f"nothing found ({percent(landmarks.presence, 0)})")
        return canvas
    radius = 2 * line_width(canvas)
    for i, xy in enumerate(landmarks.xy):
        draw_disc(canvas, xy, radius + 1, WHITE)
        draw_disc(canvas, xy, radius, class_colour(i))
    return canvas


def draw_true_points(image: Pixels, xy: npt.ArrayLike) -> Pixels:
    """The image with a black and white ring around each point: where they are, whatever was found.

    Args:
        image: as for `draw_landmarks`.
        xy: (P, 2) in pixels of the image; NaN where a point is not marked.

    Returns:
        (H, W, 3) of uint8, a copy.

    Raises:
        ShapeError, ArgumentError: the image is not one, or these are no points.
    """
    canvas, points = as_rgb(image), np.asarray(xy, np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ShapeError.of("xy", "a list of points, shape (P, 2)", points.shape)
    width = line_width(canvas)
    for point in points[np.isfinite(points).all(axis=1)].tolist():
        _draw_ring(canvas, point, 3 * width, width + 2, BLACK)
        _draw_ring(canvas, point, 3 * width, max(1, width // 2), WHITE)
    return canvas


# OpenCV counts pixels from their centres, and takes whole numbers, here sixteenths of a pixel.
_SHIFT = 4


def draw_disc(canvas: Pixels, xy: Sequence[float], radius: int, colour: Colour) -> None:
    """Draw a dot on an image (H, W, 3)."""
    import cv2

    cv2.circle(canvas, _centre(canvas, xy), radius << _SHIFT, colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def _draw_ring(canvas: Pixels, xy: Sequence[float], radius: int, width: int, colour: Colour) -> None:
    import cv2

    cv2.circle(canvas, _centre(canvas, xy), radius << _SHIFT, colour, width, cv2.LINE_AA, _SHIFT)


def _centre(canvas: Pixels, xy: Sequence[float]) -> tuple[int, int]:
    """In OpenCV's coordinates; what is far outside stays outside."""
    height, width = canvas.shape[:2]
    x, y = np.clip(xy, (-width, -height), (2 * width, 2 * height))
    return round((x - 0.5) * (1 << _SHIFT)), round((y - 0.5) * (1 << _SHIFT))

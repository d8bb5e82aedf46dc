"""Which of the faces on an image are meant, where one is asked for."""

import math
from collections.abc import Callable, Sequence

from striate.results import Face

Faces = Sequence[Face]
Choose = Callable[[Faces, tuple[int, int]], tuple[Face, ...]]  # faces, and height and width of their image


def every(faces: Faces, image_hw: tuple[int, int]) -> tuple[Face, ...]:
    """All of them."""
    return tuple(faces)


def largest(faces: Faces, image_hw: tuple[int, int]) -> tuple[Face, ...]:
    """The one with the largest box, the first of equal ones; none of none.

    Example:
        >>> points = ((0.0, 0.0),) * 5
        >>> small, large = Face((45, 45, 55, 55), 1.0, points), Face((0, 0, 20, 20), 0.9, points)
        >>> largest([small, large], (100, 100)) == (large,), most_central([small, large], (100, 100)) == (small,)
        (True, True)
    """
    return (max(faces, key=lambda face: face.size),) if faces else ()


def most_central(faces: Faces, image_hw: tuple[int, int]) -> tuple[Face, ...]:
    """The one whose box's centre is nearest to the image's, the first of equally near ones; none of none."""

    def from_centre(face: Face) -> float:
        left, top, right, bottom = face.xyxy
        return math.hypot(left + right - image_hw[1], top + bottom - image_hw[0])

    return (min(faces, key=from_centre),) if faces else ()

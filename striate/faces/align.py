"""A face turned, resized and moved to where an encoder was trained to see it."""

import math
from dataclasses import dataclass

import numpy as np

from striate.data.distort import Distortion
from striate.data.records import Pixels
from striate.draw.pixels import as_rgb, check_pixels
from striate.errors import ArgumentError
from striate.ops import geometry
from striate.results import FACE_POINTS, Face


@dataclass(frozen=True)
class Canonical:
    """Where the five points of a face stand in a chip, the picture that an encoder is shown.

    Attributes:
        size_hw: height and width of the chip in pixels.
        xy: places of the `FACE_POINTS` in it, in pixels.

    Raises:
        ArgumentError: not five points of finite numbers, or a chip without pixels.

    Example:
        >>> face = Face((100, 100, 200, 220), 1.0, tuple((2 * x, 2 * y) for x, y in DLIB_CHIP.xy))
        >>> DLIB_CHIP.matrix(face).round(6) + 0.0
        array([[0.5, 0. , 0. ],
               [0. , 0.5, 0. ],
               [0. , 0. , 1. ]])
        >>> DLIB_CHIP.chip(np.zeros((400, 300, 3), np.uint8), face).shape
        (150, 150, 3)
    """

    size_hw: tuple[int, int]
    xy: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if min(self.size_hw) < 1:
            raise ArgumentError.of("size_hw", "at least a pixel a side", self.size_hw)
        if len(self.xy) != len(FACE_POINTS) or not all(len(p) == 2 and all(map(math.isfinite, p)) for p in self.xy):
            raise ArgumentError.of("xy", f"{len(FACE_POINTS)} pairs of finite numbers", self.xy)

    def matrix(self, face: Face) -> geometry.Matrix:
        """The similarity that brings the face's points nearest to their places, 3x3.

        Raises:
            ArgumentError: the points lie in one place, or so that no turning brings them nearer.
        """
        return geometry.similarity(face.xy, self.xy)

    def chip(self, image: Pixels, face: Face) -> Pixels:
        """The face in its place, resampled once, averaged over areas where it shrinks; black outside of the image.

        Args:
            image: uint8 (H, W, C) that the face was found on, C of 1, 3 or 4.
            face: in pixels of the image.

        Returns:
            uint8 (h, w, 3).

        Raises:
            ShapeError, ArgumentError: the image is not one, or the points lie in one place.
        """
        pixels = check_pixels(image)
        height, width, channels = pixels.shape
        black = (0.0, 0.0, 0.0, 255.0) if channels == 4 else (0.0,) * channels
        distortion = Distortion(self.matrix(face), (height, width), self.size_hw, black)
        return as_rgb(distortion.image(pixels).astype(np.uint8))


# dlib's mean face of these points, with a quarter of its side around it: (p + 0.25) / 1.5 * 150.
DLIB_CHIP = Canonical((150, 150), ((47.55, 46.6), (100.47, 46.6), (74.01, 76.56), (50.41, 103.02), (97.61, 103.02)))

# FaceNet was shown MTCNN's box with a margin of 44 pixels, stretched to 182 x 182, of that the central 160. This is
# where the points stand in such pictures: the mean of 160 faces of Labeled Faces in the Wild, made symmetric.
FACENET_CHIP = Canonical((160, 160), ((52.8, 64.9), (107.2, 64.9), (80.0, 90.2), (55.9, 113.8), (104.1, 113.8)))

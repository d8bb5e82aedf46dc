"""NASA's photograph of Eileen Collins, which scikit-image has: once, or several times on one picture."""

from typing import NamedTuple

import numpy as np
from skimage import data

from striate.data import Distortion
from striate.ops import geometry

# Eyes, nose and corners of the mouth, read off the photograph enlarged by eye.
POINTS = np.array([[204, 101], [247, 103], [225, 127], [202, 139], [245, 142]], np.float64)


class Placed(NamedTuple):
    """Where a copy stands: its left and top, its size as a share of 512 pixels, and how far it is turned."""

    x: float
    y: float
    share: float
    angle_degrees: float

    @property
    def matrix(self):
        middle = (256 * self.share, 256 * self.share)
        turn = geometry.around(geometry.rotate(self.angle_degrees), middle)
        return geometry.translate(self.x, self.y) @ turn @ geometry.scale(self.share)


FIVE = (
    Placed(0, 0, 1.0, 0),
    Placed(430, 20, 0.6, 15),
    Placed(760, 0, 0.8, -15),
    Placed(60, 480, 0.75, 10),
    Placed(600, 430, 0.9, -8),
)


def astronaut():
    """(512, 512, 3)"""
    return data.astronaut()


def five_astronauts():
    """(900, 1200, 3) with the copies of `FIVE`."""
    canvas = np.full((900, 1200, 3), (90, 110, 130), np.uint8)
    for placed in FIVE:
        move = Distortion(placed.matrix, (512, 512), canvas.shape[:2], (0, 0, 0))
        inside = move.mask(np.ones((512, 512), np.bool_))
        canvas[inside] = move.image(astronaut())[inside]
    return canvas

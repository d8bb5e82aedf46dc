"""Close-ups: what a detector missed or took for something, large enough to see."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from striate.draw.boxes import draw_detections, draw_truth
from striate.draw.pixels import Pixels, as_rgb
from striate.draw.sheet import TILE
from striate.results import Detections

SIDE = 2 * TILE  # pixels
AROUND = 2.0  # a close-up's side in sides of the box
LEAST = 32  # pixels of the image that a close-up shows


@dataclass(frozen=True, eq=False)
class CloseUp:
    """One place on an image that was misjudged.

    Attributes:
        image: (H, W) or (H, W, C) of uint8; grey, RGB, or RGB and alpha.
        xyxy: (4,) the box to look at, in pixels.
        title: what is or seems to be there.
        remark: what is wrong.
        path: where the image lies.
        found: detections to draw.
        truth: (N, 4) boxes of objects to draw, dashed.
    """

    image: Pixels
    xyxy: npt.NDArray[np.float64]
    title: str
    remark: str
    path: str
    found: Detections = field(default_factory=Detections.empty)
    truth: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 4)))


def close_up(view: CloseUp) -> Pixels:
    """The box and twice as much around it, enlarged or reduced to 320 pixels a side, with the boxes drawn on that.

    Returns:
        (320, 320, 3) of uint8; beyond the image's edges it is white.

    Example:
        >>> view = CloseUp(np.zeros((80, 80), np.uint8), np.array([30.0, 30, 50, 50]), "car", "missed", "a.jpg")
        >>> close_up(view).shape
        (320, 320, 3)
    """
    import cv2

    image = as_rgb(view.image)
    left, top, right, bottom = view.xyxy.tolist()
    side = max(AROUND * max(right - left, bottom - top), LEAST)
    scale = SIDE / side
    start = np.array([(left + right - side) / 2, (top + bottom - side) / 2])
    offset = 0.5 * scale - 0.5 - scale * start  # OpenCV counts from the first pixel's centre
    matrix = np.array([[scale, 0, offset[0]], [0, scale, offset[1]]])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST if scale > 4 else cv2.INTER_LINEAR
    pixels = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=way, borderValue=(255, 255, 255))
    corners = np.tile(start, 2)
    found = view.found
    moved = Detections((found.xyxy - corners) * scale, found.confidence, found.class_id, found.labels)
    picture = draw_truth(np.asarray(pixels, np.uint8), (view.truth - corners) * scale, scale=2)
    return draw_detections(picture, moved, scale=2)  # last, so that nothing runs across its labels

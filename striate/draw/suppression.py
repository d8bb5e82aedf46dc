"""What non-max suppression removed."""

import numpy as np
import numpy.typing as npt

from striate.draw.boxes import draw_detections, draw_outlines
from striate.draw.pixels import Pixels
from striate.results import Detections

GAP = 0.02  # of the width


def suppression_picture(image: Pixels, candidates: Detections, kept: npt.NDArray[np.integer]) -> Pixels:
    """Twice the image, side by side: with all candidates as outlines, and with those that were kept.

    Args:
        image: (H, W) or (H, W, C) of uint8; grey, RGB, or RGB and alpha.
        candidates: in pixels of the image.
        kept: places of those that suppression kept, as `striate.ops.nms` answers.

    Returns:
        (H, about 2.02 · W, 3) of uint8, white between the two.

    Raises:
        ShapeError, ArgumentError: the image is not one.

    Example:
        >>> boxes = np.array([[10, 10, 40, 40], [12, 10, 42, 40]])
        >>> found = Detections(boxes, np.array([0.9, 0.8]), np.array([0, 0]), ("car", "car"))
        >>> suppression_picture(np.zeros((50, 100), np.uint8), found, np.array([0])).shape
        (50, 202, 3)
    """
    before = draw_outlines(image, candidates)
    after = draw_detections(image, candidates[kept])
    height, width = after.shape[:2]
    between = np.full((height, max(1, round(GAP * width)), 3), 255, np.uint8)
    return np.concatenate([before, between, after], axis=1)

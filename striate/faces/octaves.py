"""A picture again and again at half its size, and squares cut out of it, all at once."""

import cv2
import numpy as np
from numpy.typing import NDArray

from striate.data.records import Pixels
from striate.draw.pixels import as_rgb, shrink

Boxes = NDArray[np.float32]  # (K, 4) left, top, right, bottom


class Octaves:
    """A picture in RGB, not larger than asked for, and halves of it by area averaging.

    Args:
        image: uint8 (H, W) or (H, W, C), C of 1, 3 or 4; what is transparent shows white.
        side: pixels of the longer side at most; a larger image is reduced.

    Attributes:
        levels: uint8 (h, w, 3), the largest first, the last of them less than 24 pixels wide or high.

    Raises:
        ShapeError, ArgumentError: the image is not one.

    Example:
        >>> [level.shape for level in Octaves(np.zeros((400, 300), np.uint8), side=200).levels]
        [(200, 150, 3), (100, 75, 3), (50, 37, 3), (25, 18, 3)]
    """

    def __init__(self, image: Pixels, side: int):
        self.levels = [as_rgb(shrink(image, side))]
        while min(self.size_hw) >> len(self.levels) >= 12:
            height, width = (n >> len(self.levels) for n in self.size_hw)
            self.levels.append(_area(self.levels[-1], (height, width)))

    @property
    def size_hw(self) -> tuple[int, int]:
        """Of the largest level."""
        height, width, _ = self.levels[0].shape
        return height, width

    def resized(self, size_hw: tuple[int, int]) -> Pixels:
        """The picture at a size that is not larger than its own, by one resize of the next larger level.

        Returns:
            uint8 (h, w, 3).
        """
        larger = [level for level in self.levels if level.shape[0] >= size_hw[0] and level.shape[1] >= size_hw[1]]
        return _area(larger[-1], size_hw)

    def cut(self, xyxy: Boxes, side: int) -> Pixels:
        """What boxes show, each resized to a square; black where they reach out of the picture.

        Each is read once and bilinearly, from the level at which it is one to two times as large as the square (or
        smaller, where the picture itself is): all boxes of a level by one call.

        Args:
            xyxy: (K, 4) in pixels of the largest level, with an area; K may be 0.
            side: pixels of the squares.

        Returns:
            uint8 (K, side, side, 3).
        """
        squares = np.empty((len(xyxy), side, side, 3), np.uint8)
        octave = np.log2(np.maximum(1, (xyxy[:, 2:] - xyxy[:, :2]).max(axis=1, initial=1) / side)).astype(int)
        octave = np.minimum(octave, len(self.levels) - 1)
        for i in np.unique(octave).tolist():
            chosen = np.flatnonzero(octave == i)
            squares[chosen] = _cut_from(self.levels[i], xyxy[chosen] * self._factors(i), side)
        return squares

    def _factors(self, i: int) -> NDArray[np.float32]:
        """What a box is multiplied by to be in pixels of level i."""
        (height, width), (h, w) = self.size_hw, self.levels[i].shape[:2]
        return np.array([w / width, h / height] * 2, np.float32)


def _cut_from(level: Pixels, xyxy: Boxes, side: int) -> Pixels:
    """(K, 4) boxes in pixels of the level -> (K, side, side, 3)"""
    steps = (np.arange(side, dtype=np.float32) + 0.5) / side
    x, y = (xyxy[:, [i]] + (xyxy[:, [i + 2]] - xyxy[:, [i]]) * steps - 0.5 for i in (0, 1))  # (K, side)
    shape = (len(xyxy), side, side)
    columns = np.broadcast_to(x[:, None, :], shape).reshape(-1, side)
    rows = np.broadcast_to(y[:, :, None], shape).reshape(-1, side)
    black = cv2.BORDER_CONSTANT
    seen = cv2.remap(level, np.ascontiguousarray(columns), np.ascontiguousarray(rows), cv2.INTER_LINEAR, None, black)
    return np.asarray(seen, np.uint8).reshape(*shape, 3)


def _area(image: Pixels, size_hw: tuple[int, int]) -> Pixels:
    return np.asarray(cv2.resize(image, (size_hw[1], size_hw[0]), interpolation=cv2.INTER_AREA), np.uint8)

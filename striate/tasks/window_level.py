"""An image rescaled so that windows of one size are as large as a network's input, and where they lie on it."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.data import Distortion
from striate.errors import ArgumentError
from striate.ops import geometry, window_boxes
from striate.preset import Preset

Starts = NDArray[np.int64]

MOST_PIXELS = 2**25  # of a rescaled image: in colour it takes 400 MB as floats


class WindowLevel(NamedTuple):
    """Windows of one size on an image.

    Attributes:
        distortion: from the image to the rescaled one, which is as large as the windows reach.
        top, left: where the rows and columns of windows begin, in pixels of the rescaled image.
        window_hw: size of a window there.
    """

    distortion: Distortion
    top: Starts
    left: Starts
    window_hw: tuple[int, int]

    @property
    def counts(self) -> tuple[int, int]:
        """Rows and columns of windows."""
        return len(self.top), len(self.left)

    def boxes(self, rows: slice = slice(None), columns: slice = slice(None)) -> NDArray[np.float64]:
        """Windows in pixels of the image, cut off at its edges, row by row: (N, 4) xyxy."""
        height, width = self.distortion.source_hw
        boxes = window_boxes(self.left[columns], self.top[rows], self.window_hw)
        inside: NDArray[np.float64] = geometry.apply_boxes(self.distortion.inverse, boxes)
        return inside.clip(0, [width, height, width, height])


def window_level(
    image_hw: tuple[int, int], preset: Preset, size: int, *, stride: int = 0, own_stride_hw: tuple[int, int] = (1, 1)
) -> WindowLevel:
    """Windows all over an image; the last ones may hang over its right and lower edge, where the border's colour is.

    Args:
        image_hw: height and width of the image.
        preset: what the network expects; its size is the windows' in the rescaled image.
        size: the windows' shorter side in pixels of the image.
        stride: pixels of the image from one window to the next; 0 is `own_stride_hw`.
        own_stride_hw: pixels of the rescaled image likewise, along each axis.

    Raises:
        ArgumentError: windows so small that the rescaled image would be too large.

    Example:
        >>> level = window_level((300, 400), Preset(size_hw=(224, 224)), 112, own_stride_hw=(32, 32))
        >>> level.distortion.size_hw, level.counts, level.boxes()[1].tolist()
        ((608, 800), (13, 19), [16.0, 0.0, 128.0, 112.0])
    """
    factor = min(preset.size_hw) / size
    rescaled_hw = max(1, round(factor * image_hw[0])), max(1, round(factor * image_hw[1]))
    steps = (factor * stride,) * 2 if stride else own_stride_hw
    top, left = (_starts(n, w, step) for n, w, step in zip(rescaled_hw, preset.size_hw, steps, strict=True))
    frame_hw = int(top[-1]) + preset.size_hw[0], int(left[-1]) + preset.size_hw[1]
    if math.prod(frame_hw) > MOST_PIXELS:
        least = math.ceil(size * math.sqrt(math.prod(frame_hw) / MOST_PIXELS))
        what = f"at least about {least} for an image of {image_hw[1]}x{image_hw[0]}, which has to be rescaled"
        raise ArgumentError.of("size", f"{what} by {min(preset.size_hw)}/size", size)
    matrix = geometry.resize(image_hw, rescaled_hw)
    distortion = Distortion(matrix, image_hw, frame_hw, preset.border, filter=preset.filter, exact=True)
    return WindowLevel(distortion, top, left, preset.size_hw)


def _starts(length: int, window: int, step: float) -> Starts:
    """Where windows begin that cover a length, in whole pixels."""
    count = math.ceil(max(0, length - window) / step - 1e-9) + 1
    starts: Starts = np.unique(np.rint(np.arange(count) * step)).astype(np.int64)
    return starts

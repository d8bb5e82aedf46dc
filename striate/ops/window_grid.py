"""Where the windows lie that a network looks at when it slides over a larger input."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from striate.errors import ShapeError
from striate.ops.receptive import Field


@dataclass(frozen=True)
class WindowGrid:
    """The windows of a dense network: one for each of its scores, the first at the input's very beginning.

    Attributes:
        size: samples of a window along each spatial axis: what the network was trained on.
        fields: what the first score sees along each axis, in samples of the input. Where the network pads, that
            reaches beyond the window, and its centre may lie off the window's.

    Example:
        >>> grid = WindowGrid(size=(14, 14), fields=(Field(14, 2, 7.0),) * 2)
        >>> grid.stride, grid.exact, grid.counts((28, 28))
        ((2, 2), True, (8, 8))
        >>> grid.boxes((1, 2))
        array([[ 0.,  0., 14., 14.],
               [ 2.,  0., 16., 14.]])
    """

    size: tuple[int, ...]
    fields: tuple[Field, ...]

    @property
    def stride(self) -> tuple[int, ...]:
        """Samples from one window to the next along each axis."""
        return tuple(int(field.stride) for field in self.fields)

    @property
    def exact(self) -> bool:
        """Whether a score sees its window alone, and so equals the network's answer to that window cut out."""
        extents = (field.extent() for field in self.fields)
        return all(start >= 0 and stop <= n for (start, stop), n in zip(extents, self.size, strict=True))

    def counts(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """How many whole windows an input of these sizes has along each axis.

        Raises:
            ShapeError: the input is smaller than a window, or has another number of axes.
        """
        if len(sizes) != len(self.size) or any(n < w for n, w in zip(sizes, self.size, strict=True)):
            raise ShapeError.of("input", f"at least as large as a window, {self.size}", tuple(sizes))
        axes = zip(sizes, self.size, self.stride, strict=True)
        return tuple((n - window) // stride + 1 for n, window, stride in axes)

    def extent(self, counts: Sequence[int]) -> tuple[int, ...]:
        """The sizes that so many windows span along each axis."""
        return tuple(w + (n - 1) * s for n, w, s in zip(counts, self.size, self.stride, strict=True))

    def boxes(self, counts: tuple[int, int]) -> NDArray[np.float64]:
        """The windows of an image, row by row: (N, 4) left, top, right, bottom, for H' x W' windows N = H' · W'."""
        y, x = (np.arange(n) * stride for n, stride in zip(counts, self.stride, strict=True))
        return window_boxes(x, y, (self.size[0], self.size[1]))


def window_boxes(left: NDArray[np.integer], top: NDArray[np.integer], size_hw: tuple[int, int]) -> NDArray[np.float64]:
    """Windows of one size that begin at all of these columns in each of these rows, row by row: (N, 4) xyxy.

    Example:
        >>> window_boxes(np.array([0, 8]), np.array([3]), size_hw=(10, 20))
        array([[ 0.,  3., 20., 13.],
               [ 8.,  3., 28., 13.]])
    """
    y, x = (starts.ravel() for starts in np.meshgrid(top, left, indexing="ij"))
    return np.stack([x, y, x + size_hw[1], y + size_hw[0]], axis=1).astype(np.float64)

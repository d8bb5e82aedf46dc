"""A smooth displacement field: what a picture on rubber does when it is pulled about.

A coarse grid lies over the frame. Each of its knots is pulled somewhere, and a cubic B-spline (de Boor, 1978) follows:
at every place the displacement is a weighted mean of the pulls of 16 knots, so it is nowhere longer than the longest.
Its slope is at most √8 times that length over the distance of two knots, and below 1 nothing folds: each place of the
result has one source, and each source one place.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from striate.errors import ArgumentError, ShapeError
from striate.ops.geometry import Matrix, apply_points

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Field:
    """A displacement of every place in a frame; around it, places move as those of its edge do.

    Attributes:
        pulls: (rows, columns, 2), where the source of each knot lies, in pixels to the right and down from it. The
            second knot stands in the frame's corner.
        spacing: pixels between two knots.
        size_hw: size of the frame.

    Raises:
        ShapeError: too few knots for the frame.
        ArgumentError: a pull is so long that the picture could fold.

    Example:
        >>> field = Field(np.full((4, 4, 2), 3.0), spacing=20.0, size_hw=(20, 20))
        >>> field.sources([[5, 5]]), field.forward([[8, 8]])
        (array([[8., 8.]]), array([[5., 5.]]))
    """

    pulls: Floats
    spacing: float
    size_hw: tuple[int, int]

    def __post_init__(self) -> None:
        expected = (*knots_over(self.size_hw, self.spacing), 2)
        if self.pulls.shape != expected:
            raise ShapeError.of("pulls", f"of shape {expected}", self.pulls.shape)
        if self.reach > self.spacing / 4 * (1 + 1e-9):
            raise ArgumentError.of(
                "pulls", f"at most {self.spacing / 4:g} pixels long, a quarter of spacing", self.reach
            )

    @property
    def reach(self) -> float:
        """No place is displaced by more pixels than this."""
        return float(np.hypot(self.pulls[..., 0], self.pulls[..., 1]).max())

    def sources(self, xy: ArrayLike) -> Floats:
        """Where the picture at places (..., 2) of the frame comes from."""
        places = np.asarray(xy, dtype=np.float64)
        return places + self._displacement(places)

    def pixel_sources(self, matrix: Matrix) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Where the centres of all pixels come from, moved on by a matrix: x and y, each float32 (h, w).

        A cubic spline follows straight lines exactly. So the places of the knots are splined together with their pulls,
        and a motion of the whole frame is one of its few knots.
        """
        rows, columns = self.pulls.shape[:2]
        down, across = (pixel_weights(side, self.spacing) for side in self.size_hw)
        x, y = np.meshgrid((np.arange(columns) - 1) * self.spacing, (np.arange(rows) - 1) * self.spacing)
        knots = apply_points(matrix, np.stack([x, y], axis=-1) + self.pulls)  # (rows, columns, 2)
        x, y = ((down @ knots[..., i].astype(np.float32)) @ across.T for i in (0, 1))
        return x, y

    def forward(self, xy: ArrayLike) -> Floats:
        """Where what was at `xy` (..., 2) is found afterwards: the inverse of `sources`, to a millionth of a pixel.

        By fixed-point iteration: with p + d(p) = q, every p ← q - d(p) comes nearer by the field's slope.
        """
        places = start = np.asarray(xy, dtype=np.float64)
        for _ in range(80):  # a slope of 1/√2 or less leaves 1e-12 of the first error
            last, places = places, start - self._displacement(places)
            if np.abs(places - last).max(initial=0) < 1e-8:
                break
        return places

    def _displacement(self, xy: Floats) -> Floats:
        height, width = self.size_hw
        x, y = np.clip(xy[..., 0], 0, width), np.clip(xy[..., 1], 0, height)
        down, across = (knot_weights(v, self.spacing, n) for v, n in zip((y, x), self.pulls.shape[:2], strict=True))
        return np.asarray(np.einsum("...i,...j,ijc->...c", down, across, self.pulls, optimize=True))


def knots_over(size_hw: tuple[int, int], spacing: float) -> tuple[int, int]:
    """How many rows and columns of knots a frame takes: one before it, and two after its last cell's first."""
    height, width = (math.ceil(side / spacing) + 3 for side in size_hw)
    return height, width


@lru_cache(maxsize=64)
def pixel_weights(side: int, spacing: float) -> NDArray[np.float32]:
    """`knot_weights` at the centres of a row of pixels, (side, knots): the same for every field of a pipeline."""
    return knot_weights(np.arange(side, dtype=np.float64) + 0.5, spacing, math.ceil(side / spacing) + 3).astype(
        np.float32
    )


def knot_weights(along: Floats, spacing: float, knots: int) -> Floats:
    """What each of the knots in a row counts at places (...) along it, (..., knots); four are not 0."""
    steps = along / spacing
    cell = np.clip(np.floor(steps), 0, knots - 4)
    u = steps - cell
    four = np.stack([(1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3], axis=-1) / 6
    weights = np.zeros((*along.shape, knots))
    np.put_along_axis(weights, cell[..., np.newaxis].astype(np.int64) + np.arange(4), four, axis=-1)
    return weights

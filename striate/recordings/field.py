"""A smooth displacement of a grid of any number of axes: time that runs unevenly, a volume of rubber.

It is `striate.data.field` on any number of axes, measured in cells: a coarse lattice lies over the frame, each knot is
pulled somewhere, and a cubic B-spline follows. In cells of the lattice its slope is at most 2√n times the longest pull.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from striate.data.field import knot_weights
from striate.errors import ArgumentError, ShapeError

Floats = NDArray[np.float64]
LONGEST = 0.25  # of a cell: for up to three axes the slope stays below 0.87, and nothing folds


@dataclass(frozen=True, eq=False)
class GridField:
    """A displacement of every place in a frame; around it, places move as those of its edge do.

    Attributes:
        pulls: (n, K₁, …, Kₙ), where the source of each knot lies along each axis, in cells of that axis. The second
            knot along each axis stands in the frame's first corner, so `cells` take `cells + 3` knots.
        size: samples of the frame along each axis.

    Raises:
        ShapeError: another number of axes than the frame has, or fewer than four knots along one.
        ArgumentError: a pull is so long that the frame could fold.

    Example:
        >>> field = GridField(np.full((1, 5), 0.1), size=(20,))  # two cells, each of ten samples
        >>> field.sources([[5.0]]), field.forward([[6.0]])
        (array([[6.]]), array([[5.]]))
    """

    pulls: Floats
    size: tuple[int, ...]

    def __post_init__(self) -> None:
        dims = len(self.size)
        if self.pulls.shape[:1] != (dims,) or self.pulls.ndim != dims + 1 or min(self.pulls.shape[1:]) < 4:
            raise ShapeError.of("pulls", f"({dims}, …) with at least 4 knots along each axis", self.pulls.shape)
        if np.linalg.norm(self.pulls, axis=0).max() > LONGEST * (1 + 1e-9):
            raise ArgumentError("pulls must be at most a quarter of a cell long")

    @property
    def steps(self) -> tuple[float, ...]:
        """Samples from one knot to the next along each axis."""
        return tuple(n / (knots - 3) for n, knots in zip(self.size, self.pulls.shape[1:], strict=True))

    def sources(self, places: ArrayLike) -> Floats:
        """Where the values at places (..., n) of the frame come from."""
        points = np.asarray(places, dtype=np.float64)
        return points + self._displacement(points)

    def forward(self, places: ArrayLike) -> Floats:
        """Where what was at `places` (..., n) is found afterwards: the inverse of `sources`.

        By fixed-point iteration: with p + d(p) = q, every p ← q - d(p) comes nearer by the field's slope.
        """
        points = start = np.asarray(places, dtype=np.float64)
        for _ in range(200):  # a slope of 0.87 leaves 1e-12 of the first error
            last, points = points, start - self._displacement(points)
            if np.abs(points - last).max(initial=0) < 1e-9:
                break
        return points

    def displacements(self) -> Floats:
        """Of the centres of all samples, (n, *size) in samples."""
        moved = self.pulls * np.reshape(self.steps, (-1, *[1] * len(self.size)))
        for axis, (n, step) in enumerate(zip(self.size, self.steps, strict=True), start=1):
            weights = knot_weights(np.arange(n, dtype=np.float64) + 0.5, step, moved.shape[axis])  # (n, knots)
            moved = np.moveaxis(np.tensordot(moved, weights, axes=(axis, 1)), -1, axis)
        return np.asarray(moved)

    def _displacement(self, points: Floats) -> Floats:
        moved = np.broadcast_to(self.pulls, (*points.shape[:-1], *self.pulls.shape))  # (..., n, K₁, …, Kₙ)
        for axis, (n, step) in enumerate(zip(self.size, self.steps, strict=True)):
            weights = knot_weights(np.clip(points[..., axis], 0, n), step, self.pulls.shape[axis + 1])
            left = moved.ndim - points.ndim - 1  # axes of knots behind this one
            moved = (moved * weights.reshape(*points.shape[:-1], 1, weights.shape[-1], *[1] * left)).sum(
                axis=points.ndim
            )
        return np.asarray(moved * self.steps)

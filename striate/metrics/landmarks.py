"""How far landmarks are off, in shares of a distance that the object itself gives."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.errors import ArgumentError, ShapeError
from striate.metrics.interval import bootstrap_interval
from striate.results import Landmarks

FAILURE = 0.1  # of the reference distance: the field's usual limit
_DRAWS = 1000


@dataclass(frozen=True)
class PointScore:
    """One point: how many images have it marked, and its mean error in shares of the reference distance."""

    name: str
    n: int
    mean_error: float


@dataclass(frozen=True)
class LandmarkFigures:
    """Every figure of merit of landmarks. Errors are distances over the image's own reference distance.

    Attributes:
        n: images.
        present: images that show the object with points to measure.
        mean_error: of an image the mean over its marked points, of these the mean; it is measured whether the object
            counts as found or not.
        interval: 95 %, of `mean_error`, by the bootstrap over images.
        median_error: of the images.
        failure_rate: share of the images whose error is above a tenth.
        presence_accuracy: whether there is an object was told rightly.
        reference: what errors are shares of.
        errors: of each image that was measured, rising: the curve of cumulated errors.
        per_point: in the order of the names.
    """

    n: int
    present: int
    mean_error: float
    interval: tuple[float, float]
    median_error: float
    failure_rate: float
    presence_accuracy: float
    reference: str
    errors: tuple[float, ...]
    per_point: tuple[PointScore, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, under the names of the attributes; the curve is left out."""
        plain = {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}
        return {name: value for name, value in plain.items() if name != "errors"}


def measure_landmarks(
    found: Sequence[Landmarks],
    present: NDArray[np.bool_],
    xy: NDArray[np.float64],
    names: Sequence[str],
    *,
    reference: tuple[int, int] | None = None,
) -> LandmarkFigures:
    """Compare what was found on each image with where the points are.

    Args:
        found: what a network answers, an image each.
        present: (N,) whether the object is there.
        xy: (N, P, 2) the true points in pixels, NaN where not marked.
        names: of the points.
        reference: the two points whose distance in each image errors are shares of, such as the eyes; None for the
            diagonal of the box around its points.

    Raises:
        ShapeError: no images, or arrays that don't fit each other.
        ArgumentError: nothing to measure: no image has points and a reference distance.

    Example:
        >>> face = Landmarks(0.9, ("left eye", "right eye"), ((10.0, 10.0), (31.0, 10.0)))
        >>> eyes = np.array([[[10.0, 10], [30, 10]]])
        >>> measure_landmarks([face], np.array([True]), eyes, face.names, reference=(0, 1)).mean_error
        0.025
    """
    if not len(found) or xy.shape != (len(found), len(names), 2) or present.shape != (len(found),):
        expected = f"({len(found)}, {len(names)}, 2) with a mark of presence for each of at least one image"
        raise ShapeError.of("xy", expected, (xy.shape, present.shape))
    placed = np.array([one.xy for one in found], dtype=np.float64)  # (N, P, 2)
    scale = reference_distances(xy, reference)
    measured = present & (scale > 0) & (np.isfinite(xy).all(axis=2).sum(axis=1) > 0)
    if not measured.any():
        raise ArgumentError("there is nothing to measure: no image has marked points and a reference distance")
    off = np.linalg.norm(placed[measured] - xy[measured], axis=2) / scale[measured, None]  # (M, P), NaN where unmarked
    errors = np.nanmean(off, axis=1)
    low, high = bootstrap_interval(lambda drawn: errors[drawn].mean(), len(errors), draws=_DRAWS).tolist()
    said = np.array([one.found for one in found])
    marked = np.isfinite(off)
    return LandmarkFigures(
        n=len(found),
        present=int(measured.sum()),
        mean_error=float(errors.mean()),
        interval=(low, high),
        median_error=float(np.median(errors)),
        failure_rate=float((errors > FAILURE).mean()),
        presence_accuracy=float((said == present).mean()),
        reference=describe_reference(names, reference),
        errors=tuple(np.sort(errors).tolist()),
        per_point=tuple(
            PointScore(name, int(marked[:, i].sum()), float(off[marked[:, i], i].mean()) if marked[:, i].any() else 0.0)
            for i, name in enumerate(names)
        ),
    )


def reference_distances(xy: NDArray[np.float64], reference: tuple[int, int] | None) -> NDArray[np.float64]:
    """(N, P, 2) -> (N,) the distance that errors are shares of; 0 where an image does not tell it."""
    if reference is not None:
        first, second = reference
        return np.asarray(np.nan_to_num(np.linalg.norm(xy[:, first] - xy[:, second], axis=1), nan=0.0))
    low, high = np.where(np.isfinite(xy), xy, np.inf).min(axis=1), np.where(np.isfinite(xy), xy, -np.inf).max(axis=1)
    sides = np.where(np.isfinite(high - low), high - low, 0.0)  # (N, 2)
    return np.asarray(np.linalg.norm(sides, axis=1))


def describe_reference(names: Sequence[str], reference: tuple[int, int] | None) -> str:
    """What errors are shares of, in words."""
    if reference is None:
        return "the diagonal of the box around the points"
    return f"the distance from {names[reference[0]]} to {names[reference[1]]}"

"""How well one object an image is told, placed and named."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from striate.errors import ShapeError
from striate.metrics.interval import wilson_interval
from striate.ops import paired_iou
from striate.results import Localization

RIGHT_IOU = 0.5


@dataclass(frozen=True)
class ObjectClassScore:
    """The objects of one class.

    Attributes:
        label: its name.
        n: how many images show it.
        found: share of them on which an object was found.
        named: share on which the class was right, whether it counted as found or not.
        placed: share on which one was found with an IoU of at least .5.
        mean_iou: of the boxes that the network would draw, found or not.
    """

    label: str
    n: int
    found: float
    named: float
    placed: float
    mean_iou: float


@dataclass(frozen=True)
class LocalizationFigures:
    """Every figure of merit of localization; shares in [0, 1].

    Attributes:
        n: images.
        present: images that show an object.
        all_right: nothing found where nothing is, or found, placed (IoU at least .5) and named rightly where it is.
        interval: 95 %, of `all_right` (Wilson's).
        presence_accuracy: whether there is an object was told rightly.
        class_accuracy: of images that show one, how often its class was right; 0 where none does.
        placed: of images that show one, how often it was found with an IoU of at least .5; 0 where none does.
        placed_interval: 95 %, of `placed`.
        mean_iou: over images that show one, of the box that the network would draw, found or not; 0 where none does.
        per_class: in the order of the labels.
    """

    n: int
    present: int
    all_right: float
    interval: tuple[float, float]
    presence_accuracy: float
    class_accuracy: float
    placed: float
    placed_interval: tuple[float, float]
    mean_iou: float
    per_class: tuple[ObjectClassScore, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, under the names of the attributes."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}


def measure_localization(
    found: Sequence[Localization],
    xyxy: NDArray[np.float64],
    class_ids: NDArray[np.int64],
    labels: Sequence[str],
) -> LocalizationFigures:
    """Compare what was found on each image with what is there.

    Args:
        found: what a network answers, an image each.
        xyxy: (N, 4) the true boxes in pixels of the images; any where there is none.
        class_ids: (N,) -1 where there is none.
        labels: names of the classes.

    Raises:
        ShapeError: no images, or not a box and a class for each.

    Example:
        >>> from striate.results import Classes
        >>> one = Localization(0.9, (0, 0, 10, 10), Classes(("cat", "dog"), (0.8, 0.2)))
        >>> none = Localization(0.1, (0, 0, 0, 0), Classes(("cat", "dog"), (0.5, 0.5)))
        >>> boxes, classes = np.array([[0.0, 0, 10, 8], [0, 0, 0, 0]]), np.array([0, -1])
        >>> figures = measure_localization([one, none], boxes, classes, ("cat", "dog"))
        >>> figures.all_right, figures.mean_iou
        (1.0, 0.8)
    """
    if not len(found) or xyxy.shape != (len(found), 4) or class_ids.shape != (len(found),):
        expected = f"a box and a class for each of at least one image ({len(found)} answers)"
        raise ShapeError.of("xyxy and class_ids", expected, (xyxy.shape, class_ids.shape))
    there = class_ids >= 0
    said = np.array([one.found for one in found])
    drawn = np.array([one.xyxy for one in found], dtype=np.float64)
    iou = paired_iou(torch.from_numpy(drawn), torch.from_numpy(xyxy.astype(np.float64))).numpy()
    named = np.array([one.classes.label for one in found]) == np.array([*labels, ""])[class_ids]
    placed = there & said & (iou >= RIGHT_IOU)
    right = np.where(there, placed & named, ~said)
    present, n = int(there.sum()), len(found)
    return LocalizationFigures(
        n=n,
        present=present,
        all_right=float(right.mean()),
        interval=wilson_interval(int(right.sum()), n),
        presence_accuracy=float((said == there).mean()),
        class_accuracy=_mean(named, there),
        placed=_mean(placed, there),
        placed_interval=wilson_interval(int(placed.sum()), present) if present else (0.0, 1.0),
        mean_iou=_mean(iou, there),
        per_class=tuple(
            ObjectClassScore(label, int(own.sum()), *(_mean(values, own) for values in (said, named, placed, iou)))
            for label, own in ((label, class_ids == i) for i, label in enumerate(labels))
        ),
    )


def _mean(values: NDArray[Any], of: NDArray[np.bool_]) -> float:
    return float(values[of].mean()) if of.any() else 0.0

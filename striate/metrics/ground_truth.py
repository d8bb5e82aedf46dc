"""What is on an image, for a detector to be held against."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from striate.errors import ArgumentError, ShapeError
from striate.metrics.inputs import Bools, Floats, Ints
from striate.results import Detections


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """The objects on one image, any number of them.

    Attributes:
        xyxy: (N, 4) left, top, right, bottom in pixels.
        class_id: (N,) integers of at least 0.
        ignored: (N,) what counts neither as found nor as missed: VOC's difficult objects, COCO's crowds. All others
            count, and all do where it is left out.

    Raises:
        ShapeError: the fields differ in length.
        ArgumentError: a box is not finite or has swapped corners, or a class is none.

    Example:
        >>> truth = GroundTruth(np.array([[10, 20, 30, 60], [0, 0, 5, 5]]), np.array([1, 0]), np.array([False, True]))
        >>> len(truth), truth.class_id[~truth.ignored]
        (2, array([1]))
    """

    xyxy: Floats
    class_id: Ints
    ignored: Bools = field(default_factory=lambda: np.zeros(0, np.bool_))

    def __post_init__(self) -> None:
        count = len(self.class_id)
        if len(self.ignored) == 0 < count:  # not given
            object.__setattr__(self, "ignored", np.zeros(count, np.bool_))
        shapes = self.xyxy.shape, self.class_id.shape, self.ignored.shape
        if shapes != ((count, 4), (count,), (count,)):
            raise ShapeError.of("xyxy, class_id and ignored", "of shapes (N, 4), (N,) and (N,)", shapes)
        if not (np.isfinite(self.xyxy).all() and (self.xyxy[:, :2] <= self.xyxy[:, 2:]).all()):
            raise ArgumentError.of("xyxy", "finite left, top, right, bottom in order", self.xyxy.tolist())
        if count and (not np.issubdtype(self.class_id.dtype, np.integer) or self.class_id.min() < 0):
            raise ArgumentError.of("class_id", "integers of at least 0", self.class_id.tolist())

    def __len__(self) -> int:
        return len(self.xyxy)


def check_detected(detections: Sequence[Detections], truths: Sequence[GroundTruth]) -> None:
    """As many answers as images, and at least one.

    Raises:
        ArgumentError: they are not that.
    """
    if not truths:
        raise ArgumentError.of("truths", "one for each image, at least one", truths)
    if len(detections) != len(truths):
        raise ArgumentError.of("detections", f"one for each of {len(truths)} images", f"{len(detections)} of them")

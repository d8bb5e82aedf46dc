"""The objects of an image, any number of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.errors import ArgumentError, ShapeError
from striate.results.checks import frozen_array


@dataclass(frozen=True, eq=False)
class Detections:
    """The objects that were found in an image, any number of them.

    The first three fields are called as supervision calls them: `sv.Detections(d.xyxy, confidence=d.confidence,
    class_id=d.class_id)`. Arrays are copied, and can't be written to.

    Attributes:
        xyxy: (N, 4) float64 left, top, right, bottom, in pixels of the image.
        confidence: (N,) float64 in [0, 1].
        class_id: (N,) int64, at least 0.
        labels: N names of the classes.

    Raises:
        ArgumentError: a number is out of range, or a box's corners are swapped.
        ShapeError: the fields differ in length.

    Example:
        >>> boxes = np.array([[10, 20, 30, 60], [0, 0, 5, 5]])
        >>> found = Detections(boxes, np.array([0.9, 0.4]), np.array([1, 0]), ("car", "bus"))
        >>> len(found), found[found.confidence > 0.5].labels
        (2, ('car',))
        >>> found[0].to_dict()
        {'detections': [{'label': 'car', 'class_id': 1, 'confidence': 0.9, 'xyxy': [10.0, 20.0, 30.0, 60.0]}]}
    """

    xyxy: NDArray[np.float64]
    confidence: NDArray[np.float64]
    class_id: NDArray[np.int64]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        for name, kind in (("xyxy", np.float64), ("confidence", np.float64), ("class_id", np.int64)):
            object.__setattr__(self, name, frozen_array(name, getattr(self, name), kind))
        object.__setattr__(self, "labels", tuple(self.labels))
        if self.xyxy.ndim != 2 or self.xyxy.shape[1] != 4:
            raise ShapeError.of("xyxy", "a list of boxes, shape (N, 4)", self.xyxy.shape)
        shapes = self.confidence.shape, self.class_id.shape, (len(self.labels),)
        if set(shapes) != {(len(self.xyxy),)}:
            raise ShapeError.of("confidence, class_id and labels", f"one for each of {len(self.xyxy)} boxes", shapes)
        ordered = np.isfinite(self.xyxy).all(axis=1) & (self.xyxy[:, :2] <= self.xyxy[:, 2:]).all(axis=1)
        if not ordered.all():
            first = self.xyxy[~ordered][0].tolist()
            raise ArgumentError.of("xyxy", "finite left, top, right, bottom in order", first)
        if not ((self.confidence >= 0) & (self.confidence <= 1)).all():
            raise ArgumentError.of("confidence", "in [0, 1]", self.confidence.tolist())
        if (self.class_id < 0).any():
            raise ArgumentError.of("class_id", "at least 0", self.class_id.tolist())

    @classmethod
    def empty(cls) -> "Detections":
        """Nothing was found."""
        return cls(np.zeros((0, 4)), np.zeros(0), np.zeros(0, dtype=np.int64), ())

    def __len__(self) -> int:
        return len(self.xyxy)

    def __getitem__(self, index: int | slice | NDArray[np.bool_] | NDArray[np.integer]) -> "Detections":
        """Some of them: one, a slice, or by an array of marks or of indices."""
        taken = np.atleast_1d(np.arange(len(self))[index])
        labels = tuple(self.labels[i] for i in taken)
        return Detections(self.xyxy[taken], self.confidence[taken], self.class_id[taken], labels)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        rows = zip(self.labels, self.class_id.tolist(), self.confidence.tolist(), self.xyxy.tolist(), strict=True)
        names = ("label", "class_id", "confidence", "xyxy")
        return {"detections": [dict(zip(names, row, strict=True)) for row in rows]}

    def to_coco(self, image_id: int, category_ids: Sequence[int]) -> list[dict[str, Any]]:
        """The entries of a COCO results file.

        Args:
            image_id: the image's in the annotations' file.
            category_ids: of each class, in the order of `class_id`; COCO's need not start at 0 nor be consecutive.

        Returns:
            A dict for each object, its box as left, top, width, height.

        Raises:
            ArgumentError: a class has no category.

        Example:
            >>> found = Detections(np.array([[10, 20, 30, 60]]), np.array([0.9]), np.array([1]), ("car",))
            >>> found.to_coco(7, category_ids=[18, 44])
            [{'image_id': 7, 'category_id': 44, 'bbox': [10.0, 20.0, 20.0, 40.0], 'score': 0.9}]
        """
        if len(self) and self.class_id.max() >= len(category_ids):
            raise ArgumentError.of("category_ids", f"one for each class up to {self.class_id.max()}", category_ids)
        boxes = np.concatenate([self.xyxy[:, :2], self.xyxy[:, 2:] - self.xyxy[:, :2]], axis=1).tolist()
        rows = zip(self.class_id.tolist(), boxes, self.confidence.tolist(), strict=True)
        return [{"image_id": image_id, "category_id": category_ids[i], "bbox": b, "score": s} for i, b, s in rows]

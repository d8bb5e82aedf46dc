"""Windows that may show a face, on all images of a batch: thinned out, moved, made square."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray

from striate.faces.octaves import Boxes
from striate.ops import batched_nms

Indices = NDArray[np.int64]
Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Windows:
    """Places on images that a network takes for faces.

    Attributes:
        image_id: (K,) which image.
        xyxy: (K, 4) what the network was shown, in pixels of that image.
        confidence: (K,) how sure it is, in [0, 1].
        offsets: (K, 4) how far it says that the face's sides lie from the window's, in widths and heights of it.
    """

    image_id: Indices
    xyxy: Boxes
    confidence: Numbers
    offsets: Numbers

    def __len__(self) -> int:
        return len(self.image_id)

    def take(self, chosen: Indices | NDArray[np.bool_]) -> "Windows":
        """Some of them, by indices or marks."""
        return Windows(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def faces(self) -> Boxes:
        """(K, 4) where the network says that the faces are; such a box may have no area.

        Example:
            >>> box, offsets = (np.array([row], np.float32) for row in ((0, 0, 10, 20), (0.1, 0, 0, -0.5)))
            >>> Windows(np.zeros(1, np.int64), box, np.ones(1, np.float32), offsets).faces()
            array([[ 1.,  0., 10., 10.]], dtype=float32)
        """
        return self.xyxy + self.offsets * np.tile(self.xyxy[:, 2:] - self.xyxy[:, :2], 2)

    def have_area(self) -> NDArray[np.bool_]:
        """(K,) whether the face has one."""
        faces = self.faces()
        return np.asarray((faces[:, 2:] > faces[:, :2]).all(axis=1))

    def thinned(self, iou_threshold: float) -> "Windows":
        """Those that no surer one on the same image overlaps by more, the surest first."""
        boxes, scores, images = (torch.from_numpy(t) for t in (self.xyxy, self.confidence, self.image_id))
        return self.take(batched_nms(boxes, scores, images, iou_threshold).numpy())


NONE = Windows(
    np.zeros(0, np.int64), np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 4), np.float32)
)


def join(parts: Sequence[Windows]) -> Windows:
    """One after the other; there may be none."""
    return Windows(*(np.concatenate([getattr(p, field.name) for p in (NONE, *parts)]) for field in fields(Windows)))


def squared(xyxy: Boxes) -> Boxes:
    """Squares around the same centres, as wide as the longer sides.

    Example:
        >>> squared(np.array([[0.0, 0, 10, 20]], np.float32))
        array([[-5.,  0., 15., 20.]], dtype=float32)
    """
    centre = (xyxy[:, :2] + xyxy[:, 2:]) / 2
    half = (xyxy[:, 2:] - xyxy[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def not_nested(image_id: Indices, xyxy: Boxes, confidence: Numbers, share: float) -> Indices:
    """Indices of boxes that share no more than a part of the smaller one's area with a surer one that stays.

    So no part of a face is found as one more face: a small box in a large one has a small IoU.

    Args:
        image_id: (K,) few of them are on one image.
        xyxy: (K, 4) with areas.
        confidence: (K,)
        share: of the smaller area, in [0, 1].

    Returns:
        The surest first.
    """
    stays: list[int] = []
    for i in np.argsort(-confidence, kind="stable").tolist():
        others = [j for j in stays if image_id[j] == image_id[i]]
        if not others or _shared(xyxy[i], xyxy[others]).max() <= share:
            stays.append(i)
    return np.array(stays, np.int64)


def _shared(box: Boxes, others: Boxes) -> Numbers:
    """(4,) and (K, 4): what they share, by the smaller area of each pair."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    smaller = np.minimum((box[2:] - box[:2]).prod(), (others[:, 2:] - others[:, :2]).prod(axis=1))
    return np.asarray(sides.clip(min=0).prod(axis=1) / smaller, np.float32)

"""The boxes of an image that was looked at several times become one list: boxes of one object are averaged."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from striate.errors import ArgumentError, ShapeError
from striate.ops.best_boxes import BestBoxes

Floats = NDArray[np.float64]


def fuse_boxes(looks: Sequence[BestBoxes], iou_threshold: float = 0.55) -> BestBoxes:
    """Weighted boxes fusion: what several looks at one image found, each object once.

    Of each class all boxes are taken from the surest on. A box joins the fused box that it overlaps most, if by more
    than the threshold and if no box of its own look has joined that one; else it begins another. A fused box is the
    mean of its members, weighted by their scores; its score is the sum of theirs over the number of looks, so that what
    few looks see becomes less likely.

    Solovyev, Wang and Gabruseva, Weighted boxes fusion: Ensembling boxes from different object detection models, 2019,
    arXiv:1910.13302. There two boxes of one look may join; here they are two objects, as cells that touch are.

    Args:
        looks: what each found: (M, 4) boxes, (M,) scores above 0 and (M,) integer classes; M may be 0. Each has gone
            through suppression. Empty boxes overlap nothing: they stay alone.
        iou_threshold: in [0, 1).

    Returns:
        The objects by falling score, in float64; of equal scores the lower class comes first. The order of the looks
        decides nothing but which of two equal boxes with equal scores is taken first.

    Raises:
        ArgumentError: no looks, or a number is not finite or out of range.
        ShapeError: a look has not as many boxes, scores and classes.

    Example:
        >>> one = BestBoxes(torch.tensor([[0.0, 0, 10, 10]]), torch.tensor([0.75]), torch.tensor([1]))
        >>> boxes = torch.tensor([[0.0, 0, 12, 10], [20, 0, 30, 10]])
        >>> other = BestBoxes(boxes, torch.tensor([0.25, 0.5]), torch.tensor([1, 1]))
        >>> fused = fuse_boxes([one, other])
        >>> fused.xyxy.tolist(), fused.scores.tolist(), fused.class_ids.tolist()
        ([[0.0, 0.0, 10.5, 10.0], [20.0, 0.0, 30.0, 10.0]], [0.5, 0.25], [1, 1])
    """
    if not looks:
        raise ArgumentError("looks must be at least one, got none")
    if not 0 <= iou_threshold < 1:
        raise ArgumentError.of("iou_threshold", "in [0, 1)", iou_threshold)
    for look in looks:
        _check(look)
    xyxy, scores = (torch.cat([look[i].detach().cpu().double() for look in looks]).numpy() for i in (0, 1))
    class_ids = torch.cat([look.class_ids.cpu().long() for look in looks]).numpy()
    looked = np.repeat(np.arange(len(looks)), [len(look.xyxy) for look in looks])
    classes, counts = np.unique(class_ids, return_counts=True)
    fused = {c: _Fused(n, len(looks), iou_threshold) for c, n in zip(classes.tolist(), counts.tolist(), strict=True)}
    surest_first = np.lexsort((*xyxy.T, -scores))
    for i in surest_first.tolist():
        fused[int(class_ids[i])].add(xyxy[i], float(scores[i]), int(looked[i]))
    return _by_score(fused, len(looks))


class _Fused:
    """The fused boxes of one class, of `most` boxes at most."""

    def __init__(self, most: int, looks: int, iou_threshold: float) -> None:
        self._boxes, self._sums = np.zeros((most, 4)), np.zeros(most)
        self._joined = np.zeros((looks, most), dtype=np.bool_)  # whether a box of a look is among the members
        self._count, self._threshold = 0, iou_threshold

    @property
    def boxes(self) -> Floats:
        """(M, 4)"""
        return self._boxes[: self._count]

    @property
    def sums(self) -> Floats:
        """(M,) of the members' scores."""
        return self._sums[: self._count]

    def add(self, box: Floats, score: float, look: int) -> None:
        """A box (4,), which is not surer than those before it: the mean of its members moves towards it."""
        place = self._place(box, look)
        self._joined[look, place] = True
        self._sums[place] += score
        self._boxes[place] += (box - self._boxes[place]) * (score / self._sums[place])

    def _place(self, box: Floats, look: int) -> int:
        """Of the fused box that it joins, or of a new one."""
        iou = np.where(self._joined[look, : self._count], 0, _iou(box, self.boxes))
        if self._count and iou[best := int(iou.argmax())] > self._threshold:
            return best
        self._count += 1
        return self._count - 1


def _iou(box: Floats, others: Floats) -> Floats:
    """Of a box (4,) with others (M, 4); with empty ones 0."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = sides.clip(min=0).prod(axis=1)
    union = (box[2:] - box[:2]).prod() + (others[:, 2:] - others[:, :2]).prod(axis=1) - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=shared > 0))


def _by_score(fused: dict[int, _Fused], looks: int) -> BestBoxes:
    boxes = np.concatenate([np.empty((0, 4)), *(own.boxes for own in fused.values())])
    scores = np.concatenate([np.empty(0), *(own.sums for own in fused.values())]) / looks
    class_ids = np.repeat(np.array(list(fused), dtype=np.int64), [len(own.sums) for own in fused.values()])
    order = np.argsort(-scores, kind="stable")
    return BestBoxes(*(torch.from_numpy(values[order]) for values in (boxes, scores, class_ids)))


def _check(look: BestBoxes) -> None:
    xyxy, scores, class_ids = look
    if xyxy.ndim != 2 or xyxy.shape[1] != 4:
        raise ShapeError.of("xyxy", "a list of boxes, shape (M, 4)", tuple(xyxy.shape))
    for name, values in (("scores", scores), ("class_ids", class_ids)):
        if tuple(values.shape) != (len(xyxy),):
            raise ShapeError.of(name, f"one for each of {len(xyxy)} boxes", tuple(values.shape))
    if not bool(torch.isfinite(xyxy).all()):
        raise ArgumentError("xyxy must be finite numbers")
    if not bool((torch.isfinite(scores) & (scores > 0)).all()):
        raise ArgumentError.of("scores", "finite and above 0", scores.tolist())

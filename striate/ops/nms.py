"""Non-max suppression: of boxes that overlap too much, the best one stays."""

from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import ArgumentError, ShapeError
from striate.ops.near_boxes import Indices, NearBoxes, Stretches

_FIRST_CHUNK, _GROWTH = 128, 4  # boxes that are decided together
_MOST_IN_CHUNK = 1 << 22  # pairs that are near
_SMALL_TABLE, _FEW = 1 << 17, 16  # pairs, and boxes, that are compared to all others without an index
_PICKED = 8  # what a pair that is picked by the index costs, against one of a whole table
_TOGETHER = 1 << 16  # pairs that are looked at together: what they need stays in the processor's cache

Floats = NDArray[np.floating]
Decay = Callable[[Floats], Floats]

_NONE = np.zeros(0, dtype=np.int64)


def nms(boxes_xyxy: Tensor, scores: Tensor, iou_threshold: float, *, or_equal: bool = False) -> Tensor:
    """Keep the best box, drop those that overlap it by more than a threshold, and so on with what is left.

    Boxes are only compared to those near them, on the processor: at the usual thresholds 100,000 take less than a
    second, whether they are spread over an image or lie in a heap.

    Args:
        boxes_xyxy: (N, 4) left, top, right, bottom; finite. Empty boxes overlap nothing: they stay.
        scores: (N,), finite.
        iou_threshold: in [0, 1]; compared in the boxes' precision.
        or_equal: also drop what overlaps by just the threshold, which then must be above 0.

    Returns:
        int64 indices of what stays, by falling score; of equal scores the lower index comes first, and wins.

    Raises:
        ArgumentError: a number is not finite or out of range.
        ShapeError: not N boxes and N scores.

    Example:
        >>> boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]])
        >>> nms(boxes, torch.tensor([0.8, 0.9, 0.7]), 0.5)
        tensor([1, 2])
    """
    one_class = torch.zeros(scores.shape, dtype=torch.int64)
    return batched_nms(boxes_xyxy, scores, one_class, iou_threshold, or_equal=or_equal)


def batched_nms(
    boxes_xyxy: Tensor, scores: Tensor, class_ids: Tensor, iou_threshold: float, *, or_equal: bool = False
) -> Tensor:
    """`nms` for each class on its own: boxes of two classes never drop one another.

    Args:
        boxes_xyxy, scores, iou_threshold, or_equal: as in `nms`.
        class_ids: (N,) integers. Images of a batch are kept apart in the same way.

    Returns, Raises: as `nms`.

    Example:
        >>> boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]])
        >>> batched_nms(boxes, torch.tensor([0.8, 0.9, 0.7]), torch.tensor([0, 1, 1]), 0.5)
        tensor([1, 0, 2])
    """
    _check(boxes_xyxy, scores, class_ids)
    if not 0 <= iou_threshold <= 1 or (or_equal and iou_threshold == 0):
        raise ArgumentError.of("iou_threshold", "in [0, 1], and above 0 with or_equal", iou_threshold)
    by_score = torch.sort(scores.detach(), descending=True, stable=True).indices
    boxes = _as_array(boxes_xyxy[by_score])
    groups = np.unique(class_ids[by_score.to(class_ids.device)].cpu().numpy(), return_inverse=True)[1]
    stays = np.ones(len(boxes), dtype=np.bool_)
    solid = np.flatnonzero((boxes[:, 2:] > boxes[:, :2]).all(axis=1))
    stays[solid] = _Suppression(boxes[solid], groups[solid], iou_threshold, or_equal).run()
    return by_score[torch.from_numpy(stays).to(by_score.device)]


def soft_nms(
    boxes_xyxy: Tensor, scores: Tensor, decay: Decay, *, class_ids: Tensor | None = None, least_score: float = 0.001
) -> tuple[Tensor, Tensor]:
    """Keep the best box, lower the scores of those that overlap it, and so on with the best of what is left.

    Bodla et al., Soft-NMS: Improving Object Detection With One Line of Code, 2017 (arXiv 1704.04503).

    Args:
        boxes_xyxy: (N, 4), finite.
        scores: (N,), at least 0.
        decay: what scores are multiplied by, given the IoU with the box that was kept: `gaussian_decay()` or
            `linear_decay()`.
        class_ids: (N,) integers; where they are given, boxes of two classes don't lower one another.
        least_score: boxes whose score falls below it are dropped.

    Returns:
        int64 indices of what stays and its lowered scores (at least float32), which fall; of equal ones the lower index
        comes first.

    Raises:
        ArgumentError: a number is not finite or out of range.
        ShapeError: not N boxes, scores and class ids.

    Example:
        >>> boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]])
        >>> soft_nms(boxes, torch.tensor([0.8, 0.9, 0.7]), linear_decay(0.5))
        (tensor([1, 2, 0]), tensor([0.9000, 0.7000, 0.1455]))
    """
    ids = torch.zeros(scores.shape, dtype=torch.int64) if class_ids is None else class_ids
    _check(boxes_xyxy, scores, ids)
    boxes, groups, left = _as_array(boxes_xyxy), ids.cpu().numpy(), _as_array(scores).copy()
    if (left < 0).any():
        raise ArgumentError.of("scores", "at least 0", float(left.min()))
    areas = _areas(boxes)
    indices, kept_scores = [], []
    waiting = np.flatnonzero(left >= least_score)
    while len(waiting):
        place = int(left[waiting].argmax())
        best = waiting[place]
        indices.append(int(best))
        kept_scores.append(float(left[best]))
        waiting = np.delete(waiting, place)
        iou = _iou(boxes[best], boxes[waiting], areas[best], areas[waiting])
        left[waiting] *= np.where(groups[waiting] == groups[best], decay(iou), 1)
        waiting = waiting[left[waiting] >= least_score]
    kept = torch.tensor(indices, dtype=torch.int64, device=scores.device)
    return kept, torch.from_numpy(np.array(kept_scores, dtype=left.dtype)).to(scores.device)


def gaussian_decay(sigma: float = 0.5) -> Decay:
    """exp(-IoU² / sigma): every overlap lowers a score, more and more."""
    if not sigma > 0:
        raise ArgumentError.of("sigma", "above 0", sigma)
    return lambda iou: np.exp(-(iou**2) / sigma)


def linear_decay(iou_threshold: float = 0.3) -> Decay:
    """1 - IoU from the threshold, in [0, 1], on; below it scores stay."""
    if not 0 <= iou_threshold <= 1:
        raise ArgumentError.of("iou_threshold", "in [0, 1]", iou_threshold)
    return lambda iou: np.where(iou >= iou_threshold, 1 - iou, 1)


class _Suppression:
    """Boxes by falling score, none of them empty, and which of them stay.

    They are decided in chunks: the first undecided ones among themselves, then what they leave of all after them.
    Chunks grow, as later ones are thinned out by what was kept before them, unless too many boxes lie in one place.
    """

    def __init__(self, boxes: Floats, groups: Indices, iou_threshold: float, or_equal: bool) -> None:
        self._boxes, self._groups, self._areas = boxes, groups, _areas(boxes)
        self._threshold = iou_threshold
        self._limit = boxes.dtype.type(iou_threshold)
        self._exceeds = np.greater_equal if or_equal else np.greater

    @cached_property
    def _near(self) -> NearBoxes:
        return NearBoxes(self._boxes.astype(np.float64), self._groups, self._threshold)

    def run(self) -> NDArray[np.bool_]:
        """Which boxes stay, (N,) marks."""
        stays = np.ones(len(self._boxes), dtype=np.bool_)
        undecided, size = np.arange(len(self._boxes)), _FIRST_CHUNK
        while len(undecided):
            size = self._fitting(undecided, size)
            chunk, rest = undecided[:size], undecided[size:]
            self._decide(chunk, stays)
            for _, dropped in self._overlaps(chunk[stays[chunk]], rest):
                stays[dropped] = False
            undecided, size = rest[stays[rest]], size * _GROWTH
        return stays

    def _fitting(self, undecided: Indices, size: int) -> int:
        """How many of the undecided may be decided together: `size`, halved until their near pairs are few enough."""
        while size > _FIRST_CHUNK and self._stretches(undecided[:size], undecided[:size]).pairs > _MOST_IN_CHUNK:
            size //= 2
        return size

    def _decide(self, chunk: Indices, stays: NDArray[np.bool_]) -> None:
        """Mark those of a chunk that a better one, which stays, drops."""
        pairs = [(i[i < j], j[i < j]) for i, j in self._overlaps(chunk, chunk)]
        better = np.concatenate([i for i, _ in pairs]) if pairs else _NONE
        worse = np.concatenate([j for _, j in pairs]) if pairs else _NONE
        order = np.argsort(better, kind="stable")
        heads, starts = np.unique(better[order], return_index=True)
        for head, dropped in zip(heads.tolist(), np.split(worse[order], starts[1:]), strict=False):
            if stays[head]:
                stays[dropped] = False

    def _overlaps(self, queries: Indices, among: Indices) -> Iterator[tuple[Indices, Indices]]:
        """Pairs (of `queries`, of `among`) of one group that overlap too much."""
        table = len(queries) * len(among)
        if table <= _SMALL_TABLE or len(queries) <= _FEW:
            return self._by_table(queries, among)
        stretches = self._stretches(queries, among)
        if stretches.pairs * _PICKED > table:
            return self._by_table(queries, among)
        return self._by_stretches(stretches)

    def _by_table(self, queries: Indices, among: Indices) -> Iterator[tuple[Indices, Indices]]:
        """Every one of `queries` with all of `among`, some rows at a time."""
        columns = np.ascontiguousarray(self._boxes[among].T).T  # (M, 4), all left sides in a row, and so on
        rows = max(1, _TOGETHER // max(1, len(among)))
        for start in range(0, len(queries), rows):
            some = queries[start : start + rows]
            iou = _iou(self._boxes[some, None], columns, self._areas[some, None], self._areas[among])
            too_much = self._exceeds(iou, self._limit) & (self._groups[some, None] == self._groups[among])
            i, j = np.nonzero(too_much)
            yield some[i], among[j]

    def _by_stretches(self, stretches: Stretches) -> Iterator[tuple[Indices, Indices]]:
        """Only those that are near each other; their groups are the same."""
        for i, j in stretches.expand(_TOGETHER):
            iou = _iou(self._boxes[i], self._boxes[j], self._areas[i], self._areas[j])
            too_much = self._exceeds(iou, self._limit)
            yield i[too_much], j[too_much]

    def _stretches(self, queries: Indices, among: Indices) -> Stretches:
        marks = np.zeros(len(self._boxes), dtype=np.bool_)
        marks[among] = True
        return self._near.near(queries, marks)


def _areas(boxes: Floats) -> Floats:
    sides = (boxes[:, 2:] - boxes[:, :2]).clip(min=0)
    return np.asarray(sides[:, 0] * sides[:, 1])


def _iou(a: Floats, b: Floats, a_areas: Floats, b_areas: Floats) -> Floats:
    """Of boxes (N, 4) with these areas, pair by pair; of two empty ones 0."""
    width = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    height = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    shared = width.clip(min=0) * height.clip(min=0)
    union = a_areas + b_areas - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def _as_array(values: Tensor) -> Floats:
    """On the processor, in float32 or float64: integers in the latter, which holds them."""
    least = torch.float32 if values.is_floating_point() else torch.float64
    return np.asarray(values.detach().cpu().to(torch.promote_types(values.dtype, least)).numpy())


def _check(boxes: Tensor, scores: Tensor, class_ids: Tensor) -> None:
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ShapeError.of("boxes_xyxy", "a list of boxes, shape (N, 4)", tuple(boxes.shape))
    for name, values in (("scores", scores), ("class_ids", class_ids)):
        if tuple(values.shape) != (len(boxes),):
            raise ShapeError.of(name, f"one for each of {len(boxes)} boxes", tuple(values.shape))
    for name, values in (("boxes_xyxy", boxes), ("scores", scores)):
        if not bool(torch.isfinite(values).all()):
            raise ArgumentError(f"{name} must be finite numbers; {int((~torch.isfinite(values)).sum())} are not")
    if class_ids.is_floating_point():
        raise ArgumentError.of("class_ids", "integers", class_ids.dtype)

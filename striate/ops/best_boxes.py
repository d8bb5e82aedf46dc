"""From a detector's many overlapping boxes to a list of objects."""

from typing import NamedTuple

from torch import Tensor

from striate.ops.nms import batched_nms


class BestBoxes(NamedTuple):
    """The objects of an image, by falling score.

    Attributes:
        xyxy: (M, 4).
        scores: (M,).
        class_ids: (M,) int64.
    """

    xyxy: Tensor
    scores: Tensor
    class_ids: Tensor


def best_boxes(
    xyxy: Tensor, scores: Tensor, *, score_threshold: float, iou_threshold: float, most: int, candidates: int = 1000
) -> BestBoxes:
    """Drop what is unlikely, suppress in each class what overlaps a better box, and keep the best.

    A box may stay for several classes.

    Args:
        xyxy: (P, 4) of one image.
        scores: (P, K) of each class.
        score_threshold: scores up to it are dropped; .6 in the course documents, nearly 0 where average precision is
            measured.
        iou_threshold: of `batched_nms`.
        most: objects, at most.
        candidates: the best of all scores that suppression looks at.

    Example:
        >>> import torch
        >>> boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]])
        >>> scores = torch.tensor([[0.9, 0.0], [0.8, 0.1], [0.3, 0.7]])
        >>> best_boxes(boxes, scores, score_threshold=0.2, iou_threshold=0.5, most=2)[1:]
        (tensor([0.9000, 0.7000]), tensor([0, 1]))
    """
    place, class_ids = (scores > score_threshold).nonzero(as_tuple=True)
    likely = scores[place, class_ids]
    first = likely.sort(descending=True, stable=True).indices[:candidates]
    place, class_ids, likely = place[first], class_ids[first], likely[first]
    kept = batched_nms(xyxy[place], likely, class_ids, iou_threshold)[:most]
    return BestBoxes(xyxy[place[kept]], likely[kept], class_ids[kept])

"""Task-aligned assignment: each object goes to the places that already class it and box it best together.

Feng et al., TOOD: Task-aligned One-stage Object Detection, 2021, arXiv:2108.07755, section 3.2. There an object's best
place is to score its overlap; here it is to score 1: what is small or rare overlaps badly for long, and would be
learned too late where images are few.
Shapes: N images, M objects (padded), P places, K classes.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from striate.ops.boxes import paired_iou

PLACES = 10  # of an object, at most


class Aligned(NamedTuple):
    """What each place should answer.

    Attributes:
        target: (N, P) int64, which of the image's M objects; of places with none any.
        share: (N, P) in [0, 1]: 1 for the best of an object's places, of the others their metric as a share of its;
            of places with none 0.
    """

    target: Tensor
    share: Tensor


@torch.no_grad()
def align(
    scores: Tensor,
    boxes: Tensor,
    points: Tensor,
    targets: Tensor,
    *,
    least_side: float = 0.0,
    places: int = PLACES,
    score_power: float = 0.5,
    iou_power: float = 6.0,
) -> Aligned:
    """Give each object up to `places` places, of those inside of it the ones with the highest score^a · IoU^b.

    A place that several objects want goes to the one that its box overlaps most, of equals to the first. So objects of
    one midpoint both find places, unless their boxes are the same.

    Args:
        scores: (N, P, K) in [0, 1].
        boxes: (N, P, 4) in pixels.
        points: (P, 2) x and y of the places in pixels.
        targets: (N, M, 5) class, left, top, right, bottom in pixels; class -1 is padding. Empty boxes count as padding.
        least_side: pixels that an object counts as wide and high, at least, where it is asked which places lie inside:
            with the distance between places, every object has one.
        places: of an object, at most.
        score_power, iou_power: a and b.

    Returns:
        Which object each place belongs to, and how well.

    Example:
        >>> points = torch.tensor([[4.0, 4.0], [12, 4]])
        >>> boxes = torch.tensor([[[0.0, 0, 8, 8], [8, 0, 16, 8]]])
        >>> objects = torch.tensor([[[1.0, 0, 0, 8, 6], [-1, 0, 0, 0, 0]]])
        >>> align(torch.full((1, 2, 3), 0.1), boxes, points, objects).share
        tensor([[1., 0.]])
    """
    n, p, _ = scores.shape
    if not targets.shape[1]:
        return Aligned(torch.zeros(n, p, dtype=torch.int64, device=boxes.device), boxes.new_zeros(n, p))
    wanted = targets[..., 1:]  # (N, M, 4)
    real = (targets[..., 0] >= 0) & (wanted[..., 2:] > wanted[..., :2]).all(-1)  # (N, M)
    inside = _inside(points, wanted, least_side) & real[..., None]  # (N, M, P)
    overlaps = paired_iou(wanted[:, :, None], boxes[:, None]) * inside  # (N, M, P)
    classes = targets[..., 0].long().clamp(min=0)[..., None].expand(-1, -1, p)  # (N, M, P)
    metric = scores.mT.gather(1, classes) ** score_power * overlaps**iou_power
    first = metric.masked_fill(~inside, -1.0).topk(min(places, p), dim=2)  # (N, M, places)
    chosen = torch.zeros_like(inside).scatter(2, first.indices, first.values >= 0)
    target = overlaps.masked_fill(~chosen, -1.0).argmax(1)  # (N, P)
    kept = chosen & (torch.arange(targets.shape[1], device=target.device)[:, None] == target[:, None])
    won = metric * kept
    best = won.amax(2, keepdim=True).clamp(min=torch.finfo(won.dtype).tiny)  # (N, M, 1)
    return Aligned(target, (won / best).amax(1))


def _inside(points: Tensor, boxes: Tensor, least_side: float) -> Tensor:
    """Which points (P, 2) lie inside which boxes (N, M, 4), (N, M, P)."""
    middles = (boxes[..., :2] + boxes[..., 2:]) / 2
    reach = (boxes[..., 2:] - boxes[..., :2]).clamp(min=least_side) / 2
    apart = (points - middles[..., None, :]).abs()  # (N, M, P, 2)
    return (apart < reach[..., None, :]).all(-1)

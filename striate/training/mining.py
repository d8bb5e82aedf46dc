"""Mining: which triplets of a batch to learn from. All of a batch are many, and most cost nothing.

Every miner answers (T, 3) indices of anchor, positive and negative; T is 0 where no anchor has both, and N, the
images of the batch, at least 1. Random, semi-hard
and hard mining take each anchor with each of its positives and choose one negative (Schroff et al., FaceNet, 2015,
arXiv:1503.03832, section 3.2); batch-hard and batch-all are those of Hermans et al., 2017, arXiv:1703.07737, section 2.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from striate.training.relations import Relations

Mining = Literal["random", "semi-hard", "hard", "batch-hard", "batch-all"]
Miner = Callable[[Tensor, Relations, float], Tensor]  # (squared distances (N, N), relations, margin) -> (T, 3)


def random_triplets(squared: Tensor, related: Relations, margin: float) -> Tensor:
    """For every anchor and positive any negative, by torch's chance.

    Args:
        squared: (N, N) squared distances of a batch; what is random doesn't read them.
        related: who is who in it.
        margin: α; not read either.

    Example:
        >>> from striate.training.relations import relate
        >>> random_triplets(torch.zeros(3, 3), relate(torch.tensor([5, 5, 6])), 0.2)
        tensor([[0, 1, 2],
                [1, 0, 2]])
    """
    anchors, positives, negatives = _candidates(related)
    chosen = torch.multinomial(negatives.float(), 1).squeeze(1) if len(anchors) else anchors
    return torch.stack([anchors, positives, chosen], dim=1)


def semi_hard_triplets(squared: Tensor, related: Relations, margin: float) -> Tensor:
    """For every anchor and positive the nearest negative that is farther than the positive, if within the margin.

    Where there is none, there is no such triplet: to pull at negatives that are nearer lets networks collapse early.

    Args:
        squared: (N, N) squared distances of a batch.
        related: who is who in it.
        margin: α.
    """
    anchors, positives, negatives = _candidates(related)
    to_positive, to_negative = squared[anchors, positives][:, None], squared[anchors]  # (T, 1), (T, N)
    farther = negatives & (to_negative > to_positive) & (to_negative < to_positive + margin)
    triplets = torch.stack([anchors, positives, _nearest(to_negative, farther)], dim=1)
    return triplets[farther.any(1)]


def hard_triplets(squared: Tensor, related: Relations, margin: float) -> Tensor:
    """For every anchor and positive the nearest negative.

    Args:
        squared: (N, N) squared distances of a batch.
        related: who is who in it.
        margin: α; not read.
    """
    anchors, positives, negatives = _candidates(related)
    return torch.stack([anchors, positives, _nearest(squared[anchors], negatives)], dim=1)


def batch_hard_triplets(squared: Tensor, related: Relations, margin: float) -> Tensor:
    """For every anchor its farthest positive and its nearest negative.

    Args:
        squared: (N, N) squared distances of a batch.
        related: who is who in it.
        margin: α; not read.
    """
    (anchors,) = (related.same.any(1) & related.different.any(1)).nonzero(as_tuple=True)
    positives = squared.masked_fill(~related.same, -torch.inf)[anchors].argmax(1)
    negatives = _nearest(squared[anchors], related.different[anchors])
    return torch.stack([anchors, positives, negatives], dim=1)


def batch_all_triplets(squared: Tensor, related: Relations, margin: float) -> Tensor:
    """Every triplet that costs anything.

    Args:
        squared: (N, N) squared distances of a batch.
        related: who is who in it.
        margin: α.
    """
    anchors, positives, negatives = _candidates(related)
    costs = squared[anchors, positives][:, None] - squared[anchors] + margin  # (T, N)
    rows, chosen = (negatives & (costs > 0)).nonzero(as_tuple=True)
    return torch.stack([anchors[rows], positives[rows], chosen], dim=1)


MINERS: dict[Mining, Miner] = {
    "random": random_triplets,
    "semi-hard": semi_hard_triplets,
    "hard": hard_triplets,
    "batch-hard": batch_hard_triplets,
    "batch-all": batch_all_triplets,
}


def _candidates(related: Relations) -> tuple[Tensor, Tensor, Tensor]:
    """Anchors (T,) and positives (T,) of all pairs that an anchor with a negative has, and its negatives (T, N)."""
    anchors, positives = (related.same & related.different.any(1)[:, None]).nonzero(as_tuple=True)
    return anchors, positives, related.different[anchors]


def _nearest(squared: Tensor, allowed: Tensor) -> Tensor:
    """In each row (T, N) the nearest of what is allowed, (T,)."""
    return squared.masked_fill(~allowed, torch.inf).argmin(1)

"""The contrastive loss: what shows the same is drawn near, what doesn't is pushed apart, each as far as a margin."""

from torch import Tensor

MARGIN = 1.0  # half of the longest distance between encodings of unit length
NEAR = 0.7


def contrastive_loss(distances: Tensor, same: Tensor, *, near: float = NEAR, margin: float = MARGIN) -> Tensor:
    """½ max(d - n, 0)² of pairs that show the same, ½ max(m - d, 0)² of others: the mean of both kinds' means.

    Hadsell et al., Dimensionality Reduction by Learning an Invariant Mapping, 2006, equation 4, which sums, and has no
    n: drawn together to a point, images of what the encoder learns from no longer tell it how others may differ
    (docs/verify.md: 72 % instead of 91 % of unseen digits). Both kinds count alike here, as a batch has many more pairs
    that differ.

    Args:
        distances: (M,) Euclidean distances of pairs.
        same: (M,) bool, whether they show the same.
        near: n, up to which what shows the same is left alone; 0 is the paper's loss.
        margin: m, from which on what differs is left alone.

    Returns:
        A scalar, at least 0.

    Example:
        >>> import torch
        >>> distances, same = torch.tensor([1.2, 0.5, 2.0]), torch.tensor([True, False, False])
        >>> contrastive_loss(distances, same).item()  # (1/8 + 1/16) / 2
        0.09375...
    """
    together = (distances - near).clamp(min=0).square() / 2
    apart = (margin - distances).clamp(min=0).square() / 2
    return balanced_mean(together.where(same, apart), same)


def balanced_mean(costs: Tensor, same: Tensor) -> Tensor:
    """The mean over pairs that show the same, and that over those that don't: the mean of the two.

    Args:
        costs: (M,) of each pair.
        same: (M,) bool.

    Returns:
        A scalar; of one kind alone its mean, of no pairs 0.

    Example:
        >>> import torch
        >>> balanced_mean(torch.tensor([1.0, 2, 3, 4]), torch.tensor([True, False, False, False])).item()
        2.0
    """
    kinds = [costs[kind] for kind in (same, ~same) if kind.any()]
    return sum((kind.mean() for kind in kinds), start=costs.sum() * 0) / max(len(kinds), 1)

"""Which images of a batch show the same person or thing, and which show different ones."""

from typing import NamedTuple

import torch
from torch import Tensor

from striate.errors import ShapeError


class Relations(NamedTuple):
    """What is known of every two images of a batch; of an image and itself, and of some pairs, nothing is.

    Attributes:
        same: (N, N) bool, symmetric: they show the same.
        different: (N, N) bool, symmetric: they don't.
    """

    same: Tensor
    different: Tensor

    def pairs(self) -> tuple[Tensor, Tensor, Tensor]:
        """Every pair of which something is known, once: (M,) first images, (M,) second ones, (M,) bool, the same."""
        first, second = (self.same | self.different).triu(1).nonzero(as_tuple=True)
        return first, second, self.same[first, second]


def relate(targets: Tensor) -> Relations:
    """The relations that targets tell.

    Args:
        targets: (N,) the identity of each image, or (N, 2) a group and an identity that holds in the group alone, as
            the pairs and triplets of a list are: of images of two groups nothing is known.

    Raises:
        ShapeError: targets of another shape.

    Example:
        >>> relate(torch.tensor([7, 7, 9])).same.int()
        tensor([[0, 1, 0],
                [1, 0, 0],
                [0, 0, 0]], dtype=torch.int32)
        >>> relate(torch.tensor([[0, 0], [0, 1], [1, 0], [1, 0]])).pairs()  # a pair that differs, one that doesn't
        (tensor([0, 2]), tensor([1, 3]), tensor([False,  True]))
    """
    if targets.ndim == 1:
        targets = torch.stack([torch.zeros_like(targets), targets], dim=1)
    if targets.ndim != 2 or targets.shape[1] != 2:
        raise ShapeError.of("targets", "of shape (N,) or (N, 2)", tuple(targets.shape))
    group, identity = targets.T
    known = group[:, None] == group[None]  # (N, N)
    alike = identity[:, None] == identity[None]
    others = ~torch.eye(len(targets), dtype=torch.bool, device=targets.device)
    return Relations(known & alike & others, known & ~alike)

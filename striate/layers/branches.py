"""Branches side by side, as in an Inception module.

Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

import torch
from torch import Tensor, nn


class Branches(nn.Module):
    """Every branch sees the same input; their channels are stacked in the order given.

    Szegedy et al., Going Deeper with Convolutions, 2014, arXiv:1409.4842, figure 2.

    Args:
        branches: name -> module; (N, C, *S) -> (N, C_i, *S'), the same sizes *S' for all.

    Example:
        >>> side_by_side = Branches(pool=nn.MaxPool2d(3, 2), conv=nn.Conv2d(3, 5, 3, stride=2))
        >>> side_by_side(torch.zeros(1, 3, 9, 9)).shape
        torch.Size([1, 8, 4, 4])
    """

    def __init__(self, **branches: nn.Module):
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C_1 + … + C_B, *S')"""
        return torch.cat([branch(x) for branch in self.children()], dim=1)

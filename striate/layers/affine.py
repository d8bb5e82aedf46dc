"""A number times each channel, and another added.

Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

import torch
from torch import Tensor, nn


class ChannelAffine(nn.Module):
    """What is left of a batch norm once its statistics are part of its weights: (N, C, *S) -> (N, C, *S).

    Args:
        channels: C.

    Example:
        >>> affine = ChannelAffine(2)
        >>> _ = affine.load_state_dict({"weight": torch.tensor([10.0, 1.0]), "bias": torch.tensor([0.0, 5.0])})
        >>> affine(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])).tolist()
        [[[10.0, 20.0], [8.0, 9.0]]]
    """

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C, *S)"""
        per_channel = (-1, *[1] * (x.ndim - 2))
        return x * self.weight.view(per_channel) + self.bias.view(per_channel)

    def extra_repr(self) -> str:
        """What stands in brackets when the module is printed."""
        return f"{len(self.weight)}"

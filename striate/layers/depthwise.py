"""Depthwise convolution of images, as fast as it can be learned in bfloat16 on a CPU."""

import torch
from torch import Tensor, nn


class DepthwiseConv2d(nn.Conv2d):
    """A convolution of each channel by itself: (N, C, H, W) -> (N, C, H', W'); `nn.Conv2d` with as many groups.

    Of bfloat16 gradients, oneDNN has no fast ones for a depthwise filter that strides or is wider than 3: 90 ms where
    float32 takes 13 (a batch of 64, 96 channels of 64 x 64, stride 2; torch 2.13, two cores with avx512_bf16). So on a
    CPU these are computed in float32 under autocast while gradients are wanted, and all others in bfloat16.

    Example:
        >>> layer, x = DepthwiseConv2d(8, 8, 5, padding=2, groups=8), torch.ones(1, 8, 6, 6)
        >>> with torch.autocast("cpu", dtype=torch.bfloat16):
        ...     layer(x).dtype
        torch.bfloat16
    """

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H', W')"""
        if not (x.device.type == "cpu" and torch.is_grad_enabled() and torch.is_autocast_enabled("cpu")):
            return super().forward(x)
        if max(self.stride) == 1 and max(self.kernel_size) <= 3:
            return super().forward(x)
        with torch.autocast("cpu", enabled=False):
            y = super().forward(x.float())
        return y.to(torch.get_autocast_dtype("cpu"))

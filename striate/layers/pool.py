"""Pooling: no parameters, each channel on its own.

Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers.dims import kinds


def max_pool(dims: int, kernel: int, stride: int | None = None, *, padding: int = 0, ceil: bool = False) -> nn.Module:
    """The largest value of each window: (N, C, *S) -> (N, C, *S').

    Args:
        dims: number of spatial dimensions, 1 to 3.
        kernel: samples along each side of the window.
        stride: samples from one window to the next; the kernel itself by default.
        padding: places on both ends of each axis that never win.
        ceil: a last window may hang over the end (GoogLeNet and SqueezeNet pool that way).

    Raises:
        ArgumentError: dims is not 1, 2 or 3.

    Example:
        >>> import torch
        >>> x = torch.tensor([[[[1.0, 3, 2, 1], [2, 9, 1, 1], [1, 3, 2, 3], [5, 6, 1, 2]]]])
        >>> max_pool(2, 2)(x)
        tensor([[[[9., 2.],
                  [6., 3.]]]])
    """
    return kinds(dims).max_pool(kernel, kernel if stride is None else stride, padding, ceil_mode=ceil)


def avg_pool(
    dims: int,
    kernel: int,
    stride: int | None = None,
    *,
    padding: int = 0,
    ceil: bool = False,
    count_padding: bool = True,
) -> nn.Module:
    """The mean of each window: (N, C, *S) -> (N, C, *S').

    Args:
        dims, kernel, stride, ceil: as in `max_pool`.
        padding: zeros on both ends of each axis.
        count_padding: its zeros count in the mean; TensorFlow leaves them out.

    Raises:
        ArgumentError: dims is not 1, 2 or 3.

    Example:
        >>> import torch
        >>> avg_pool(1, 2)(torch.tensor([[[1.0, 3, 2, 4]]]))
        tensor([[[2., 3.]]])
        >>> avg_pool(1, 3, 1, padding=1, count_padding=False)(torch.tensor([[[1.0, 3, 2, 4]]]))
        tensor([[[2., 2., 3., 3.]]])
    """
    kind = _AvgPool3d if dims == 3 else kinds(dims).avg_pool
    return kind(kernel, kernel if stride is None else stride, padding, ceil, count_padding)


class _AvgPool3d(nn.AvgPool3d):
    """torch's refuses volumes smaller than the window, which its padding fills; this one pads those first."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C, *S')"""
        if min(x.shape[2:]) >= self.kernel_size:  # type: ignore[operator]
            return super().forward(x)
        mean = self._pad_first(x)
        return mean if self.count_include_pad else mean / self._pad_first(torch.ones_like(x[:1, :1]))

    def _pad_first(self, x: Tensor) -> Tensor:
        padded = F.pad(x, [self.padding] * 6)  # type: ignore[list-item]
        return F.avg_pool3d(padded, self.kernel_size, self.stride, ceil_mode=self.ceil_mode)


def grid_pool(dims: int, size: int) -> nn.Module:
    """Means over a grid of `size` cells a side, whatever the input's size: (N, C, *S) -> (N, C, size, …).

    An input of just that size passes unchanged; a smaller one is repeated.

    Raises:
        ArgumentError: dims is not 1, 2 or 3.

    Example:
        >>> import torch
        >>> grid_pool(1, 2)(torch.tensor([[[1.0, 3, 2, 4]]]))
        tensor([[[2., 3.]]])
    """
    return kinds(dims).grid_pool(size)


class GlobalAvgPool(nn.Module):
    """The mean of each channel: (N, C, *S) -> (N, C).

    Lin, Chen and Yan, Network In Network, 2013, arXiv:1312.4400, section 3.2.

    Example:
        >>> import torch
        >>> GlobalAvgPool()(torch.tensor([[[1.0, 3, 2, 4], [0, 0, 0, 1]]]))
        tensor([[2.5000, 0.2500]])
    """

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C)"""
        return x.mean(dim=tuple(range(2, x.ndim)))


class GlobalMaxPool(nn.Module):
    """The largest value of each channel: (N, C, *S) -> (N, C).

    Example:
        >>> import torch
        >>> GlobalMaxPool()(torch.tensor([[[1.0, 3, 2, 4], [0, 0, 0, 1]]]))
        tensor([[4., 1.]])
    """

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C)"""
        return x.amax(dim=tuple(range(2, x.ndim)))

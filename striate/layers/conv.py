"""Convolutions for signals, images and volumes, and what stands around them: padding, norm, activation.

Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from collections.abc import Callable
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers.depthwise import DepthwiseConv2d
from striate.layers.dims import Conv, Kernel, kinds, per_axis
from striate.layers.sequential import sequential
from striate.ops.size import pad_amounts


def conv(
    dims: int,
    c_in: int,
    c_out: int,
    kernel: Kernel,
    stride: int = 1,
    *,
    padding: int | Literal["half"] = "half",
    groups: int = 1,
    bias: bool = True,
) -> Conv:
    """A convolution: (N, c_in, *S) -> (N, c_out, *S').

    Args:
        dims: number of spatial dimensions, 1 to 3.
        c_in, c_out: channels in and out.
        kernel: samples along each side of the filter, or along each axis, the last one last (see `along_axes`).
        stride: samples from one output's field to the next.
        padding: zeros on both ends of each axis; "half" is (kernel - 1) // 2, which keeps the size at
            stride 1 where the kernel is odd.
        groups: the channels are split into so many groups that don't see each other;
            `groups=c_in` is a depthwise convolution.
        bias: add a number per output channel.

    Raises:
        ArgumentError: dims is not 1, 2 or 3, or a kernel of another number of axes.

    Example:
        >>> filters = conv(2, 3, 10, 3)
        >>> sum(p.numel() for p in filters.parameters())  # 10 filters of 3x3x3, whatever the image size
        280
        >>> conv(1, 8, 8, 5, groups=8)
        Conv1d(8, 8, kernel_size=(5,), stride=(1,), padding=(2,), groups=8)
        >>> conv(2, 8, 8, (1, 7))
        Conv2d(8, 8, kernel_size=(1, 7), stride=(1, 1), padding=(0, 3))
    """
    sides = per_axis(dims, kernel)
    amount = tuple((n - 1) // 2 for n in sides) if padding == "half" else padding
    kind = DepthwiseConv2d if dims == 2 and groups == c_in == c_out > 1 else kinds(dims).conv
    return kind(c_in, c_out, sides, stride, amount, groups=groups, bias=bias)  # type: ignore[arg-type]


class SamePad(nn.Module):
    """TensorFlow's SAME padding before a convolution: its output has ceil(size / stride) samples.

    How much is padded depends on the input's size; an odd zero goes to the end (right, bottom).
    (N, C, *S) -> (N, C, *S + padding)

    Example:
        >>> import torch
        >>> SamePad(kernel=3, stride=2)(torch.ones(1, 1, 4))
        tensor([[[1., 1., 1., 1., 0.]]])
    """

    def __init__(self, kernel: Kernel, stride: int):
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C, *S + padding)"""
        axes = zip(x.shape[2:], per_axis(x.ndim - 2, self.kernel), strict=True)
        last_first = reversed([pad_amounts(n, f, self.stride, "same", 1) for n, f in axes])  # as F.pad takes them
        return F.pad(x, [zeros for ends in last_first for zeros in ends])

    def extra_repr(self) -> str:
        """What stands in brackets when the module is printed."""
        return f"kernel={self.kernel}, stride={self.stride}"


def conv_norm(
    dims: int,
    c_in: int,
    c_out: int,
    kernel: Kernel,
    stride: int = 1,
    *,
    padding: int | Literal["half", "same"] = "half",
    groups: int = 1,
    activation: Callable[[], nn.Module] | None = None,
    eps: float = 1e-5,
    momentum: float = 0.1,
) -> nn.Sequential:
    """Convolution without bias, batch norm and, where one is given, an activation.

    Children are named `pad` (only where the padding depends on the input's size), `conv`, `norm`
    and `activation`. (N, c_in, *S) -> (N, c_out, *S')

    Args:
        dims, c_in, c_out, kernel, stride, groups: as in `conv`.
        padding: as in `conv`; "same" is TensorFlow's SAME, see `SamePad`.
        activation: makes the activation, as `nn.ReLU` does.
        eps: added to the variance before the square root.
        momentum: share of a batch in the running statistics, in [0, 1].

    Raises:
        ArgumentError: dims is not 1, 2 or 3, or a kernel of another number of axes.

    Example:
        >>> depthwise = conv_norm(2, 32, 32, 3, 2, padding="same", groups=32, activation=nn.ReLU6)
        >>> [name for name, _ in depthwise.named_children()]
        ['pad', 'conv', 'norm', 'activation']
        >>> depthwise.conv
        DepthwiseConv2d(32, 32, kernel_size=(3, 3), stride=(2, 2), groups=32, bias=False)
    """
    # at stride 1 an odd kernel is padded evenly, which the convolution does itself
    uneven = stride > 1 or any(n % 2 == 0 for n in per_axis(dims, kernel))
    pad = SamePad(kernel, stride) if padding == "same" and uneven else None
    amount = 0 if pad else "half" if padding == "same" else padding
    return sequential(
        pad=pad,
        conv=conv(dims, c_in, c_out, kernel, stride, padding=amount, groups=groups, bias=False),
        norm=kinds(dims).norm(c_out, eps, momentum),
        activation=activation() if activation else None,
    )

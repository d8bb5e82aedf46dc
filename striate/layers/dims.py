"""The one place that picks 1-D, 2-D or 3-D: signals, images or volumes."""

from typing import NamedTuple

from torch import nn

from striate.errors import ArgumentError

Conv = nn.Conv1d | nn.Conv2d | nn.Conv3d
Norm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d
Kernel = int | tuple[int, ...]  # of every side, or of each axis


class Kinds(NamedTuple):
    """torch's classes for one number of spatial dimensions."""

    conv: type[nn.Conv1d] | type[nn.Conv2d] | type[nn.Conv3d]
    norm: type[nn.BatchNorm1d] | type[nn.BatchNorm2d] | type[nn.BatchNorm3d]
    max_pool: type[nn.MaxPool1d] | type[nn.MaxPool2d] | type[nn.MaxPool3d]
    avg_pool: type[nn.AvgPool1d] | type[nn.AvgPool2d] | type[nn.AvgPool3d]
    grid_pool: type[nn.AdaptiveAvgPool1d] | type[nn.AdaptiveAvgPool2d] | type[nn.AdaptiveAvgPool3d]


KINDS = {
    1: Kinds(nn.Conv1d, nn.BatchNorm1d, nn.MaxPool1d, nn.AvgPool1d, nn.AdaptiveAvgPool1d),
    2: Kinds(nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d),
    3: Kinds(nn.Conv3d, nn.BatchNorm3d, nn.MaxPool3d, nn.AvgPool3d, nn.AdaptiveAvgPool3d),
}


def kinds(dims: int) -> Kinds:
    """The classes of torch for `dims` spatial dimensions.

    Raises:
        ArgumentError: dims is not 1, 2 or 3.

    Example:
        >>> kinds(3).conv
        <class 'torch.nn.modules.conv.Conv3d'>
    """
    if dims not in KINDS:
        raise ArgumentError.of("dims", "1, 2 or 3", dims)
    return KINDS[dims]


def per_axis(dims: int, kernel: Kernel) -> tuple[int, ...]:
    """A kernel's samples along each axis.

    Raises:
        ArgumentError: dims is not 1, 2 or 3, or the kernel has another number of axes.

    Example:
        >>> per_axis(2, 3), per_axis(2, (1, 7))
        ((3, 3), (1, 7))
    """
    kinds(dims)  # refuses other dimensions
    sides = (kernel,) * dims if isinstance(kernel, int) else kernel
    if len(sides) != dims:
        raise ArgumentError.of("kernel", f"one number, or one for each of {dims} axes", kernel)
    return sides


def along_axes(dims: int, kernel: int) -> list[tuple[int, ...]]:
    """Kernels of one axis each, which in a row see what one of `kernel` samples a side sees: the last axis first.

    Szegedy et al., Rethinking the Inception Architecture, 2015, arXiv:1512.00567, section 3.2: n x n is
    factorised into 1 x n and n x 1.

    Example:
        >>> along_axes(2, 7)
        [(1, 7), (7, 1)]
        >>> along_axes(1, 7), along_axes(3, 7)
        ([(7,)], [(1, 1, 7), (1, 7, 1), (7, 1, 1)])
    """
    return [tuple(kernel if axis == long else 1 for axis in range(dims)) for long in reversed(range(dims))]

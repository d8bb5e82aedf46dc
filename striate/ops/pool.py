"""Pooling: a maximum or a mean over windows, each channel on its own, with nothing to learn.

Shapes: *S the spatial sizes (L, or H W, or D H W), after any number of other axes.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import ArgumentError, ShapeError
from striate.ops.size import Padding, output_size, pad_amounts

_MAXIMA: dict[int, Callable[..., Tensor]] = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_MEANS: dict[int, Callable[..., Tensor]] = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


def max_pool(
    x: Tensor, f: int, *, stride: int | None = None, padding: Padding = 0, ceil: bool = False, dims: int = 2
) -> Tensor:
    """The largest value in each window.

    Args:
        x: (..., *S). Integers are taken as floats of torch's default precision.
        f: window size along every axis.
        stride: step between windows; `f` if None.
        padding: as in `pad_amounts`, less than `f`; what is outside the image never wins.
        ceil: as in `output_size`.
        dims: number of spatial axes, 1, 2 or 3.

    Returns:
        (..., *S')

    Raises:
        ArgumentError: an argument is out of range.
        ShapeError: the window does not fit.

    Example:
        >>> x = torch.tensor([[1, 3, 2, 1], [2, 9, 1, 1], [1, 3, 2, 3], [5, 6, 1, 2]])
        >>> max_pool(x, 2)
        tensor([[9., 2.],
                [6., 3.]])
    """
    stride = f if stride is None else stride
    padded = _pad(_as_float(x), -torch.inf, f, stride, padding, ceil, dims)
    return _slide(_MAXIMA, padded, f, stride, dims)


def avg_pool(
    x: Tensor, f: int, *, stride: int | None = None, padding: Padding = 0, ceil: bool = False, dims: int = 2
) -> Tensor:
    """The mean of the pixels in each window; padding is not counted.

    Args, Returns, Raises: as `max_pool`.

    Example:
        >>> avg_pool(torch.tensor([[1, 3, 2, 1], [2, 9, 1, 1], [1, 4, 2, 3], [5, 6, 1, 2]]), 2)
        tensor([[3.7500, 1.2500],
                [4.0000, 2.0000]])
    """
    stride = f if stride is None else stride
    x = _as_float(x)
    ones = torch.ones_like(x[(0,) * (x.ndim - dims)])  # (*S)
    sums, shares = (
        _slide(_MEANS, _pad(image, 0.0, f, stride, padding, ceil, dims), f, stride, dims) for image in (x, ones)
    )
    return sums / shares  # shares: the part of each window that lies inside


def global_pool(x: Tensor, *, dims: int = 2) -> Tensor:
    """The mean over all positions: (..., *S) -> (...), as 7x7x1000 to 1000 at the end of a network.

    Example:
        >>> global_pool(torch.ones(1000, 7, 7)).shape
        torch.Size([1000])
    """
    _check_axes(x, dims)
    return _as_float(x).mean(tuple(range(-dims, 0)))


def _pad(x: Tensor, value: float, f: int, stride: int, padding: Padding, ceil: bool, dims: int) -> Tensor:
    """Pad every spatial axis, at the end so far that a last window of ceil mode fits too."""
    _check_axes(x, dims)
    amounts: list[int] = []
    for n in reversed(x.shape[-dims:]):
        before, after = pad_amounts(n, f, stride, padding)
        if max(before, after) >= f:
            raise ArgumentError.of("padding", f"smaller than the window, {f}", padding)
        covered = (output_size(n, f, stride=stride, padding=padding, ceil=ceil) - 1) * stride + f
        amounts += [before, max(after, covered - before - n)]
    return F.pad(x, amounts, value=value)


def _slide(pools: dict[int, Callable[..., Tensor]], x: Tensor, f: int, stride: int, dims: int) -> Tensor:
    leading = x.shape[:-dims]
    y = pools[dims](x.reshape(leading.numel(), 1, *x.shape[-dims:]), f, stride)  # (N, 1, *S')
    return y.reshape(*leading, *y.shape[2:])


def _as_float(x: Tensor) -> Tensor:
    return x if x.is_floating_point() else x.to(torch.get_default_dtype())


def _check_axes(x: Tensor, dims: int) -> None:
    if dims not in _MAXIMA:
        raise ArgumentError.of("dims", "1, 2 or 3", dims)
    if x.ndim < dims:
        raise ShapeError.of("x", f"of at least {dims} axes for dims={dims}", tuple(x.shape))

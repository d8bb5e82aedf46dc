"""Cross-correlation, which deep learning calls convolution, and true convolution, in one to three dimensions.

Shapes: N images, C channels, K filters, *S the spatial sizes (L, or H W, or D H W), *F the filter's sizes.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import ArgumentError, ShapeError
from striate.ops.size import Padding, output_size, pad_amounts

_CONVOLUTIONS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}  # torch's name for cross-correlation


def cross_correlate(
    x: Tensor, filters: Tensor, *, stride: int = 1, padding: Padding = 0, dilation: int = 1, dims: int = 2
) -> Tensor:
    """Slide filters over an image; at every position multiply element by element and add up.

    What the axes before the last `dims` mean is told by the filters:

    - (*F): one filter for single-channel images (..., *S), each filtered on its own -> (..., *S')
    - (C, *F): one filter as deep as the volume (C, *S) or (N, C, *S) -> (*S') or (N, *S')
    - (K, C, *F): K such filters, their outputs stacked -> (K, *S') or (N, K, *S')

    Args:
        x: image, volume or a batch of volumes. Integers are taken as floats of torch's default precision.
        filters: one filter or a stack, see above.
        stride, dilation: as in `output_size`, the same along every axis.
        padding: zeros around the image, as in `pad_amounts`, the same along every axis.
        dims: number of spatial axes, 1, 2 or 3.

    Returns:
        The filtered image; gradients flow to `x` and `filters`.

    Raises:
        ShapeError: channels differ, the filter does not fit, or axes are too few or too many.

    Example:
        >>> halves = torch.tensor([[10, 10, 10, 0, 0, 0]] * 6)
        >>> vertical = torch.tensor([[1, 0, -1]] * 3)
        >>> cross_correlate(halves, vertical)[0]
        tensor([ 0., 30., 30.,  0.])
        >>> cross_correlate(torch.zeros(3, 6, 6), torch.zeros(2, 3, 3, 3)).shape  # 6x6x3 with two 3x3x3 filters
        torch.Size([2, 4, 4])
    """
    _check_axes(x, filters, dims)
    dtype = torch.result_type(x, filters)
    dtype = dtype if dtype.is_floating_point or dtype.is_complex else torch.get_default_dtype()
    sizes, filter_sizes = x.shape[-dims:], filters.shape[-dims:]
    for n, f in zip(sizes, filter_sizes, strict=True):
        output_size(n, f, stride=stride, padding=padding, dilation=dilation)  # a clear error if it doesn't fit
    pads = [pad_amounts(n, f, stride, padding, dilation) for n, f in zip(sizes, filter_sizes, strict=True)]

    leading = x.shape[:-dims] if filters.ndim == dims else x.shape[: -dims - 1]
    channels = 1 if filters.ndim == dims else x.shape[-dims - 1]
    batch = x.to(dtype).reshape(leading.numel(), channels, *sizes)  # (N, C, *S)
    batch = F.pad(batch, [amount for pair in reversed(pads) for amount in pair])
    bank = filters.to(dtype).reshape(-1, channels, *filter_sizes)  # (K, C, *F)
    y = _CONVOLUTIONS[dims](batch, bank, stride=stride, dilation=dilation)  # (N, K, *S')
    stacked = (len(bank),) if filters.ndim == dims + 2 else ()
    return y.reshape(*leading, *stacked, *y.shape[2:])


def convolve(
    x: Tensor, filters: Tensor, *, stride: int = 1, padding: Padding = 0, dilation: int = 1, dims: int = 2
) -> Tensor:
    """Convolve in the mathematical sense: flip the filter along every spatial axis, then cross-correlate.

    With padding "full" it is associative and commutative, which cross-correlation is not.

    Args, Returns, Raises: as `cross_correlate`.

    Example:
        >>> impulse = torch.tensor([[0, 0, 0], [0, 1, 0], [0, 0, 0]])
        >>> convolve(impulse, torch.tensor([[3, 4, 5], [1, 0, 2], [-1, 9, 7]]), padding="same")
        tensor([[ 3.,  4.,  5.],
                [ 1.,  0.,  2.],
                [-1.,  9.,  7.]])
    """
    return cross_correlate(
        x, flip_filter(filters, dims=dims), stride=stride, padding=padding, dilation=dilation, dims=dims
    )


def flip_filter(filters: Tensor, *, dims: int = 2) -> Tensor:
    """Mirror a filter, or each of a stack, along its last `dims` axes.

    Example:
        >>> flip_filter(torch.tensor([[3, 4, 5], [1, 0, 2], [-1, 9, 7]]))
        tensor([[ 7,  9, -1],
                [ 2,  0,  1],
                [ 5,  4,  3]])
    """
    return filters.flip(tuple(range(-dims, 0)))


def _check_axes(x: Tensor, filters: Tensor, dims: int) -> None:
    if dims not in _CONVOLUTIONS:
        raise ArgumentError.of("dims", "1, 2 or 3", dims)
    if not dims <= filters.ndim <= dims + 2:
        raise ShapeError.of("filters", f"of {dims} to {dims + 2} axes for dims={dims}", tuple(filters.shape))
    if filters.ndim == dims:
        if x.ndim < dims:
            raise ShapeError.of("x", f"of at least {dims} axes for dims={dims}", tuple(x.shape))
        return
    if x.ndim not in (dims + 1, dims + 2):
        raise ShapeError.of("x", f"(C, *S) or (N, C, *S) with {dims} spatial axes", tuple(x.shape))
    channels, depth = x.shape[-dims - 1], filters.shape[-dims - 1]
    if channels != depth:
        raise ShapeError(f"filters must have as many channels as the image, {channels}, got {depth}")

"""Edge filters by hand: plain differences, Sobel and Scharr, at any angle.

Signs are those of cross-correlation with (1, 0, -1): positive where bright turns to dark.
"""

import math
from typing import Literal

import torch
from torch import Tensor

from striate.errors import ArgumentError, UnknownNameError
from striate.ops.conv import cross_correlate
from striate.ops.size import Padding

EdgeKind = Literal["plain", "sobel", "scharr"]

_WEIGHTS: dict[str, tuple[int, int, int]] = {"plain": (1, 1, 1), "sobel": (1, 2, 1), "scharr": (3, 10, 3)}


def edge_filter(kind: EdgeKind = "sobel", angle_degrees: float = 0) -> Tensor:
    """The 3x3 filter that answers to edges of one direction.

    Args:
        kind: how the three rows are weighted: "plain" 1, 1, 1; "sobel" 1, 2, 1; "scharr" 3, 10, 3.
        angle_degrees: direction from bright to dark that gives the largest answer, from the right towards
            the bottom. 0 finds vertical edges, bright on the left; 90 horizontal ones, bright on top.

    Returns:
        (3, 3) float32: cos(angle) times the vertical filter plus sin(angle) times the horizontal one.

    Raises:
        UnknownNameError: no such kind.
        ArgumentError: an angle that is no finite number.

    Example:
        >>> edge_filter("sobel")
        tensor([[ 1.,  0., -1.],
                [ 2.,  0., -2.],
                [ 1.,  0., -1.]])
        >>> edge_filter("plain", 90)
        tensor([[ 1.,  1.,  1.],
                [ 0.,  0.,  0.],
                [-1., -1., -1.]])
    """
    if kind not in _WEIGHTS:
        raise UnknownNameError("edge filter", kind, _WEIGHTS)
    if not math.isfinite(angle_degrees):
        raise ArgumentError.of("angle_degrees", "finite", angle_degrees)
    vertical = torch.outer(torch.tensor(_WEIGHTS[kind]), torch.tensor([1, 0, -1])).float()
    angle = math.radians(angle_degrees)
    # rounded so that quarter turns are exact: cos(90°) comes out as 6e-17
    return round(math.cos(angle), 15) * vertical + round(math.sin(angle), 15) * vertical.T


def volume_filter(filter_2d: Tensor, channel_weights: tuple[float, ...]) -> Tensor:
    """One filter for colour images, from a filter and how much each channel counts.

    Args:
        filter_2d: (f, f)
        channel_weights: one per channel: (1, 0, 0) sees edges in red alone, (1, 1, 1) in any colour.

    Returns:
        (C, f, f), for `cross_correlate`.

    Example:
        >>> red_only = volume_filter(edge_filter("plain"), (1, 0, 0))
        >>> red_only.shape, red_only[1:].any().item()
        (torch.Size([3, 3, 3]), False)
    """
    weights = torch.tensor(channel_weights, dtype=filter_2d.dtype, device=filter_2d.device)
    return weights[:, None, None] * filter_2d


def edges(
    image: Tensor,
    kind: EdgeKind = "sobel",
    angle_degrees: float = 0,
    *,
    absolute: bool = False,
    padding: Padding = "valid",
) -> Tensor:
    """Edges of one direction, each channel on its own.

    Args:
        image: (..., H, W), any number type.
        kind, angle_degrees: as in `edge_filter`.
        absolute: bright to dark and dark to bright alike, instead of positive and negative.
        padding: as in `pad_amounts`. Zeros around a bright image make edges of their own, so none by default.

    Returns:
        (..., H', W'); H - 2 by W - 2 without padding.

    Raises:
        ShapeError: the image is smaller than 3x3 and not padded.
        UnknownNameError: no such kind.

    Example:
        >>> dark_then_bright = torch.tensor([[0, 0, 0, 10, 10, 10]] * 3)
        >>> edges(dark_then_bright, "plain")
        tensor([[  0., -30., -30.,   0.]])
        >>> edges(dark_then_bright, "plain", absolute=True)
        tensor([[ 0., 30., 30.,  0.]])
    """
    y = cross_correlate(image, edge_filter(kind, angle_degrees).to(image.device), padding=padding)
    return y.abs() if absolute else y

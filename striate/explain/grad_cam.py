"""Where a late layer sees the evidence: Grad-CAM.

Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks, 2016, arXiv:1610.02391.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.errors import ArgumentError, ShapeError
from striate.explain.capture import capturing
from striate.explain.table import table
from striate.explain.target import Target
from striate.layers import evaluating

_WAYS = {1: "linear", 2: "bilinear", 3: "trilinear"}


def grad_cam(module: nn.Module, x: Tensor, target: Target, layer: str) -> Tensor:
    """ReLU(Σ over channels of the mean gradient of the channel times its activation).

    Args:
        module: any; runs in eval mode.
        x: (N, C, *S)
        target: what is explained; it comes after the layer.
        layer: whose activation is weighed; `last_map` finds the usual one.

    Returns:
        (N, *S') at the layer's own resolution, at least 0; `spread` brings it to that of x.

    Raises:
        UnknownNameError, ArgumentError: no such layer or target, or the target does not depend on the layer.
        ShapeError: the layer's activation has no spatial axes.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
        >>> grad_cam(net, torch.rand(2, 1, 8, 9), Target(1), "1").shape
        torch.Size([2, 6, 7])
    """
    with evaluating(module), torch.inference_mode(False), torch.enable_grad():
        start = x.detach().clone().requires_grad_()
        with capturing(module, [layer]) as kept:
            value = target.values(module, start.clone()).sum()
        activation = kept.get(layer)
        if activation is not None and activation.ndim < 3:
            raise ShapeError.of(
                "layer", "one that gives (C, *S)", f"{layer}, which gives {tuple(activation.shape[1:])}"
            )
        gradient = None if activation is None else torch.autograd.grad(value, activation, allow_unused=True)[0]
    if activation is None or gradient is None:
        raise ArgumentError(f"the target does not depend on layer {layer!r}: name one that comes before it")
    weights = gradient.flatten(2).mean(2)  # (N, C)
    return torch.einsum("nc,nc...->n...", weights, activation.detach()).relu()


def last_map(module: nn.Module, input_shape: Sequence[int]) -> str:
    """The last layer whose activation has more than one position along every spatial axis: Grad-CAM's usual choice.

    Raises:
        ArgumentError: there is none.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
        >>> last_map(net, (1, 8, 8))
        '1'
    """
    axes = len(input_shape) - 1
    rows = table(module, input_shape).rows[1:]
    found = [row.layer for row in rows if len(row.shape) == axes + 1 and min(row.shape[1:], default=1) > 1]
    if not found:
        raise ArgumentError("no layer of this network has a map with several positions")
    return found[-1]


def spread(maps: Tensor, size: Sequence[int]) -> Tensor:
    """Maps (N, *S') at the resolution of the input, (N, *S): interpolated linearly.

    Example:
        >>> spread(torch.tensor([[0.0, 1.0]]), (4,))
        tensor([[0.0000, 0.2500, 0.7500, 1.0000]])
    """
    return F.interpolate(maps[:, None], size=tuple(size), mode=_WAYS[len(size)], align_corners=False)[:, 0]

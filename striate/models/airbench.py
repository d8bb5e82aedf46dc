"""airbench94: a network that learns small coloured pictures in few passes.

Jordan, 94% on CIFAR-10 in 3.29 Seconds on a Single GPU, 2024, arXiv:2404.00498 (section 3; after Page's ResNet-9).
The stem whitens patches of two pixels a side by the training images' own covariance, and learns no more than its biases
(section 3.2); filters start as the identity, as far as there are channels to pass on, beside random ones (section 3.3).
Different here: norms have gains, biases learn no faster than the rest, and the head takes the maximum over whatever is
left and does not divide the logits by nine.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from typing import Any

import torch
from torch import Tensor, nn

from striate.layers import GlobalMaxPool, conv, kinds, max_pool, scale_channels, sequential
from striate.layers.dims import Conv
from striate.models.network import Network
from striate.models.registry import register

_PATCH = 2  # pixels a side
_MOST_PATCHES = 2_000_000  # more say no more of their axes
_SPREAD = 5e-4  # added to the mean squares along each axis, so that next to nothing is not blown up


def block(dims: int, c_in: int, c_out: int) -> nn.Sequential:
    """A convolution with a pool, and one without: (N, c_in, *S) -> (N, c_out, *S / 2)"""
    return sequential(
        conv1=_identity_first(conv(dims, c_in, c_out, 3, bias=False)),
        pool=max_pool(dims, 2),
        norm1=kinds(dims).norm(c_out),
        activation1=nn.GELU(),
        conv2=_identity_first(conv(dims, c_out, c_out, 3, bias=False)),
        norm2=kinds(dims).norm(c_out),
        activation2=nn.GELU(),
    )


def airbench(
    widths: tuple[int, ...], *, dims: int = 2, in_channels: int = 3, num_classes: int = 10, width: float = 1.0
) -> Network:
    """(N, in_channels, *S) -> (N, num_classes); the sizes are those of 32 pixels a side."""
    channels = 2 * in_channels * _PATCH**dims  # 24 in colour
    stages: dict[str, nn.Module] = {  # 32 -> 31
        "stem": sequential(conv=conv(dims, in_channels, channels, _PATCH, padding=0), activation=nn.GELU())
    }
    for number, wide in enumerate(widths, start=1):  # 31 -> 15 -> 7 -> 3
        c_in, channels = channels, scale_channels(wide, width)
        stages[f"block{number}"] = block(dims, c_in, channels)
    return Network(stages, sequential(pool=GlobalMaxPool(), classifier=nn.Linear(channels, num_classes)))


def _identity_first(layer: Conv) -> Conv:
    """The first filters pass on a channel each; the others stay random."""
    nn.init.dirac_(layer.weight.data[: layer.in_channels])
    return layer


@torch.no_grad()
def whiten_stem(network: Network, images: Tensor) -> None:
    """Make the stem's filters those that whiten the patches of some images, and keep them so.

    Half of them are the patches' principal axes, each divided by how far the patches spread along it; the others are
    the same with the opposite sign.

    Args:
        network: of `airbench`.
        images: (N, C, *S) as the network expects them.

    Example:
        >>> images = torch.randn(4, 3, 32, 32)
        >>> network = airbench94()
        >>> whiten_stem(network, images)
        >>> network.stages.stem.conv(images).detach().std(dim=(0, 2, 3)).round(decimals=1).unique()
        tensor([1.])
    """
    layer = network.stages["stem"].get_submodule("conv")
    assert isinstance(layer, Conv)
    dims, pixels = images.ndim - 2, images[0, 0].numel()
    patches = images[: max(1, _MOST_PATCHES // pixels)]
    for axis in range(2, images.ndim):
        patches = patches.unfold(axis, _PATCH, 1)  # (N, C, *S', 2, …)
    rows = patches.movedim(1, 1 + dims).reshape(-1, images.shape[1] * _PATCH**dims).double()  # (M, C * 2 ** dims)
    spread, axes = torch.linalg.eigh(rows.T @ rows / len(rows))
    filters = (axes / (spread + _SPREAD).sqrt()).T.reshape(-1, *layer.weight.shape[1:])
    layer.weight.copy_(torch.cat([filters, -filters]))
    layer.weight.requires_grad_(False)


@register(airbench, size=32, smallest=9, classes=10, prepare=whiten_stem)
def airbench94(**options: Any) -> Network:
    """1,972,802 parameters."""
    return airbench((64, 256, 256), **options)

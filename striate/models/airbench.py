"""airbench94: the network that learns small coloured pictures fastest.

Jordan, 94% on CIFAR-10 in 3.29 Seconds on a Single GPU, 2024, arXiv:2404.00498 (section 3; after Page's ResNet-9).
Filters start as the identity, as far as there are channels to pass on, beside random ones (section 3.3).
Different here: the stem learns, where the paper's whitens patches by the data's covariance; norms have gains; the head
takes the maximum over whatever is left, and does not divide the logits by nine.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from typing import Any

from torch import nn

from striate.layers import GlobalMaxPool, conv, kinds, max_pool, scale_channels, sequential
from striate.layers.dims import Conv
from striate.models.network import Network
from striate.models.registry import register


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
    channels = scale_channels(24, width)
    stages: dict[str, nn.Module] = {  # 32 -> 31
        "stem": sequential(conv=conv(dims, in_channels, channels, 2, padding=0), activation=nn.GELU())
    }
    for number, wide in enumerate(widths, start=1):  # 31 -> 15 -> 7 -> 3
        c_in, channels = channels, scale_channels(wide, width)
        stages[f"block{number}"] = block(dims, c_in, channels)
    return Network(stages, sequential(pool=GlobalMaxPool(), classifier=nn.Linear(channels, num_classes)))


def _identity_first(layer: Conv) -> Conv:
    """The first filters pass on a channel each; the others stay random."""
    nn.init.dirac_(layer.weight.data[: layer.in_channels])
    return layer


@register(airbench, size=32, smallest=9, classes=10)
def airbench94(**options: Any) -> Network:
    """1,972,802 parameters."""
    return airbench((64, 256, 256), **options)

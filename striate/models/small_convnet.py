"""A small plain network for volumes and clips that are few: three stages of two 3-wide convolutions with batch norm.

The stages of VGG (Simonyan and Zisserman, 2014, arXiv:1409.1556) with the batch norm and the mean over all positions of
later networks. Each stage but the first halves every axis, and has twice the channels.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from typing import Any

from torch import nn

from striate.layers import GlobalAvgPool, conv_norm, max_pool, scale_channels, sequential
from striate.models.network import Network, he_initialise
from striate.models.registry import register

_WIDTHS = (16, 32, 64)


def small_convolutional(*, dims: int = 2, in_channels: int = 1, num_classes: int = 2, width: float = 1.0) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)"""
    stages: dict[str, nn.Module] = {}
    channels = in_channels
    for number, maps in enumerate(_WIDTHS, 1):
        out = scale_channels(maps, width)
        stages[f"stage{number}"] = sequential(  # (N, 16 to 64, *S / 1, 2, 4)
            pool=max_pool(dims, 2) if number > 1 else None,
            conv1=conv_norm(dims, channels, out, 3, activation=nn.ReLU),
            conv2=conv_norm(dims, out, out, 3, activation=nn.ReLU),
        )
        channels = out
    head = sequential(pool=GlobalAvgPool(), classifier=nn.Linear(channels, num_classes))
    return he_initialise(Network(stages, head))


@register(small_convolutional, size=32, smallest=4, channels=1, classes=2)
def small_convnet(**options: Any) -> Network:
    """215,282 parameters in three dimensions, of one channel and two classes."""
    return small_convolutional(**options)

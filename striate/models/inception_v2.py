"""Inception v2, or BN-Inception: GoogLeNet with batch norm, and two 3x3 convolutions for each 5x5.

Ioffe and Szegedy, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift,
2015, arXiv:1502.03167 (figure 5; section 4.2.1: no dropout). Like the Caffe models, it has an ordinary first
convolution, where the paper's is separable. The paper's printed depths of 4c and 4d (576) and 4e (1024) are not the
sums of its columns, which count here. All strided windows are padded by half, so that branches meet at odd sizes.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from functools import partial
from typing import Any

from torch import nn

from striate.layers import Branches, GlobalAvgPool, avg_pool, max_pool, scale_channels, sequential
from striate.models.inception_blocks import channels_after, row
from striate.models.network import Network, he_initialise
from striate.models.registry import register

Sizes = tuple[int, int, int, int, int, int]

# 1x1; 1x1 before 3x3, 3x3; 1x1 before the double 3x3, double 3x3; 1x1 after the pooling.
# No 1x1 on its own: the module halves the size, and its pooling passes the channels on as they are.
TABLE: dict[str, Sizes] = {
    "inception3a": (64, 64, 64, 64, 96, 32),
    "inception3b": (64, 64, 96, 64, 96, 64),
    "inception3c": (0, 128, 160, 64, 96, 0),
    "inception4a": (224, 64, 96, 96, 128, 128),
    "inception4b": (192, 96, 128, 96, 128, 128),
    "inception4c": (160, 128, 160, 128, 160, 128),
    "inception4d": (96, 128, 192, 160, 192, 128),
    "inception4e": (0, 128, 192, 192, 256, 0),
    "inception5a": (352, 192, 320, 160, 224, 128),
    "inception5b": (352, 192, 320, 192, 224, 128),
}
MAX_POOLED = "inception5b"  # the other modules that keep the size pool by means


def inception(dims: int, channels: int, sizes: Sizes, pool: nn.Module, width: float) -> Branches:
    """A row of the table that keeps the size: (N, channels, *S) -> (N, one + three + double + project, *S)"""
    one, three_in, three, double_in, double, project = sizes
    make = partial(row, dims, channels, width)
    return Branches(
        conv1=make((one, 1)),
        conv3=make((three_in, 1), (three, 3)),
        double3=make((double_in, 1), (double, 3), (double, 3)),
        pool=nn.Sequential(pool, make((project, 1))),
    )


def reduction(dims: int, channels: int, sizes: Sizes, width: float) -> Branches:
    """A row of the table that halves the size: (N, channels, *S) -> (N, three + double + channels, *S / 2)"""
    _, three_in, three, double_in, double, _ = sizes
    make = partial(row, dims, channels, width, stride=2)
    return Branches(
        conv3=make((three_in, 1), (three, 3)),
        double3=make((double_in, 1), (double, 3), (double, 3)),
        pool=max_pool(dims, 3, 2, padding=1),
    )


def bn_inception(*, dims: int = 2, in_channels: int = 3, num_classes: int = 1000, width: float = 1.0) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)"""
    stages: dict[str, nn.Module] = {
        "conv1": row(dims, in_channels, width, (64, 7), stride=2),  # (N, 64, *S / 2)
        "pool1": max_pool(dims, 3, 2, padding=1),
        "conv2": row(dims, scale_channels(64, width), width, (64, 1), (192, 3)),  # (N, 192, *S / 4)
        "pool2": max_pool(dims, 3, 2, padding=1),
    }
    channels = scale_channels(192, width)
    for name, sizes in TABLE.items():
        if sizes[0] == 0:
            stages[name] = reduction(dims, channels, sizes, width)
        else:
            pool = (max_pool if name == MAX_POOLED else avg_pool)(dims, 3, 1, padding=1)
            stages[name] = inception(dims, channels, sizes, pool, width)
        channels = channels_after(stages[name], channels)  # 256 to 1056
    head = sequential(pool=GlobalAvgPool(), classifier=nn.Linear(channels, num_classes))
    return he_initialise(Network(stages, head))


@register(bn_inception)
def inception_v2(**options: Any) -> Network:
    """11,285,224 parameters."""
    return bn_inception(**options)

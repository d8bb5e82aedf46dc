"""Inception v4: 149 convolutions, side by side and one after the other, without shortcuts.

Szegedy et al., Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning, 2016,
arXiv:1602.07261 (figures 3 to 9). As in the authors' code, whose weights are published, three rows go along the axes
in the other order than drawn: 1x7 before 7x1 in the stem; 7x1 before 1x7, and 3x1 before 1x3, in the longest branches
of B and C. Where C splits, it has a branch along each axis: two in images, one in signals, three in volumes.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from functools import partial
from typing import Any

from torch import nn

from striate.layers import Branches, GlobalAvgPool, max_pool, scale_channels, sequential
from striate.models.inception_blocks import (
    Table,
    channels_after,
    fan,
    first_units,
    make_stages,
    reduction_a,
    rename_modules,
    row,
    same_pool,
    split,
    unit,
)
from striate.models.network import Network, he_initialise
from striate.models.registry import register
from striate.models.rename import Rename


def stem(dims: int, in_channels: int, width: float) -> nn.Sequential:
    """Figure 3: (N, in_channels, *S) -> (N, 384, *S / 8)"""
    layers = nn.Sequential(*first_units(dims, in_channels, width))
    pool = partial(max_pool, dims, 3, 2)
    c64, c96, c192 = (scale_channels(c, width) for c in (64, 96, 192))
    layers.append(Branches(pool=pool(), conv3=unit(dims, c64, c96, 3, 2, padding=0)))  # (N, 160, *S / 4)
    make = partial(row, dims, c64 + c96, width, padding=0)
    layers.append(Branches(conv3=make((64, 1), (96, 3)), conv7=make((64, 1), *split(dims, 7, 64, 64), (96, 3))))
    layers.append(Branches(conv3=unit(dims, 2 * c96, c192, 3, 2, padding=0), pool=pool()))  # (N, 384, *S / 8)
    return layers


def inception_a(dims: int, channels: int, width: float) -> Branches:
    """Figure 4: (N, channels, *S) -> (N, 384, *S)"""
    make = partial(row, dims, channels, width)
    return Branches(
        conv1=make((96, 1)),
        conv3=make((64, 1), (96, 3)),
        double3=make((64, 1), (96, 3), (96, 3)),
        pool=nn.Sequential(same_pool(dims), make((96, 1))),
    )


def inception_b(dims: int, channels: int, width: float) -> Branches:
    """Figure 5: (N, channels, *S) -> (N, 1024, *S)"""
    make = partial(row, dims, channels, width)
    down_first = partial(split, dims, 7, first_axis_first=True)
    return Branches(
        conv1=make((384, 1)),
        conv7=make((192, 1), *split(dims, 7, 224, 256)),
        double7=make((192, 1), *down_first(192, 224), *down_first(224, 256)),
        pool=nn.Sequential(same_pool(dims), make((128, 1))),
    )


def reduction_b(dims: int, channels: int, width: float) -> Branches:
    """Figure 8: (N, channels, *S) -> (N, 512 + channels, *S / 2)"""
    make = partial(row, dims, channels, width, stride=2, padding=0)
    return Branches(
        conv3=make((192, 1), (192, 3)),
        conv7=make((256, 1), *split(dims, 7, 256, 320), (320, 3)),
        pool=max_pool(dims, 3, 2),
    )


def inception_c(dims: int, channels: int, width: float) -> Branches:
    """Figure 6: (N, channels, *S) -> (N, 512 * (1 + dims), *S)"""
    make = partial(row, dims, channels, width)
    return Branches(
        conv1=make((256, 1)),
        conv3=fan(dims, channels, width, 256, (384, 1)),
        double3=fan(dims, channels, width, 256, (384, 1), *split(dims, 3, 448, 512, first_axis_first=True)),
        pool=nn.Sequential(same_pool(dims), make((256, 1))),
    )


# figure 9
TABLE: Table = {
    "inception_a": [inception_a] * 4,
    "reduction_a": [partial(reduction_a, 192, 224, 256, 384)],
    "inception_b": [inception_b] * 7,
    "reduction_b": [reduction_b],
    "inception_c": [inception_c] * 3,
}


def inception(*, dims: int = 2, in_channels: int = 3, num_classes: int = 1000, width: float = 1.0) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)"""
    stages = make_stages(stem(dims, in_channels, width), TABLE, dims, in_channels, width)
    channels = channels_after(nn.Sequential(*stages.values()), in_channels)  # (N, 1536, *S / 32)
    head = sequential(pool=GlobalAvgPool(), dropout=nn.Dropout(0.2), classifier=nn.Linear(channels, num_classes))
    return he_initialise(Network(stages, head))


def timm_names() -> Rename:
    """How timm's names, which number the stem's layers and all blocks in one row, become ours.

    Example:
        >>> rename = timm_names()
        >>> rename("features.7.branch1.0.bn.bias"), rename("features.21.branch2_3a.conv.weight")
        ('stages.inception_a.1.conv3.0.norm.bias', 'stages.inception_c.2.double3.split.axis1.conv.weight')
    """
    stem_branches = ({"conv": "conv3"}, {"branch0": "conv3", "branch1": "conv7"}, {"conv": "conv3"})
    branches = {
        "inception_a": {"branch0": "conv1", "branch1": "conv3", "branch2": "double3", "branch3": "pool"},
        "reduction_a": {"branch0": "conv3", "branch1": "double3"},
        "inception_b": {"branch0": "conv1", "branch1": "conv7", "branch2": "double7", "branch3": "pool"},
        "reduction_b": {"branch0": "conv3", "branch1": "conv7"},
        "inception_c": {
            "branch0": "conv1",
            "branch1_0": "conv3.row",
            "branch1_1a": "conv3.split.axis1",
            "branch1_1b": "conv3.split.axis0",
            **{f"branch2_{i}": f"double3.row.{i}" for i in range(3)},
            "branch2_3a": "double3.split.axis1",
            "branch2_3b": "double3.split.axis0",
            "branch3": "pool",
        },
    }
    modules = {f"features.{i}": f"stages.stem.{i}" for i in range(3)} | {"last_linear": "head.classifier"}
    blocks = [(f"stem.{i}", inner) for i, inner in enumerate(stem_branches, 3)]
    blocks += [(f"{name}.{j}", branches[name]) for name in TABLE for j in range(len(TABLE[name]))]
    for i, (block, inner) in enumerate(blocks, 3):
        modules |= {f"features.{i}.{theirs}": f"stages.{block}.{ours}" for theirs, ours in inner.items()}
    return rename_modules(modules)


@register(inception, size=299, smallest=75, published={"timm": timm_names()})
def inception_v4(**options: Any) -> Network:
    """42,679,816 parameters."""
    return inception(**options)

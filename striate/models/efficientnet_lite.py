"""EfficientNet-Lite: EfficientNet for phones, without squeeze-and-excitation and with ReLU6 for swish.

Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, 2019, arXiv:1905.11946
(table 1), as Google's authors cut it down in 2020: stem and top keep their width, first and last stage their depth.
Convolutions are padded as TensorFlow does (SAME), batch norm has eps 1e-3 and momentum 0.01.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

import math
from functools import partial
from typing import Any

from torch import nn

from striate.layers import GlobalAvgPool, conv_norm, inverted_stage, scale_channels, sequential
from striate.models.network import Network, he_initialise
from striate.models.registry import register
from striate.models.rename import Rename, rename_layers

# expansion, kernel, channels, blocks, stride of the first block
TABLE = (
    (1, 3, 16, 1, 1),
    (6, 3, 24, 2, 2),
    (6, 5, 40, 2, 2),
    (6, 3, 80, 3, 2),
    (6, 5, 112, 3, 1),
    (6, 5, 192, 4, 2),
    (6, 3, 320, 1, 1),
)

tf_unit = partial(conv_norm, padding="same", eps=1e-3, momentum=0.01)


def scale_table(width: float, depth: float) -> list[tuple[int, int, int, int, int]]:
    """The table with `width` times the channels and, between its ends, `depth` times the blocks, rounded up.

    Example:
        >>> [blocks for _, _, _, blocks, _ in scale_table(1.1, 1.2)]
        [1, 3, 3, 4, 4, 5, 1]
    """
    last = len(TABLE) - 1
    return [
        (expansion, kernel, scale_channels(out, width), math.ceil(blocks * depth) if 0 < i < last else blocks, stride)
        for i, (expansion, kernel, out, blocks, stride) in enumerate(TABLE)
    ]


def efficientnet_lite(
    wide: float,
    deep: float,
    dropout: float,
    *,
    dims: int = 2,
    in_channels: int = 3,
    num_classes: int = 1000,
    width: float = 1.0,
) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)

    Args:
        wide, deep: how many times wider and deeper than EfficientNet-Lite0.
        dropout: share of the features that training leaves out.
        dims, in_channels, num_classes, width: as in `create_model`; the width comes on top of `wide`.
    """
    channels, top = scale_channels(32, width), scale_channels(1280, max(1.0, width))
    stages = {"stem": tf_unit(dims, in_channels, channels, 3, 2, activation=nn.ReLU6)}  # (N, 32, *S / 2)
    for number, (expansion, kernel, out, blocks, stride) in enumerate(scale_table(wide * width, deep), 1):
        stages[f"stage{number}"] = inverted_stage(dims, channels, out, kernel, stride, expansion, blocks, tf_unit)
        channels = out
    stages["top"] = tf_unit(dims, channels, top, 1, activation=nn.ReLU6)  # (N, 1280, *S / 32)
    head = sequential(pool=GlobalAvgPool(), dropout=nn.Dropout(dropout), classifier=nn.Linear(top, num_classes))
    return he_initialise(Network(stages, head))


def published_names(depth: float) -> Rename:
    """How the published PyTorch weights' names, which number all blocks in one row, become ours.

    Example:
        >>> rename = published_names(1.0)
        >>> rename("_blocks.2._bn1.weight"), rename("_fc.bias")
        ('stages.stage2.1.path.depthwise.norm.weight', 'head.classifier.bias')
    """
    outer = {"_conv_stem": "stem.conv", "_bn0": "stem.norm", "_conv_head": "top.conv", "_bn1": "top.norm"}
    inner = {
        "_expand_conv": "expand.conv",
        "_bn0": "expand.norm",
        "_depthwise_conv": "depthwise.conv",
        "_bn1": "depthwise.norm",
        "_project_conv": "project.conv",
        "_bn2": "project.norm",
    }
    rows = enumerate(scale_table(1.0, depth), 1)
    blocks = [f"stage{number}.{j}.path" for number, (_, _, _, n, _) in rows for j in range(n)]
    row = {
        f"_blocks.{i}.{theirs}": f"{block}.{ours}" for i, block in enumerate(blocks) for theirs, ours in inner.items()
    }
    stages = {theirs: f"stages.{ours}" for theirs, ours in (outer | row).items()}
    return rename_layers(stages | {"_fc": "head.classifier"})


@register(efficientnet_lite, size=224, published={"efficientnet-lite": published_names(1.0)})
def efficientnet_lite0(**options: Any) -> Network:
    """4,652,008 parameters."""
    return efficientnet_lite(1.0, 1.0, 0.2, **options)


@register(efficientnet_lite, size=240, published={"efficientnet-lite": published_names(1.1)})
def efficientnet_lite1(**options: Any) -> Network:
    """5,416,680 parameters."""
    return efficientnet_lite(1.0, 1.1, 0.2, **options)


@register(efficientnet_lite, size=260, published={"efficientnet-lite": published_names(1.2)})
def efficientnet_lite2(**options: Any) -> Network:
    """6,092,072 parameters."""
    return efficientnet_lite(1.1, 1.2, 0.3, **options)

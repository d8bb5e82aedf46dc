"""MobileNetV2: narrow ends, wide depthwise middles.

Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018, arXiv:1801.04381 (table 2).
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from typing import Any

from torch import nn

from striate.layers import GlobalAvgPool, conv_norm, inverted_stage, sequential
from striate.models.network import Network, he_initialise
from striate.models.registry import register

# expansion, channels, blocks, stride of the first block
TABLE = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


def mobilenet(*, dims: int = 2, in_channels: int = 3, num_classes: int = 1000) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)"""
    stages, channels = {"stem": conv_norm(dims, in_channels, 32, 3, 2, activation=nn.ReLU6)}, 32  # (N, 32, *S / 2)
    for number, (expansion, out, blocks, stride) in enumerate(TABLE, 1):
        stages[f"stage{number}"] = inverted_stage(dims, channels, out, 3, stride, expansion, blocks)
        channels = out
    stages["top"] = conv_norm(dims, channels, 1280, 1, activation=nn.ReLU6)  # (N, 1280, *S / 32)
    head = sequential(pool=GlobalAvgPool(), dropout=nn.Dropout(0.2), classifier=nn.Linear(1280, num_classes))
    return he_initialise(Network(stages, head))


BLOCKS = [f"stages.stage{number}.{j}.path" for number, row in enumerate(TABLE, 1) for j in range(row[2])]


def rename_torchvision(key: str) -> str:
    """The name of a tensor in torchvision -> ours.

    Example:
        >>> rename_torchvision("features.3.conv.0.0.weight"), rename_torchvision("features.3.conv.3.bias")
        ('stages.stage2.1.path.expand.conv.weight', 'stages.stage2.1.path.project.norm.bias')
    """
    match key.split("."):
        case ["features", "0", kind, tensor]:
            return f"stages.stem.{('conv', 'norm')[int(kind)]}.{tensor}"
        case ["features", "18", kind, tensor]:
            return f"stages.top.{('conv', 'norm')[int(kind)]}.{tensor}"
        case ["classifier", "1", tensor]:
            return f"head.classifier.{tensor}"
        case ["features", block, "conv", unit, kind, tensor]:  # expand and depthwise are units of conv and norm
            names = ("expand", "depthwise") if block != "1" else ("depthwise",)
            return f"{BLOCKS[int(block) - 1]}.{names[int(unit)]}.{('conv', 'norm')[int(kind)]}.{tensor}"
        case ["features", block, "conv", layer, tensor]:  # the projection's conv and norm lie loose after them
            first = 2 if block != "1" else 1
            return f"{BLOCKS[int(block) - 1]}.project.{('conv', 'norm')[int(layer) - first]}.{tensor}"
    return key


@register(mobilenet, rename=rename_torchvision)
def mobilenet_v2(**options: Any) -> Network:
    """3,504,872 parameters."""
    return mobilenet(**options)

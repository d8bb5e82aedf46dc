"""MobileNetV2: narrow ends, wide depthwise middles.

Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018, arXiv:1801.04381 (table 2).
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from typing import Any

from torch import nn

from striate.layers import GlobalAvgPool, conv_norm, inverted_stage, scale_channels, sequential
from striate.models.network import Network, he_initialise
from striate.models.registry import register
from striate.models.rename import Rename, rename_layers

# expansion, channels, blocks, stride of the first block
TABLE = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


def mobilenet(*, dims: int = 2, in_channels: int = 3, num_classes: int = 1000, width: float = 1.0) -> Network:
    """(N, in_channels, *S) -> (N, num_classes); the paper widens the top, but doesn't narrow it."""
    channels, top = scale_channels(32, width), scale_channels(1280, max(1.0, width))
    stages = {"stem": conv_norm(dims, in_channels, channels, 3, 2, activation=nn.ReLU6)}  # (N, 32, *S / 2)
    for number, (expansion, full_width, blocks, stride) in enumerate(TABLE, 1):
        out = scale_channels(full_width, width)
        stages[f"stage{number}"] = inverted_stage(dims, channels, out, 3, stride, expansion, blocks)
        channels = out
    stages["top"] = conv_norm(dims, channels, top, 1, activation=nn.ReLU6)  # (N, 1280, *S / 32)
    head = sequential(pool=GlobalAvgPool(), dropout=nn.Dropout(0.2), classifier=nn.Linear(top, num_classes))
    return he_initialise(Network(stages, head))


def torchvision_names() -> Rename:
    """How torchvision's names, which number all blocks in one row, become ours.

    Example:
        >>> rename = torchvision_names()
        >>> rename("features.3.conv.0.0.weight"), rename("features.3.conv.3.bias")
        ('stages.stage2.1.path.expand.conv.weight', 'stages.stage2.1.path.project.norm.bias')
    """
    outer = {"0.0": "stem.conv", "0.1": "stem.norm", "18.0": "top.conv", "18.1": "top.norm"}
    first = {"0.0": "depthwise.conv", "0.1": "depthwise.norm", "1": "project.conv", "2": "project.norm"}
    others = {
        "0.0": "expand.conv",
        "0.1": "expand.norm",
        "1.0": "depthwise.conv",
        "1.1": "depthwise.norm",
        "2": "project.conv",
        "3": "project.norm",
    }
    blocks = [f"stage{number}.{j}.path" for number, (_, _, n, _) in enumerate(TABLE, 1) for j in range(n)]
    for i, block in enumerate(blocks, 1):
        outer |= {f"{i}.conv.{theirs}": f"{block}.{ours}" for theirs, ours in (first if i == 1 else others).items()}
    stages = {f"features.{theirs}": f"stages.{ours}" for theirs, ours in outer.items()}
    return rename_layers(stages | {"classifier.1": "head.classifier"})


@register(mobilenet, published={"torchvision": torchvision_names()})
def mobilenet_v2(**options: Any) -> Network:
    """3,504,872 parameters."""
    return mobilenet(**options)

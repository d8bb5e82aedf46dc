"""SqueezeNet: AlexNet's accuracy with fifty times fewer parameters.

Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size, 2016,
arXiv:1602.07360 (table 1; figure 1: the fire module). Version 1.1, of its authors' repository, has a smaller stem and
pools earlier. Pools may hang over the end (ceil), as Caffe's do. The head is Network in Network's.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from typing import Any

from torch import nn

from striate.layers import Branches, conv, max_pool, scale_channels, sequential
from striate.models.network import Network, he_initialise
from striate.models.nin import map_head
from striate.models.registry import register
from striate.models.rename import Rename, rename_layers

# channels of the 1x1 convolution that squeezes, and of each of the two that expand
FIRES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))
STAGES_1_0 = (FIRES[:3], FIRES[3:7], FIRES[7:])
STAGES_1_1 = (FIRES[:2], FIRES[2:4], FIRES[4:])
Stages = tuple[tuple[tuple[int, int], ...], ...]


def unit(dims: int, c_in: int, c_out: int, kernel: int, stride: int = 1, *, padding: int = 0) -> nn.Sequential:
    """Convolution and ReLU: (N, c_in, *S) -> (N, c_out, *S')"""
    return sequential(conv=conv(dims, c_in, c_out, kernel, stride, padding=padding), activation=nn.ReLU())


def fire(dims: int, channels: int, squeezed: int, expanded: int) -> nn.Sequential:
    """Squeeze by 1x1, expand by 1x1 and 3x3 side by side: (N, channels, *S) -> (N, 2 * expanded, *S)"""
    expand = Branches(conv1=unit(dims, squeezed, expanded, 1), conv3=unit(dims, squeezed, expanded, 3, padding=1))
    return sequential(squeeze=unit(dims, channels, squeezed, 1), expand=expand)


def squeezenet(
    stem: int,
    kernel: int,
    fires: Stages,
    *,
    dims: int = 2,
    in_channels: int = 3,
    num_classes: int = 1000,
    width: float = 1.0,
) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)

    Args:
        stem, kernel: channels of the first convolution, and its size.
        fires: channels (squeezed, expanded) of the fire modules of each stage.
        dims, in_channels, num_classes, width: as in `create_model`.
    """
    channels = scale_channels(stem, width)
    stages = {"stem": unit(dims, in_channels, channels, kernel, 2)}  # (N, stem, *S / 2)
    for number, row in enumerate(fires, 1):
        stage = [max_pool(dims, 3, 2, ceil=True)]
        for squeezed, expanded in ((scale_channels(a, width), scale_channels(b, width)) for a, b in row):
            stage.append(fire(dims, channels, squeezed, expanded))
            channels = 2 * expanded
        stages[f"stage{number}"] = nn.Sequential(*stage)  # (N, channels, *S / 4, 8, 16)
    return he_initialise(Network(stages, map_head(dims, channels, num_classes, dropout=0.5)))


def torchvision_names(fires: Stages) -> Rename:
    """How torchvision's names, which number all layers in one row, become ours.

    Example:
        >>> rename = torchvision_names(STAGES_1_0)
        >>> rename("features.7.expand3x3.weight"), rename("classifier.1.bias")
        ('stages.stage2.1.expand.conv3.conv.weight', 'head.classifier.bias')
    """
    inner = {"squeeze": "squeeze", "expand1x1": "expand.conv1", "expand3x3": "expand.conv3"}
    layers = {"features.0": "stages.stem.conv", "classifier.1": "head.classifier"}
    row = 2  # after the stem and its ReLU
    for number, stage in enumerate(fires, 1):
        for j in range(1, len(stage) + 1):  # 0 is the pooling
            block = f"stages.stage{number}.{j}"
            layers |= {f"features.{row + j}.{theirs}": f"{block}.{ours}.conv" for theirs, ours in inner.items()}
        row += 1 + len(stage)
    return rename_layers(layers)


@register(squeezenet, smallest=21, one_sided=True, published={"torchvision": torchvision_names(STAGES_1_0)})
def squeezenet1_0(**options: Any) -> Network:
    """1,248,424 parameters."""
    return squeezenet(96, 7, STAGES_1_0, **options)


@register(squeezenet, smallest=17, one_sided=True, published={"torchvision": torchvision_names(STAGES_1_1)})
def squeezenet1_1(**options: Any) -> Network:
    """1,235,496 parameters."""
    return squeezenet(64, 3, STAGES_1_1, **options)

"""GoogLeNet: four filters of different size look at the same place, behind 1x1 bottlenecks.

Szegedy et al., Going Deeper with Convolutions, 2014, arXiv:1409.4842 (table 1; figure 2b: the module; section 5:
the auxiliary heads). As torchvision publishes it: batch norm in place of biases and of the two local response
normalisations, the last pooling 2x2 in place of 3x3, and, unless `wide_kernel` is 5, 3x3 in place of 5x5 filters.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from functools import partial
from typing import Any, Literal

from torch import nn

from striate.errors import ArgumentError
from striate.layers import Branches, GlobalAvgPool, grid_pool, max_pool, scale_channels, sequential
from striate.models.inception_blocks import channels_after, rename_modules, row
from striate.models.network import Network, he_initialise
from striate.models.registry import register
from striate.models.rename import Rename

# 1x1; 1x1 before 3x3, 3x3; 1x1 before 5x5, 5x5; 1x1 after the pooling. One number: a max pooling of that side.
TABLE: dict[str, tuple[int, int, int, int, int, int] | int] = {
    "inception3a": (64, 96, 128, 16, 32, 32),
    "inception3b": (128, 128, 192, 32, 96, 64),
    "pool3": 3,
    "inception4a": (192, 96, 208, 16, 48, 64),
    "inception4b": (160, 112, 224, 24, 64, 64),
    "inception4c": (128, 128, 256, 24, 64, 64),
    "inception4d": (112, 144, 288, 32, 64, 64),
    "inception4e": (256, 160, 320, 32, 128, 128),
    "pool4": 2,
    "inception5a": (256, 160, 320, 32, 128, 128),
    "inception5b": (384, 192, 384, 48, 128, 128),
}
AUXILIARY = ("inception4a", "inception4d")


def inception(
    dims: int, channels: int, sizes: tuple[int, int, int, int, int, int], wide_kernel: int, width: float = 1.0
) -> Branches:
    """A row of the table: (N, channels, *S) -> (N, one + three + wide + pool, *S)

    Example:
        >>> import torch
        >>> inception(2, 192, (64, 96, 128, 16, 32, 32), wide_kernel=5)(torch.zeros(2, 192, 28, 28)).shape
        torch.Size([2, 256, 28, 28])
    """
    one, three_in, three, wide_in, wide, pool = sizes
    make = partial(row, dims, channels, width)
    return Branches(
        conv1=make((one, 1)),
        conv3=make((three_in, 1), (three, 3)),
        wide=make((wide_in, 1), (wide, wide_kernel)),
        pool=nn.Sequential(max_pool(dims, 3, 1, padding=1), make((pool, 1))),
    )


def auxiliary_head(dims: int, channels: int, num_classes: int, width: float) -> nn.Sequential:
    """(N, channels, *S) -> (N, num_classes), means over a grid of 4 cells a side at any size."""
    dense = scale_channels(1024, width)
    return sequential(
        pool=grid_pool(dims, 4),
        conv=row(dims, channels, width, (128, 1)),
        flatten=nn.Flatten(),
        dense=nn.Linear(scale_channels(128, width) * 4**dims, dense),
        activation=nn.ReLU(),
        dropout=nn.Dropout(0.7),
        classifier=nn.Linear(dense, num_classes),
    )


def google_net(
    *,
    dims: int = 2,
    in_channels: int = 3,
    num_classes: int = 1000,
    width: float = 1.0,
    auxiliary: bool = True,
    wide_kernel: Literal[3, 5] = 3,
) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)

    Args:
        dims, in_channels, num_classes, width: as in `create_model`.
        auxiliary: two more heads halfway up, for training.
        wide_kernel: of the third branch: 5 in the paper, 3 where torchvision's weights are to fit.

    Raises:
        ArgumentError: the kernel is neither 3 nor 5.
    """
    if wide_kernel not in (3, 5):
        raise ArgumentError.of("wide_kernel", "3 or 5", wide_kernel)
    stages: dict[str, nn.Module] = {
        "conv1": row(dims, in_channels, width, (64, 7), stride=2),  # (N, 64, *S / 2)
        "pool1": max_pool(dims, 3, 2, ceil=True),
        "conv2": row(dims, scale_channels(64, width), width, (64, 1), (192, 3)),  # (N, 192, *S / 4)
        "pool2": max_pool(dims, 3, 2, ceil=True),
    }
    heads: dict[str, nn.Module] = {}
    channels = scale_channels(192, width)
    for name, sizes in TABLE.items():
        if isinstance(sizes, int):
            stages[name] = max_pool(dims, sizes, 2, ceil=True)
        else:
            stages[name] = inception(dims, channels, sizes, wide_kernel, width)
        channels = channels_after(stages[name], channels)  # 256 to 1024
        if auxiliary and name in AUXILIARY:
            heads[name] = auxiliary_head(dims, channels, num_classes, width)
    head = sequential(pool=GlobalAvgPool(), dropout=nn.Dropout(0.4), classifier=nn.Linear(channels, num_classes))
    return he_initialise(Network(stages, head, heads))


def torchvision_names() -> Rename:
    """How torchvision's names become ours.

    Example:
        >>> rename = torchvision_names()
        >>> rename("inception3a.branch3.1.bn.weight"), rename("aux2.fc1.bias")
        ('stages.inception3a.wide.1.norm.weight', 'auxiliary.inception4d.dense.bias')
    """
    ours = {"conv1": "stages.conv1", "conv2": "stages.conv2.0", "conv3": "stages.conv2.1", "fc": "head.classifier"}
    for name in TABLE:
        branches = enumerate(("conv1", "conv3", "wide", "pool"), 1)
        ours |= {f"{name}.branch{number}": f"stages.{name}.{branch}" for number, branch in branches}
    for number, name in enumerate(AUXILIARY, 1):
        layers = {"conv": "conv", "fc1": "dense", "fc2": "classifier"}
        ours |= {f"aux{number}.{theirs}": f"auxiliary.{name}.{layer}" for theirs, layer in layers.items()}
    return rename_modules(ours)


@register(google_net, published={"torchvision": torchvision_names()})
def googlenet(**options: Any) -> Network:
    """6,624,904 parameters, and 6,379,984 in the auxiliary heads."""
    return google_net(**options)

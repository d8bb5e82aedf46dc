"""Inception v3: large filters factorised into small ones, and into filters of one axis each.

Szegedy et al., Rethinking the Inception Architecture for Computer Vision, 2015, arXiv:1512.00567 (table 1; figures
5 to 7: the modules; figure 10: how they halve the size; figure 8: the auxiliary head), as TensorFlow's authors and
torchvision publish it; the stages have the names by which those are known. n x n in two dimensions is 1 x n and
n x 1; in one dimension it is n alone, in three there is a third filter. In the widest modules one filter per axis
stand side by side.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers import Branches, GlobalAvgPool, avg_pool, max_pool, scale_channels, sequential
from striate.models.inception_blocks import channels_after, fan, rename_modules, row, split
from striate.models.network import Network, he_initialise
from striate.models.registry import register
from striate.models.rename import Rename

AUXILIARY = "mixed6e"

# Their names of units in the modules whose rows end in a filter along each axis -> ours.
FANS = {
    "branch3x3_1": "conv3.row",
    "branch3x3_2a": "conv3.split.axis1",
    "branch3x3_2b": "conv3.split.axis0",
    "branch3x3dbl_1": "double3.row.0",
    "branch3x3dbl_2": "double3.row.1",
    "branch3x3dbl_3a": "double3.split.axis1",
    "branch3x3dbl_3b": "double3.split.axis0",
}


def averaged(dims: int, channels: int, width: float, out: int) -> nn.Sequential:
    """Means of three samples a side, then 1x1: (N, channels, *S) -> (N, out, *S)"""
    return nn.Sequential(avg_pool(dims, 3, 1, padding=1), row(dims, channels, width, (out, 1)))


def mixed5(dims: int, channels: int, width: float, pool: int) -> Branches:
    """Figure 5, beside a 5x5 filter: (N, channels, *S) -> (N, 224 + pool, *S)"""
    make = partial(row, dims, channels, width)
    return Branches(
        conv1=make((64, 1)),
        conv5=make((48, 1), (64, 5)),
        double3=make((64, 1), (96, 3), (96, 3)),
        pool=averaged(dims, channels, width, pool),
    )


def mixed6a(dims: int, channels: int, width: float) -> Branches:
    """Figure 10: (N, channels, *S) -> (N, 480 + channels, *S / 2)"""
    make = partial(row, dims, channels, width, stride=2, padding=0)
    return Branches(conv3=make((384, 3)), double3=make((64, 1), (96, 3), (96, 3)), pool=max_pool(dims, 3, 2))


def mixed6(dims: int, channels: int, width: float, narrow: int) -> Branches:
    """Figure 6, n = 7: (N, channels, *S) -> (N, 768, *S)"""
    make = partial(row, dims, channels, width)
    down = partial(split, dims, 7, narrow, first_axis_first=True)
    return Branches(
        conv1=make((192, 1)),
        conv7=make((narrow, 1), *split(dims, 7, narrow, 192)),
        double7=make((narrow, 1), *down(narrow), *down(192)),
        pool=averaged(dims, channels, width, 192),
    )


def mixed7a(dims: int, channels: int, width: float) -> Branches:
    """Halves the size once more: (N, channels, *S) -> (N, 512 + channels, *S / 2)"""
    make = partial(row, dims, channels, width, stride=2, padding=0)
    return Branches(
        conv3=make((192, 1), (320, 3)),
        conv7=make((192, 1), *split(dims, 7, 192, 192), (192, 3)),
        pool=max_pool(dims, 3, 2),
    )


def mixed7(dims: int, channels: int, width: float) -> Branches:
    """Figure 7: (N, channels, *S) -> (N, 512 + 768 * dims, *S)"""
    make = partial(row, dims, channels, width)
    return Branches(
        conv1=make((320, 1)),
        conv3=fan(dims, channels, width, 384, (384, 1)),
        double3=fan(dims, channels, width, 384, (448, 1), (384, 3)),
        pool=averaged(dims, channels, width, 192),
    )


def stage_makers(dims: int, width: float) -> dict[str, Callable[[int], nn.Module]]:
    """The rows of table 1: the name of each stage -> what makes it, given the channels that come in.

    Sizes beside them are samples a side.
    """
    return {
        "conv1a": lambda channels: row(dims, channels, width, (32, 3), stride=2, padding=0),  # 299 -> 149
        "conv2a": lambda channels: row(dims, channels, width, (32, 3), padding=0),
        "conv2b": lambda channels: row(dims, channels, width, (64, 3)),
        "pool1": lambda _: max_pool(dims, 3, 2),  # 147 -> 73
        "conv3b": lambda channels: row(dims, channels, width, (80, 1)),
        "conv4a": lambda channels: row(dims, channels, width, (192, 3), padding=0),
        "pool2": lambda _: max_pool(dims, 3, 2),  # 71 -> 35
        "mixed5b": lambda channels: mixed5(dims, channels, width, pool=32),
        "mixed5c": lambda channels: mixed5(dims, channels, width, pool=64),
        "mixed5d": lambda channels: mixed5(dims, channels, width, pool=64),
        "mixed6a": lambda channels: mixed6a(dims, channels, width),  # 35 -> 17
        "mixed6b": lambda channels: mixed6(dims, channels, width, narrow=128),
        "mixed6c": lambda channels: mixed6(dims, channels, width, narrow=160),
        "mixed6d": lambda channels: mixed6(dims, channels, width, narrow=160),
        "mixed6e": lambda channels: mixed6(dims, channels, width, narrow=192),
        "mixed7a": lambda channels: mixed7a(dims, channels, width),  # 17 -> 8
        "mixed7b": lambda channels: mixed7(dims, channels, width),
        "mixed7c": lambda channels: mixed7(dims, channels, width),
    }


class AtLeast(nn.Module):
    """Repeats samples along each axis that has fewer than `size`; larger inputs pass: (N, C, *S) -> (N, C, *S').

    Example:
        >>> import torch
        >>> AtLeast(4)(torch.tensor([[[1.0, 2.0]]]))
        tensor([[[1., 1., 2., 2.]]])
    """

    def __init__(self, size: int):
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C, *max(S, size))"""
        return F.interpolate(x, [max(n, self.size) for n in x.shape[2:]], mode="area")


def auxiliary_head(dims: int, channels: int, num_classes: int, width: float) -> nn.Sequential:
    """(N, channels, *S) -> (N, num_classes); as published from 17 samples a side on, as many as 299 pixels leave."""
    return sequential(
        enough=AtLeast(17),
        pool=avg_pool(dims, 5, 3),
        reduce=row(dims, channels, width, (128, 1)),
        conv=row(dims, scale_channels(128, width), width, (768, 5), padding=0),  # 5 -> 1 samples a side
        average=GlobalAvgPool(),
        classifier=nn.Linear(scale_channels(768, width), num_classes),
    )


def inception3(
    *, dims: int = 2, in_channels: int = 3, num_classes: int = 1000, width: float = 1.0, auxiliary: bool = True
) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)

    Args:
        dims, in_channels, num_classes, width: as in `create_model`.
        auxiliary: another head, on the last stage before mixed7a, for training.
    """
    stages: dict[str, nn.Module] = {}
    heads: dict[str, nn.Module] = {}
    channels = in_channels
    for name, make in stage_makers(dims, width).items():
        stages[name] = make(channels)
        channels = channels_after(stages[name], channels)
        if auxiliary and name == AUXILIARY:
            heads[name] = auxiliary_head(dims, channels, num_classes, width)
    head = sequential(pool=GlobalAvgPool(), dropout=nn.Dropout(0.5), classifier=nn.Linear(channels, num_classes))
    return he_initialise(Network(stages, head, heads))


def published_names() -> Rename:
    """How the names of torchvision and timm become ours.

    Example:
        >>> rename = published_names()
        >>> rename("Conv2d_1a_3x3.bn.weight"), rename("Mixed_6b.branch7x7dbl_5.conv.weight")
        ('stages.conv1a.norm.weight', 'stages.mixed6b.double7.4.conv.weight')
    """
    stem = {"1a_3x3": "conv1a", "2a_3x3": "conv2a", "2b_3x3": "conv2b", "3b_1x1": "conv3b", "4a_3x3": "conv4a"}
    ours = {f"Conv2d_{theirs}": f"stages.{stage}" for theirs, stage in stem.items()}
    layers = {"conv0": "reduce", "conv1": "conv", "fc": "classifier"}
    ours |= {f"AuxLogits.{theirs}": f"auxiliary.{AUXILIARY}.{layer}" for theirs, layer in layers.items()}
    for module in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"):
        units = unit_names() | (FANS if module in ("7b", "7c") else {})
        ours |= {f"Mixed_{module}.{theirs}": f"stages.mixed{module}.{unit}" for theirs, unit in units.items()}
    return rename_modules(ours | {"fc": "head.classifier"})


def unit_names() -> dict[str, str]:
    """Their names of units in a module, whichever it has -> ours."""
    rows = {"3x3": "conv3", "5x5": "conv5", "7x7": "conv7", "7x7x3": "conv7", "3x3dbl": "double3", "7x7dbl": "double7"}
    names = {f"branch{theirs}_{i + 1}": f"{ours}.{i}" for theirs, ours in rows.items() for i in range(5)}
    return names | {"branch1x1": "conv1", "branch3x3": "conv3", "branch_pool": "pool.1"}


PUBLISHED = {"torchvision": published_names(), "timm": published_names()}


@register(inception3, size=299, smallest=75, published=PUBLISHED)
def inception_v3(**options: Any) -> Network:
    """23,834,568 parameters, and 3,326,696 in the auxiliary head."""
    return inception3(**options)

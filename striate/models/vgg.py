"""VGG: nothing but 3x3 convolutions, deeper and deeper.

Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, 2014,
arXiv:1409.1556 (table 1, columns A, B, D and E). The variants with batch norm came later, after
Ioffe and Szegedy, 2015, arXiv:1502.03167. Inputs that don't end in a 7x7 grid are averaged to one.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from itertools import pairwise
from typing import Any

from torch import nn

from striate.layers import conv, grid_pool, kinds, max_pool, scale_channels, sequential
from striate.models.network import Network, he_initialise
from striate.models.registry import register
from striate.models.rename import Rename, rename_layers

CHANNELS = (64, 128, 256, 512, 512)
DEPTHS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


def unit(dims: int, c_in: int, c_out: int, batch_norm: bool) -> nn.Sequential:
    """(N, c_in, *S) -> (N, c_out, *S)"""
    return sequential(
        conv=conv(dims, c_in, c_out, 3), norm=kinds(dims).norm(c_out) if batch_norm else None, activation=nn.ReLU()
    )


def vgg(
    layers: int, batch_norm: bool, *, dims: int = 2, in_channels: int = 3, num_classes: int = 1000, width: float = 1.0
) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)"""
    stages, channels, units = {}, in_channels, scale_channels(4096, width)
    for number, (depth, full_width) in enumerate(zip(DEPTHS[layers], CHANNELS, strict=True), 1):
        row = [channels] + [scale_channels(full_width, width)] * depth
        channels = row[-1]
        stage = [unit(dims, a, b, batch_norm) for a, b in pairwise(row)]
        stages[f"stage{number}"] = nn.Sequential(*stage, max_pool(dims, 2))  # (N, channels, *S / 2)
    head = sequential(
        pool=grid_pool(dims, 7),
        flatten=nn.Flatten(),
        dense1=nn.Linear(channels * 7**dims, units),
        activation1=nn.ReLU(),
        dropout1=nn.Dropout(0.5),
        dense2=nn.Linear(units, units),
        activation2=nn.ReLU(),
        dropout2=nn.Dropout(0.5),
        classifier=nn.Linear(units, num_classes),
    )
    return he_initialise(Network(stages, head))


def torchvision_names(layers: int, batch_norm: bool) -> Rename:
    """How torchvision's names, which number all layers in one row (those without weights too), become ours.

    Example:
        >>> rename = torchvision_names(16, batch_norm=True)
        >>> rename("features.7.weight"), rename("features.8.bias"), rename("classifier.6.weight")
        ('stages.stage2.0.conv.weight', 'stages.stage2.0.norm.bias', 'head.classifier.weight')
    """
    ours = {"classifier.0": "head.dense1", "classifier.3": "head.dense2", "classifier.6": "head.classifier"}
    parts = ("conv", "norm", "activation") if batch_norm else ("conv", "activation")
    row = 0
    for number, depth in enumerate(DEPTHS[layers], 1):
        for j in range(depth):
            ours |= {f"features.{row + i}": f"stages.stage{number}.{j}.{part}" for i, part in enumerate(parts)}
            row += len(parts)
        row += 1  # the pooling
    return rename_layers(ours)


@register(vgg, published={"torchvision": torchvision_names(11, batch_norm=False)})
def vgg11(**options: Any) -> Network:
    """132,863,336 parameters."""
    return vgg(11, False, **options)


@register(vgg, published={"torchvision": torchvision_names(13, batch_norm=False)})
def vgg13(**options: Any) -> Network:
    """133,047,848 parameters."""
    return vgg(13, False, **options)


@register(vgg, published={"torchvision": torchvision_names(16, batch_norm=False)})
def vgg16(**options: Any) -> Network:
    """138,357,544 parameters."""
    return vgg(16, False, **options)


@register(vgg, published={"torchvision": torchvision_names(19, batch_norm=False)})
def vgg19(**options: Any) -> Network:
    """143,667,240 parameters."""
    return vgg(19, False, **options)


@register(vgg, published={"torchvision": torchvision_names(11, batch_norm=True)})
def vgg11_bn(**options: Any) -> Network:
    """132,868,840 parameters."""
    return vgg(11, True, **options)


@register(vgg, published={"torchvision": torchvision_names(13, batch_norm=True)})
def vgg13_bn(**options: Any) -> Network:
    """133,053,736 parameters."""
    return vgg(13, True, **options)


@register(vgg, published={"torchvision": torchvision_names(16, batch_norm=True)})
def vgg16_bn(**options: Any) -> Network:
    """138,365,992 parameters."""
    return vgg(16, True, **options)


@register(vgg, published={"torchvision": torchvision_names(19, batch_norm=True)})
def vgg19_bn(**options: Any) -> Network:
    """143,678,248 parameters."""
    return vgg(19, True, **options)

"""Network in Network: 1x1 convolutions between the others, and no dense layer at the end.

Lin, Chen and Yan, Network In Network, 2013, arXiv:1312.4400 (figure 2). A 1x1 convolution is a dense layer at every
position; the last one gives a map for every class, whose mean is its logit. Widths, poolings and dropout are those of
the Caffe models that its first author published. Pools may hang over the end (ceil), as Caffe's do: that is how
224 pixels become 54, 27, 13 and 6, and 32 become 16 and 8.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from itertools import pairwise
from typing import Any, Literal

from torch import nn

from striate.layers import GlobalAvgPool, avg_pool, conv, max_pool, scale_channels, sequential
from striate.models.network import Network, he_initialise
from striate.models.registry import register


def mlpconv(
    dims: int,
    c_in: int,
    widths: tuple[int, ...],
    kernel: int,
    stride: int = 1,
    *,
    padding: int | Literal["half"] = "half",
) -> nn.Sequential:
    """A convolution, then 1x1 convolutions, each with its ReLU: (N, c_in, *S) -> (N, widths[-1], *S / stride)"""
    first = sequential(conv=conv(dims, c_in, widths[0], kernel, stride, padding=padding), activation=nn.ReLU())
    others = [sequential(conv=conv(dims, a, b, 1), activation=nn.ReLU()) for a, b in pairwise(widths)]
    return nn.Sequential(first, *others)


def map_head(dims: int, channels: int, num_classes: int, dropout: float | None = None) -> nn.Sequential:
    """A map of each class, whose mean is its logit: (N, channels, *S) -> (N, num_classes)

    A ReLU follows the maps, so their biases start at one: a class that starts below zero would learn nothing.
    """
    classifier = conv(dims, channels, num_classes, 1)
    nn.init.normal_(classifier.weight, std=0.01)
    nn.init.ones_(classifier.bias)  # type: ignore[arg-type]  # it has one
    return sequential(
        dropout=nn.Dropout(dropout) if dropout else None,
        classifier=classifier,
        activation=nn.ReLU(),
        pool=GlobalAvgPool(),
    )


def nin_of_imagenet(*, dims: int = 2, in_channels: int = 3, num_classes: int = 1000, width: float = 1.0) -> Network:
    """(N, in_channels, *S) -> (N, num_classes); the sizes are those of 224 pixels a side."""
    c1, c2, c3, c4 = (scale_channels(c, width) for c in (96, 256, 384, 1024))
    stages = {
        "stage1": sequential(  # 224 -> 54 -> 27
            mlpconv=mlpconv(dims, in_channels, (c1, c1, c1), 11, 4, padding=0),
            pool=max_pool(dims, 3, 2, ceil=True),
        ),
        "stage2": sequential(  # 27 -> 13
            mlpconv=mlpconv(dims, c1, (c2, c2, c2), 5),
            pool=max_pool(dims, 3, 2, ceil=True),
        ),
        "stage3": sequential(  # 13 -> 6
            mlpconv=mlpconv(dims, c2, (c3, c3, c3), 3),
            pool=max_pool(dims, 3, 2, ceil=True),
            dropout=nn.Dropout(0.5),
        ),
        "stage4": mlpconv(dims, c3, (c4, c4), 3),
    }
    return he_initialise(Network(stages, map_head(dims, c4, num_classes)))


def nin_of_cifar(*, dims: int = 2, in_channels: int = 3, num_classes: int = 10, width: float = 1.0) -> Network:
    """(N, in_channels, *S) -> (N, num_classes); the sizes are those of 32 pixels a side."""
    wide, middle, narrow = (scale_channels(c, width) for c in (192, 160, 96))
    stages = {
        "stage1": sequential(  # 32 -> 16
            mlpconv=mlpconv(dims, in_channels, (wide, middle, narrow), 5),
            pool=max_pool(dims, 3, 2, ceil=True),
            dropout=nn.Dropout(0.5),
        ),
        "stage2": sequential(  # 16 -> 8
            mlpconv=mlpconv(dims, narrow, (wide, wide, wide), 5),
            pool=avg_pool(dims, 3, 2, ceil=True),
            dropout=nn.Dropout(0.5),
        ),
        "stage3": mlpconv(dims, wide, (wide, wide), 3),
    }
    return he_initialise(Network(stages, map_head(dims, wide, num_classes)))


@register(nin_of_imagenet, size=224, smallest=39, one_sided=True)
def nin(**options: Any) -> Network:
    """7,595,176 parameters."""
    return nin_of_imagenet(**options)


# Four pixels are enough, but in three dimensions torch averages no volume smaller than the window.
@register(nin_of_cifar, size=32, smallest=6, classes=10, one_sided=True)
def nin_cifar(**options: Any) -> Network:
    """966,986 parameters."""
    return nin_of_cifar(**options)

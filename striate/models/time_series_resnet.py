"""The residual network of time series: it keeps every sample, and answers by the mean over all.

Wang, Yan and Oates, Time Series Classification from Scratch with Deep Neural Networks, 2016, arXiv:1611.06455
(section 2.3): three blocks of three convolutions, 8, 5 and 3 samples wide, with 64, 128 and 128 channels. Fawaz et al.,
Deep Learning for Time Series Classification: a Review, 2018, arXiv:1809.04356, find it best of nine on the UCR archive.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from typing import Any

from torch import nn

from striate.layers import GlobalAvgPool, Residual, conv_norm, kinds, scale_channels, sequential
from striate.models.network import Network, he_initialise
from striate.models.registry import register

_KERNELS = (8, 5, 3)
_WIDTHS = (64, 128, 128)


def widening_block(dims: int, channels: int, width: int) -> nn.Sequential:
    """relu(path(x) + shortcut(x)): (N, channels, *S) -> (N, width, *S); the shortcut is a norm, at least."""
    path = []
    for number, kernel in enumerate(_KERNELS):
        activation = nn.ReLU if number < len(_KERNELS) - 1 else None
        path.append(
            conv_norm(dims, width if number else channels, width, kernel, padding="same", activation=activation)
        )
    shortcut = kinds(dims).norm(width) if channels == width else conv_norm(dims, channels, width, 1)
    return sequential(residual=Residual(nn.Sequential(*path), shortcut), activation=nn.ReLU())


def time_series(*, dims: int = 2, in_channels: int = 1, num_classes: int = 2, width: float = 1.0) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)"""
    stages: dict[str, nn.Module] = {}
    channels = in_channels
    for number, maps in enumerate(_WIDTHS, 1):
        out = scale_channels(maps, width)
        stages[f"block{number}"] = widening_block(dims, channels, out)  # (N, 64 or 128, *S)
        channels = out
    head = sequential(pool=GlobalAvgPool(), classifier=nn.Linear(channels, num_classes))
    return he_initialise(Network(stages, head))


@register(time_series, size=128, smallest=1, channels=1, classes=2)
def time_series_resnet(**options: Any) -> Network:
    """503,106 parameters in one dimension, of one channel and two classes."""
    return time_series(**options)

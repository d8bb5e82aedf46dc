"""A small network that says whether something stands in the middle of its window: it knows where it sees what.

Networks that end in a mean over all positions can't tell the middle from the side, but by the zeros around the window,
which are gone once they slide over a longer signal. This one pads nowhere, so that made dense it answers to each window
just what it answers to that window cut out; and the means of a grid of cells, in their order, go to a dense layer, as
AlexNet's (Krizhevsky, 2014, arXiv:1404.5997).
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from typing import Any

from torch import nn

from striate.layers import conv_norm, grid_pool, max_pool, scale_channels, sequential
from striate.models.network import Network, he_initialise
from striate.models.registry import register

_CELLS = {1: 16, 2: 4, 3: 4}  # along each axis
_STAGES = ((7, 16), (5, 32), (5, 32))  # filter size and channels


def event_convolutional(*, dims: int = 2, in_channels: int = 1, num_classes: int = 2, width: float = 1.0) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)"""
    stages: dict[str, nn.Module] = {}
    channels = in_channels
    for number, (kernel, maps) in enumerate(_STAGES, 1):
        out = scale_channels(maps, width)
        stages[f"stage{number}"] = sequential(  # (N, 16 or 32, *S - 6, then / 2 - 4, then / 2 - 4)
            pool=max_pool(dims, 2) if number > 1 else None,
            body=conv_norm(dims, channels, out, kernel, padding=0, activation=nn.ReLU),
        )
        channels = out
    units, cells = scale_channels(64, width), _CELLS[dims]
    head = sequential(
        cells=grid_pool(dims, cells),  # (N, 32, 16), or 4 a side
        flatten=nn.Flatten(),
        dense=nn.Linear(channels * cells**dims, units),
        activation=nn.ReLU(),
        classifier=nn.Linear(units, num_classes),
    )
    return he_initialise(Network(stages, head))


@register(event_convolutional, size=288, smallest=34, channels=1, classes=2)
def event_convnet(**options: Any) -> Network:
    """40,914 parameters in one dimension, of one channel and two classes; dense, every fourth window."""
    return event_convolutional(**options)

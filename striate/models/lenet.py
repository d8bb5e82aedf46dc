"""LeNet-5 as it is built today: max pooling, ReLU, and softmax left to the loss.

LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998 (figure 2: the sizes).
The paper pools by trainable subsampling, squashes by tanh, connects C3 sparsely and ends in radial
basis functions; none of that is here.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from typing import Any

from torch import nn

from striate.layers import conv, max_pool, sequential
from striate.models.network import Network, he_initialise
from striate.models.registry import register


def conv_pool(dims: int, c_in: int, c_out: int) -> nn.Sequential:
    """(N, c_in, *S) -> (N, c_out, *(S - 4) / 2)"""
    return sequential(conv=conv(dims, c_in, c_out, 5, padding=0), activation=nn.ReLU(), pool=max_pool(dims, 2))


def lenet(*, dims: int = 2, in_channels: int = 3, num_classes: int = 1000) -> Network:
    """(N, in_channels, 32, …) -> (N, num_classes); every side has 32 samples."""
    stages = {
        "conv1": conv_pool(dims, in_channels, 6),  # 32 -> 14 samples a side
        "conv2": conv_pool(dims, 6, 16),  # 14 -> 5
    }
    head = sequential(
        flatten=nn.Flatten(),
        dense1=nn.Linear(16 * 5**dims, 120),
        activation1=nn.ReLU(),
        dense2=nn.Linear(120, 84),
        activation2=nn.ReLU(),
        classifier=nn.Linear(84, num_classes),
    )
    return he_initialise(Network(stages, head))


@register(lenet, size=32, channels=1, classes=10, fixed_size=True)
def lenet5(**options: Any) -> Network:
    """61,706 parameters for ten digits in grey."""
    return lenet(**options)

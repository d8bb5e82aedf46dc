"""Batch norms folded into the convolutions before them: the same answers with fewer passes over memory."""

from copy import deepcopy
from itertools import pairwise
from typing import TypeVar

from torch import nn
from torch.nn.utils import fuse_conv_bn_eval

from striate.layers.dims import Conv, Norm

Module = TypeVar("Module", bound=nn.Module)


def folded(network: Module) -> Module:
    """A copy of a network that answers as it does in eval mode, but for rounding, and can't be trained.

    A batch norm in eval mode multiplies and adds a number per channel, which the convolution before it can do itself.
    A ReLU after a convolution writes over the convolution's output. The network itself stays as it is.

    Args:
        network: any; what follows a convolution is looked for inside of each `nn.Sequential`.

    Example:
        >>> from striate.layers import conv_norm
        >>> folded(conv_norm(2, 3, 8, 3, activation=nn.ReLU))
        Sequential(
          (conv): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
          (activation): ReLU(inplace=True)
        )
    """
    copy = deepcopy(network).eval()
    for module in list(copy.modules()):
        if isinstance(module, nn.Sequential):
            _fold_norms(module)
            _overwrite(module)
    return copy


def _fold_norms(layers: nn.Sequential) -> None:
    for (name, conv), (norm_name, norm) in pairwise(list(layers.named_children())):
        if isinstance(conv, Conv) and isinstance(norm, Norm):
            setattr(layers, name, fuse_conv_bn_eval(conv, norm))
            delattr(layers, norm_name)


def _overwrite(layers: nn.Sequential) -> None:
    for (_, before), (name, activation) in pairwise(list(layers.named_children())):
        if isinstance(before, Conv) and isinstance(activation, nn.ReLU | nn.ReLU6):
            setattr(layers, name, type(activation)(inplace=True).eval())

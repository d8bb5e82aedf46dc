"""Layers one after the other, each with a name."""

from collections import OrderedDict

from torch import nn


def sequential(**layers: nn.Module | None) -> nn.Sequential:
    """`nn.Sequential` with named children, in the order given; those that are None are left out.

    Example:
        >>> sequential(dense=nn.Linear(4, 2), norm=None, activation=nn.ReLU())
        Sequential(
          (dense): Linear(in_features=4, out_features=2, bias=True)
          (activation): ReLU()
        )
    """
    return nn.Sequential(OrderedDict((name, layer) for name, layer in layers.items() if layer is not None))

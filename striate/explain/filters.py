"""The filters of a network's first convolution, which look at the input itself and can be drawn as they are."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn

from striate.errors import ArgumentError
from striate.explain.capture import find_layer
from striate.explain.table import table
from striate.layers.dims import Conv


class Filters(NamedTuple):
    """A layer and its weights (K, C, *f)."""

    layer: str
    weights: Tensor


def first_filters(module: nn.Module, input_shape: Sequence[int]) -> Filters:
    """The convolution that runs first.

    Args:
        module: any.
        input_shape: (C, *S) of one sample.

    Raises:
        ArgumentError: the module has none.

    Example:
        >>> first_filters(nn.Sequential(nn.Identity(), nn.Conv2d(3, 8, 5)), (3, 9, 9)).weights.shape
        torch.Size([8, 3, 5, 5])
    """
    for row in table(module, input_shape).rows[1:]:
        layer = find_layer(module, row.layer)
        if isinstance(layer, Conv):
            return Filters(row.layer, layer.weight.detach().cpu())
    raise ArgumentError(f"{type(module).__name__} has no convolution, so there are no filters to draw")

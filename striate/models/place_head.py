"""Heads that say where: presence and a box, or presence and points, from all places of the last activation.

Global pooling forgets where things are. Here every cell of the grid keeps its place: a 1x1 convolution makes few
channels of many, and dense layers read all cells.
"""

from collections.abc import Sequence

from torch import nn

from striate.layers import conv_norm, sequential
from striate.models.network import Network
from striate.models.new_head import check_images, kept_stages, stage_shapes

LEAST_CELLS = 5  # a side, of the activation that is read: fewer know too little of where
CHANNELS = 64  # of each cell
UNITS = 256  # of the dense layer that reads all cells


def localize_head(
    network: Network,
    num_classes: int,
    *,
    size: Sequence[int],
    size_hw: Sequence[int] = (),
    last_stage: str | None = None,
) -> Network:
    """A network that answers pc, bx, by, bh, bw, c1 … cK for one object in the image.

    Args:
        network: taken over; its kept stages are the same modules.
        num_classes: K.
        size: shape of an input (C, H, W); its sides give way to `size_hw`.
        size_hw: height and width of the input that the dense layers are for.
        last_stage: the last stage that stays; None takes the last one with five cells a side or more.

    Returns:
        a network of the same name: (N, C, H, W) -> (N, 5+K).

    Raises:
        ArgumentError: no such stage, or a network that is not of two dimensions.

    Example:
        >>> import torch
        >>> from striate.models import create_model
        >>> network = create_model("resnet18", num_classes=3, head="localize", size_hw=[64, 64])
        >>> network(torch.zeros(2, 3, 64, 64)).shape
        torch.Size([2, 8])
    """
    return _with_places(network, 5 + num_classes, size, size_hw, last_stage)


def landmarks_head(
    network: Network,
    num_classes: int,
    *,
    size: Sequence[int],
    size_hw: Sequence[int] = (),
    last_stage: str | None = None,
) -> Network:
    """A network that answers presence, then x and y of each point; arguments and errors are those of `localize_head`.

    Args:
        num_classes: P, how many points; 64 of them give the 129 answers of the course documents.

    Example:
        >>> import torch
        >>> from striate.models import create_model
        >>> network = create_model("resnet18", num_classes=64, head="landmarks", size_hw=[64, 64])
        >>> network(torch.zeros(2, 3, 64, 64)).shape
        torch.Size([2, 129])
    """
    return _with_places(network, 1 + 2 * num_classes, size, size_hw, last_stage)


def _with_places(
    network: Network, answers: int, size: Sequence[int], size_hw: Sequence[int], last_stage: str | None
) -> Network:
    """A network of so many answers, with a head that reads every cell of the last stage that stays."""
    check_images(size)
    stages = kept_stages(network, last_stage)
    shapes = stage_shapes(stages, (size[0], *(size_hw or size[1:])))
    if last_stage is None:
        fine = [name for name, (_, *sides) in shapes.items() if min(sides) >= LEAST_CELLS]
        stages = kept_stages(network, fine[-1] if fine else None)
    channels, rows, columns = shapes[list(stages)[-1]]
    head = sequential(
        squeeze=conv_norm(2, channels, CHANNELS, 1, activation=nn.ReLU),
        flatten=nn.Flatten(),
        dense=nn.Linear(CHANNELS * rows * columns, UNITS),
        activation=nn.ReLU(),
        classifier=nn.Linear(UNITS, answers),
    )
    placed = Network(stages, head)
    placed.name, placed.choices = network.name, {"last_stage": list(stages)[-1]}
    return placed

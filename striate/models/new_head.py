"""A new head with hidden layers of its own, in the place of a network's last layers."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from striate.errors import ArgumentError
from striate.layers import GlobalAvgPool, sequential
from striate.models.network import Network

DROPOUT = 0.5


def replace_head(
    network: Network,
    num_classes: int,
    *,
    size: Sequence[int],
    last_stage: str | None = None,
    hidden: Sequence[int] = (),
) -> Network:
    """Leave out the stages after one, and put global pooling, hidden layers and a classifier in their place.

    What transfer learning does where the last layers are too much a matter of the old classes: the earlier stages stay,
    with their weights, and the new layers learn.

    Args:
        network: taken over; its kept stages are the same modules.
        num_classes: K.
        size: an input's shape (C, *S), to learn the channels of the last stage from.
        last_stage: the last one that stays; None keeps all.
        hidden: units of each new dense layer; a ReLU and dropout of one half follow it.

    Returns:
        a network of the same name: (N, C, *S) -> (N, K). Auxiliary heads go with their stages.

    Raises:
        ArgumentError: no such stage, or a layer without units.

    Example:
        >>> from striate.models import create_model
        >>> network = replace_head(create_model("resnet18"), 2, size=(3, 32, 32), last_stage="stage3", hidden=(64,))
        >>> list(network.stages), network.head.hidden1.dense
        (['stem', 'stage1', 'stage2', 'stage3'], Linear(in_features=256, out_features=64, bias=True))
    """
    if any(not isinstance(units, int) or isinstance(units, bool) or units < 1 for units in hidden):
        raise ArgumentError.of("hidden", "numbers of units of at least 1", tuple(hidden))
    stages = kept_stages(network, last_stage)
    auxiliary = {name: head for name, head in network.auxiliary.items() if name in stages}
    widths = [output_channels(stages, size), *hidden]
    head = sequential(
        pool=GlobalAvgPool(),
        **{f"hidden{i + 1}": _hidden(widths[i], units) for i, units in enumerate(hidden)},
        classifier=nn.Linear(widths[-1], num_classes),
    )
    shorter = Network(stages, head, auxiliary)
    shorter.name = network.name
    return shorter


def kept_stages(network: Network, last_stage: str | None) -> dict[str, nn.Module]:
    """The stages up to one, by name; None keeps all.

    Raises:
        ArgumentError: no such stage.
    """
    names = list(network.stages)
    if last_stage is not None and last_stage not in names:
        raise ArgumentError.of("last_stage", f"a stage ({', '.join(names)})", last_stage)
    kept = names if last_stage is None else names[: names.index(last_stage) + 1]
    return {name: network.stages[name] for name in kept}


def check_images(size: Sequence[int]) -> None:
    """Refuse signals and volumes, for a head that says where things are.

    Args:
        size: an input's shape (C, *S).

    Raises:
        ArgumentError: it is not that of an image.
    """
    if len(size) != 3:
        raise ArgumentError.of("dims", "2 for a head that finds places in images", len(size) - 1)


def _hidden(units_in: int, units: int) -> nn.Sequential:
    return sequential(dense=nn.Linear(units_in, units), activation=nn.ReLU(), dropout=nn.Dropout(DROPOUT))


@torch.no_grad()
def stage_shapes(stages: Mapping[str, nn.Module], size: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """(C, *S) of each stage's activation for an input of this shape; modes and statistics stay as they are."""
    modes = {module: module.training for stage in stages.values() for module in stage.modules()}
    try:
        like = next(p for stage in stages.values() for p in stage.parameters())
        x, shapes = torch.zeros(1, *size, device=like.device, dtype=like.dtype), {}
        for name, stage in stages.items():
            x = stage.eval()(x)
            shapes[name] = tuple(x.shape[1:])
        return shapes
    finally:
        for module, training in modes.items():
            module.training = training


def output_channels(stages: Mapping[str, nn.Module], size: Sequence[int]) -> int:
    """C of what the last stage makes of an input of this shape."""
    *_, (channels, *_) = stage_shapes(stages, size).values()
    return channels

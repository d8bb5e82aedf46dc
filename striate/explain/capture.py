"""What layers give: the activations of any module, by the names of its table, with gradients able to flow."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map_only

from striate.errors import ArgumentError, UnknownNameError

INPUT = "input"  # the table's first row


def capture(module: nn.Module, layers: Sequence[str], x: Tensor, *, stop: bool = False) -> dict[str, Tensor]:
    """Run a module once and keep what the named layers give.

    A value is what the layer itself gave: an activation that works in place behind it changes a copy. The module runs
    in the modes in which it is. Gradients flow from everything that comes later to what was kept, and from there to x.

    Args:
        module: any module that takes one tensor.
        layers: names as in `named_modules`, and as `striate.explain.table` lists them; "input" is x itself.
        x: what the module takes, (N, C, *S).
        stop: end the run once every layer has given something; what stands behind, such as a head, then need not fit x.

    Returns:
        What each layer gives, in the order of `layers`; of several tensors the first. Of a layer that runs several
        times (one ReLU module used twice) the last, or with `stop` the first.

    Raises:
        UnknownNameError: no such layer; suggests the nearest.
        ArgumentError: a layer did not run.

    Example:
        >>> import torch
        >>> net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(512, 10))
        >>> x = torch.randn(1, 3, 10, 10, requires_grad=True)
        >>> values = capture(net, ["0", "3"], x)
        >>> values["0"].shape, values["0"].min() < 0  # before the ReLU
        (torch.Size([1, 8, 8, 8]), tensor(True))
        >>> torch.autograd.grad(values["3"][0, 7], values["0"])[0].shape
        torch.Size([1, 8, 8, 8])
    """
    with capturing(module, layers, stop=stop) as values:
        module(x)
    for name in layers:
        if name not in values:
            raise ArgumentError(f"layer {name!r} did not run: this network uses it in training alone, or not at all")
    return {name: values[name] for name in layers}


@contextmanager
def capturing(module: nn.Module, layers: Sequence[str], *, stop: bool = False) -> Iterator[dict[str, Tensor]]:
    """Keep what the named layers give whenever the module runs in this block; the newest replaces what was there.

    Args: as for `capture`. With `stop` a run ends the block.

    Example:
        >>> import torch
        >>> net = nn.Sequential(nn.Conv1d(1, 4, 3), nn.Tanh())
        >>> with capturing(net, ["0"]) as values:
        ...     for length in 8, 9:
        ...         _ = net(torch.zeros(2, 1, length))
        ...         print(values["0"].shape)
        torch.Size([2, 4, 6])
        torch.Size([2, 4, 7])
    """
    wanted = [(name, find_layer(module, name)) for name in dict.fromkeys(layers)]
    values: dict[str, Tensor] = {}

    def keep(name: str, value: Any) -> Any:
        tensor = next((t for t in tree_leaves(value) if isinstance(t, Tensor)), None)
        if tensor is None:
            raise ArgumentError(f"layer {name!r} gives no tensor")
        values[name] = tensor
        if stop and len(values) == len(wanted):
            raise _Enough
        # What comes later gets a copy, which it may change in place.
        return tree_map_only(Tensor, lambda t: t.clone() if t is tensor else t, value)

    handles = [
        module.register_forward_pre_hook(lambda _, args: keep(INPUT, args))
        if layer is None
        else layer.register_forward_hook(lambda _, args, out, name=name: keep(name, out))
        for name, layer in wanted
    ]
    try:
        with suppress(_Enough):
            yield values
    finally:
        for handle in handles:
            handle.remove()


def find_layer(module: nn.Module, name: str) -> nn.Module | None:
    """The layer of that name; None for the module's input.

    Raises:
        UnknownNameError: there is none; suggests the nearest.
    """
    layers: dict[str, nn.Module | None] = {INPUT: None}
    layers |= {n or type(module).__name__: m for n, m in module.named_modules()}
    if name not in layers:
        raise UnknownNameError("layer", name, layers)
    return layers[name]


class _Enough(Exception):  # noqa: N818 - no error, the end of a run
    """Every layer has given what was asked for."""

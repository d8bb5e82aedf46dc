"""A network without its numbers: built in no memory and hardly any time, to be compared and filled."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from striate.models.network import Network


class Spec(NamedTuple):
    """What a tensor is apart from its numbers."""

    dtype: torch.dtype
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{str(self.dtype).removeprefix('torch.')} {self.shape}"


class _NoNormalNumbers(TorchFunctionMode):
    """Skip `normal_`: on the meta device it makes torch import its compiler, a second for nothing."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        return args[0] if func is Tensor.normal_ else func(*args, **(kwargs or {}))


def blueprint(build: Callable[..., Network], **arguments: Any) -> Network:
    """A network on torch's meta device: every module and shape, no numbers.

    Args:
        build: makes the network, as in the registry.
        arguments: what it is called with.

    Returns:
        the network; fill it with `load_state_dict(state, assign=True)`.

    Example:
        >>> from striate.models import find_entry
        >>> network = blueprint(find_entry("vgg16").build, num_classes=1000)
        >>> sum(p.numel() for p in network.parameters())
        138357544
    """
    with torch.device("meta"), _NoNormalNumbers():
        return build(**arguments)


def specs(tensors: Mapping[str, Tensor]) -> dict[str, Spec]:
    """What each tensor of a state dict is."""
    return {name: Spec(t.dtype, tuple(t.shape)) for name, t in tensors.items()}


def differences(network: nn.Module, got: Mapping[str, Spec]) -> list[str]:
    """How tensors differ from those that a network holds: one line for each, none if they fit.

    Example:
        >>> from torch import nn
        >>> got = {"weight": Spec(torch.float32, (2, 4)), "bias": Spec(torch.float32, (2,))}
        >>> differences(nn.Linear(3, 2, bias=False), got)
        ['weight: the network has float32 (2, 3), these have float32 (2, 4)', 'surplus: bias']
    """
    wanted = specs(network.state_dict())
    missing = [f"missing: {name}" for name in wanted if name not in got]
    unlike = [
        f"{name}: the network has {spec}, these have {got[name]}"
        for name, spec in wanted.items()
        if got.get(name, spec) != spec
    ]
    return missing + unlike + [f"surplus: {name}" for name in got if name not in wanted]


def listing(lines: list[str], most: int = 20) -> str:
    """Lines for a message, indented; of many the first few and how many more."""
    rest = [f"  … and {len(lines) - most} more"] if len(lines) > most else []
    return "\n".join([f"  {line}" for line in lines[:most]] + rest)

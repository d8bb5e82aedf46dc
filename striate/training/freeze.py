"""Frozen means frozen: a frozen stage doesn't learn, and nothing in it drifts.

Its parameters need no gradient (so autograd keeps no graph of it), and every module of it is in eval
mode, where batch norm keeps its statistics and dropout is off. `.train()` on the network, whoever
calls it, leaves it there: a frozen module carries its own `train`, which a copy of the network keeps.
"""

from itertools import chain
from types import MethodType

from torch import nn

from striate.errors import ArgumentError
from striate.models.network import CLASSIFIER, Network


def freeze(network: Network, until: str) -> None:
    """Freeze the network's stages from the first to `until`, and thaw those after it and the head.

    An auxiliary head on a frozen stage has nothing to teach, and is frozen with it.

    Args:
        until: "none", "all" (every stage), the name of the last stage to freeze, or "classifier": everything before
            that one layer, where "all" lets every dense layer of the head learn, of which VGG has three.

    Raises:
        ArgumentError: no such stage; the message lists them.

    Example:
        >>> from striate.models import create_model
        >>> network = create_model("lenet5")
        >>> freeze(network, "conv1")
        >>> {name: stage.training for name, stage in network.train().stages.items()}
        {'conv1': False, 'conv2': True}
    """
    names = list(network.stages)
    counts = {"none": 0, "all": len(names), CLASSIFIER: len(names)} | {name: i + 1 for i, name in enumerate(names)}
    if until not in counts:
        expected = f"'none', 'all', '{CLASSIFIER}' or a stage ({', '.join(names)})"
        raise ArgumentError.of("freeze", expected, until)
    count = counts[until]
    for number, (name, stage) in enumerate(network.stages.items()):
        heads = [network.auxiliary[name]] if name in network.auxiliary else []
        for module in chain.from_iterable(part.modules() for part in (stage, *heads)):
            _freeze_module(module) if number < count else _thaw_module(module)
    for name, child in network.head.named_children():
        for module in child.modules():
            _freeze_module(module) if until == CLASSIFIER and name != CLASSIFIER else _thaw_module(module)
    network.train(network.training)  # what was thawed follows the network again


def is_frozen(module: nn.Module) -> bool:
    """Whether `freeze` froze this very module."""
    return "train" in vars(module)


def moving_names(network: nn.Module) -> set[str]:
    """The keys of the state dict that training may change: all but those of frozen modules."""
    return {
        f"{prefix}.{name}" if prefix else name
        for prefix, module in network.named_modules()
        if not is_frozen(module)
        for name in (*dict(module.named_parameters(recurse=False)), *dict(module.named_buffers(recurse=False)))
    }


def _stay_in_eval(module: nn.Module, mode: bool = True) -> nn.Module:
    """What `.train()` does on a frozen module."""
    return nn.Module.train(module, False)


def _freeze_module(module: nn.Module) -> None:
    for parameter in module.parameters(recurse=False):
        parameter.requires_grad_(False)
    # A bound method is copied with its module (copy.deepcopy binds it to the copy), a closure wouldn't be.
    vars(module)["train"] = MethodType(_stay_in_eval, module)
    module.train()


def _thaw_module(module: nn.Module) -> None:
    if vars(module).pop("train", None):
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad_(True)

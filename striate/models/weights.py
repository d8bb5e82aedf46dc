"""Published weights, put into a network."""

import io
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from striate.errors import WeightsError
from striate.models.blueprint import differences, listing, specs
from striate.models.registry import find_entry
from striate.models.sources import Source

_CLASSIFIER = ("head.classifier.weight", "head.classifier.bias")


def load_pretrained(network: nn.Module, source: Source) -> None:
    """Put published weights into a network, in place; its classifier stays as it is if it has other classes.

    The network's tensors are replaced, not copied into: it may be a blueprint, and optimizers are made afterwards.

    Args:
        network: of the kind that `source.network` names.
        source: where the weights are.

    Raises:
        MissingExtraError: the package that carries them is not installed.
        WeightsError: no extra installs it, the file is not the published one, or a tensor is missing, surplus or
            of another shape (all are listed).

    Example:
        >>> from striate.models import create_model, find_source
        >>> source = find_source("efficientnet_lite0")
        >>> network = create_model(source.network, num_classes=5)
        >>> if source.is_installed():
        ...     load_pretrained(network, source)
    """
    published = torch.load(io.BytesIO(source.read()), map_location="cpu", weights_only=True)
    rename = find_entry(source.network).published[source.names]
    state = {ours: t for name, t in published.items() if (ours := rename(name))}
    own = network.state_dict()
    if _differ_in_classes(own, state):
        state |= {name: own[name] for name in _CLASSIFIER}
    if unlike := differences(network, specs(state)):
        raise WeightsError(f"the weights {source.name!r} don't fit the network:\n{listing(unlike)}")
    network.load_state_dict(state, assign=True)


def _differ_in_classes(own: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> bool:
    """Whether both have a classifier and theirs differs from ours in nothing but the number of classes."""
    if not all(name in own and name in state for name in _CLASSIFIER):
        return False
    ours, theirs = (tensors[_CLASSIFIER[0]].shape for tensors in (own, state))
    return ours[0] != theirs[0] and ours[1:] == theirs[1:]

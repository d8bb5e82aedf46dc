"""A network in two: what is frozen, whose answers can be kept, and the rest, which learns."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from itertools import takewhile

import torch
from torch import nn

from striate.errors import ArgumentError
from striate.models.network import CLASSIFIER, Network
from striate.training.freeze import is_frozen


@dataclass(frozen=True)
class Cut:
    """A network in two parts, which share its parameters: what the rest learns, the network has learned.

    Attributes:
        name: of the last layer before the cut.
        frozen: images (N, C, *S) -> features (N, *F).
        rest: features -> logits (N, K).
    """

    name: str
    frozen: nn.Sequential
    rest: Network


def cut_network(network: Network) -> Cut:
    """Cut a network behind its deepest frozen layer.

    Where all stages are frozen, the layers that the head begins with and that are frozen or have nothing to learn, such
    as global average pooling, come before the cut: an image's features are then a short vector.

    Raises:
        ArgumentError: the first stage learns, so there is nothing to keep.

    Example:
        >>> from striate.models import create_model
        >>> from striate.training import freeze
        >>> network = create_model("resnet20")
        >>> freeze(network, "all")
        >>> cut = cut_network(network)
        >>> cut.name, cut.frozen(torch.zeros(1, 3, 32, 32)).shape, [name for name, _ in cut.rest.named_parameters()]
        ('head.pool', torch.Size([1, 64]), ['head.classifier.weight', 'head.classifier.bias'])
    """
    frozen = dict(takewhile(lambda item: is_frozen(item[1]), network.stages.items()))
    if not frozen:
        raise ArgumentError("network must have frozen stages for its features to be kept, but its first stage learns")
    later = {name: stage for name, stage in network.stages.items() if name not in frozen}
    front = {} if later else _front(network.head)
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    parts["stages"], parts["head"] = nn.Sequential(OrderedDict(frozen)), nn.Sequential(OrderedDict(front))
    heads = {name: head for name, head in network.auxiliary.items() if name in later}
    name = f"head.{list(front)[-1]}" if front else f"stages.{list(frozen)[-1]}"
    return Cut(name, nn.Sequential(parts), Network(later, _behind(network.head, front), heads))


def content_digest(module: nn.Module) -> str:
    """SHA-256, in hexadecimal, over a module's layers with their settings and over every number in its state.

    Example:
        >>> layer = nn.Conv2d(1, 1, 3)
        >>> before = content_digest(layer)
        >>> _ = layer.weight.data[0, 0, 0, 0].add_(1)
        >>> content_digest(layer) == before
        False
    """
    digest = hashlib.sha256(str(module).encode())
    for name, tensor in module.state_dict().items():
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _front(head: nn.Module) -> dict[str, nn.Module]:
    """The head's first layers up to one that learns, or with a state or chance in it that is not frozen."""
    if not isinstance(head, nn.Sequential):
        return {}
    return dict(takewhile(lambda child: child[0] != CLASSIFIER and _is_fixed(child[1]), head.named_children()))


def _is_fixed(layer: nn.Module) -> bool:
    if is_frozen(layer):
        return True
    chance = any(isinstance(module, nn.modules.dropout._DropoutNd) for module in layer.modules())
    return not chance and not layer.state_dict()


def _behind(head: nn.Module, front: dict[str, nn.Module]) -> nn.Module:
    if not front:
        return head
    return nn.Sequential(OrderedDict((name, child) for name, child in head.named_children() if name not in front))

"""Network: named stages in order, then a head. Every family of the zoo is one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor, nn

from striate.errors import ArgumentError
from striate.layers.dims import Conv

CLASSIFIER = "classifier"


class AuxiliaryLogits(NamedTuple):
    """What a network with auxiliary heads answers in training.

    Attributes:
        logits: (N, K) of the head.
        auxiliary: (N, K) of each auxiliary head that trains, in the order of their stages.
    """

    logits: Tensor
    auxiliary: tuple[Tensor, ...]


class Network(nn.Module):
    """Tensors in, tensors out: stages one after the other, then a head with a `classifier`.

    Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.

    Args:
        stages: name -> module, in the order in which they run; (N, C, *S) -> (N, C', *S').
        head: the last stage's activation -> logits (N, K). One of its children is named `classifier`,
            the layer with K outputs, which transfer learning replaces.
        auxiliary: name of a stage -> another head on its activation, for training alone.

    Attributes:
        name: under which the registry built it; empty if it didn't.
        choices: the options of its head that decide which stages are read, as they were given or, if left out, chosen.
            A model file has them among its arguments, so that it stays readable whatever is chosen later.

    Raises:
        ArgumentError: a head without classifier, or an auxiliary head on no stage.

    Example:
        >>> import torch
        >>> from striate.models import create_model
        >>> network = create_model("lenet5", num_classes=10, in_channels=1)
        >>> list(network.stages)
        ['conv1', 'conv2']
        >>> network.features(torch.zeros(2, 1, 32, 32))["conv1"].shape
        torch.Size([2, 6, 14, 14])
    """

    def __init__(
        self, stages: Mapping[str, nn.Module], head: nn.Module, auxiliary: Mapping[str, nn.Module] | None = None
    ):
        super().__init__()
        for any_head in (head, *(auxiliary or {}).values()):
            children = [name for name, _ in any_head.named_children()]
            if CLASSIFIER not in children:
                raise ArgumentError.of("head", "a module with a child named classifier", children)
        for name in auxiliary or {}:
            if name not in stages:
                raise ArgumentError.of("auxiliary", f"heads on stages ({', '.join(stages)})", name)
        self.name = ""
        self.choices: dict[str, Any] = {}
        self.stages = nn.ModuleDict(dict(stages))
        self.head = head
        self.auxiliary = nn.ModuleDict(dict(auxiliary or {}))

    def forward(self, x: Tensor) -> Tensor | AuxiliaryLogits:
        """(N, in_channels, *S) -> logits (N, num_classes), and those of auxiliary heads as long as they train."""
        heads = {name: head for name, head in self.auxiliary.items() if head.training}
        if self.training and heads:
            activations = self.features(x)
            *_, last = activations.values()
            others = tuple(heads[name](activation) for name, activation in activations.items() if name in heads)
            return AuxiliaryLogits(self.head(last), others)
        for stage in self.stages.values():
            x = stage(x)
        logits: Tensor = self.head(x)
        return logits

    def features(self, x: Tensor) -> dict[str, Tensor]:
        """(N, in_channels, *S) -> the activation after each stage, by name, in order."""
        activations = {}
        for name, stage in self.stages.items():
            activations[name] = x = stage(x)
        return activations


def he_initialise(network: Network) -> Network:
    """Draw the weights of a network of ReLUs anew, so that signals keep their variance on the way up.

    All convolutions and dense layers get a normal distribution of variance 2 / fan_in and no bias, but
    the classifiers, which no ReLU follows, stay as they are. Returns the same network.

    He et al., Delving Deep into Rectifiers, 2015, arXiv:1502.01852, equation 10.
    """
    for name, module in network.named_modules():
        if isinstance(module, Conv | nn.Linear) and not name.endswith(f".{CLASSIFIER}"):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network

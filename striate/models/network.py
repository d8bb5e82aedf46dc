"""Network: named stages in order, then a head. Every family of the zoo is one."""

from collections.abc import Mapping

from torch import Tensor, nn

from striate.errors import ArgumentError
from striate.layers.dims import Conv


class Network(nn.Module):
    """Tensors in, tensors out: stages one after the other, then a head that ends in `classifier`.

    Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.

    Args:
        stages: name -> module, in the order in which they run; (N, C, *S) -> (N, C', *S').
        head: the last stage's activation -> logits (N, K). Its last child is named `classifier`,
            the layer that transfer learning replaces.

    Raises:
        ArgumentError: the head's last child has another name.

    Example:
        >>> import torch
        >>> from striate.models import create_model
        >>> network = create_model("lenet5", num_classes=10, in_channels=1)
        >>> list(network.stages)
        ['conv1', 'conv2']
        >>> network.features(torch.zeros(2, 1, 32, 32))["conv1"].shape
        torch.Size([2, 6, 14, 14])
    """

    def __init__(self, stages: Mapping[str, nn.Module], head: nn.Module):
        super().__init__()
        children = [name for name, _ in head.named_children()]
        if children[-1:] != ["classifier"]:
            raise ArgumentError.of("head", "a module whose last child is named classifier", children)
        self.stages = nn.ModuleDict(dict(stages))
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, *S) -> logits (N, num_classes)"""
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
    the classifier, which no ReLU follows, stays as it is. Returns the same network.

    He et al., Delving Deep into Rectifiers, 2015, arXiv:1502.01852, equation 10.
    """
    classifier = network.get_submodule("head.classifier")
    for module in network.modules():
        if isinstance(module, Conv | nn.Linear) and module is not classifier:
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network

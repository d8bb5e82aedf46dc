"""A folded network against the network itself."""

import copy

import pytest
import torch
from torch import Tensor, nn

from striate.layers.dims import Norm
from striate.models import create_model, find_entry, model_names
from striate.runtime import folded


def lived(network: nn.Module) -> nn.Module:
    """The network as if it had been trained: norms whose statistics, gains and offsets are not 0 and 1."""
    for module in network.modules():
        if isinstance(module, Norm):
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
    return network


def answer(network: nn.Module, images: Tensor) -> Tensor:
    with torch.inference_mode():
        logits: Tensor = network(images)
    return logits


# Two of a family differ in depth alone: the shallowest of each kind of block is enough to run.
@pytest.mark.parametrize("name", [n for n in model_names() if n not in ("resnet152", "vgg19", "vgg19_bn")])
@torch.random.fork_rng()
def test_answers_are_the_same_and_the_network_stays(name: str) -> None:
    torch.manual_seed(0)
    entry = find_entry(name)
    size = entry.size if entry.fixed_size else max(entry.smallest, 32)
    network = lived(create_model(name, num_classes=5, in_channels=entry.channels)).eval()
    before = copy.deepcopy(network.state_dict())
    images = torch.randn(2, entry.channels, size, size)
    expected = answer(network, images)
    ready = folded(network)
    assert not any(isinstance(module, Norm) for module in ready.modules())
    assert (answer(ready, images) - expected).abs().max() <= 1e-5 * expected.abs().max()
    assert torch.equal(answer(network, images), expected)
    assert before.keys() == network.state_dict().keys()
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())

"""A folded network against the network itself."""

import copy

import pytest
import torch
from torch import Tensor, nn

from striate.layers.dims import Conv, Norm
from striate.models import create_model, find_entry, model_names
from striate.models.blueprint import blueprint
from striate.preset import Preset
from striate.runtime import Engine, folded


def fill(network: nn.Module) -> None:
    """Numbers as after a training: norms whose statistics, gains and offsets are not all 0 and 1."""
    for module in network.modules():
        if isinstance(module, Conv):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(getattr(module, "weight", None), nn.Parameter):
            nn.init.uniform_(module.weight, 0.5, 1.5)  # gains
        if isinstance(module, Norm):
            nn.init.uniform_(module.running_var, 0.5, 2.0)
        for name, values in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]:
            if "bias" in name or "mean" in name:
                nn.init.normal_(values, std=0.1)


def answer(network: nn.Module, images: Tensor) -> Tensor:
    with torch.inference_mode():
        activations: Tensor = network(images)
    return activations


# A pool takes the largest value, and of a channel with a negative gain that would be the smallest: those norms stay. So
# does one that is a shortcut by itself.
AFTER_POOLS = {"airbench94": 3, "time_series_resnet": 1}


# The stages of every network, where all convolutions are; heads would cost VGG's 120 million numbers each.
@pytest.mark.parametrize("name", model_names())
def test_answers_are_the_same_and_the_network_stays(name: str) -> None:
    entry = find_entry(name)
    whole = blueprint(entry.build, num_classes=2, in_channels=entry.channels, dims=2)
    network = nn.Sequential(*whole.stages.values()).to_empty(device="cpu").eval()
    torch.manual_seed(0)
    fill(network)
    images = torch.randn(2, entry.channels, entry.smallest, entry.smallest)
    before, expected = copy.deepcopy(network.state_dict()), answer(network, images)

    ready = folded(network)
    assert sum(isinstance(module, Norm) for module in ready.modules()) == AFTER_POOLS.get(name, 0)
    assert (answer(ready, images) - expected).abs().max() <= 1e-5 * expected.abs().max()
    assert torch.equal(answer(network, images), expected)
    assert before.keys() == network.state_dict().keys()
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())


@pytest.mark.parametrize("dims", [1, 3])
def test_signals_and_volumes(dims: int) -> None:
    network = create_model("mobilenet_v2", num_classes=3, in_channels=1, dims=dims).eval()
    fill(network)
    inputs = torch.randn(1, 1, *[32] * dims)
    torch.testing.assert_close(answer(folded(network), inputs), answer(network, inputs), rtol=1e-4, atol=1e-5)


def test_a_network_in_training_goes_on_training() -> None:
    network = create_model("resnet18", num_classes=2)
    ready = folded(network)
    assert all(module.training for module in network.modules())
    assert not any(module.training for module in ready.modules())


# What is not a batch norm right after a convolution, or not a ReLU right after one, is left as it is.
@pytest.mark.parametrize(
    "layers",
    [
        nn.Sequential(),
        nn.Sequential(nn.Conv2d(2, 3, 1)),
        nn.Sequential(nn.BatchNorm2d(2), nn.Conv2d(2, 3, 1)),
        nn.Sequential(nn.Conv2d(2, 3, 1), nn.Tanh(), nn.BatchNorm2d(3), nn.ReLU()),
        nn.Sequential(nn.ReLU(), nn.Conv2d(2, 3, 1), nn.GroupNorm(3, 3)),
    ],
)
def test_other_layers_are_left_alone(layers: nn.Sequential) -> None:
    assert str(folded(layers)) == str(layers)


def test_one_convolution_before_two_norms_is_folded_into_each() -> None:
    conv, first, second = nn.Conv2d(2, 2, 1), nn.BatchNorm2d(2), nn.BatchNorm2d(2)
    network = nn.Sequential(nn.Sequential(conv, first), nn.Sequential(conv, second)).eval()
    fill(network)
    images = torch.randn(1, 2, 4, 4)
    torch.testing.assert_close(answer(folded(network), images), answer(network, images))


def test_the_engine_answers_with_it_and_leaves_its_input_alone() -> None:
    network = create_model("mobilenet_v2", num_classes=4).eval()
    batch = torch.randn(3, 3, 32, 32)
    before = batch.clone()
    expected = answer(network, batch)
    logits = Engine(folded(network), Preset(size_hw=(32, 32))).run([batch])
    torch.testing.assert_close(torch.from_numpy(logits), expected, rtol=1e-4, atol=1e-5)
    assert torch.equal(batch, before)

import copy
import io

import pytest
import torch
from torch import nn

from striate.errors import ArgumentError
from striate.models import AuxiliaryLogits, create_model
from striate.training.freeze import freeze, is_frozen, moving_names


def modes(network):
    return {name: module.training for name, module in network.named_modules() if not list(module.children())}


@pytest.mark.parametrize(
    ("until", "frozen"),
    [("none", []), ("conv1", ["conv1"]), ("conv2", ["conv1", "conv2"]), ("all", ["conv1", "conv2"])],
)
def test_up_to_and_including(toy, until, frozen):
    network = toy.make_network()
    freeze(network, until)
    for name, stage in network.stages.items():
        assert all(is_frozen(module) == (name in frozen) for module in stage.modules())
        assert all(p.requires_grad == (name not in frozen) for p in stage.parameters())
    assert all(p.requires_grad for p in network.head.parameters())


@pytest.mark.parametrize(
    "train",
    [
        lambda network: network.train(),
        lambda network: network.stages.train(),
        lambda network: network.stages["conv1"].train(),
        lambda network: [module.train() for module in network.modules()],
        lambda network: network.eval().train(True),
    ],
)
def test_no_train_wakes_it(toy, train):
    network = toy.make_network()
    freeze(network, "conv1")
    network.train()
    train(network)
    assert not any(module.training for module in network.stages["conv1"].modules())
    assert all(module.training for module in network.stages["conv2"].modules())


def test_a_pass_in_training_changes_nothing_and_keeps_no_graph(toy):
    network = toy.make_network()
    freeze(network, "all")
    before = {name: tensor.clone() for name, tensor in network.stages.state_dict().items()}
    images = torch.randn(5, 1, 8, 8)
    network.train()
    first, second = network.features(images)["conv2"], network.features(images)["conv2"]
    assert torch.equal(first, second)  # no dropout
    assert first.grad_fn is None
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.stages.state_dict().items())


def test_gradients_of_the_input_still_pass_through(toy):  # for saliency
    network = toy.make_network()
    freeze(network, "all")
    images = torch.randn(2, 1, 8, 8, requires_grad=True)
    network(images).sum().backward()
    assert images.grad.abs().sum() > 0


def test_thawing_goes_all_the_way_back(toy):
    network = toy.make_network().train()
    before = modes(network)
    freeze(network, "all")
    freeze(network, "conv1")
    assert modes(network)["stages.conv2.1"]  # thawed, and in train mode like the network
    freeze(network, "none")
    assert modes(network) == before
    assert all(p.requires_grad for p in network.parameters())
    assert not any(is_frozen(module) for module in network.modules())


def test_a_copy_is_frozen_by_itself(toy):
    network = toy.make_network()
    freeze(network, "conv1")
    twin = copy.deepcopy(network)
    freeze(network, "none")
    network.train()
    twin.train()
    assert network.stages["conv1"].training
    assert not twin.stages["conv1"].training


def test_names_of_the_state_dict_are_the_same_and_those_that_move_are_known(toy):
    network = toy.make_network()
    names = set(network.state_dict())
    assert moving_names(network) == names
    freeze(network, "conv1")
    assert set(network.state_dict()) == names
    assert moving_names(network) == {name for name in names if not name.startswith("stages.conv1")}
    torch.save(network.state_dict(), io.BytesIO())


def test_a_network_of_the_zoo():
    network = create_model("lenet5")
    freeze(network, "all")
    trainable = [name for name, p in network.named_parameters() if p.requires_grad]
    assert trainable
    assert all(name.startswith("head.") for name in trainable)
    assert isinstance(network.head.classifier, nn.Linear)


@pytest.mark.parametrize(
    ("until", "learning"),
    [("none", ["inception4a", "inception4d"]), ("inception4a", ["inception4d"]), ("all", [])],
)
def test_auxiliary_heads_are_frozen_with_their_stages(until, learning):
    network = create_model("googlenet", num_classes=3, width=1 / 8)
    freeze(network, until)
    answers = network.train()(torch.zeros(2, 3, 32, 32))
    assert len(answers.auxiliary if isinstance(answers, AuxiliaryLogits) else ()) == len(learning)
    trainable = {
        name.split(".")[1] for name, p in network.auxiliary.named_parameters(prefix="auxiliary") if p.requires_grad
    }
    assert trainable == set(learning)
    with torch.inference_mode():
        assert isinstance(network.eval()(torch.zeros(1, 3, 32, 32)), torch.Tensor)


def test_a_wrong_name_lists_the_stages(toy):
    network = toy.make_network()
    with pytest.raises(
        ArgumentError, match=r"freeze must be 'none', 'all', 'classifier' or a stage \(conv1, conv2\), got 'conv9'"
    ):
        freeze(network, "conv9")
    assert not any(is_frozen(module) for module in network.modules())


def test_before_the_classifier_all_is_frozen():
    """VGG's head has three dense layers; the last one alone learns, and the others' dropout is off."""
    network = create_model("vgg11", num_classes=3, width=1 / 16).train()
    freeze(network, "classifier")
    assert [name for name, p in network.named_parameters() if p.requires_grad] == [
        "head.classifier.weight",
        "head.classifier.bias",
    ]
    assert not any(m.training for m in network.modules() if isinstance(m, torch.nn.Dropout))
    freeze(network, "all")
    assert network.head.training
    assert all(p.requires_grad for p in network.head.parameters())

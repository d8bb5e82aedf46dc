import math

import pytest
import torch
from torch import nn

from striate.errors import ArgumentError
from striate.layers import conv, conv_norm, sequential
from striate.models.network import Network, he_initialise


def small() -> Network:
    stages = {"a": conv_norm(2, 3, 64, 3), "b": conv(2, 64, 64, 5, groups=64)}
    head = sequential(dense=nn.Linear(4000, 500), classifier=nn.Linear(500, 2))
    return Network(stages, head)


def test_a_head_without_classifier_is_refused() -> None:
    sound = sequential(classifier=nn.Linear(3, 2), activation=nn.ReLU())
    for head in (nn.Linear(3, 2), sequential(dense=nn.Linear(3, 2))):
        with pytest.raises(ArgumentError, match="head must be a module with a child named classifier"):
            Network({}, head)
        with pytest.raises(ArgumentError, match="head must be a module with a child named classifier"):
            Network({"a": nn.Identity()}, sound, {"a": head})
    with pytest.raises(ArgumentError, match=r"auxiliary must be heads on stages \(a, b\), got 'c'"):
        Network({"a": nn.Identity(), "b": nn.Identity()}, sound, {"c": sound})


def test_auxiliary_heads_answer_in_training_alone() -> None:
    heads = [sequential(classifier=nn.Linear(3, 2)) for _ in range(3)]
    stages = {"a": nn.Linear(3, 3), "b": nn.Linear(3, 3), "c": nn.Linear(3, 3)}
    network = Network(stages, heads[0], {"b": heads[1], "a": heads[2]})
    x = torch.randn(4, 3)
    a, b, c = network.features(x).values()
    answers = network(x)
    assert torch.equal(answers.logits, heads[0](c))
    first, second = answers.auxiliary  # in the order of the stages
    assert torch.equal(first, heads[2](a))
    assert torch.equal(second, heads[1](b))
    assert torch.equal(network.eval()(x), heads[0](c))


def test_stages_keep_their_order() -> None:
    names = ["z", "a", "stage10", "stage2"]
    network = Network({name: nn.Identity() for name in names}, sequential(classifier=nn.Identity()))
    assert list(network.stages) == names == list(network.features(torch.zeros(1, 3, 4)))


def test_he_initialisation() -> None:
    network = small()
    classifier = network.head.classifier.weight.clone()
    he_initialise(network)
    for layer, fan_in in ((network.stages["a"].conv, 27), (network.stages["b"], 25), (network.head.dense, 4000)):
        assert layer.weight.std().item() == pytest.approx(math.sqrt(2 / fan_in), rel=0.1)
        assert layer.bias is None or not layer.bias.any()
    assert torch.equal(network.head.classifier.weight, classifier)


def test_signals_keep_their_variance_through_many_layers() -> None:
    layers = [layer for _ in range(20) for layer in (conv(1, 128, 128, 1), nn.ReLU())]
    network = he_initialise(Network({"deep": nn.Sequential(*layers)}, sequential(classifier=nn.Identity())))
    with torch.inference_mode():
        squares = network(torch.randn(8, 128, 16)).square().mean().item()
    assert 0.2 < squares < 5

"""A network in two parts: together they are the network, and they share its parameters."""

import copy

import pytest
import torch
from torch import nn

from striate.errors import ArgumentError
from striate.models import Network, create_model
from striate.training import freeze
from striate.training.cut import content_digest, cut_network


def frozen(name, until="all", **options):
    network = create_model(name, num_classes=3, **options).eval()
    freeze(network, until)
    return network


# network, its frozen stages, where the cut comes, the shape of the features of an image of 64 pixels
CUTS = [
    ("resnet18", "all", "head.pool", (512,)),
    ("efficientnet_lite0", "all", "head.pool", (1280,)),  # dropout comes after it
    ("alexnet", "all", "head.flatten", (256 * 6 * 6,)),
    ("nin", "all", "stages.stage3", None),  # its head's pooling comes behind its classifier
    ("squeezenet1_1", "all", "stages.stage3", None),  # the head begins with dropout
    ("googlenet", "all", "head.pool", (1024,)),  # auxiliary heads are frozen with their stages
    ("resnet18", "stage2", "stages.stage2", (128, 8, 8)),
    ("resnet18", "stem", "stages.stem", (64, 16, 16)),
    ("googlenet", "pool3", "stages.pool3", (480, 4, 4)),
]


@pytest.mark.parametrize(("name", "until", "where", "shape"), CUTS, ids=[f"{n} {u}" for n, u, *_ in CUTS])
def test_the_parts_are_the_network(name, until, where, shape):
    network = frozen(name, until)
    cut = cut_network(network)
    if shape:
        assert cut.name == where
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        features = cut.frozen(x)
        assert torch.equal(cut.rest(features), network(x))
    assert shape is None or features.shape[1:] == shape
    assert not any(p.requires_grad for p in cut.frozen.parameters())
    learning = {n: p for n, p in network.named_parameters() if p.requires_grad}
    assert {n: p for n, p in cut.rest.named_parameters() if p.requires_grad}.keys() == learning.keys()
    assert all(p is learning[n] for n, p in cut.rest.named_parameters() if p.requires_grad)


def test_what_the_rest_learns_the_network_has_learned():
    network = frozen("resnet18")
    before = network(torch.ones(1, 3, 32, 32))
    with torch.no_grad():
        cut_network(network).rest.head.classifier.bias += 1
    assert torch.allclose(network(torch.ones(1, 3, 32, 32)), before + 1)


def test_training_the_rest_leaves_the_frozen_part_in_eval_mode():
    network = frozen("resnet18", "stage2").train()
    cut = cut_network(network)
    cut.rest.train()
    assert not any(module.training for stage in cut.frozen[0] for module in stage.modules())
    assert all(module.training for module in cut.rest.modules())


def test_auxiliary_heads_of_later_stages_train():
    network = frozen("googlenet", "pool3").train()
    cut = cut_network(network)
    assert cut.rest.auxiliary
    answers = cut.rest.train()(cut.frozen(torch.randn(2, 3, 64, 64)))
    assert len(answers.auxiliary) == len(network.auxiliary)


def test_a_head_that_is_no_row_of_layers():
    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.pool, self.classifier = nn.Flatten(), nn.Linear(4, 2)

        def forward(self, x):
            return self.classifier(self.pool(x).flip(1))

    network = Network({"only": nn.Conv2d(1, 1, 1)}, Head()).eval()
    freeze(network, "all")
    cut = cut_network(network)
    x = torch.randn(1, 1, 2, 2)
    assert cut.name == "stages.only"
    assert torch.equal(cut.rest(cut.frozen(x)), network(x))


def test_nothing_is_frozen():
    with pytest.raises(ArgumentError, match="network must have frozen stages"):
        cut_network(create_model("resnet20"))


# The digest tells apart what answers differently


def conv(**options):
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 2, 3, **options), nn.BatchNorm2d(2))


def changed(change):
    module = conv()
    with torch.no_grad():
        change(module)
    return module


OTHERS = {
    "one weight by one bit": lambda m: m[0].weight.view(torch.int32)[0, 0, 0, 0].bitwise_xor_(1),
    "a bias": lambda m: m[0].bias[1].mul_(1.0001),
    "a mean of a batch norm": lambda m: m[1].running_mean[0].add_(1e-6),
    "a type": lambda m: m.double(),
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_other_numbers_have_another_digest(change):
    assert content_digest(changed(change)) != content_digest(conv())


def test_other_layers_have_another_digest():
    same = [content_digest(module) for module in (conv(), copy.deepcopy(conv()), conv().eval())]
    others = [content_digest(m) for m in (conv(stride=2), conv(padding=1), nn.Sequential(*conv(), nn.ReLU()))]
    assert len(set(same)) == 1
    assert len({*same, *others}) == 4


def test_memory_layout_is_no_content():
    module = conv()
    assert content_digest(module.to(memory_format=torch.channels_last)) == content_digest(conv())

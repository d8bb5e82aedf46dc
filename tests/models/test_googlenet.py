"""GoogLeNet against torchvision's and the paper's table 1."""

import pytest
import torch

from striate.errors import ArgumentError
from striate.explain import table
from striate.layers import conv
from striate.models import blueprint, create_model, find_entry
from striate.models.googlenet import inception
from tests.models.published import check_published, published_state

BUILD = find_entry("googlenet").build


def test_torchvisions_logits() -> None:
    check_published("googlenet", "torchvision")


def test_published_auxiliary_heads_have_their_place() -> None:
    rename = find_entry("googlenet").published["torchvision"]
    ours = {rename(name) for name in published_state("googlenet") if name.startswith("aux")}
    assert ours == {name for name in BUILD().state_dict() if name.startswith("auxiliary")}
    assert not blueprint(BUILD, auxiliary=False).auxiliary


def test_the_rows_of_the_papers_table() -> None:
    network = blueprint(BUILD, wide_kernel=5)
    with torch.device("meta"), torch.no_grad():
        features = network.features(torch.zeros(1, 3, 224, 224))
        pooled = network.head.pool(features["inception5b"])
    assert {name: (*f.shape[2:], f.shape[1]) for name, f in features.items()} == {
        "conv1": (112, 112, 64),
        "pool1": (56, 56, 64),
        "conv2": (56, 56, 192),
        "pool2": (28, 28, 192),
        "inception3a": (28, 28, 256),
        "inception3b": (28, 28, 480),
        "pool3": (14, 14, 480),
        "inception4a": (14, 14, 512),
        "inception4b": (14, 14, 512),
        "inception4c": (14, 14, 512),
        "inception4d": (14, 14, 528),
        "inception4e": (14, 14, 832),
        "pool4": (7, 7, 832),
        "inception5a": (7, 7, 832),
        "inception5b": (7, 7, 1024),
    }
    assert pooled.shape == (1, 1024)


def test_parameters_of_5x5_filters() -> None:
    # 1x1 channels before the third branch's filter, and its own, in every module
    wide = [(16, 32), (32, 96), (16, 48), (24, 64), (24, 64), (32, 64), (32, 128), (32, 128), (48, 128)]
    counts = {side: table(blueprint(BUILD, wide_kernel=side), (3, 64, 64)).parameters for side in (3, 5)}
    assert counts == {3: 6_624_904, 5: 6_624_904 + sum(a * b * (25 - 9) for a, b in wide)}
    # Caffe's GoogLeNet, with one bias for each of 7,280 filters in place of a norm's gain and offset
    assert counts[5] - 7_280 == 6_998_552


def test_parameters_of_the_auxiliary_heads() -> None:
    head = {c: c * 128 + 2 * 128 + (128 * 4 * 4 + 1) * 1024 + (1024 + 1) * 1000 for c in (512, 528)}
    assert [sum(p.numel() for p in h.parameters()) for h in blueprint(BUILD).auxiliary.values()] == list(head.values())


def test_multiply_adds() -> None:
    assert round(table(blueprint(BUILD), (3, 224, 224)).multiply_adds / 1e9, 2) == 1.50


def test_an_inception_module_stacks_its_branches() -> None:
    module = inception(2, 192, (64, 96, 128, 16, 32, 32), wide_kernel=5).eval()
    x = torch.randn(1, 192, 6, 7)
    branches = [branch(x) for branch in module.children()]
    assert [b.shape[1] for b in branches] == [64, 128, 32, 32]
    assert module(x).shape == (1, 256, 6, 7)
    torch.testing.assert_close(module(x), torch.cat(branches, 1))


def test_what_the_bottleneck_saves() -> None:
    direct = conv(2, 192, 32, 5, bias=False)
    bottleneck = inception(2, 192, (64, 96, 128, 16, 32, 32), wide_kernel=5).wide
    costs = [table(module, (192, 28, 28)).multiply_adds for module in (direct, bottleneck)]
    assert costs == [120_422_400, 12_443_648]


def test_other_kernels_are_refused() -> None:
    with pytest.raises(ArgumentError, match="wide_kernel must be 3 or 5, got 7"):
        create_model("googlenet", wide_kernel=7)

"""Inception v3 against torchvision's, and the sizes of its table 1."""

import pytest
import torch

from striate.explain import table
from striate.models import AuxiliaryLogits, blueprint, create_model, find_entry
from striate.models.inception_v3 import AtLeast
from tests.models.published import check_published, published_state

BUILD = find_entry("inception_v3").build


def test_torchvisions_logits() -> None:
    check_published("inception_v3", "torchvision")


def test_timm_has_torchvisions_names() -> None:
    torchvision, timm = (find_entry("inception_v3").published[source] for source in ("torchvision", "timm"))
    assert all(timm(name) == torchvision(name) for name in published_state("inception_v3"))


def test_published_auxiliary_head_has_its_place() -> None:
    rename = find_entry("inception_v3").published["torchvision"]
    ours = {rename(name) for name in published_state("inception_v3") if name.startswith("AuxLogits")}
    assert ours == {name for name in blueprint(BUILD).state_dict() if name.startswith("auxiliary")}
    assert not blueprint(BUILD, auxiliary=False).auxiliary


def test_parameters_and_multiply_adds() -> None:
    network = blueprint(BUILD)
    cost = table(network, (3, 299, 299))
    assert sum(p.numel() for p in network.parameters()) == 27_161_264
    assert (cost.parameters, round(cost.multiply_adds / 1e9, 2)) == (23_834_568, 5.71)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_the_stages(dims: int) -> None:
    with torch.device("meta"), torch.no_grad():
        features = blueprint(BUILD, dims=dims).features(torch.zeros(1, 3, *[299] * dims))
    last = 512 + 768 * dims  # one filter per axis side by side, in two branches
    sizes = {name: (f.shape[2], f.shape[1]) for name, f in features.items()}
    assert sizes == {
        "conv1a": (149, 32),
        "conv2a": (147, 32),
        "conv2b": (147, 64),
        "pool1": (73, 64),
        "conv3b": (73, 80),
        "conv4a": (71, 192),
        "pool2": (35, 192),
        "mixed5b": (35, 256),
        "mixed5c": (35, 288),
        "mixed5d": (35, 288),
        "mixed6a": (17, 768),
        "mixed6b": (17, 768),
        "mixed6c": (17, 768),
        "mixed6d": (17, 768),
        "mixed6e": (17, 768),
        "mixed7a": (8, 1280),
        "mixed7b": (8, last),
        "mixed7c": (8, last),
    }
    assert all(f.shape[2:] == f.shape[2:3] * dims for f in features.values())


@pytest.mark.parametrize("side", [75, 128, 224])  # the published auxiliary head takes nothing under 299
def test_the_auxiliary_head_trains_on_small_images(side: int) -> None:
    answers = create_model("inception_v3", num_classes=5, width=1 / 8)(torch.randn(2, 3, side, side))
    assert isinstance(answers, AuxiliaryLogits)
    assert [logits.shape for logits in (answers.logits, *answers.auxiliary)] == [(2, 5)] * 2


def test_large_enough_grids_pass_as_they_are() -> None:
    x = torch.randn(1, 2, 20, 3)
    assert torch.equal(AtLeast(3)(x), x)
    assert torch.equal(AtLeast(6)(x), x.repeat_interleave(2, dim=3))

"""Published weights: everything fits, or nothing is changed and all that doesn't is listed."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

import striate
from striate.errors import ArgumentError, WeightsError
from striate.models import Network, blueprint, create_model, find_entry, load_published
from striate.models.lenet import lenet
from tests.models.published import published_state


def akamaster_state(network: Network) -> dict[str, Tensor]:
    """The tensors of a CIFAR ResNet, by akamaster's names."""

    def theirs(name: str) -> str:
        name = name.removeprefix("stages.").replace("head.classifier", "linear").replace(".residual.path", "")
        name = re.sub(r"stem\.(conv|norm)", r"\g<1>1", name)
        name = re.sub(r"(\d)\.(conv|norm)\.", lambda m: f"{m[2]}{int(m[1]) + 1}.", name)
        return name.replace("stage", "layer").replace("norm", "bn")

    return {theirs(name): t for name, t in network.state_dict().items()}


def same(a: Network, b: Network) -> bool:
    return all(t.equal(b.state_dict()[name]) for name, t in a.state_dict().items())


def small(**arguments: Any) -> Network:
    """A resnet20 whose norms have seen a batch, so that no tensor is what it was at the start."""
    network = create_model("resnet20", **{"num_classes": 10, "width": 0.5, **arguments})
    network(torch.randn(2, network.stages["stem"].conv.weight.shape[1], *[8] * arguments.get("dims", 2)))
    return network


# What fits


def test_the_names_of_the_publisher() -> None:
    names = list(akamaster_state(small()))
    assert names[:3] == ["conv1.weight", "bn1.weight", "bn1.bias"]
    assert {"layer1.0.conv1.weight", "layer3.2.bn2.running_var", "linear.bias"} < set(names)


SAVE: dict[str, Callable[[dict[str, Tensor], Path], object]] = {
    "w.safetensors": save_file,
    "w.th": lambda state, path: torch.save({"state_dict": {f"module.{k}": t for k, t in state.items()}, "n": 3}, path),
    "w.bin": torch.save,
}


@pytest.mark.parametrize("name", SAVE)
def test_a_file(name: str, tmp_path: Path) -> None:
    theirs, ours = small(), small()
    SAVE[name](akamaster_state(theirs), tmp_path / name)
    striate.load_published(ours, tmp_path / name, source="akamaster")
    assert same(ours, theirs)


def test_a_mapping_is_copied_into_the_networks_own_tensors() -> None:
    theirs, ours = small(), small()
    ours.stages["stem"].conv.weight.requires_grad_(False)
    tensors = dict(ours.named_parameters())
    load_published(ours, akamaster_state(theirs), "akamaster")
    assert same(ours, theirs)
    assert all(p is tensors[name] for name, p in ours.named_parameters())
    assert [name for name, p in ours.named_parameters() if not p.requires_grad] == ["stages.stem.conv.weight"]
    before = theirs.head.classifier.weight.clone()
    nn.init.zeros_(ours.head.classifier.weight)
    assert torch.equal(theirs.head.classifier.weight, before)


@pytest.mark.parametrize("published", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("own", [torch.float32, torch.float64, torch.bfloat16])
def test_the_network_keeps_its_precision(published: torch.dtype, own: torch.dtype) -> None:
    theirs, ours = small().to(published), small().to(own)
    load_published(ours, akamaster_state(theirs), "akamaster")
    assert {p.dtype for p in ours.parameters()} == {own}
    assert ours.head.classifier.weight.equal(theirs.head.classifier.weight.to(own))
    assert ours.stages["stem"].norm.num_batches_tracked.dtype == torch.int64


def test_counters_of_batches_may_be_missing_and_then_stay() -> None:
    theirs, ours = small(), small()
    state = {name: t for name, t in akamaster_state(theirs).items() if "num_batches_tracked" not in name}
    ours(torch.randn(2, 3, 8, 8))
    load_published(ours, state, "akamaster")
    assert ours.stages["stem"].norm.num_batches_tracked == 2
    assert ours.stages["stem"].norm.running_mean.equal(theirs.stages["stem"].norm.running_mean)
    bare = blueprint(find_entry("resnet20").build, width=0.5)
    load_published(bare, state, "akamaster")
    assert bare.stages["stem"].norm.num_batches_tracked == 0
    assert not any(t.is_meta for t in bare.state_dict().values())


# Other numbers of classes


def test_another_number_of_classes_leaves_the_classifier_alone_fresh() -> None:
    theirs, ours = small(), small(num_classes=3)
    fresh = {name: t.clone() for name, t in ours.head.state_dict().items()}
    load_published(ours, akamaster_state(theirs), "akamaster")
    assert all(t.equal(fresh[name]) for name, t in ours.head.state_dict().items())
    assert all(t.equal(theirs.stages.state_dict()[name]) for name, t in ours.stages.state_dict().items())


@pytest.mark.parametrize(
    ("name", "options", "fresh"),
    [
        ("squeezenet1_1", {}, {"head.classifier.weight", "head.classifier.bias"}),  # a convolution
        (
            "googlenet",
            {},
            {
                f"{head}.classifier.{tensor}"
                for head in ("head", "auxiliary.inception4a", "auxiliary.inception4d")
                for tensor in ("weight", "bias")
            },
        ),
        ("googlenet", {"auxiliary": False}, {"head.classifier.weight", "head.classifier.bias"}),
    ],
)
def test_classifiers_of_all_kinds_and_of_auxiliary_heads(name: str, options: dict[str, Any], fresh: set[str]) -> None:
    """What a blueprint gets no tensor for stays on the meta device."""
    network = blueprint(find_entry(name).build, num_classes=5, **options)
    load_published(network, published_state(name), "torchvision")
    assert {key for key, t in network.state_dict().items() if t.is_meta} == fresh


def test_a_classifier_of_another_width_is_no_matter_of_classes() -> None:
    state = akamaster_state(small()) | {"linear.weight": torch.zeros(7, 33), "linear.bias": torch.zeros(7)}
    with pytest.raises(WeightsError, match=r"head.classifier.weight \(published as linear.weight\): .* \(7, 33\)"):
        load_published(small(), state, "akamaster")


def test_half_a_classifier_is_not_taken() -> None:
    state = akamaster_state(small()) | {"linear.weight": torch.zeros(7, 32)}
    with pytest.raises(WeightsError, match=r"head.classifier.weight .* \(10, 32\), these have float32 \(7, 32\)"):
        load_published(small(), state, "akamaster")


# What does not fit


def check_refused(network: Network, state: dict[str, Tensor], lines: list[str], **options: Any) -> None:
    before = {name: t.clone() for name, t in network.state_dict().items()}
    with pytest.raises(WeightsError) as caught:
        load_published(network, state, "akamaster", **options)
    assert str(caught.value).splitlines() == lines
    assert all(t.equal(before[name]) for name, t in network.state_dict().items())


def test_all_that_does_not_fit_is_listed_and_nothing_is_changed() -> None:
    state = akamaster_state(small())
    del state["layer1.0.conv1.weight"], state["linear.bias"]
    state["layer4.0.conv1.weight"] = torch.zeros(1)
    state["bn1.bias"] = torch.zeros(9)
    state["bn1.weight"] = torch.zeros(8, dtype=torch.int8)
    lines = [
        "the weights don't fit resnet20:",
        "  missing: stages.stage1.0.residual.path.0.conv.weight",
        "  missing: head.classifier.bias",
        "  stages.stem.norm.weight (published as bn1.weight): the network has float32 (8,), these have int8 (8,)",
        "  stages.stem.norm.bias (published as bn1.bias): the network has float32 (8,), these have float32 (9,)",
        "  surplus: layer4.0.conv1.weight",
    ]
    check_refused(small(), state, lines)
    check_refused(small(), state, lines, new_channels="mean")


def test_many_lines_are_all_listed() -> None:
    state = {"linear.weight": torch.zeros(10, 32)} | {f"surplus{i}": torch.zeros(1) for i in range(50)}
    with pytest.raises(WeightsError) as caught:
        load_published(small(), state, "akamaster")
    lines = str(caught.value).splitlines()
    own = [name for name in small().state_dict() if not name.endswith("num_batches_tracked")]
    assert len(lines) == 1 + len(own) - 1 + 50
    assert lines[-1] == "  surplus: surplus49"


def test_two_tensors_for_one_place() -> None:
    """A name that the publisher doesn't have stays as it is, and may be one of ours."""
    state = akamaster_state(small()) | {"head.classifier.bias": torch.zeros(10)}
    check_refused(small(), state, ["the weights don't fit resnet20:", "  surplus: head.classifier.bias"])


def test_options_that_need_other_tensors() -> None:
    state = akamaster_state(small())
    with pytest.raises(WeightsError, match=r"missing: stages\.stage2\.0\.residual\.shortcut\.conv\.weight\n"):
        load_published(small(shortcut="B"), state, "akamaster")
    with pytest.raises(WeightsError, match=r"stem\.conv\.weight .* has float32 \(16, 3, 3, 3\), .* \(8, 3, 3, 3\)\n"):
        load_published(small(width=1.0), state, "akamaster")


def test_weights_without_auxiliary_heads() -> None:
    """What torchvision's users save, whose networks drop the heads unless asked to keep them."""
    state = {name: t for name, t in published_state("googlenet").items() if not name.startswith("aux")}
    build = find_entry("googlenet").build
    with pytest.raises(WeightsError, match=r"missing: auxiliary\.inception4a\.conv(?s:.*)\nauxiliary=False builds"):
        load_published(blueprint(build), state, "torchvision")
    load_published(blueprint(build, auxiliary=False), state, "torchvision")


def test_a_file_that_does_not_fit_is_named(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1)}, tmp_path / "w.pth")
    with pytest.raises(WeightsError, match=r"^the weights in .*w\.pth don't fit resnet20:\n"):
        load_published(small(), tmp_path / "w.pth", "akamaster")


@pytest.mark.parametrize(
    ("network", "source", "message"),
    [
        ("resnet20", "timm", "source must be one who publishes weights for resnet20 (akamaster), got 'timm'"),
        ("plain20", "akamaster", "source must be one who publishes weights for plain20 (nobody does), got 'akamaster'"),
        (nn.Linear(2, 2), "timm", "network must be one that create_model built, got 'Linear'"),
        (lenet(num_classes=2), "timm", "network must be one that create_model built, got 'Network'"),
    ],
)
def test_nobody_to_ask(network: str | nn.Module, source: str, message: str) -> None:
    with pytest.raises(ArgumentError) as error:
        load_published(create_model(network) if isinstance(network, str) else network, {}, source)
    assert str(error.value) == message


# Other channels and dimensions


@pytest.mark.parametrize("arguments", [{"in_channels": 1}, {"dims": 1}, {"dims": 3, "in_channels": 4}])
def test_weights_are_adapted_when_asked(arguments: dict[str, int]) -> None:
    theirs, ours = small(), small(**arguments)
    with pytest.raises(WeightsError, match="\nnew_channels='mean' or 'repeat' adapts weights to other channels and"):
        load_published(ours, akamaster_state(theirs), "akamaster")
    load_published(ours, akamaster_state(theirs), "akamaster", new_channels="repeat")
    assert ours.head.classifier.weight.equal(theirs.head.classifier.weight)
    sums = [network.stages["stem"].conv.weight.flatten(1).sum(1) for network in (ours, theirs)]
    torch.testing.assert_close(*sums)


def test_half_precision_is_adapted_in_full() -> None:
    theirs, ours = small().half(), small(dims=1, in_channels=1)
    load_published(ours, akamaster_state(theirs), "akamaster", new_channels="mean")
    wanted = theirs.stages["stem"].conv.weight.float().sum((1, 2))
    torch.testing.assert_close(ours.stages["stem"].conv.weight[:, 0], wanted)


@pytest.mark.parametrize(("dims", "kind"), [(1, "surplus: Mixed_6b"), (3, "missing: stages.")])
def test_convolutions_of_one_axis_have_no_match_in_other_dimensions(dims: int, kind: str) -> None:
    network = blueprint(find_entry("inception_v3").build, dims=dims)
    with pytest.raises(WeightsError, match=rf"(?s){kind}.*\na network of kernels along one axis has as many as there"):
        load_published(network, published_state("inception_v3"), "torchvision", new_channels="mean")


def test_an_unknown_way_to_adapt() -> None:
    with pytest.raises(ArgumentError, match="new_channels must be 'mean' or 'repeat', got 'inflate'"):
        load_published(small(), akamaster_state(small()), "akamaster", new_channels="inflate")  # type: ignore[arg-type]

"""ResNet against torchvision's layout and its recorded logits."""

import pytest
import torch
from torch import nn

from striate.models import blueprint, create_model, find_entry
from striate.models.resnet import PadShortcut, basic_path, make_stage
from tests.models.published import check_published

DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}

OPTION_A = {"shortcut": "A"}


def norm_shapes(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    tensors = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{t}": (channels,) for t in tensors} | {f"{name}.num_batches_tracked": ()}


def published_shapes(layers: int) -> dict[str, tuple[int, ...]]:
    """torchvision's state dict, by rule."""
    bottleneck = layers >= 50
    shapes = {"conv1.weight": (64, 3, 7, 7)} | norm_shapes("bn1", 64)
    c_in = 64
    for i, depth in enumerate(DEPTHS[layers]):
        width = 64 * 2**i
        c_out = 4 * width if bottleneck else width
        for j in range(depth):
            block = f"layer{i + 1}.{j}"
            if bottleneck:
                convs = [(width, c_in, 1, 1), (width, width, 3, 3), (c_out, width, 1, 1)]
            else:
                convs = [(width, c_in, 3, 3), (width, width, 3, 3)]
            for k, shape in enumerate(convs, 1):
                shapes |= {f"{block}.conv{k}.weight": shape} | norm_shapes(f"{block}.bn{k}", shape[0])
            if j == 0 and c_in != c_out:
                shapes |= {f"{block}.downsample.0.weight": (c_out, c_in, 1, 1)}
                shapes |= norm_shapes(f"{block}.downsample.1", c_out)
            c_in = c_out
    return shapes | {"fc.weight": (1000, c_in), "fc.bias": (1000,)}


@pytest.mark.parametrize("layers", DEPTHS)
def test_every_published_tensor_has_its_place(layers: int) -> None:
    entry = find_entry(f"resnet{layers}")
    published = published_shapes(layers)
    rename = entry.published["torchvision"]
    renamed = {rename(key): shape for key, shape in published.items()}
    assert len(renamed) == len(published)
    assert renamed == {key: tuple(t.shape) for key, t in blueprint(entry.build).state_dict().items()}


def test_names_that_it_does_not_know_stay() -> None:
    rename = find_entry("resnet18").published["torchvision"]
    for key in ("maxpool", "layer1.0.se.fc.weight", "layer5.0.conv1.weight", "conv1.0.weight", ""):
        assert rename(key) == key


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_the_network_is_the_published_one(name: str) -> None:
    check_published(name, "torchvision")


def test_shortcut_options_by_their_parameters() -> None:
    """A has none, B three projections with norms, C one in each of the eight blocks."""
    count = {
        option: sum(p.numel() for p in blueprint(find_entry("resnet18").build, shortcut=option).parameters())
        for option in ("A", "B", "C", None)
    }
    projections = sum(c * 2 * c + 2 * 2 * c for c in (64, 128, 256))
    others = 2 * (64 * 64 + 128) + sum(c * c + 2 * c for c in (128, 256, 512))
    assert count["A"] == count[None] == count["B"] - projections
    assert count["C"] == count["B"] + others


@pytest.mark.parametrize("shortcut", ["A", "B", "C", None])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_a_stage_halves_odd_sizes_upwards_with_every_shortcut(dims: int, shortcut) -> None:
    stage = make_stage(basic_path, dims, 8, 16, 16, 2, 2, shortcut)
    y = stage(torch.randn(2, 8, *[5] * dims))
    assert y.shape == (2, 16, *[3] * dims)


def test_the_plain_network_is_the_residual_one_without_shortcuts() -> None:
    network = create_model("resnet18", num_classes=4, shortcut="A").eval()
    plain = create_model("plain18", num_classes=4).eval()
    plain.load_state_dict(network.state_dict())
    for block in network.modules():
        if hasattr(block, "shortcut"):
            block.shortcut = None
    x = torch.randn(2, 3, 40, 33)
    assert torch.equal(plain(x), network(x))


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_a_block_whose_last_weights_are_zero_is_the_identity(dims: int) -> None:
    block = make_stage(basic_path, dims, 8, 8, 8, 1, 1, "B").eval()[0]
    nn.init.zeros_(block.residual.path[-1].norm.weight)
    x = torch.rand(2, 8, *[5] * dims)  # what comes from a ReLU is not negative
    assert torch.equal(block(x), x)


def test_zero_last_norm_starts_blocks_as_the_identity() -> None:
    network = create_model("resnet18", num_classes=2, zero_last_norm=True).eval()
    features = network.features(torch.randn(1, 3, 64, 64))
    assert torch.equal(features["stage1"], features["stem"])
    assert not torch.equal(features["stage2"], features["stage1"])


def test_pad_shortcut_takes_every_other_sample_and_pads_both_ends() -> None:
    x = torch.randn(1, 2, 5, 4)
    y = PadShortcut(3, 2)(x)
    assert y.shape == (1, 5, 3, 2)
    for i in range(3):
        for j in range(2):
            assert y[0, :, i, j].tolist() == [0, *x[0, :, 2 * i, 2 * j].tolist(), 0, 0]


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_pad_shortcut_has_no_parameters_and_passes_the_whole_gradient(dims: int) -> None:
    shortcut = PadShortcut(4, 2)
    assert not list(shortcut.parameters())
    x = torch.randn(2, 3, *[5] * dims, requires_grad=True)
    shortcut(x).sum().backward()
    sampled = torch.zeros(2, 3, *[5] * dims)
    sampled[(..., *[slice(None, None, 2)] * dims)] = 1
    assert torch.equal(x.grad, sampled)


def test_plain34_and_resnet34_with_shortcuts_of_option_a_are_equally_large() -> None:
    plain, padded = (blueprint(find_entry(name).build, **o) for name, o in [("plain34", {}), ("resnet34", OPTION_A)])
    assert {n: p.shape for n, p in plain.named_parameters()} == {n: p.shape for n, p in padded.named_parameters()}
    assert sum(p.numel() for p in plain.parameters()) == 21_623_848

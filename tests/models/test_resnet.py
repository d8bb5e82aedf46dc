"""ResNet against torchvision's layout, run by a second, functional network under torchvision's names."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.models import blueprint, create_model, find_entry
from striate.models.resnet import PadShortcut, basic_path, make_stage

DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


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
    renamed = {entry.rename(key): shape for key, shape in published.items()}
    assert len(renamed) == len(published)
    assert renamed == {key: tuple(t.shape) for key, t in blueprint(entry.build).state_dict().items()}


def test_names_that_it_does_not_know_stay() -> None:
    rename = find_entry("resnet18").rename
    for key in ("maxpool", "layer1.0.se.fc.weight", "layer5.0.conv1.weight", "conv1.0.weight", ""):
        assert rename(key) == key


def functional_resnet(state: dict[str, Tensor], x: Tensor, layers: int) -> Tensor:
    """The same network without modules, from torchvision's names."""

    def norm(x: Tensor, name: str) -> Tensor:
        mean, var, weight, bias = (state[f"{name}.{t}"] for t in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(x, mean, var, weight, bias, eps=1e-5)

    def unit(x: Tensor, conv: str, bn: str, stride: int = 1) -> Tensor:
        weight = state[f"{conv}.weight"]
        return norm(F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2), bn)

    x = F.max_pool2d(F.relu(unit(x, "conv1", "bn1", 2)), 3, 2, 1)
    strider = 2 if layers >= 50 else 1  # of a block's convolutions, the one that strides
    for i, depth in enumerate(DEPTHS[layers]):
        for j in range(depth):
            block, stride, y = f"layer{i + 1}.{j}", 2 if i > 0 and j == 0 else 1, x
            count = 3 if layers >= 50 else 2
            for k in range(1, count + 1):
                y = unit(y, f"{block}.conv{k}", f"{block}.bn{k}", stride if k == strider else 1)
                y = F.relu(y) if k < count else y
            if f"{block}.downsample.0.weight" in state:
                x = unit(x, f"{block}.downsample.0", f"{block}.downsample.1", stride)
            x = F.relu(y + x)
    return F.linear(x.mean((2, 3)), state["fc.weight"], state["fc.bias"])


def random_tensor(shape: tuple[int, ...]) -> Tensor:
    if not shape:
        return torch.tensor(1)
    if len(shape) == 1:
        return torch.rand(shape) + 0.5
    return torch.randn(shape) * (1 / math.prod(shape[1:])) ** 0.5


@pytest.mark.parametrize("layers", [18, 50])
def test_the_network_is_the_published_one(layers: int) -> None:
    entry = find_entry(f"resnet{layers}")
    state = {k: random_tensor(s) for k, s in published_shapes(layers).items()}
    network = blueprint(entry.build).eval()
    network.load_state_dict({entry.rename(k): t for k, t in state.items()}, assign=True)
    x = torch.randn(1, 3, 64, 50)
    with torch.inference_mode():
        torch.testing.assert_close(network(x), functional_resnet(state, x, layers), rtol=1e-4, atol=1e-4)


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
    stage = make_stage(basic_path, 2, dims, 8, 128, 128, shortcut)
    y = stage(torch.randn(2, 8, *[5] * dims))
    assert y.shape == (2, 128, *[3] * dims)


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
    block = make_stage(basic_path, 1, dims, 64, 64, 64, "B").eval()[0]
    nn.init.zeros_(block.residual.path[-1].norm.weight)
    x = torch.rand(2, 64, *[5] * dims)  # what comes from a ReLU is not negative
    assert torch.equal(block(x), x)


def test_zero_last_norm_starts_blocks_as_the_identity() -> None:
    network = create_model("resnet18", num_classes=2, zero_last_norm=True).eval()
    features = network.features(torch.randn(1, 3, 64, 64))
    assert torch.equal(features["stage1"], features["stem"])
    assert not torch.equal(features["stage2"], features["stage1"])


def test_pad_shortcut_takes_every_other_sample() -> None:
    x = torch.randn(1, 2, 5, 4)
    y = PadShortcut(3, 2)(x)
    assert y.shape == (1, 5, 3, 2)
    for i in range(3):
        for j in range(2):
            assert y[0, :, i, j].tolist() == [*x[0, :, 2 * i, 2 * j].tolist(), 0, 0, 0]

"""MiniFASNet against a plain rewrite in its authors' names, with drawn weights and with the published ones."""

import zipfile

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from striate.models import blueprint, create_model, find_entry, find_source, load_published
from striate.models.minifasnet import ReverseChannels, SqueezeExcite
from striate.models.tensor_file import parse_tensors
from tests.models.published import published_state, read_fixture

NAMES = ("minifasnet_v1se", "minifasnet_v2")
State = dict[str, Tensor]


def norm(x: Tensor, state: State, name: str) -> Tensor:
    mean, variance = (state[f"{name}.running_{kind}"] for kind in ("mean", "var"))
    shape = (1, -1) + (1,) * (x.ndim - 2)
    normal = (x - mean.view(shape)) / (variance.view(shape) + 1e-5).sqrt()
    return normal * state[f"{name}.weight"].view(shape) + state[f"{name}.bias"].view(shape)


def layer(x: Tensor, state: State, name: str, stride: int = 1, padding: int = 0) -> Tensor:
    """A convolution, in groups if its filters see one channel, its norm, and PReLU if there is one."""
    filters = state[f"{name}.conv.weight"]
    x = F.conv2d(x, filters, None, stride, padding, groups=x.shape[1] // filters.shape[1])
    x = norm(x, state, f"{name}.bn")
    slope = state.get(f"{name}.prelu.weight")
    return x if slope is None else torch.where(x > 0, x, x * slope.view(1, -1, 1, 1))


def squeeze_excite(x: Tensor, state: State, name: str) -> Tensor:
    factors = x.mean((2, 3))[:, :, None, None]
    factors = norm(F.conv2d(factors, state[f"{name}.fc1.weight"]), state, f"{name}.bn1").clamp(min=0)
    factors = norm(F.conv2d(factors, state[f"{name}.fc2.weight"]), state, f"{name}.bn2")
    return x / (1 + torch.exp(-factors))


def bottleneck(x: Tensor, state: State, name: str, stride: int = 1) -> Tensor:
    y = layer(layer(x, state, f"{name}.conv"), state, f"{name}.conv_dw", stride, 1)
    y = layer(y, state, f"{name}.project")
    if f"{name}.se_module.fc1.weight" in state:
        y = squeeze_excite(y, state, f"{name}.se_module")
    return y if stride == 2 else x + y


def slow_logits(bgr: Tensor, state: State) -> Tensor:
    """(N, 3, 80, 80) -> (N, 3)"""
    x = layer(layer(bgr, state, "conv1", 2, 1), state, "conv2_dw", 1, 1)
    for down, blocks in ((23, 4), (34, 6), (45, 2)):
        x = bottleneck(x, state, f"conv_{down}", stride=2)
        for i in range(blocks):
            x = bottleneck(x, state, f"conv_{down // 10 + 1}.model.{i}")
    x = layer(layer(x, state, "conv_6_sep"), state, "conv_6_dw").flatten(1)
    return norm(x @ state["linear.weight"].T, state, "bn") @ state["prob.weight"].T


def check_against_rewrite(name: str, state: State, rgb: Tensor) -> None:
    network = blueprint(find_entry(name).build, num_classes=3, in_channels=3)
    load_published(network, state, "minivision")
    with torch.inference_mode():
        found, wanted = network.eval()(rgb), slow_logits(rgb.flip(1), state)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4 * float(wanted.abs().max()))


@pytest.mark.parametrize("name", NAMES)
def test_computes_what_the_authors_network_does(name: str) -> None:
    rgb = torch.randn(2, 3, 80, 80, generator=torch.Generator().manual_seed(0))
    check_against_rewrite(name, published_state(name), rgb)


@pytest.mark.parametrize("name", NAMES)
def test_every_published_tensor_has_its_place(name: str) -> None:
    network = blueprint(find_entry(name).build, num_classes=3, in_channels=3)
    rename = find_entry(name).published["minivision"]
    shapes = {rename(key): tuple(shape) for key, shape in read_fixture(name)["shapes"].items()}
    assert shapes == {key: tuple(t.shape) for key, t in network.state_dict().items()}


@pytest.mark.parametrize("name", NAMES)
def test_published_weights(real_data, name: str) -> None:
    source = find_source(name)
    with zipfile.ZipFile(real_data / "weights.zip") as archive:
        state = parse_tensors(archive.read(f"weights/anti_spoofing/{source.where.file}"), source.file_name)
    rgb = torch.randint(0, 256, (2, 3, 80, 80), generator=torch.Generator().manual_seed(0)).float()
    check_against_rewrite(name, state, rgb)


@pytest.mark.parametrize(("side", "last"), [(80, 1), (65, 1), (112, 3)])
def test_grids(side: int, last: int) -> None:
    network = blueprint(find_entry("minifasnet_v2").build)
    with torch.device("meta"):
        shapes = {
            name: tuple(f.shape[1:]) for name, f in network.eval().features(torch.zeros(1, 3, side, side)).items()
        }
    assert shapes["top"] == (512, last, last)
    if side == 80:
        assert list(shapes.values())[:4] == [(32, 40, 40), (64, 20, 20), (128, 10, 10), (128, 5, 5)]


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_squeeze_excite_is_one_factor_a_channel(dims: int) -> None:
    module = SqueezeExcite(dims, 6, 2).eval()
    x = torch.rand(3, 6, *(4, 5, 2)[:dims]) + 0.1
    factors = (module(x) / x).flatten(2)  # (N, C, samples)
    torch.testing.assert_close(factors, factors[:, :, :1].expand_as(factors))
    assert ((factors > 0) & (factors < 1)).all()


def test_channels_are_reversed() -> None:
    assert ReverseChannels()(torch.tensor([[[1], [2], [3]]])).flatten().tolist() == [3, 2, 1]


def test_both_are_as_wide_as_asked() -> None:
    network = create_model("minifasnet_v1se", num_classes=2, width=0.5)
    assert network.head.classifier.weight.shape == (2, 64)

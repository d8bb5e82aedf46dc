"""CIFAR ResNets: as many layers and parameters as section 4.2 of the paper says, and the weights of others."""

import os
import re
import zipfile
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate import load_published
from striate.data.image import read_image
from striate.layers import Residual
from striate.layers.dims import Conv
from striate.models import Network, blueprint, create_model, find_entry, model_names
from striate.models.resnet import PadShortcut

DEPTHS = (20, 32, 44, 56, 110, 1202)
NAMES = [f"resnet{n}" for n in DEPTHS] + [f"plain{n}" for n in DEPTHS[:-1]]


@pytest.mark.parametrize("name", NAMES)
def test_convolutions_and_the_dense_layer_are_6n_plus_2(name: str) -> None:
    network = blueprint(find_entry(name).build)
    layers = [m for m in network.modules() if isinstance(m, Conv | nn.Linear)]
    assert len(layers) == int(name.removeprefix("resnet").removeprefix("plain"))


def test_every_published_depth_has_its_plain_twin_but_the_deepest() -> None:
    assert set(NAMES) <= set(model_names())


@pytest.mark.parametrize("layers", DEPTHS[:-1])
def test_shortcuts_of_option_a_cost_nothing(layers: int) -> None:
    """The plain twin has the same parameters by name, none in a shortcut."""
    residual, plain = (blueprint(find_entry(f"{kind}{layers}").build) for kind in ("resnet", "plain"))
    shapes = {name: p.shape for name, p in residual.named_parameters()}
    assert shapes == {name: p.shape for name, p in plain.named_parameters()}
    assert not any("shortcut" in name for name in shapes)
    assert sum(isinstance(m, PadShortcut) for m in residual.modules()) == 2
    assert not any(m.shortcut for m in plain.modules() if isinstance(m, Residual))


def test_stages_halve_sides_and_double_channels() -> None:
    network = create_model("resnet20").eval()
    with torch.inference_mode():
        shapes = [tuple(f.shape[1:]) for f in network.features(torch.zeros(1, 3, 32, 32)).values()]
    assert shapes == [(16, 32, 32), (16, 32, 32), (32, 16, 16), (64, 8, 8)]


def test_with_zeroed_last_norms_only_the_shortcuts_are_left() -> None:
    """Identities within a stage; between stages every other sample, the old channels in the middle of the new."""
    network = create_model("resnet20", zero_last_norm=True).eval()
    with torch.inference_mode():
        stem, stage1, stage2, stage3 = network.features(torch.randn(2, 3, 32, 32)).values()
    assert torch.equal(stage1, stem)
    assert torch.equal(stage2[:, 8:24], stem[:, :, ::2, ::2])
    assert torch.equal(stage3[:, 24:40], stem[:, :, ::4, ::4])
    assert not stage2[:, :8].any()
    assert not stage2[:, 24:].any()


def test_1202_layers_train_a_step_without_overflow() -> None:
    torch.manual_seed(0)
    network = create_model("resnet1202")
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    images, targets = torch.randn(2, 3, 8, 8), torch.tensor([3, 5])
    loss = F.cross_entropy(network(images), targets)
    loss.backward()
    optimizer.step()
    assert loss.isfinite()
    assert all(p.grad.isfinite().all() and p.isfinite().all() for p in network.parameters())
    with torch.no_grad():
        assert network(images).isfinite().all()


# akamaster's weights

FILES = {20: "resnet20-12fca82f.th", 32: "resnet32-d509ac18.th", 44: "resnet44-014dd654.th", 56: "resnet56-4bfd9763.th"}
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's, as they were trained


@pytest.fixture(scope="module")
def cifar() -> tuple[torch.Tensor, torch.Tensor]:
    """500 training images of CIFAR-10, the first 50 of each class by name: (500, 3, 32, 32) and their classes."""
    with open_data("cifar10-train.zip") as archive:
        names = sorted(name for name in archive.namelist() if not name.endswith("/"))
        classes = [list(group)[:50] for _, group in groupby(names, key=lambda name: name.split("/")[0])]
        pixels = np.stack([read_image(archive.read(name)) for few in classes for name in few])
    images = (torch.from_numpy(pixels) / 255 - torch.tensor(MEAN)) / torch.tensor(STD)
    return images.permute(0, 3, 1, 2), torch.arange(10).repeat_interleave(50)


@pytest.fixture(params=FILES, ids=lambda layers: f"resnet{layers}")
def akamaster(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Network, Path]:
    """A network with its published weights, and their file."""
    with open_data("weights.zip") as archive:
        path = Path(archive.extract(f"weights/resnet_cifar10/{FILES[request.param]}", tmp_path))
    network = create_model(f"resnet{request.param}")
    load_published(network, path, source="akamaster")
    return network.eval(), path


def open_data(name: str) -> zipfile.ZipFile:
    if "STRIATE_DATA" not in os.environ:
        pytest.skip(f"STRIATE_DATA is not set: {name} is not here")
    return zipfile.ZipFile(Path(os.environ["STRIATE_DATA"]) / name)


def test_akamasters_weights_compute_what_his_network_does(akamaster: tuple[Network, Path]) -> None:
    network, path = akamaster
    published = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    state = {k.removeprefix("module."): t for k, t in published.items()}
    x = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(network(x), functional_resnet(state, x))


def functional_resnet(state: dict[str, Tensor], x: Tensor) -> Tensor:
    """The same network without modules, by akamaster's names."""

    def unit(x: Tensor, name: str, number: int, stride: int = 1) -> Tensor:
        x = F.conv2d(x, state[f"{name}conv{number}.weight"], stride=stride, padding=1)
        mean, var, weight, bias = (
            state[f"{name}bn{number}.{t}"] for t in ("running_mean", "running_var", "weight", "bias")
        )
        return F.batch_norm(x, mean, var, weight, bias)

    x = F.relu(unit(x, "", 1))
    blocks = {name.removesuffix("conv1.weight") for name in state if name.endswith(".conv1.weight")}
    for block in sorted(blocks, key=natural_order):
        y = F.relu(unit(x, block, 1, stride=2 if block in ("layer2.0.", "layer3.0.") else 1))
        if y.shape != x.shape:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, x.shape[1] // 2, x.shape[1] // 2))
        x = F.relu(unit(y, block, 2) + x)
    return F.linear(x.mean((2, 3)), state["linear.weight"], state["linear.bias"])


def natural_order(name: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", name)]


def test_akamasters_weights_know_their_training_images(
    akamaster: tuple[Network, Path], cifar: tuple[Tensor, Tensor], capsys: pytest.CaptureFixture[str]
) -> None:
    """Not by heart: they were trained on the pixels as they were, and these are JPEG of quality 75."""
    network, (images, classes) = akamaster[0], cifar
    with torch.inference_mode():
        error = 1 - (network(images).argmax(1) == classes).float().mean().item()
    with capsys.disabled():
        print(f"\n{network.name}, akamaster's weights: error on {len(classes)} training images as JPEG {error:.1%}")
    assert error < 0.15

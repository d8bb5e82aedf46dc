"""The small networks of signals and volumes: the papers' shapes, and a slow rewrite without modules."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from striate.models import blueprint, create_model, densify, find_entry

CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


def padded(x: Tensor, kernel: int) -> Tensor:
    """Zeros around, one more at the end where the kernel is even, as TensorFlow puts them."""
    before, after = (kernel - 1) // 2, kernel // 2
    return F.pad(x, [before, after] * (x.ndim - 2))


def unit(state: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    weight = state[f"{name}.conv.weight"]
    y = CONV[x.ndim - 2](padded(x, weight.shape[-1]), weight)
    return norm(state, f"{name}.norm", y)


def norm(state: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    shape = (1, -1, *(1,) * (x.ndim - 2))
    mean, var, gain, bias = (
        state[f"{name}.{t}"].view(shape) for t in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / (var + 1e-5).sqrt() * gain + bias


def moved(network, x):
    """The network in eval mode, with statistics that are not those of a fresh one."""
    with torch.no_grad():
        network.train()(x)
    return network.eval()


@pytest.mark.parametrize("dims", [1, 2])
def test_the_network_of_time_series(dims: int) -> None:
    torch.manual_seed(0)
    x = torch.randn(4, 2, *(9, 7)[:dims])
    network = moved(create_model("time_series_resnet", num_classes=3, in_channels=2, dims=dims, width=1 / 8), x)
    state, y = network.state_dict(), x
    for number in (1, 2, 3):
        block = f"stages.block{number}.residual"
        path = y
        for layer in range(3):
            path = unit(state, f"{block}.path.{layer}", path)
            path = F.relu(path) if layer < 2 else path
        whole = f"{block}.shortcut.conv.weight" in state
        shortcut = unit(state, f"{block}.shortcut", y) if whole else norm(state, f"{block}.shortcut", y)
        assert whole == (number < 3)
        y = F.relu(path + shortcut)
    logits = F.linear(y.flatten(2).mean(2), state["head.classifier.weight"], state["head.classifier.bias"])
    with torch.no_grad():
        torch.testing.assert_close(network(x), logits)


def test_the_small_convolutional_network() -> None:
    torch.manual_seed(0)
    x = torch.randn(4, 1, 9, 8, 5)
    network = moved(create_model("small_convnet", num_classes=3, in_channels=1, dims=3), x)
    state, y = network.state_dict(), x
    for number in (1, 2, 3):
        y = F.max_pool3d(y, 2) if number > 1 else y
        for layer in (1, 2):
            y = F.relu(unit(state, f"stages.stage{number}.conv{layer}", y))
    logits = F.linear(y.flatten(2).mean(2), state["head.classifier.weight"], state["head.classifier.bias"])
    with torch.no_grad():
        torch.testing.assert_close(network(x), logits)


@pytest.mark.parametrize(
    ("name", "dims", "parameters"),
    [
        # kernels of 8, 5 and 3, a scale and a shift of each map, shortcuts, the dense layer
        ("time_series_resnet", 1, 503_106),
        ("small_convnet", 3, 215_282),
    ],
)
def test_numbers_in_the_dimensions_that_they_are_for(name: str, dims: int, parameters: int) -> None:
    network = blueprint(find_entry(name).build, num_classes=2, in_channels=1, dims=dims)
    widths = {"time_series_resnet": (64, 128, 128), "small_convnet": (16, 32, 64)}[name]
    kernels = {"time_series_resnet": (8, 5, 3), "small_convnet": (3, 3)}[name]
    expected, channels = 2 * widths[-1] + 2, 1
    for width in widths:
        inputs = (channels, *(width,) * (len(kernels) - 1))
        expected += sum(k**dims * c * width + 2 * width for k, c in zip(kernels, inputs, strict=True))
        if name == "time_series_resnet":
            expected += 2 * width + (channels * width if channels != width else 0)
        channels = width
    assert sum(p.numel() for p in network.parameters()) == expected == parameters


def test_they_slide_over_longer_signals() -> None:
    dense = densify(create_model("time_series_resnet", num_classes=2, in_channels=1, dims=1), 40)
    assert (dense.windows.size, dense.windows.stride) == ((40,), (1,))
    with torch.inference_mode():
        assert dense(torch.randn(1, 1, 100)).shape == (1, 2, 61)

"""Adapted weights: grey images, repeated slices and constant images get the answers of the original network."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.errors import ArgumentError
from striate.layers.dims import Conv
from striate.models import Network, adapted_preset, create_model
from striate.models.adapt import NewChannels, adapt_channels, adapt_dense, adapt_kernel, adapt_weights
from striate.preset import Preset

EXACT = {"rtol": 1e-9, "atol": 1e-9}


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """What differs by rounding alone then differs by hardly anything."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def adapted(network: Network, new_channels: NewChannels = "mean", **arguments: object) -> Network:
    """The same network for other inputs, with its adapted weights; in eval mode."""
    other = create_model(network.name, **arguments)  # type: ignore[arg-type]
    other.load_state_dict(adapt_weights(network.state_dict(), other, new_channels))
    return other.eval()


def lively(name: str, **arguments: object) -> Network:
    """A network in eval mode whose norms are not the identity."""
    torch.manual_seed(1)
    network = create_model(name, **arguments)  # type: ignore[arg-type]
    for key, t in network.state_dict().items():
        if t.is_floating_point() and t.ndim == 1:
            t.copy_(torch.rand_like(t) + 0.5 if key.endswith(("weight", "running_var")) else torch.randn_like(t) * 0.1)
    return network.eval()


# Channels


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("new_channels", ["mean", "repeat"])
def test_the_sum_over_channels_is_kept(channels: int, new_channels: NewChannels) -> None:
    weight = torch.randn(4, 3, 5, 5)
    new = adapt_channels(weight, channels, new_channels)
    assert new.shape == (4, channels, 5, 5)
    torch.testing.assert_close(new.sum(1), weight.sum(1))


def test_mean_gives_equal_channels_and_repeat_the_filters_in_turn() -> None:
    weight = torch.randn(4, 3, 5, 5)
    torch.testing.assert_close(
        adapt_channels(weight, 4, "mean"), weight.mean(1, keepdim=True).repeat(1, 4, 1, 1) * 3 / 4
    )
    torch.testing.assert_close(adapt_channels(weight, 6, "repeat"), torch.cat([weight, weight], 1) / 2)
    red, green, blue = weight.unbind(1)
    torch.testing.assert_close(adapt_channels(weight, 4, "repeat"), torch.stack([red / 2, green, blue, red / 2], 1))
    torch.testing.assert_close(adapt_channels(weight, 2, "repeat"), torch.stack([red + blue, green], 1))


@pytest.mark.parametrize("name", ["resnet20", "mobilenet_v2", "squeezenet1_1", "googlenet"])
@pytest.mark.parametrize(("channels", "new_channels"), [(1, "mean"), (1, "repeat"), (4, "mean"), (5, "repeat")])
def test_a_grey_image_gets_the_answer_of_its_rgb_copy(name: str, channels: int, new_channels: NewChannels) -> None:
    rgb = lively(name, width=1 / 8)
    grey = adapted(rgb, new_channels, in_channels=channels, width=1 / 8)
    x = torch.randn(2, 1, 40, 45)
    with torch.inference_mode():
        torch.testing.assert_close(grey(x.expand(-1, channels, -1, -1)), rgb(x.expand(-1, 3, -1, -1)), **EXACT)


# Dimensions


def test_without_padding_equal_slices_get_the_images_answer() -> None:
    """LeNet-5: convolutions, pooling and dense layers behind a 5x5 grid, none padded."""
    image_network = lively("lenet5", in_channels=3)
    volume_network = adapted(image_network, dims=3, in_channels=3)
    x = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(volume_network(x.unsqueeze(2).expand(-1, -1, 32, -1, -1)), image_network(x), **EXACT)


def test_without_padding_a_signal_gets_the_answer_of_the_image_whose_rows_it_is() -> None:
    image_network = lively("lenet5", in_channels=3)
    signal_network = adapted(image_network, dims=1, in_channels=3)
    x = torch.randn(2, 3, 32)
    with torch.inference_mode():
        torch.testing.assert_close(signal_network(x), image_network(x.unsqueeze(2).expand(-1, -1, 32, -1)), **EXACT)


def continue_edges(network: nn.Module) -> None:
    """Have convolutions pad the first spatial axis with copies of its ends, not with zeros.

    What is constant along the axis then stays so through all layers (a max pooling's padding never wins).
    """

    def pad(module: Conv, inputs: tuple[Tensor]) -> Tensor:
        others = (0, 0) * (inputs[0].ndim - 3)
        return F.pad(inputs[0], (*others, module.amount, module.amount), mode="replicate")  # type: ignore[arg-type]

    for module in network.modules():
        if isinstance(module, Conv) and module.padding[0]:
            module.amount = module.padding[0]  # type: ignore[assignment]
            module.padding = (0, *module.padding[1:])  # type: ignore[assignment]
            module.register_forward_pre_hook(pad)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "mobilenet_v2", "squeezenet1_1", "vgg11_bn"])
def test_all_layers_give_equal_slices_the_images_answer(name: str) -> None:
    images = lively(name, width=1 / 8, num_classes=5)
    volumes = adapted(images, dims=3, width=1 / 8, num_classes=5)
    continue_edges(volumes)
    x = torch.randn(1, 3, 40, 45)
    with torch.inference_mode():
        torch.testing.assert_close(volumes(x.unsqueeze(2).expand(-1, -1, 40, -1, -1)), images(x), **EXACT)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "mobilenet_v2", "squeezenet1_1", "vgg11_bn"])
def test_all_layers_give_a_signal_the_answer_of_a_constant_image(name: str) -> None:
    images = lively(name, width=1 / 8, num_classes=5)
    signals = adapted(images, dims=1, width=1 / 8, num_classes=5)
    continue_edges(images)
    x = torch.randn(2, 3, 67)
    with torch.inference_mode():
        torch.testing.assert_close(signals(x), images(x.unsqueeze(2).expand(-1, -1, 40, -1)), **EXACT)


def test_padding_reaches_no_further_than_the_receptive_field() -> None:
    """As the network is, slices away from the ends of the depth, and rows away from those of the height, agree."""
    images = lively("resnet18", width=1 / 8)
    signals, volumes = (adapted(images, dims=dims, width=1 / 8) for dims in (1, 3))
    image, signal = torch.randn(1, 3, 24, 32), torch.randn(1, 3, 40)
    with torch.inference_mode():
        slices = volumes.features(image.unsqueeze(2).expand(-1, -1, 64, -1, -1))["stage1"]  # (1, 8, 16, 6, 8)
        torch.testing.assert_close(slices[:, :, 8], images.features(image)["stage1"], **EXACT)
        assert not torch.allclose(slices[:, :, 0], slices[:, :, 8], **EXACT)
        rows = images.features(signal.unsqueeze(2).expand(-1, -1, 64, -1))["stage1"]  # (1, 8, 16, 10)
        torch.testing.assert_close(signals.features(signal)["stage1"], rows[:, :, 8], **EXACT)


def test_kernels_of_one_axis() -> None:
    """Of the 1x7 and 7x1 convolutions of Inception; those that an image doesn't have are not invented."""
    row, column = torch.randn(2, 4, 1, 7), torch.randn(2, 4, 7, 1)
    assert torch.equal(adapt_kernel(row, (1, 1, 7)), row.unsqueeze(2))
    assert torch.equal(adapt_kernel(column, (1, 7, 1)), column.unsqueeze(2))
    assert torch.equal(adapt_kernel(row, (7,)), row[:, :, 0])
    assert adapt_kernel(column, (7,)).shape == (2, 4, 1)


@pytest.mark.parametrize(("features", "dims"), [(50, 1), (100, 3), (48, 3), (49, 1), (0, 1)])
def test_dense_layers_that_are_behind_no_grid_stay(features: int, dims: int) -> None:
    weight = torch.randn(4, 98)
    assert adapt_dense(weight, features, dims) is weight


def test_what_can_not_be_made_to_fit_stays_as_it_is() -> None:
    network = create_model("lenet5", dims=3, in_channels=1, num_classes=10)
    tensors = {
        "stages.conv1.conv.weight": torch.zeros(6, 1, 3, 3),
        "stages.conv2.conv.weight": torch.zeros(16, 5, 5, 5),
        "head.dense1.weight": torch.zeros(120, 7),
        "head.classifier.weight": torch.zeros(3),
        "surplus": torch.zeros(2, 2),
    }
    assert all(t is tensors[name] for name, t in adapt_weights(tensors, network, "mean").items())


# The preset


def test_a_preset_of_other_channels() -> None:
    rgb = Preset(size_hw=(32, 32), mean=(120.0, 110.0, 103.0), std=(60.0, 50.0, 40.0), border=(0.0, 30.0, 60.0))
    grey = adapted_preset(rgb, 1)
    assert (grey.channels, grey.mean, grey.std, grey.border) == (1, (111.0,), (50.0,), (30.0,))
    assert adapted_preset(rgb, 1, "repeat") == grey
    assert adapted_preset(rgb, 4).mean == (111.0,) * 4
    four = adapted_preset(rgb, 4, "repeat")
    assert (four.mean, four.std) == ((120.0, 110.0, 103.0, 120.0), (60.0, 50.0, 40.0, 60.0))
    assert adapted_preset(rgb, 3, "mean") is rgb


def test_wrong_arguments() -> None:
    with pytest.raises(ArgumentError, match="new_channels must be 'mean' or 'repeat', got 'sum'"):
        adapted_preset(Preset(size_hw=(32, 32)), 3, "sum")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"preset.channels must be 1, 3 or 4, got 2"):
        adapted_preset(Preset(size_hw=(32, 32)), 2)
    with pytest.raises(ArgumentError, match="new_channels"):
        adapt_weights({}, create_model("lenet5"), "inflate")  # type: ignore[arg-type]

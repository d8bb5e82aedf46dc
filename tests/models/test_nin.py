"""Network in Network against a plain rewrite of its authors' Caffe models; 1x1 convolutions against dense layers."""

import pytest
import torch
from torch import Tensor, nn

from striate.explain import table
from striate.layers import conv
from striate.models import Network, blueprint, create_model, find_entry
from striate.models.nin import map_head
from tests.models.published import fill, fixed_input


def test_a_1x1_convolution_is_a_dense_layer_at_every_position() -> None:
    squeeze, dense = conv(2, 192, 32, 1), nn.Linear(192, 32)
    with torch.no_grad():
        dense.weight.copy_(squeeze.weight.flatten(1))
        dense.bias.copy_(squeeze.bias)  # type: ignore[arg-type]
    x = torch.randn(2, 192, 28, 28)
    maps = squeeze(x)
    assert maps.shape == (2, 32, 28, 28)
    torch.testing.assert_close(maps.permute(0, 2, 3, 1), dense(x.permute(0, 2, 3, 1)), rtol=1e-5, atol=1e-5)


# Layers of the Caffe models: "c" convolution (channels, kernel, stride, padding), "d" dropout, and the poolings.
IMAGENET = [
    *[("c", 96, 11, 4, 0), ("c", 96, 1, 1, 0), ("c", 96, 1, 1, 0), ("max",)],
    *[("c", 256, 5, 1, 2), ("c", 256, 1, 1, 0), ("c", 256, 1, 1, 0), ("max",)],
    *[("c", 384, 3, 1, 1), ("c", 384, 1, 1, 0), ("c", 384, 1, 1, 0), ("max",), ("d",)],
    *[("c", 1024, 3, 1, 1), ("c", 1024, 1, 1, 0), ("c", 1000, 1, 1, 0), ("mean", 6)],
]
CIFAR = [
    *[("c", 192, 5, 1, 2), ("c", 160, 1, 1, 0), ("c", 96, 1, 1, 0), ("max",), ("d",)],
    *[("c", 192, 5, 1, 2), ("c", 192, 1, 1, 0), ("c", 192, 1, 1, 0), ("avg",), ("d",)],
    *[("c", 192, 3, 1, 1), ("c", 192, 1, 1, 0), ("c", 10, 1, 1, 0), ("mean", 8)],
]
MODELS = pytest.mark.parametrize(("name", "layers"), [("nin", IMAGENET), ("nin_cifar", CIFAR)])


def plain_nin(layers: list[tuple[str | int, ...]]) -> nn.Sequential:
    plain, channels = nn.Sequential(), 3
    for kind, *figures in layers:
        match kind:
            case "c":
                plain.extend([nn.Conv2d(channels, *figures), nn.ReLU()])  # type: ignore[arg-type]
                channels = figures[0]  # type: ignore[assignment]
            case "max":
                plain.append(nn.MaxPool2d(3, 2, ceil_mode=True))
            case "avg":
                plain.append(nn.AvgPool2d(3, 2, ceil_mode=True))
            case "d":
                plain.append(nn.Dropout(0.5))
            case "mean":
                plain.extend([nn.AvgPool2d(figures[0]), nn.Flatten()])  # type: ignore[arg-type]
    return plain


def same_weights(name: str, plain: nn.Module) -> Network:
    """A network with the weights of the rewrite, whose layers come in the same order."""
    state = {key: fill(key, tuple(t.shape)) for key, t in plain.state_dict().items()}
    plain.load_state_dict(state, assign=True)
    entry = find_entry(name)
    network = blueprint(entry.build, num_classes=entry.classes)
    network.load_state_dict(dict(zip(network.state_dict(), state.values(), strict=True)), assign=True)
    return network


@MODELS
def test_it_computes_what_its_authors_models_say(name: str, layers: list[tuple[str | int, ...]]) -> None:
    with torch.device("meta"):
        plain = plain_nin(layers).eval()
    network, size = same_weights(name, plain).eval(), find_entry(name).size
    x = fixed_input((1, 3, size, size))
    with torch.inference_mode():
        torch.testing.assert_close(network(x), plain(x), rtol=1e-4, atol=1e-4)


@MODELS
def test_training_drops_out_where_they_do(name: str, layers: list[tuple[str | int, ...]]) -> None:
    with torch.device("meta"):
        plain = plain_nin(layers)
    kinds = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, nn.Dropout)
    network = blueprint(find_entry(name).build)
    ours, theirs = ([type(m) for m in model.modules() if isinstance(m, kinds)] for model in (network, plain))
    assert ours == theirs[:-1]  # global pooling is another class


@MODELS
def test_parameters_by_hand(name: str, layers: list[tuple[str | int, ...]]) -> None:
    counts, channels = [], 3
    for kind, *figures in layers:
        if kind == "c":
            out, kernel = int(figures[0]), int(figures[1])
            counts.append(out * (channels * kernel**2 + 1))
            channels = out
    per_block = [sum(counts[i : i + 3]) for i in range(0, len(counts), 3)]
    if name == "nin":
        assert per_block == [34_944 + 2 * 9_312, 614_656 + 2 * 65_792, 885_120 + 2 * 147_840, 3_539_968 + 2_074_600]
    else:
        assert per_block == [14_592 + 30_880 + 15_456, 460_992 + 2 * 37_056, 331_968 + 37_056 + 1_930]
    entry = find_entry(name)
    t = table(blueprint(entry.build, num_classes=entry.classes), (3, entry.size, entry.size))
    assert sum(per_block) == t.parameters == {"nin": 7_595_176, "nin_cifar": 966_986}[name]


def test_sides_of_every_stage() -> None:
    sides = {
        name: [f.shape[-1] for f in features_of(create_model(name, width=1 / 8), find_entry(name).size)]
        for name in ("nin", "nin_cifar")
    }
    assert sides == {"nin": [27, 13, 6, 6], "nin_cifar": [16, 8, 8]}


def features_of(network: Network, side: int) -> list[Tensor]:
    with torch.inference_mode():
        return list(network.eval().features(torch.zeros(1, 3, side, side)).values())


def test_no_class_starts_dead() -> None:
    head = map_head(2, 512, 1000).eval()
    maps = head[:-1](torch.randn(2, 512, 5, 5).relu())
    assert (maps > 0).all()

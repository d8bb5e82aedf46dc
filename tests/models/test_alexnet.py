"""AlexNet against torchvision and a plain rewrite of the paper; its towers apart and together."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from striate.errors import ArgumentError
from striate.explain import table
from striate.models import Network, blueprint, create_model, find_entry
from striate.models.alexnet import TowerLRN, Towers, split_towers
from tests.models.published import check_published, fill, fixed_input


def test_it_is_torchvisions() -> None:
    check_published("alexnet", "torchvision")  # of 259x224: seven cells by six


def test_names_that_it_does_not_know_stay() -> None:
    rename = find_entry("alexnet").published["torchvision"]
    assert [rename(key) for key in ("features.1.weight", "fc", "")] == ["features.1.weight", "fc", ""]


@pytest.mark.parametrize("name", ["alexnet_2012", "alexnet_merged"])
def test_every_layer_has_the_sizes_of_the_paper(name: str) -> None:
    rows = table(blueprint(find_entry(name).build), (3, 227, 227)).rows
    shapes = {row.layer: row.shape_channels_last for row in rows if row.kind in ("Conv2d", "MaxPool2d", "Linear")}
    assert shapes == {
        "stages.conv1.conv": (55, 55, 96),
        "stages.conv1.pool": (27, 27, 96),
        "stages.conv2.conv": (27, 27, 256),
        "stages.conv2.pool": (13, 13, 256),
        "stages.conv3.conv": (13, 13, 384),
        "stages.conv4.conv": (13, 13, 384),
        "stages.conv5.conv": (13, 13, 256),
        "stages.conv5.pool": (6, 6, 256),
        "head.dense1": (4096,),
        "head.dense2": (4096,),
        "head.classifier": (1000,),
    }
    assert {row.layer: row.size for row in rows}["head.flatten"] == 9216


def test_the_cost_of_torchvisions() -> None:
    assert round(table(blueprint(find_entry("alexnet").build), (3, 224, 224)).multiply_adds / 1e9, 3) == 0.714


@pytest.mark.parametrize("name", ["alexnet", "alexnet_2012"])
def test_dropout_is_where_its_paper_has_it(name: str) -> None:
    layers = [type(layer).__name__ for layer in blueprint(find_entry(name).build).head[2:]]  # type: ignore[index]
    hidden = ["Dropout", "Linear", "ReLU"] if name == "alexnet" else ["Linear", "ReLU", "Dropout"]
    assert layers == [*hidden, *hidden, "Linear"]


class SlowLRN(nn.Module):
    """The formula of section 3.3, channel by channel, over the channels of one tower."""

    def __init__(self, towers: int):
        super().__init__()
        self.towers = towers

    def forward(self, x: Tensor) -> Tensor:
        damped, per_tower = torch.empty_like(x), x.shape[1] // self.towers
        for i in range(x.shape[1]):
            first = i // per_tower * per_tower
            near = range(max(first, i - 2), min(first + per_tower, i + 3))
            damped[:, i] = x[:, i] / (2 + 1e-4 * sum(x[:, j] ** 2 for j in near)) ** 0.75
        return damped


def plain_alexnet(towers: int) -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(3, 96, 11, 4), nn.ReLU(), SlowLRN(towers), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(96, 256, 5, 1, 2, groups=towers), nn.ReLU(), SlowLRN(towers), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(256, 384, 3, 1, 1), nn.ReLU()),
        *(nn.Conv2d(384, 384, 3, 1, 1, groups=towers), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, 1, 1, groups=towers), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Flatten(), nn.Linear(9216, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)),
    )


@pytest.mark.parametrize(("name", "towers"), [("alexnet_2012", 2), ("alexnet_merged", 1)])
def test_it_computes_what_the_paper_says(name: str, towers: int) -> None:
    with torch.device("meta"):
        plain = plain_alexnet(towers)
    state = {key: fill(key, tuple(t.shape)) for key, t in plain.state_dict().items()}
    plain.load_state_dict(state, assign=True)
    network = blueprint(find_entry(name).build).eval()
    network.load_state_dict(dict(zip(network.state_dict(), state.values(), strict=True)), assign=True)
    x = 20 * fixed_input((1, 3, 227, 227))  # large enough for the normalisation to matter
    with torch.inference_mode():
        torch.testing.assert_close(network(x), plain(x), rtol=1e-4, atol=1e-4)


def test_each_tower_is_normalised_on_its_own() -> None:
    x = 100 * torch.randn(2, 12, 5)
    alone = x.clone()
    alone[:, 6:] = 0
    crosses = [(TowerLRN(towers)(x) - TowerLRN(towers)(alone))[:, :6].abs().amax((0, 2)) > 0 for towers in (1, 2)]
    assert [c.tolist() for c in crosses] == [[False] * 4 + [True] * 2, [False] * 6]


def narrow(dims: int = 2, **options: Any) -> Network:
    """With biases, which start as zero, of some size."""
    network = create_model("alexnet_2012", num_classes=5, dims=dims, width=1 / 8, **options)
    for name, parameter in network.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(parameter, std=0.1)
    return network


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_towers_apart_answer_and_learn_as_together(dims: int) -> None:
    network = narrow(dims).double().eval()
    towers = split_towers(network, ("cpu", "cpu"))
    x = 10 * torch.randn(2, 3, *(67, 99, 75)[:dims], dtype=torch.float64)
    targets = torch.tensor([1, 4])
    torch.testing.assert_close(towers(x), network(x))  # to 1e-7
    for model in (network, towers):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        nn.functional.cross_entropy(model(x), targets).backward()
        optimizer.step()
    torch.testing.assert_close(towers.joined_state(), dict(network.state_dict()))
    torch.testing.assert_close(joined_gradients(towers), {n: p.grad for n, p in network.named_parameters()})


def joined_gradients(towers: Towers) -> dict[str, Tensor]:
    """Gradients under the names of the network, by way of the state dict."""
    with torch.no_grad():
        for parameter in towers.parameters():
            parameter.copy_(parameter.grad)  # type: ignore[arg-type]
    return towers.joined_state()


def test_splitting_and_joining_changes_nothing() -> None:
    network = narrow()
    for parameter in network.stages.parameters():
        parameter.requires_grad = False
    before = {name: t.clone() for name, t in network.state_dict().items()}
    towers = split_towers(network, ("cpu", "cpu"))
    joined = towers.joined_state()
    assert list(joined) == list(before)
    assert towers.training
    assert not split_towers(network.eval(), ("cpu", "cpu")).training
    assert {n.split(".")[2] for n, p in towers.named_parameters() if n.startswith("towers") and p.requires_grad} == {
        "head"
    }
    for parameter in towers.parameters():  # all are copies
        nn.init.zeros_(parameter)
    for state in (joined, network.state_dict()):
        assert all(torch.equal(t, before[name]) for name, t in state.items())


def test_half_of_the_parameters_is_on_each_device() -> None:
    network = narrow()
    first, second = split_towers(network, ("cpu", "meta")).towers
    sizes = [sum(p.numel() for p in tower.parameters()) for tower in (first, second)]
    assert sizes[0] == sizes[1]
    assert sum(sizes) == sum(p.numel() for n, p in network.named_parameters() if "classifier" not in n)
    assert {p.device.type for p in second.parameters()} == {"meta"}


class Carrier(TorchDispatchMode):
    """Refuses operations across devices and keeps a list of what is carried from one to the other.

    A device "meta" stands for the second one; it computes shapes alone, so zeros come back from it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.carried: list[tuple[str, tuple[int, ...]]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten._to_copy.default:
            x, device = args[0], kwargs["device"]
            self.carried.append((f"to {device}", tuple(x.shape)))
            return torch.zeros(x.shape, device=device)
        assert len({t.device for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)}) <= 1
        return func(*args, **(kwargs or {}))


def test_activations_cross_where_the_papers_do_and_nowhere_else() -> None:
    towers = split_towers(narrow(), ("cpu", "meta"))
    maps, grid, units = (4, 16, 3, 3), (4, 16 * 36), (4, 256)  # half of conv2's and conv5's channels, and of the units
    with Carrier() as carrier:
        logits = towers(torch.zeros(4, 3, 67, 67))
    assert logits.device.type == "cpu"
    exchanges = [("to cpu", "to meta"), ("to cpu", "to meta"), ("to cpu", "to meta"), ("to cpu",)]
    expected = [(way, shape) for ways, shape in zip(exchanges, (maps, grid, units, units), strict=True) for way in ways]
    assert carrier.carried == [("to meta", (4, 3, 67, 67)), *expected]
    with Carrier() as back:
        logits.sum().backward()
    assert sorted(shape for _, shape in back.carried) == sorted(shape for _, shape in expected)  # as many gradients


@pytest.mark.parametrize(
    ("name", "devices", "message"),
    [
        (
            "alexnet_merged",
            ("cpu", "cpu"),
            "network must be an alexnet_2012, .*, got 'alexnet_merged'",
        ),
        ("alexnet_2012", ("cpu",), r"devices must be two, one for each tower, got \('cpu',\)"),
        ("alexnet_2012", "01", "devices must be two, one for each tower, got '01'"),
    ],
)
def test_what_cannot_be_split(name: str, devices: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        split_towers(create_model(name, width=1 / 8), devices)

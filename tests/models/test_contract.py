"""What every registered network must keep: shapes, gradients, names, saving; in every number of dimensions."""

import pytest
import torch
from torch import Tensor

from striate.models import Entry, Network, blueprint, create_model, find_entry, model_names

# As published by torchvision and by Google; of the plain networks, ResNet's less three projections with their norms.
PROJECTIONS = sum(c * 2 * c + 2 * 2 * c for c in (64, 128, 256))
PARAMETERS = {
    "lenet5": 61_706,
    "vgg11": 132_863_336,
    "vgg13": 133_047_848,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "vgg11_bn": 132_868_840,
    "vgg13_bn": 133_053_736,
    "vgg16_bn": 138_365_992,
    "vgg19_bn": 143_678_248,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "plain18": 11_689_512 - PROJECTIONS,
    "plain34": 21_797_672 - PROJECTIONS,
    "mobilenet_v2": 3_504_872,
    "efficientnet_lite0": 4_652_008,
    "efficientnet_lite1": 5_416_680,
    "efficientnet_lite2": 6_092_072,
}

CASES = [(name, dims) for name in model_names() for dims in find_entry(name).dims]
QUICK = {
    ("lenet5", 1), ("lenet5", 2), ("lenet5", 3),
    ("resnet18", 1), ("resnet18", 2), ("plain18", 1),
    ("mobilenet_v2", 2), ("mobilenet_v2", 3), ("efficientnet_lite0", 1), ("efficientnet_lite0", 2),
}  # fmt: skip
# In three dimensions VGG's first dense layer alone has 512 * 7**3 * 4096 weights, 2.9 GB: shapes only.
TOO_LARGE = {(name, 3) for name in model_names("vgg*")}
WHOLE = [
    pytest.param(name, dims, marks=() if (name, dims) in QUICK else pytest.mark.slow)
    for name, dims in CASES
    if (name, dims) not in TOO_LARGE
]


def sides(entry: Entry, dims: int) -> list[tuple[int, ...]]:
    """Two inputs: the smallest, and one of odd and unequal sides; only one where the network fixes it."""
    smallest = (entry.smallest,) * dims
    return [smallest] if entry.fixed_size else [smallest, (37, 33, 35)[:dims]]


def count(network: Network) -> int:
    return sum(p.numel() for p in network.parameters())


def test_every_network_is_counted() -> None:
    assert set(model_names()) == set(PARAMETERS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_number_of_parameters(name: str) -> None:
    entry = find_entry(name)
    network = blueprint(entry.build, num_classes=10 if name == "lenet5" else 1000, in_channels=entry.channels, dims=2)
    assert count(network) == PARAMETERS[name]


@pytest.mark.parametrize(("name", "dims"), CASES)
def test_shapes_and_names(name: str, dims: int) -> None:
    entry = find_entry(name)
    network = blueprint(entry.build, num_classes=7, in_channels=4, dims=dims).eval()
    size = sides(entry, dims)[-1]
    with torch.device("meta"), torch.no_grad():
        features = network.features(torch.zeros(2, 4, *size))
        logits = network.head(list(features.values())[-1])
    assert list(features) == list(network.stages)
    assert all(f.shape[0] == 2 and f.ndim == 2 + dims for f in features.values())
    assert logits.shape == (2, 7)
    assert [child for child, _ in network.head.named_children()][-1] == "classifier"


@pytest.mark.parametrize("name", model_names())
def test_the_smallest_input_leaves_one_sample_in_the_last_stage(name: str) -> None:
    entry = find_entry(name)
    network = blueprint(entry.build, num_classes=2, in_channels=3, dims=1).eval()
    with torch.device("meta"), torch.no_grad():
        *_, last = network.features(torch.zeros(1, 3, entry.smallest)).values()
    assert entry.smallest <= entry.size
    assert last.shape[2] == (5 if name == "lenet5" else 1)


@pytest.mark.parametrize(("name", "dims"), WHOLE)
def test_forward_backward_and_state(name: str, dims: int) -> None:
    entry = find_entry(name)
    network = create_model(name, num_classes=3, in_channels=1, dims=dims)
    for size in sides(entry, dims):
        logits = network(torch.randn(4, 1, *size))
        assert logits.shape == (4, 3)
        assert logits.isfinite().all()
    torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2, 0])).backward()
    assert not lazy_parameters(network)

    twin = create_model(name, num_classes=3, in_channels=1, dims=dims)
    twin.load_state_dict(network.state_dict())
    x = torch.randn(2, 1, *size)
    with torch.inference_mode():
        stages = network.eval().features(x)
        assert torch.equal(twin.eval()(x), network(x))
        assert torch.equal(network.head(list(stages.values())[-1]), network(x))


def lazy_parameters(network: Network) -> list[str]:
    """Parameters without a finite gradient that is not all zero.

    A bias before a batch norm is subtracted again with the mean: its gradient is zero by nature (VGG with batch norm).
    """
    names = {name for name, _ in network.named_parameters()}
    normed = {n for n in names if n.endswith("conv.bias") and n.replace("conv.bias", "norm.bias") in names}
    return [n for n, p in network.named_parameters() if n not in normed and not is_useful(p.grad)]


def is_useful(gradient: Tensor | None) -> bool:
    return gradient is not None and bool(gradient.isfinite().all()) and bool(gradient.any())


# Wrong arguments, each refused before anything is built.
@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("resnet18", {"num_classes": 0}, "num_classes must be an integer of at least 1, got 0"),
        ("resnet18", {"num_classes": 2.0}, "num_classes must be an integer of at least 1, got 2.0"),
        ("vgg16", {"in_channels": -1}, "in_channels must be an integer of at least 1, got -1"),
        ("vgg16", {"in_channels": True}, "in_channels must be an integer of at least 1, got True"),
        ("lenet5", {"dims": 4}, "dims must be one of 1, 2, 3 for lenet5, got 4"),
        ("mobilenet_v2", {"dims": "2"}, "dims must be one of 1, 2, 3 for mobilenet_v2, got '2'"),
        ("plain18", {"shortcut": "A"}, "no option of plain18 named 'shortcut'; known: dims, in_channels, num_classes"),
        ("resnet18", {"shortcut": "D"}, "shortcut must be 'A', 'B', 'C' or None for the plain network, got 'D'"),
        ("resnet18", {"shortcut": None, "zero_last_norm": True}, "zero_last_norm must be False in a plain network"),
        ("resnet81", {}, "no model named 'resnet81'; did you mean 'resnet18'"),
    ],
)
def test_wrong_arguments(name: str, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError) as error:
        create_model(name, **arguments)  # type: ignore[arg-type]
    assert str(error.value).startswith(message)

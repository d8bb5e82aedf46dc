"""What every registered network must keep: shapes, gradients, names, saving; in every number of dimensions.

`make test` runs all of them narrow (width 1/8) and the small ones as they are; `make test-all` runs all as they are.
"""

import re
from typing import Any

import pytest
import torch
from torch import Tensor

from striate.models import AuxiliaryLogits, Entry, Network, blueprint, create_model, find_entry, model_names

# As their papers, torchvision, timm, Google and dlib have them; of the plain networks, ResNet's less three projections
# with their norms. Auxiliary heads, which serve training alone, are not counted.
PROJECTIONS = sum(c * 2 * c + 2 * 2 * c for c in (64, 128, 256))
CIFAR = {20: 269_722, 32: 464_154, 44: 658_586, 56: 853_018, 110: 1_727_962, 1202: 19_421_274}
PARAMETERS = {
    "airbench94": 1_972_802,
    "lenet5": 61_706,
    "lenet5_1998": 60_000,
    "alexnet": 61_100_840,
    "alexnet_2012": 60_965_224,
    "alexnet_merged": 62_378_344,
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
    **{f"resnet{layers}": count for layers, count in CIFAR.items()},
    **{f"plain{layers}": CIFAR[layers] for layers in (20, 32, 44, 56, 110)},
    "nin": 7_595_176,
    "nin_cifar": 966_986,
    "googlenet": 6_624_904,
    "inception_v2": 11_285_224,
    "inception_v3": 23_834_568,
    "inception_v4": 42_679_816,
    "inception_resnet_v1": 23_482_624 + 513 * 8631,  # with the classifier of VGGFace2's people
    "inception_resnet_v2": 55_843_464,
    "mobilenet_v2": 3_504_872,
    "efficientnet_lite0": 4_652_008,
    "efficientnet_lite1": 5_416_680,
    "efficientnet_lite2": 6_092_072,
    "squeezenet1_0": 1_248_424,
    "squeezenet1_1": 1_235_496,
    "dlib_face": 5_614_592,
    "minifasnet_v1se": 433_586,
    "minifasnet_v2": 434_560,
    "time_series_resnet": 2_841_410,
    "small_convnet": 72_146,
    "event_convnet": 72_306,
}

CASES = [(name, dims) for name in model_names() for dims in find_entry(name).dims]
NARROW = 1 / 8
SMALL = {"lenet5", "lenet5_1998", "resnet20", "plain20", "mobilenet_v2", "efficientnet_lite0", "squeezenet1_1"}
# In three dimensions the first dense layer of VGG alone has 512 * 7**3 * 4096 weights, 2.9 GB: shapes only.
TOO_LARGE = {(name, 3) for name in (*model_names("vgg*"), *model_names("alexnet*"))}
WHOLE = [
    pytest.param(name, dims, marks=() if name in SMALL and dims < 3 else pytest.mark.slow)
    for name, dims in CASES
    if (name, dims) not in TOO_LARGE
]


def slow_if_deep(name: str, dims: int, in_channels: int = 3) -> Any:
    """The mark of a case that `make test` has no time for: of 1202 layers it takes RGB images alone."""
    return pytest.mark.slow if name == "resnet1202" and (dims, in_channels) != (2, 3) else ()


# Parameters whose gradient is zero by nature.
LAZY = {
    r"(vgg.._bn): .*\.conv\.bias": "a bias before batch norm is subtracted again with the mean",
    r"inception_resnet_v2: stages\.inception_c\.9\..*\.project\.bias": "a bias before batch norm, one convolution on",
}


def sides(entry: Entry, dims: int) -> list[tuple[int, ...]]:
    """Two inputs: the smallest, and one of odd and unequal sides; only one where the network fixes it."""
    smallest = (entry.smallest,) * dims
    if entry.fixed_size:
        return [(entry.size,) * dims]
    return [smallest, tuple(entry.smallest + more for more in (5, 1, 3)[:dims])]


def count(network: Network) -> int:
    """Parameters of what answers; auxiliary heads not counted."""
    return sum(p.numel() for part in (network.stages, network.head) for p in part.parameters())


def test_every_network_is_counted() -> None:
    assert set(model_names()) == set(PARAMETERS)


@pytest.mark.parametrize("name", model_names())
def test_number_of_parameters(name: str) -> None:
    entry = find_entry(name)
    network = blueprint(entry.build, num_classes=entry.classes, in_channels=entry.channels, dims=2)
    assert count(network) == PARAMETERS[name]


@pytest.mark.parametrize(
    ("in_channels", "name", "dims"),
    [
        pytest.param(in_channels, name, dims, marks=slow_if_deep(name, dims, in_channels))
        for in_channels in (1, 3, 4)
        for name, dims in CASES
    ],
)
def test_shapes_and_names(name: str, dims: int, in_channels: int) -> None:
    entry = find_entry(name)
    network = blueprint(entry.build, num_classes=7, in_channels=in_channels, dims=dims).eval()
    assert network.name == name
    for size in sides(entry, dims):
        with torch.device("meta"), torch.no_grad():
            features = network.features(torch.zeros(2, in_channels, *size))
            logits = network.head(list(features.values())[-1])
        assert list(features) == list(network.stages)
        assert all(f.shape[0] == 2 and f.ndim == 2 + dims for f in features.values())
        assert logits.shape == (2, 7)


@pytest.mark.parametrize("name", [name for name in model_names() if not find_entry(name).fixed_size])
def test_the_smallest_input_leaves_one_sample_in_the_last_stage(name: str) -> None:
    entry = find_entry(name)
    network = blueprint(entry.build, num_classes=2, in_channels=3, dims=1).eval()
    with torch.device("meta"), torch.no_grad():
        *_, last = network.features(torch.zeros(1, 3, entry.smallest)).values()
    assert entry.smallest <= entry.size
    assert last.shape[2] == 1


@pytest.mark.parametrize(("name", "dims"), [pytest.param(*case, marks=slow_if_deep(*case)) for case in CASES])
def test_forward_backward_and_state_of_narrow_ones(name: str, dims: int) -> None:
    narrow = {"width": NARROW} if "width" in find_entry(name).options else {}
    check_learning(name, dims, **narrow)


@pytest.mark.parametrize(("name", "dims"), WHOLE)
def test_forward_backward_and_state(name: str, dims: int) -> None:
    check_learning(name, dims)


def check_learning(name: str, dims: int, **options: Any) -> None:
    """Finite logits at two sizes, a gradient for every parameter, the same answers from the saved state."""
    entry = find_entry(name)
    network = create_model(name, num_classes=3, in_channels=1, dims=dims, **options)
    for size in sides(entry, dims):
        answers = network(torch.randn(4, 1, *size))
        every = [answers.logits, *answers.auxiliary] if isinstance(answers, AuxiliaryLogits) else [answers]
        assert all(logits.shape == (4, 3) and logits.isfinite().all() for logits in every)
    targets = torch.tensor([0, 1, 2, 0])
    assert not entry.one_sided or not answers.min() < 0 < answers.max()
    sum(torch.nn.functional.cross_entropy(logits, targets) for logits in every).backward()  # type: ignore[union-attr]
    assert not lazy_parameters(network)

    twin = create_model(name, num_classes=3, in_channels=1, dims=dims, **options)
    twin.load_state_dict(network.state_dict())
    x = torch.randn(2, 1, *size)
    with torch.inference_mode():
        stages = network.eval().features(x)
        assert torch.equal(twin.eval()(x), network(x))
        assert torch.equal(network.head(list(stages.values())[-1]), network(x))


def lazy_parameters(network: Network) -> list[str]:
    """Parameters without a finite gradient that is not all zero, but for those in the table."""
    known = [re.compile(pattern) for pattern in LAZY]
    lazy = [f"{network.name}: {n}" for n, p in network.named_parameters() if not is_useful(p.grad)]
    return [name for name in lazy if not any(pattern.fullmatch(name) for pattern in known)]


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
        ("vgg16", {"width": 0}, "width must be a factor above 0, at most 16, got 0"),
        ("vgg16", {"width": float("nan")}, "width must be a factor above 0, at most 16, got nan"),
        ("vgg16", {"width": "1"}, "width must be a factor above 0, at most 16, got '1'"),
        ("lenet5", {"width": 0.5}, "no option of lenet5 named 'width'; known: dims, in_channels, num_classes"),
        ("lenet5", {"dims": 4}, "dims must be one of 1, 2, 3 for lenet5, got 4"),
        ("mobilenet_v2", {"dims": "2"}, "dims must be one of 1, 2, 3 for mobilenet_v2, got '2'"),
        ("mobilenet_v2", {"dims": 2.0}, "dims must be one of 1, 2, 3 for mobilenet_v2, got 2.0"),
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

"""VGG against torchvision's layout: one row of layers, numbered with those that have no weights."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from striate.models import blueprint, create_model, find_entry
from tests.models.published import check_published

COLUMNS = {  # table 1 of the paper: channels of each convolution, M for the pooling
    11: "64 M 128 M 256 256 M 512 512 M 512 512 M",
    13: "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
    16: "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
    19: "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M",
}
VARIANTS = [(layers, batch_norm) for layers in COLUMNS for batch_norm in (False, True)]


def published_shapes(layers: int, batch_norm: bool) -> dict[str, tuple[int, ...]]:
    """torchvision's state dict, by rule."""
    shapes: dict[str, tuple[int, ...]] = {}
    row, c_in = 0, 3
    for entry in COLUMNS[layers].split():
        if entry == "M":
            row += 1
            continue
        c_out = int(entry)
        shapes |= {f"features.{row}.weight": (c_out, c_in, 3, 3), f"features.{row}.bias": (c_out,)}
        if batch_norm:
            tensors = ("weight", "bias", "running_mean", "running_var")
            shapes |= {f"features.{row + 1}.{t}": (c_out,) for t in tensors}
            shapes[f"features.{row + 1}.num_batches_tracked"] = ()
        row, c_in = row + (3 if batch_norm else 2), c_out
    for layer, (n_in, n_out) in {0: (512 * 49, 4096), 3: (4096, 4096), 6: (4096, 1000)}.items():
        shapes |= {f"classifier.{layer}.weight": (n_out, n_in), f"classifier.{layer}.bias": (n_out,)}
    return shapes


@pytest.mark.parametrize(("layers", "batch_norm"), VARIANTS)
def test_every_published_tensor_has_its_place(layers: int, batch_norm: bool) -> None:
    entry = find_entry(f"vgg{layers}{'_bn' if batch_norm else ''}")
    published = published_shapes(layers, batch_norm)
    renamed = {entry.published["torchvision"](key): shape for key, shape in published.items()}
    assert len(renamed) == len(published)
    assert renamed == {key: tuple(t.shape) for key, t in blueprint(entry.build).state_dict().items()}


def test_names_that_it_does_not_know_stay() -> None:
    rename = find_entry("vgg16").published["torchvision"]
    for key in ("features.31.weight", "features.4.weight", "fc", ""):  # 4 is a pooling
        assert rename(key) == key


@pytest.mark.parametrize("batch_norm", [False, True])
def test_stages_compute_what_the_table_says(batch_norm: bool) -> None:
    entry = find_entry(f"vgg11{'_bn' if batch_norm else ''}")
    state = {k: random_tensor(s) for k, s in published_shapes(11, batch_norm).items() if k.startswith("features")}
    stages = blueprint(entry.build).stages.eval()
    stages.load_state_dict(
        {entry.published["torchvision"](k).removeprefix("stages."): t for k, t in state.items()}, assign=True
    )
    x = y = torch.randn(1, 3, 40, 32)
    for stage in stages.values():
        y = stage(y)
    torch.testing.assert_close(y, slow_vgg(state, x, 11, batch_norm), rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vgg11_bn", "vgg16"])
def test_the_network_is_the_published_one(name: str) -> None:
    check_published(name, "torchvision")


def random_tensor(shape: tuple[int, ...]) -> Tensor:
    if not shape:
        return torch.tensor(1)
    if len(shape) == 1:
        return torch.rand(shape) + 0.5
    return torch.randn(shape) * (2 / math.prod(shape[1:])) ** 0.5


def slow_vgg(state: dict[str, Tensor], x: Tensor, layers: int, batch_norm: bool) -> Tensor:
    row = 0
    for entry in COLUMNS[layers].split():
        if entry == "M":
            x, row = F.max_pool2d(x, 2, 2), row + 1
            continue
        x = F.conv2d(x, state[f"features.{row}.weight"], state[f"features.{row}.bias"], padding=1)
        row += 1
        if batch_norm:
            mean, var, weight, bias = (
                state[f"features.{row}.{t}"] for t in ("running_mean", "running_var", "weight", "bias")
            )
            x = F.batch_norm(x, mean, var, weight, bias)
            row += 1
        x, row = F.relu(x), row + 1
    return x


def test_a_seven_by_seven_grid_reaches_the_dense_layers_unchanged() -> None:
    network = blueprint(find_entry("vgg16").build)
    with torch.device("meta"):
        *_, last = network.features(torch.zeros(1, 3, 224, 224)).values()
    assert last.shape == (1, 512, 7, 7)
    assert network.head.pool.output_size == 7


@pytest.mark.slow
def test_any_number_of_classes() -> None:
    assert create_model("vgg11", num_classes=2)(torch.zeros(1, 3, 64, 64)).shape == (1, 2)

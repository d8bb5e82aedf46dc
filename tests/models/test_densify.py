"""Dense networks against the same network on every window cut out, one at a time."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import striate
from striate.errors import ArgumentError, ModelFileError, ShapeError
from striate.explain import table
from striate.layers import GlobalAvgPool, avg_pool, conv, grid_pool, max_pool, sequential
from striate.layers.dims import Norm
from striate.models import ModelFile, Network, create_model, densify, find_entry, model_names, save_model
from striate.models.dense_head import dense_head
from striate.preset import Preset


def network_of_the_documents():
    """14x14x3 -> 10x10x16 -> 5x5x16 -> 400 -> 400 -> 4, softmax."""
    stages = {"conv": nn.Conv2d(3, 16, 5), "pool": nn.MaxPool2d(2)}
    head = sequential(
        flatten=nn.Flatten(),
        dense1=nn.Linear(5 * 5 * 16, 400),
        activation1=nn.ReLU(),
        dense2=nn.Linear(400, 400),
        activation2=nn.ReLU(),
        classifier=nn.Linear(400, 4),
        softmax=nn.Softmax(dim=1),
    )
    return Network(stages, head).eval()


def unpadded_alexnet():
    """AlexNet's shape in small: means over a grid of cells that don't divide the samples, dropout, two dense layers."""
    stages = {
        "conv1": sequential(conv=nn.Conv2d(3, 8, 11, 4), activation=nn.ReLU(), pool=max_pool(2, 3, 2)),
        "conv2": sequential(conv=conv(2, 8, 16, 3, padding=0), activation=nn.ReLU()),
    }
    head = sequential(
        pool=grid_pool(2, 3),
        flatten=nn.Flatten(),
        dropout=nn.Dropout(0.5),
        dense=nn.Linear(16 * 9, 32),
        activation=nn.ReLU(),
        classifier=nn.Linear(32, 5),
    )
    return Network(stages, head).eval()


def unpadded_means():
    """No padding, a norm, and global pooling; with a batch norm after a dense layer."""
    stages = {"stage": sequential(conv=nn.Conv2d(3, 8, 3, 2), norm=nn.BatchNorm2d(8), pool=avg_pool(2, 2))}
    head = sequential(
        pool=GlobalAvgPool(),
        embedding=nn.Linear(8, 6, bias=False),
        norm=nn.BatchNorm1d(6),
        classifier=nn.Linear(6, 3),
    )
    return with_statistics(Network(stages, head).eval())


def with_statistics(network):
    """The network with running statistics that are none of a fresh norm's."""
    for module in network.modules():
        if isinstance(module, Norm):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.8, 1.4)
    return network


@torch.no_grad()
def crop_by_crop(network, x, size_hw, stride_hw):
    """(1, C, H, W) -> (1, K, H', W'): the network on every window, each alone."""
    rows = range(0, x.shape[2] - size_hw[0] + 1, stride_hw[0])
    columns = range(0, x.shape[3] - size_hw[1] + 1, stride_hw[1])
    answers = [network(x[:, :, top : top + size_hw[0], left : left + size_hw[1]]) for top in rows for left in columns]
    return torch.stack(answers, dim=2).unflatten(2, (len(rows), len(columns)))


@pytest.mark.parametrize(("side", "scores"), [(14, 1), (16, 2), (28, 8), (29, 8)])
def test_figures_of_the_documents(side, scores):
    network = network_of_the_documents()
    dense = densify(network, 14)
    x = torch.rand(1, 3, side, side)
    with torch.no_grad():
        answer = dense(x)
    assert answer.shape == (1, 4, scores, scores)
    torch.testing.assert_close(answer, crop_by_crop(network, x, (14, 14), (2, 2)), atol=1e-5, rtol=0)


UNPADDED = {
    "documents": (network_of_the_documents, (14, 14), (2, 2)),
    "alexnet": (unpadded_alexnet, (67, 83), (8, 8)),
    "means": (unpadded_means, (21, 17), (4, 4)),
    "lenet5": (lambda: create_model("lenet5", in_channels=3).eval(), (32, 32), (4, 4)),
    "lenet5_1998": (lambda: create_model("lenet5_1998", in_channels=3).eval(), (32, 32), (4, 4)),
}


@pytest.mark.parametrize("name", UNPADDED)
def test_networks_without_padding_equal_their_crops(name):
    make, size, stride = UNPADDED[name]
    network = make()
    dense = densify(network, size)
    assert dense.windows.exact
    assert (dense.windows.size, dense.windows.stride) == (size, stride)
    x = torch.rand(1, 3, size[0] + 5 * stride[0] + 1, size[1] + 3 * stride[1])
    expected = crop_by_crop(network, x, size, stride)
    with torch.no_grad():
        answer = dense(x)
    assert answer.shape[2:] == (6, 4) == dense.windows.counts(x.shape[2:])
    torch.testing.assert_close(answer, expected, atol=1e-5, rtol=1e-5)


SEES_ALL = "minifasnet_v1se"  # by the means over the whole input that weigh its channels


def test_a_network_that_sees_the_whole_input_in_every_stage_is_refused():
    with pytest.raises(ArgumentError, match="a stage before the head sees the whole input at once"):
        densify(create_model(SEES_ALL))


@pytest.mark.parametrize("name", [n for n in model_names() if n not in ("resnet110", "resnet1202", SEES_ALL)])
def test_every_network_keeps_its_answer_to_one_window(name):
    torch.manual_seed(0)
    entry = find_entry(name)
    narrow = {"width": 1 / 8} if "width" in entry.options else {}
    network = with_statistics(create_model(name, num_classes=5, **narrow).eval())
    dense = densify(network)
    x = torch.rand(1, entry.channels, entry.size, entry.size)
    stride = dense.windows.stride
    assert dense.windows.exact == name.startswith(("lenet5", "event_convnet"))  # as the page says
    with torch.no_grad():
        expected = network(x)
        torch.testing.assert_close(dense(x)[..., 0, 0], expected, atol=1e-5, rtol=1e-5)
        assert dense(F.pad(x, (0, 2 * stride[1], 0, stride[0]))).shape == (1, 5, 2, 3)


@pytest.mark.parametrize("name", ["vgg11", "alexnet"])
@pytest.mark.parametrize("size", [64, 250, 320])  # one sample that is repeated, and cells that overlap
def test_cells_of_other_sizes(name, size):
    network = create_model(name, num_classes=5, width=1 / 8).eval()
    x = torch.rand(1, 3, size, size)
    with torch.no_grad():
        torch.testing.assert_close(densify(network, size)(x)[..., 0, 0], network(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("dims", [1, 3])
@pytest.mark.parametrize(("name", "size"), [("lenet5", 32), ("resnet20", 16)])
def test_signals_and_volumes(name, size, dims):
    network = create_model(name, dims=dims, in_channels=2, num_classes=3).eval()
    dense = densify(network, size)
    x = torch.rand(1, 2, *[size + 4] * dims)
    with torch.no_grad():
        answer, first = dense(x), network(x[(..., *[slice(size)] * dims)])
        assert answer.shape == (1, 3, *[2] * dims)
        if dense.windows.exact:
            torch.testing.assert_close(answer.flatten(2)[..., 0], first, atol=1e-5, rtol=1e-5)


def test_a_new_head_with_hidden_layers():
    network = create_model("resnet20", num_classes=3, hidden=(8, 6), last_stage="stage2").eval()
    dense, x = densify(network), torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(dense(x)[..., 0, 0], network(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ["lenet5", "resnet20", "nin_cifar", "airbench94", "vgg11"])
def test_geometry_is_what_gradients_reach(name):
    """The score in row 1 and column 2 depends on the pixels of its field, to the edges and no further."""
    torch.manual_seed(0)
    narrow = {"width": 1 / 8} if name == "vgg11" else {}
    network = create_model(name, in_channels=1, num_classes=2, **narrow).double()
    dense = _without_kinks(densify(network, 64 if name == "vgg11" else 32))
    y, x = (field.extent(i) for field, i in zip(dense.windows.fields, (1, 2), strict=True))
    image = torch.rand(1, 1, 256, 256, dtype=torch.float64, requires_grad=True)
    shift = [256 // s // 4 for s in dense.windows.stride]  # away from the edges
    dense(image)[0, 0, shift[0] + 1, shift[1] + 2].backward()
    for axis, (start, stop) in ((0, y), (1, x)):
        seen = image.grad[0, 0].abs().sum(1 - axis).nonzero().flatten()
        offset = shift[axis] * dense.windows.stride[axis]
        low, high = max(0, start + offset), min(256, stop + offset)
        assert (int(seen.min()), int(seen.max()) + 1) == (low, high)


def _without_kinks(network):
    """ReLU, max pooling and some first weights let gradients through here and there; these do everywhere."""
    for module in network.modules():
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Conv2d):
                nn.init.normal_(child.weight, std=child.weight[0].numel() ** -0.5)  # airbench's begin as the identity
            if isinstance(child, nn.ReLU):
                setattr(module, name, nn.Tanh())
            if isinstance(child, nn.MaxPool2d):
                pool = nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode)
                setattr(module, name, pool)
    return network


def test_the_table_shows_a_dense_network():
    dense = densify(create_model("resnet18", num_classes=4, width=1 / 8))
    rows = table(dense, (3, 512, 512)).rows
    assert rows[-1].shape == (4, 10, 10)
    assert rows[-1].fields == dense.windows.fields


@pytest.mark.parametrize("size", [64, 72, 80])
def test_phases_of_same_padding_do_not_depend_on_the_input(size):
    """TensorFlow pads by the input's size; scores in the middle stay the same on a larger input, a stride further."""
    torch.manual_seed(0)
    dense = densify(create_model("efficientnet_lite0", num_classes=3, width=1 / 8).double(), size)
    (stride, _), field = dense.windows.stride, dense.windows.fields[0]
    far = int(field.size // stride) + 2
    x = torch.rand(1, 3, size, size + 2 * far * stride, dtype=torch.float64)
    longer = F.pad(x, (stride, 0))
    with torch.no_grad():
        a, b = dense(x)[0, :, 0, far], dense(longer[..., :-3])[0, :, 0, far + 1]
    torch.testing.assert_close(a, b, atol=1e-12, rtol=1e-9)


def test_weights_are_the_networks_own_and_it_stays_as_it_was():
    network = create_model("lenet5").train()
    dense = densify(network)
    assert network.training
    assert not any(module.training for module in dense.modules())
    assert dense.head.dense1.weight.data_ptr() == network.head.dense1.weight.data_ptr()
    assert dense.stages[0].conv.weight.data_ptr() == network.stages["conv1"].conv.weight.data_ptr()
    assert isinstance(network.head.dense1, nn.Linear)
    dense.double()
    assert network.head.dense1.weight.dtype == network.stages["conv1"].conv.weight.dtype == torch.float32


def test_model_files(tmp_path):
    network = create_model("resnet20", num_classes=2).eval()
    preset = Preset(size_hw=(24, 40), labels=("a", "b"))
    arguments = {"num_classes": 2, "in_channels": 3, "dims": 2}
    save_model(tmp_path / "m.safetensors", network, ModelFile("resnet20", arguments, "classify", preset))
    dense = striate.densify(tmp_path / "m.safetensors")
    assert dense.windows.size == (24, 40)
    x = torch.rand(1, 3, 24, 40)
    with torch.no_grad():
        torch.testing.assert_close(dense(x)[..., 0, 0], network(x), atol=1e-5, rtol=1e-5)
    with pytest.raises(ModelFileError):
        densify(tmp_path / "none.safetensors")


class Excite(nn.Module):
    """Scales channels by what the whole image shows."""

    def forward(self, x):
        return x * x.mean(dim=(2, 3), keepdim=True)


def test_what_can_not_slide_is_refused():
    head = sequential(pool=GlobalAvgPool(), classifier=nn.Linear(4, 2))
    with pytest.raises(ArgumentError, match="a stage before the head sees the whole input"):
        densify(Network({"stage": nn.Sequential(nn.Conv2d(1, 4, 3), Excite())}, head), 16)
    with pytest.raises(ArgumentError, match="what the last stage sees of the input is unknown"):
        densify(Network({"stage": nn.Sequential(nn.Conv2d(1, 4, 3), nn.Upsample(scale_factor=2))}, head), 16)
    with pytest.raises(ArgumentError, match="size must be given"):
        densify(Network({"stage": nn.Conv2d(1, 4, 3)}, head))


@pytest.mark.parametrize(
    ("layers", "name"),
    [
        ({"norm": nn.LayerNorm(8)}, "head.norm, a LayerNorm"),
        ({"norm": nn.BatchNorm1d(8)}, "head.norm, a BatchNorm1d"),  # over channels and places at once
        ({"softmax": nn.Softmax(dim=2)}, "head.softmax, a Softmax"),
        ({"conv": nn.Conv2d(8, 8, 3)}, "head.conv, a Conv2d"),
        ({"pool": grid_pool(2, 2), "conv": nn.Conv2d(8, 8, 1)}, "head.conv, a Conv2d"),
        ({"inner": nn.Sequential(nn.Flatten(2))}, "head.inner.0, a Flatten"),
    ],
)
def test_layers_without_a_form_are_named(layers, name):
    with pytest.raises(ArgumentError, match=f"{name}, can't be made dense"):
        dense_head(sequential(**layers), (5, 5))


def test_inputs_that_do_not_fit():
    dense = densify(create_model("lenet5"))
    with pytest.raises(ShapeError, match=r"at least as large as a window, \(32, 32\), got \(31, 64\)"):
        dense(torch.rand(1, 1, 31, 64))
    with pytest.raises(ShapeError):
        densify(create_model("lenet5"), 31)
    with pytest.raises(ArgumentError):
        densify(create_model("lenet5"), (32, 32, 32))

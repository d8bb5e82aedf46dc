import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from striate.errors import ShapeError
from striate.explain import table
from striate.layers import conv
from striate.models import blueprint, create_model, find_entry
from striate.ops import Field


def rows(net, shape):
    return [(r.shape_channels_last, r.size, r.parameters) for r in table(net, shape).rows]


# The documents' figures


def lenet_like():
    return nn.Sequential(
        nn.Conv2d(3, 8, 5),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.Linear(120, 84),
        nn.Linear(84, 10),
    )


def test_a10_the_documents_table():
    assert rows(lenet_like(), (3, 32, 32)) == [
        ((32, 32, 3), 3072, 0),
        ((28, 28, 8), 6272, 608),
        ((14, 14, 8), 1568, 0),
        ((10, 10, 16), 1600, 3216),
        ((5, 5, 16), 400, 0),
        ((400,), 400, 0),
        ((120,), 120, 48120),
        ((84,), 84, 10164),
        ((10,), 10, 850),
    ]
    t = table(lenet_like(), (3, 32, 32))
    assert t.parameters == 62958
    assert [r.fields[0].size for r in t.rows] == [1, 5, 6, 14, 16, 32, 32, 32, 32]
    assert [r.fields[0].stride for r in t.rows] == [1, 1, 2, 2, 4, 0, 0, 0, 0]


@pytest.mark.parametrize("outputs", [1, 5])  # logistic or softmax
def test_a8_example_network(outputs):
    net = nn.Sequential(
        nn.Conv2d(3, 10, 3),
        nn.Conv2d(10, 20, 5, 2),
        nn.Conv2d(20, 40, 5, 2),
        nn.Flatten(),
        nn.Linear(1960, outputs),
        nn.Sigmoid() if outputs == 1 else nn.Softmax(-1),
    )
    shapes = [r.shape_channels_last for r in table(net, (3, 39, 39)).rows]
    assert shapes == [(39, 39, 3), (37, 37, 10), (17, 17, 20), (7, 7, 40), (1960,), (outputs,), (outputs,)]


@pytest.mark.parametrize("size", [6, 39, 1000])
def test_a7_280_parameters_whatever_the_image(size):
    assert table(nn.Conv2d(3, 10, 3), (3, size, size)).parameters == 280


def test_a11_dense_against_convolution():
    conv = table(nn.Conv2d(3, 6, 5), (3, 32, 32)).rows[-1]
    assert (conv.shape_channels_last, conv.size, conv.parameters) == ((28, 28, 6), 4704, 456)
    with torch.device("meta"):
        dense = nn.Linear(3072, 4704, bias=False)
    assert table(dense, (3072,)).parameters == 14_450_688


def test_b6_inception_bottleneck():
    direct = table(nn.Conv2d(192, 32, 5, padding=2), (192, 28, 28))
    bottleneck = table(nn.Sequential(nn.Conv2d(192, 16, 1), nn.Conv2d(16, 32, 5, padding=2)), (192, 28, 28))
    assert direct.multiply_adds == 120_422_400
    assert bottleneck.multiply_adds == 12_443_648
    assert direct.rows[-1].shape_channels_last == bottleneck.rows[-1].shape_channels_last == (28, 28, 32)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_f1_f2_one_arithmetic_in_one_two_and_three_dimensions(dims):
    """14 -> 10 x 16 -> 6 x 32 and 14³ -> 10³ x 16 -> 6³ x 32: filters of 5 samples a side."""
    net = nn.Sequential(conv(dims, 1, 16, 5, padding=0), conv(dims, 16, 32, 5, padding=0))
    found = table(net, (1, *[14] * dims))
    assert [r.shape_channels_last for r in found.rows] == [(*[n] * dims, c) for n, c in ((14, 1), (10, 16), (6, 32))]
    weights = [16 * 5**dims, 32 * 16 * 5**dims]
    assert [r.parameters for r in found.rows] == [0, weights[0] + 16, weights[1] + 32]
    assert found.multiply_adds == weights[0] * 10**dims + weights[1] * 6**dims
    assert [[f.size for f in r.fields] for r in found.rows] == [[1] * dims, [5] * dims, [9] * dims]


# Receptive fields, against what really happens


def assert_fields_are_true(net, shape, seed=0):
    """A NaN in one column of the input must show in just the outputs whose field covers it, for each axis."""
    torch.manual_seed(seed)
    net = net.double().eval()
    for p in net.parameters():
        torch.nn.init.uniform_(p, 0.1, 1)
    outputs = {}
    handles = [
        m.register_forward_hook(lambda m, args, y, name=name: outputs.__setitem__(name, y))
        for name, m in net.named_modules()
    ]
    t = table(net, shape)
    for axis in range(len(shape) - 1):
        n = shape[1 + axis]
        x = torch.rand(n, *shape, dtype=torch.float64)  # one sample per pixel of this axis
        x.movedim(2 + axis, 1)[range(n), range(n)] = math.nan
        with torch.no_grad():
            net(x)
        for row in t.rows[1:]:
            y = outputs[row.layer if row.layer in outputs else ""]
            _assert_seen(y, row.fields[axis], axis, n, row)
    for handle in handles:
        handle.remove()
    return t


def _assert_seen(y, field, axis, n, row):
    """Compare `field` with which of n samples, pixel by pixel, turned which outputs to NaN."""
    if y.ndim > 2 + axis:
        seen = y.isnan().movedim(2 + axis, 1).flatten(2).any(-1)  # (n, positions)
    else:
        seen = y.isnan().flatten(1).any(1, keepdim=True)  # (n, 1)
    for index in range(seen.shape[1]):
        start, stop = field.extent(index)
        pixels = seen[:, index].nonzero().flatten().tolist()
        if row.kind == "SamePad" and not pixels:
            continue  # this output is padding itself
        truth, clipped = (pixels[0], pixels[-1] + 1), (max(start, 0), min(stop, n))
        assert truth == clipped, f"{row.layer} axis {axis} output {index}: sees {truth}, table says {clipped}"


class ResidualBlock(nn.Module):
    """As in ResNet, with functional additions and in-place activations."""

    def __init__(self, c_in, c_out, stride, *, project=True, conv=nn.Conv2d, norm=nn.BatchNorm2d):
        super().__init__()
        self.a, self.b = conv(c_in, c_out, 3, stride, 1, bias=False), conv(c_out, c_out, 3, 1, 1, bias=False)
        self.norm_a, self.norm_b = norm(c_out), norm(c_out)
        self.shortcut = conv(c_in, c_out, 1, stride) if project else None
        self.stride, self.extra, self.last = stride, c_out - c_in, nn.Identity()

    def forward(self, x):
        y = F.relu(self.norm_a(self.a(x)), inplace=True)
        y = self.norm_b(self.b(y))
        if self.shortcut:
            y += self.shortcut(x)
        else:  # option A
            y = y + F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra))
        return self.last(F.relu_(y))


class Inception(nn.Module):
    def __init__(self, c_in):
        super().__init__()
        self.one = nn.Conv2d(c_in, 2, 1)
        self.three = nn.Sequential(nn.Conv2d(c_in, 2, 1), nn.ReLU(), nn.Conv2d(2, 3, 3, padding=1))
        self.five = nn.Conv2d(c_in, 1, 5, padding=2)
        self.pool = nn.MaxPool2d(3, 1, 1)
        self.after = nn.Conv2d(6 + c_in, 2, 3, 2)

    def forward(self, x):
        return self.after(torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], 1))


class Excite(nn.Module):
    """Squeeze and excitation: every position sees the whole image through the gate."""

    def __init__(self, channels):
        super().__init__()
        self.squeeze, self.conv = nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, channels, 1)
        self.after = nn.MaxPool2d(2)

    def forward(self, x):
        return self.after(x * torch.sigmoid(self.conv(self.squeeze(x))))


class Functional(nn.Module):
    """Everything by plain functions."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(4, 2, 3, 3))
        self.see = nn.Identity()
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        x = F.pad(x, (0, 1, 2, 0))
        x = F.conv2d(x, self.weight, stride=2)
        x = torch.cat([part.sigmoid() for part in x.chunk(2, 1)], 1).permute(0, 1, 3, 2).transpose(2, 3)
        x = self.see(F.avg_pool2d(x[..., 1:, 1:-1], 2, 1))
        return self.head(x.flatten(2).mean(-1))


class Shuffle(nn.Module):
    """ShuffleNet's channel shuffle, and a split of channels."""

    def __init__(self):
        super().__init__()
        self.conv, self.see = nn.Conv2d(2, 2, 3, padding=1), nn.Identity()

    def forward(self, x):
        kept, changed = x.split(2, 1)
        y = torch.cat([kept, self.conv(changed)], 1)
        n, c, h, w = y.shape
        return self.see(y.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w))


class ChannelByChannel(nn.Module):
    """Channels turned round, taken apart and put together again."""

    def __init__(self):
        super().__init__()
        self.conv, self.see = nn.Conv2d(2, 2, 3, padding=1), nn.Identity()

    def forward(self, x):
        return self.see(self.conv(torch.stack(x.flip(1).unbind(1), 1)))


class UnevenBranches(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right, self.see = nn.Conv1d(1, 1, 3), nn.Conv1d(1, 1, 2), nn.Identity()

    def forward(self, x):
        return self.see(self.left(F.pad(x, (2, 0))) + self.right(F.pad(x, (0, 1))))


class Attention(nn.Module):
    """Every position sees every other."""

    def __init__(self):
        super().__init__()
        self.conv, self.see, self.head = nn.Conv2d(2, 4, 2, 2), nn.Identity(), nn.Linear(4, 2)

    def forward(self, x):
        x = self.conv(x).flatten(2).transpose(1, 2)  # (N, T, 4)
        return self.head(self.see(torch.softmax(x @ x.transpose(1, 2), -1) @ x)[:, 0])


NETWORKS = {
    "lenet": (lenet_like, (3, 32, 32)),
    "leftover": (lambda: nn.Sequential(nn.Conv2d(1, 1, 4, 4), nn.Flatten(), nn.Linear(9, 2)), (1, 15, 13)),
    "dilated": (lambda: nn.Sequential(nn.Conv2d(1, 2, 3, dilation=2), nn.Conv2d(2, 1, 3, 2, 1)), (1, 14, 15)),
    "ceil": (lambda: nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), nn.AvgPool2d(2, 2)), (1, 12, 13)),
    "unequal axes": (lambda: nn.Conv2d(1, 1, (1, 5), (1, 2), (0, 2)), (1, 6, 12)),
    "residual B": (lambda: nn.Sequential(ResidualBlock(2, 4, 2), ResidualBlock(4, 4, 1)), (2, 16, 17)),
    "residual A": (lambda: nn.Sequential(ResidualBlock(2, 4, 2, project=False), nn.MaxPool2d(2)), (2, 16, 16)),
    "inception": (lambda: nn.Sequential(Inception(3), Inception(2)), (3, 17, 16)),
    "excite": (lambda: nn.Sequential(nn.Conv2d(2, 4, 3, 2), Excite(4), nn.Conv2d(4, 1, 3)), (2, 19, 18)),
    "functional": (Functional, (2, 13, 16)),
    "shuffle": (Shuffle, (4, 6, 6)),
    "channel by channel": (ChannelByChannel, (2, 6, 7)),
    "uneven branches": (UnevenBranches, (1, 9)),
    "attention": (Attention, (2, 6, 8)),
    "lrn": (lambda: nn.Sequential(nn.LocalResponseNorm(3), nn.Conv2d(4, 1, 3)), (4, 6, 6)),
    "lrn 3d": (lambda: nn.Sequential(nn.LocalResponseNorm(3), nn.Conv3d(4, 1, 3)), (4, 5, 6, 7)),
    "group norm": (lambda: nn.Sequential(nn.Conv2d(2, 4, 3), nn.GroupNorm(2, 4), nn.Conv2d(4, 1, 3)), (2, 8, 9)),
    "instance norm": (lambda: nn.Sequential(nn.Conv1d(2, 4, 3), nn.InstanceNorm1d(4)), (2, 8)),
    "layer norm": (lambda: nn.Sequential(nn.Conv2d(1, 1, 3), nn.LayerNorm(6)), (1, 8, 8)),  # along the width alone
    "grid": (lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d((3, 1)), nn.Flatten()), (1, 14, 9)),
    "overlapping grid": (lambda: nn.AdaptiveMaxPool2d(7), (1, 8, 8)),
    "1-D": (lambda: nn.Sequential(nn.Conv1d(1, 2, 5, 2, 2), nn.MaxPool1d(3, 2, 1), nn.AvgPool1d(2)), (1, 33)),
    "3-D": (lambda: nn.Sequential(nn.Conv3d(1, 2, 3, 1, 1), nn.MaxPool3d(2), nn.Conv3d(2, 1, 2)), (1, 8, 7, 6)),
    "mirrored padding": (lambda: nn.Conv2d(1, 1, 3, padding=1, padding_mode="replicate"), (1, 6, 6)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_receptive_fields_are_what_really_is_seen(name):
    make, shape = NETWORKS[name]
    assert_fields_are_true(make(), shape)


@pytest.mark.parametrize(
    ("name", "options", "shape"),
    [
        ("lenet5", {"in_channels": 1, "num_classes": 10}, (1, 32, 32)),
        ("resnet18", {"dims": 1}, (3, 96)),
        ("efficientnet_lite0", {"dims": 1}, (3, 65)),  # TensorFlow's SAME, on an odd size
        ("googlenet", {"dims": 1, "width": 1 / 8}, (3, 75)),
        ("inception_v3", {"dims": 1, "width": 1 / 8}, (3, 101)),
        ("squeezenet1_1", {"dims": 1}, (3, 67)),  # windows that hang over the end
    ],
)
def test_receptive_fields_of_whole_networks(name, options, shape):
    t = assert_fields_are_true(create_model(name, **options), shape)
    assert t.rows[-1].fields[0] == Field(shape[1], 0, shape[1] / 2)


# An independent reckoning for the deeper ones, from Araujo et al., Distill 2019, table 1.
@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("alexnet", 195),
        ("vgg16", 212),
        ("mobilenet_v2", 491),
        ("resnet18", 435),
        ("resnet34", 899),
        ("inception_v2", 699),
        ("inception_v3", 1311),
        ("inception_v4", 2071),
        ("inception_resnet_v2", 3039),
    ],
)
def test_receptive_fields_that_others_print(name, size):
    network = blueprint(find_entry(name).build)
    *_, last = network.stages
    before_head = table(network, (3, 224, 224), whole=[f"stages.{last}"]).rows
    assert [[f.size for f in r.fields] for r in before_head if r.layer == f"stages.{last}"] == [[size, size]]


@pytest.mark.parametrize(
    ("name", "parameters", "multiply_adds"),
    [
        ("vgg16", 138_357_544, 15_470_264_320),
        ("resnet18", 11_689_512, 1_814_073_344),
        ("mobilenet_v2", 3_504_872, 300_774_272),
    ],
)
def test_totals_of_known_networks(name, parameters, multiply_adds):
    with torch.device("meta"):
        t = table(create_model(name), (3, 224, 224))
    assert (t.parameters, t.multiply_adds) == (parameters, multiply_adds)


def test_cells_of_unequal_size_are_covered():
    (field,) = table(nn.AdaptiveAvgPool1d(7), (1, 10)).rows[-1].fields
    for i in range(7):
        start, stop = field.extent(i)
        assert start <= i * 10 // 7 + 1e-9
        assert stop >= math.ceil((i + 1) * 10 / 7) - 1e-9


def test_the_fields_after_an_unknown_operation_are_unknown():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ConvTranspose2d(2, 1, 2), nn.Conv2d(1, 1, 3))
    assert [r.fields is None for r in table(net, (1, 8, 8)).rows] == [False, False, True, True]


def test_writing_into_a_part_of_a_tensor_is_unknown_rather_than_wrong():
    class Writes(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.see = nn.Conv2d(2, 2, 3, padding=1), nn.Identity()

        def forward(self, x):
            y = torch.zeros(1, 4, 8, 8, device=x.device)
            y[:, :2] = self.conv(x)
            return self.see(y)

    assert [r.fields is None for r in table(Writes(), (2, 8, 8)).rows] == [False, False, True]


def test_filters_made_from_the_image_are_unknown():
    class Dynamic(nn.Module):
        def forward(self, x):
            return F.conv2d(torch.ones(1, 3, 8, 8, device=x.device), x)

    assert table(Dynamic(), (3, 2, 2)).rows[-1].fields is None


def test_to_dict_is_plain():
    d = table(nn.Sequential(nn.Conv2d(3, 8, 5, 2, 2)), (3, 32, 32)).to_dict()
    assert d["parameters"] == 608
    assert d["multiply_adds"] == 16 * 16 * 8 * 75
    assert d["rows"][0]["layer"] == "input"
    assert d["rows"][1] == {
        "layer": "0",
        "kind": "Conv2d",
        "shape": [8, 16, 16],
        "size": 2048,
        "parameters": 608,
        "multiply_adds": 153600,
        "receptive_field": {"size": [5, 5], "stride": [2, 2], "offset": [0.5, 0.5]},
    }


def test_a_single_layer_is_named_by_its_kind_and_vectors_have_no_field():
    t = table(nn.Linear(4, 2), (4,))
    assert [(r.layer, r.shape_channels_last, r.fields) for r in t.rows] == [("input", (4,), ()), ("Linear", (2,), ())]


def test_an_input_that_does_not_fit():
    with pytest.raises(ShapeError, match="Conv2d '0'"):
        table(lenet_like(), (1, 32, 32))

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from striate.errors import ArgumentError, ShapeError, UnknownNameError
from striate.layers.trace import trace
from striate.ops.call import Window


class Shared(nn.Module):
    """One layer run twice."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        return self.layer(self.layer(x))


class Scaled(nn.Module):
    """Parameters of its own beside a child, and a product of its own."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4, bias=False)
        self.gain = nn.Parameter(torch.ones(4))
        self.register_buffer("basis", torch.ones(4, 3))

    def forward(self, x):
        return (self.inner(x) * self.gain) @ self.basis


class Peeks(nn.Module):
    """Can't run on the meta device: asks for a value, and keeps a tensor that is no buffer."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.table = torch.ones(1)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        y = self.conv(x)
        return y * self.table if y.sum().item() > -1e9 else x


def test_every_layer_in_order_with_its_shapes():
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1)
    )
    records = trace(net, (3, 8, 8))
    assert [(r.name, r.kind, r.parameters) for r in records] == [
        ("0", "Conv2d", 224),
        ("1", "BatchNorm2d", 16),
        ("2", "ReLU", 0),
        ("3", "AdaptiveAvgPool2d", 0),
    ]
    assert records[0].input_shapes == ((3, 8, 8),)
    assert [r.output_shape for r in records] == [(8, 8, 8)] * 3 + [(8, 1, 1)]


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (nn.Conv2d(3, 8, 5), (3, 32, 32), 28 * 28 * 8 * 75),
        (nn.Conv2d(6, 6, 3, groups=6), (6, 9, 9), 7 * 7 * 6 * 9),  # depthwise
        (nn.Conv1d(2, 4, 3, stride=2, groups=2), (2, 9), 4 * 4 * 3),
        (nn.Conv3d(1, 2, 3, bias=False), (1, 5, 5, 5), 27 * 2 * 27),
        (nn.ConvTranspose2d(3, 8, 2, 2), (3, 4, 4), 16 * 3 * 8 * 4),
        (nn.Linear(400, 120), (400,), 48000),
        (nn.Linear(8, 4), (5, 8), 160),  # at each of 5 positions
        (nn.Linear(8, 4, bias=False), (8,), 32),
        (nn.MaxPool2d(2), (3, 8, 8), 0),
        (nn.BatchNorm2d(3), (3, 8, 8), 0),
    ],
    ids=lambda v: type(v).__name__ if isinstance(v, nn.Module) else "",
)
def test_multiply_adds(layer, shape, expected):
    (record,) = trace(layer, shape)
    assert record.multiply_adds == expected
    assert record.parameters == sum(p.numel() for p in layer.parameters())


class PadThenConv(nn.Module):
    """TensorFlow's SAME, as one layer."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, 1, 3, 3))

    def forward(self, x):
        return F.conv2d(F.pad(x, (0, 1, 1, 2)), self.weight, stride=2)


@pytest.mark.parametrize(
    ("layer", "shape", "window"),
    [
        (nn.Conv2d(1, 1, (3, 5), (1, 2), (1, 2), (2, 1)), (1, 9, 9), ((3, 5), (1, 2), (1, 2), (2, 1))),
        (nn.Conv1d(1, 1, 3, 2, 1), (1, 9), ((3,), (2,), (1,), (1,))),
        (nn.Conv3d(1, 1, 3), (1, 5, 5, 5), ((3,) * 3, (1,) * 3, (0,) * 3, (1,) * 3)),
        (nn.Conv2d(1, 1, 4, padding="same"), (1, 9, 9), ((4, 4), (1, 1), (1, 1), (1, 1))),
        (nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"), (1, 9, 9), ((3, 3), (1, 1), (1, 1), (1, 1))),
        (nn.MaxPool1d(3, 2, 1), (1, 9), ((3,), (2,), (1,), (1,))),
        (nn.MaxPool2d(3, 2, ceil_mode=True), (1, 8, 8), ((3, 3), (2, 2), (0, 0), (1, 1))),
        (nn.MaxPool2d(3, 1, 1, dilation=1), (1, 8, 8), ((3, 3), (1, 1), (1, 1), (1, 1))),
        (nn.MaxPool3d(2), (1, 4, 4, 4), ((2,) * 3, (2,) * 3, (0,) * 3, (1,) * 3)),
        (nn.AvgPool1d(2), (1, 8), ((2,), (2,), (0,), (1,))),
        (nn.AvgPool2d(3, 1, 1), (1, 8, 8), ((3, 3), (1, 1), (1, 1), (1, 1))),
        (nn.AvgPool3d(2), (1, 4, 4, 4), ((2,) * 3, (2,) * 3, (0,) * 3, (1,) * 3)),
        (PadThenConv(), (1, 9, 9), ((3, 3), (2, 2), (1, 0), (1, 1))),
        (nn.Linear(4, 2), (4,), None),
        (nn.ReLU(), (1, 4, 4), None),
        (nn.ConvTranspose2d(1, 1, 2), (1, 4, 4), None),
        (nn.AdaptiveAvgPool2d(1), (1, 4, 4), None),
    ],
    ids=lambda v: type(v).__name__ if isinstance(v, nn.Module) else "",
)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_windows(layer, shape, window):
    (record,) = trace(layer, shape)
    assert record.window == (window and Window(*window))


def test_shared_parameters_are_counted_once():
    assert [r.parameters for r in trace(Shared(), (4,))] == [20, 0]
    a, b = nn.Linear(4, 4), nn.Linear(4, 4)
    b.weight = a.weight
    assert [r.parameters for r in trace(nn.Sequential(a, b), (4,))] == [20, 4]


def test_what_a_parent_does_itself_is_its_own_row():
    inner, outer = trace(Scaled(), (4,))
    assert (inner.name, inner.parameters, inner.multiply_adds) == ("inner", 16, 16)
    assert (outer.name, outer.parameters, outer.multiply_adds) == ("", 4, 12)


def test_a_module_that_counts_as_one_layer():
    net = nn.Sequential(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), nn.Sequential(nn.Conv2d(8, 4, 3), nn.ReLU()))
    layers, (first, *others) = trace(net, (3, 9, 9)), trace(net, (3, 9, 9), whole=["0"])
    assert (first.name, first.input_shapes, first.output_shape) == ("0", ((3, 9, 9),), (8, 7, 7))
    assert (first.parameters, first.multiply_adds, first.fields) == (224, 7 * 7 * 8 * 27, layers[1].fields)
    assert others == layers[2:]
    with pytest.raises(UnknownNameError, match="no module named '2'"):
        trace(net, (3, 9, 9), whole=["0", "2"])


def test_nothing_in_the_module_changes():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5)).train()
    net[1].eval()  # frozen
    before = {name: t.clone() for name, t in net.state_dict().items()}
    tensors = {name: id(t) for name, t in net.named_parameters()}
    net[0].weight.requires_grad_(False)
    random = torch.get_rng_state()
    trace(net, (3, 8, 8))
    assert [m.training for m in net.modules()] == [True, True, False, True]
    assert all(torch.equal(t, before[name]) for name, t in net.state_dict().items())
    assert tensors == {name: id(t) for name, t in net.named_parameters()}
    assert [p.requires_grad for p in net[0].parameters()] == [False, True]
    assert torch.equal(random, torch.get_rng_state())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())


def test_nothing_is_computed():
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 224 * 224, 100_000, device="meta"))  # 60 GB
    assert trace(net, (3, 224, 224))[-1].parameters == 15_052_900_000


def test_a_forward_that_asks_for_values_runs_once_on_zeros():
    net = Peeks().train()
    (record, *_) = trace(net, (1, 5, 5))
    assert (record.name, record.output_shape) == ("conv", (2, 3, 3))
    assert net.calls == 0
    assert net.training
    assert net.conv.weight.device.type == "cpu"


def test_half_precision():
    assert trace(nn.Conv2d(3, 4, 3).bfloat16(), (3, 8, 8))[0].output_shape == (4, 6, 6)


def test_tensors_made_inside_forward():
    class Made(nn.Module):
        def forward(self, x):
            return x + torch.arange(x.shape[-1])

    assert trace(Made(), (3, 8))[0].output_shape == (3, 8)


def test_several_outputs_and_none():
    class Two(nn.Module):
        def forward(self, x):
            return {"logits": x.flatten(1), "aux": x}

    class Silent(nn.Module):
        def forward(self, x):
            return None

    assert trace(Two(), (3, 8))[0].output_shape == (24,)
    assert trace(Silent(), (3, 8)) == []


@pytest.mark.parametrize("shape", [(), (0, 8, 8), (3, -1, 8), (3, 8.0, 8)])
def test_impossible_shapes(shape):
    with pytest.raises(ArgumentError, match="input_shape must be"):
        trace(nn.ReLU(), shape)


@pytest.mark.parametrize(
    ("shape", "layer"),
    [((4, 8, 8), "Conv2d '0'"), ((3, 2, 2), "Conv2d '0'"), ((3, 8, 9), "Linear '2'"), ((3,), "Conv2d '0'")],
)
def test_an_input_that_does_not_fit_says_which_layer_refused(shape, layer):
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 2)).train()
    with pytest.raises(ShapeError, match=layer):
        trace(net, shape)
    assert all(m.training for m in net.modules())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())


def test_a_lazy_module_is_refused_and_left_lazy():
    net = nn.LazyLinear(3)
    with pytest.raises(ArgumentError, match="lazy"):
        trace(net, (4,))
    assert net.has_uninitialized_params()

"""Gradients, deconvnets and guided backpropagation against differences, transposes, slow rewrites, and captum."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from striate.errors import ArgumentError, ShapeError, UnknownNameError
from striate.explain import Rectifier, Target, deconvnet, input_gradient, saliency, smooth_gradient
from striate.models import create_model


def small(in_place=True, dtype=torch.float64):
    torch.manual_seed(0)
    relu = nn.ReLU(inplace=in_place)
    net = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        relu,
        nn.MaxPool2d(2),
        nn.Conv2d(4, 5, 3),
        nn.ReLU6(inplace=in_place),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.LazyLinear(3),
    )
    net(torch.rand(3, 2, 9, 7))  # some statistics for the batch norm
    return net.to(dtype)


class Functions(nn.Module):
    """The same rectifiers as functions and methods, in place and not."""

    def __init__(self, variant):
        super().__init__()
        self.a, self.b, self.variant = nn.Conv2d(1, 3, 3), nn.Conv2d(3, 2, 3), variant

    def forward(self, x):
        x = self.a(x)
        match self.variant:
            case "F.relu":
                x = F.relu(x)
            case "F.relu in place":
                x = F.relu(x, True)
            case "torch.relu":
                x = torch.relu(x)
            case "method":
                x = x.relu()
            case "statement":
                x.relu_()
            case "F.relu_ statement":
                F.relu_(x)
        return self.b(x).mean((2, 3))


VARIANTS = ["F.relu", "F.relu in place", "torch.relu", "method", "statement", "F.relu_ statement"]


@pytest.mark.parametrize("in_place", [False, True])
def test_the_gradient_is_what_small_differences_give(in_place):
    net, x = small(in_place), torch.rand(2, 2, 9, 7, dtype=torch.float64)
    gradient = input_gradient(net, x, Target([1, 2]))
    net.eval()
    step = 1e-6
    for index in [(0, 0, 0, 0), (0, 1, 8, 6), (1, 0, 4, 3), (1, 1, 7, 0)]:
        up, down = x.clone(), x.clone()
        up[index] += step
        down[index] -= step
        difference = (net(up) - net(down))[index[0], [1, 2][index[0]]] / (2 * step)
        assert gradient[index].item() == pytest.approx(difference.item(), abs=1e-6)


def test_the_deconvnet_of_one_linear_layer_is_its_transpose():
    torch.manual_seed(0)
    conv, x = nn.Conv2d(2, 3, 3, stride=2, padding=1), torch.rand(1, 2, 9, 8)
    activation = conv(x).detach()
    position = (2, 3)
    alone = torch.zeros_like(activation)
    alone[0, 1, 2, 3] = activation[0, 1, 2, 3]
    expected = F.conv_transpose2d(alone, conv.weight, stride=2, padding=1, output_padding=(0, 1))
    torch.testing.assert_close(deconvnet(conv, x, Target(1, "Conv2d", position)), expected)

    dense = nn.Linear(6, 4)
    x = torch.rand(1, 6)
    expected = dense(x)[0, 2] * dense.weight[2][None]
    torch.testing.assert_close(deconvnet(dense, x, Target(2)), expected)


@pytest.mark.parametrize("size", [8, 9])
def test_unpooling_puts_values_back_at_the_switches(size):
    x = torch.rand(1, 1, size, size)
    pool = nn.MaxPool2d(2)
    pooled, switches = F.max_pool2d(x, 2, return_indices=True)
    unpooled = F.max_unpool2d(pooled, switches, 2, output_size=x.shape)
    total = sum(deconvnet(pool, x, Target(0, "MaxPool2d", (i, j))) for i in range(4) for j in range(4))
    assert torch.equal(total, unpooled)
    assert torch.equal(total[total != 0], x[total != 0])  # the very values, where they were


def test_switches_of_overlapping_windows_add_up():
    x = torch.zeros(1, 1, 5)
    x[0, 0, 2] = 2.0
    net = nn.Sequential(nn.MaxPool1d(3, 2), nn.Flatten(), nn.Linear(2, 1, bias=False))
    net[2].weight.data = torch.tensor([[1.0, 3.0]])  # both windows chose the middle
    assert deconvnet(net, x, Target(0)).tolist() == [[[0, 0, 8 * 4, 0, 0]]]


def by_layers(net, x, unit, position, guided):
    """Zeiler and Fergus' way down written out, layer by layer: conv, ReLU, pool, conv, ReLU."""
    first, _, pool, second, _ = net
    a = first(x)
    b, switches = F.max_pool2d(a.relu(), pool.kernel_size, pool.stride, return_indices=True)
    c = second(b)
    signal = torch.zeros_like(c)
    signal[0, unit, *position] = c.relu()[0, unit, *position]
    signal = signal.relu() * ((c > 0) if guided else 1)
    signal = F.conv_transpose2d(signal, second.weight)
    signal = F.max_unpool2d(signal, switches, pool.kernel_size, pool.stride, output_size=a.shape)
    signal = signal.relu() * ((a > 0) if guided else 1)
    return F.conv_transpose2d(signal, first.weight)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("in_place", [False, True])
def test_as_the_papers_way_down_layer_by_layer(seed, in_place):
    torch.manual_seed(seed)
    relu = nn.ReLU(inplace=in_place)
    net = nn.Sequential(nn.Conv2d(2, 4, 3), relu, nn.MaxPool2d(2), nn.Conv2d(4, 3, 3), nn.ReLU(inplace=in_place))
    plain = nn.Sequential(net[0], nn.ReLU(), net[2], net[3], nn.ReLU())
    x = torch.randn(1, 2, 11, 13)
    position = tuple(int(i) for i in torch.unravel_index(plain(x)[0, 1].argmax(), plain(x).shape[2:]))
    target = Target(1, "4", position)
    torch.testing.assert_close(deconvnet(net, x, target), by_layers(plain, x, 1, position, guided=False))
    value = plain(x)[0, 1, *position]
    guided = value * input_gradient(net, x, target, rectifier=Rectifier.GUIDED)
    torch.testing.assert_close(guided, by_layers(plain, x, 1, position, guided=True))


@pytest.mark.parametrize("rectifier", Rectifier)
@pytest.mark.parametrize("variant", VARIANTS)
def test_functions_and_methods_are_rectifiers_too(variant, rectifier):
    torch.manual_seed(1)
    functions = Functions(variant)
    modules = nn.Sequential(functions.a, nn.ReLU(), functions.b, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    x = torch.randn(2, 1, 7, 8)
    found = input_gradient(functions, x, Target(0), rectifier=rectifier)
    torch.testing.assert_close(found, input_gradient(modules, x, Target(0), rectifier=rectifier))


# Rectifiers: x, what comes back, and what each rule lets through
@pytest.mark.parametrize(
    ("layer", "x", "back", "gradient", "deconvnet_", "guided"),
    [
        (nn.ReLU(), [-1.0, 2, 2, 0], [1.0, 1, -1, 1], [0, 1, -1, 0], [1, 1, 0, 1], [0, 1, 0, 0]),
        (nn.ReLU6(), [-1.0, 2, 7, 2], [1.0, 1, 1, -1], [0, 1, 0, -1], [1, 1, 1, 0], [0, 1, 1, 0]),
        (nn.Hardtanh(0, 3), [-1.0, 2, 4, 2], [1.0, 1, 1, -1], [0, 1, 0, -1], [1, 1, 1, 0], [0, 1, 1, 0]),
        (nn.Hardtanh(), [-2.0, 0.5, 2], [1.0, -1, 1], [0, -1, 0], [0, -1, 0], [0, -1, 0]),  # no rectifier
        (nn.Tanh(), [0.0], [-1.0], [-1], [-1], [-1]),
    ],
)
def test_what_rectifiers_let_through(layer, x, back, gradient, deconvnet_, guided):
    net = nn.Sequential(layer, nn.Flatten(), nn.Linear(len(x), 1, bias=False))
    net[2].weight.data = torch.tensor([back])
    for rule, expected in zip(Rectifier, (gradient, deconvnet_, guided), strict=True):
        found = input_gradient(net, torch.tensor([x]), Target(0), rectifier=rule)
        assert found.tolist() == [expected], rule


def test_smoothing_is_the_mean_over_noisy_copies():
    net, x = small(), torch.rand(2, 2, 9, 7, dtype=torch.float64)
    generator = torch.Generator().manual_seed(3)
    expected = torch.zeros_like(x)
    for _ in range(4):
        drawn = torch.randn(x.shape, generator=generator).double()
        for i in range(2):
            noise = 0.2 * (x[i].max() - x[i].min()) * drawn[i]
            expected[i] += input_gradient(net, (x[i] + noise)[None], Target(1))[0] / 4
    found = smooth_gradient(net, x, Target(1), samples=4, noise=0.2, seed=3)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        smooth_gradient(net, x, Target(1), samples=2, noise=0), input_gradient(net, x, Target(1))
    )


def test_a_network_is_left_as_it_was():
    net = small().requires_grad_(False).train()
    net[7].eval()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    modes = [m.training for m in net.modules()]
    x = torch.rand(1, 2, 9, 7, dtype=torch.float64)
    with torch.inference_mode():
        inferred = torch.rand(1, 2, 9, 7, dtype=torch.float64)
        assert deconvnet(net, inferred, Target(0)).shape == x.shape
    for rule in Rectifier:
        input_gradient(net, x, Target(0), rectifier=rule)
    assert not x.requires_grad
    assert [m.training for m in net.modules()] == modes
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    assert all(p.grad is None and not p.requires_grad for p in net.parameters())
    with pytest.raises(ArgumentError):
        input_gradient(net, x, Target(9))
    assert [m.training for m in net.modules()] == modes


def test_a_network_that_begins_in_place_does_not_change_the_input():
    x = torch.randn(1, 3)
    before = x.clone()
    net = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(3, 2))
    for rule in Rectifier:
        input_gradient(net, x, Target(0), rectifier=rule)
    assert torch.equal(x, before)


def test_targets():
    net, x = small(), torch.rand(2, 2, 9, 7, dtype=torch.float64)
    net.eval()
    layer = net[:5](x)
    torch.testing.assert_close(Target(3, "4").values(net, x), layer[:, 3].mean((1, 2)))
    torch.testing.assert_close(Target(3, "4", (1, 0)).values(net, x), layer[:, 3, 1, 0])
    each = Target([3, 0], "4", [(1, 0), (0, 0)]).values(net, x)
    torch.testing.assert_close(each, torch.stack([layer[0, 3, 1, 0], layer[1, 0, 0, 0]]))
    torch.testing.assert_close(Target([2, 0]).values(net, x), torch.stack([net(x)[0, 2], net(x)[1, 0]]))
    for nowhere in ((), [(), ()]):  # a layer without spatial axes
        torch.testing.assert_close(Target(1, "8", nowhere).values(net, x), net(x)[:, 1])
    pixel = Target(1, "input", (8, 6))
    assert input_gradient(net, x, pixel).nonzero().tolist() == [[0, 1, 8, 6], [1, 1, 8, 6]]


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (Target(3), ArgumentError, "within"),
        (Target(-1), ArgumentError, "within"),
        (Target([0, 1, 2]), ShapeError, "one for each sample"),
        (Target(0, "4", (2, 0)), ArgumentError, r"within \(2, 1\) of layer '4'"),
        (Target(0, "4", (0,)), ShapeError, "one of shape"),
        (Target(0, "44"), UnknownNameError, "no layer named '44'"),
    ],
)
def test_bad_targets(target, error, message):
    with pytest.raises(error, match=message):
        input_gradient(small(), torch.rand(2, 2, 9, 7, dtype=torch.float64), target)


def test_a_module_without_a_tensor_as_its_answer_needs_a_layer():
    class Two(nn.Module):
        def forward(self, x):
            return x, x

    with pytest.raises(ArgumentError, match="name a layer"):
        input_gradient(Two(), torch.rand(1, 2), Target(0))


@pytest.mark.parametrize(("argument", "value"), [("samples", 0), ("noise", -0.1)])
def test_bad_smoothing(argument, value):
    with pytest.raises(ArgumentError, match=argument):
        smooth_gradient(nn.Linear(2, 2), torch.rand(1, 2), Target(0), **{argument: value})


@pytest.mark.filterwarnings("ignore")  # of its hooks and of gradients that it asks for
def test_as_captum():
    attr = pytest.importorskip("captum.attr")
    net, x = small(in_place=False, dtype=torch.float32).eval(), torch.rand(2, 2, 9, 7)
    classes = torch.tensor([1, 2])
    target = Target([1, 2])
    signed = attr.Saliency(net).attribute(x, target=classes, abs=False)
    torch.testing.assert_close(input_gradient(net, x, target), signed)
    torch.testing.assert_close(saliency(signed), attr.Saliency(net).attribute(x, target=classes).amax(1))
    relus = nn.Sequential(*[nn.ReLU() if isinstance(m, nn.ReLU6) else m for m in net]).eval()  # captum knows ReLU alone
    guided = attr.GuidedBackprop(relus).attribute(x, target=classes)
    down = attr.Deconvolution(relus).attribute(x, target=classes)
    torch.testing.assert_close(input_gradient(relus, x, target, rectifier=Rectifier.GUIDED), guided)
    torch.testing.assert_close(input_gradient(relus, x, target, rectifier=Rectifier.DECONVNET), down)


def test_on_a_network_of_the_zoo():
    network = create_model("efficientnet_lite0", num_classes=4)
    x = torch.rand(1, 3, 65, 47)
    for rule in Rectifier:
        gradient = input_gradient(network, x, Target(3), rectifier=rule)
        assert gradient.shape == x.shape
        assert gradient.isfinite().all()
    assert saliency(gradient).shape == (1, 65, 47)

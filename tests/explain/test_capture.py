import pytest
import torch
from torch import nn

from striate.errors import ArgumentError, UnknownNameError
from striate.explain import capture, capturing, table
from striate.models import create_model


def in_place_net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 3, 3), nn.ReLU6(inplace=True))


class AddsInPlace(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 1)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        y = self.act(self.conv(x))
        y += x
        return self.act(y)


class Pair(nn.Module):
    def forward(self, x):
        return {"first": (x * 2,), "second": x}


class Ends(nn.Module):
    def forward(self, x):
        raise AssertionError("must not run")


def test_values_are_those_the_layers_gave_whatever_changes_them_in_place_later():
    net, x = in_place_net(), torch.randn(2, 2, 9, 7)
    values = capture(net, ["3", "0", "1", "2"], x)
    assert list(values) == ["3", "0", "1", "2"]  # in the order asked for
    y = x
    for i, layer in enumerate(net):
        y = layer(y.clone())
        torch.testing.assert_close(values[str(i)], y, rtol=0, atol=0)


def test_an_addition_in_place_after_the_layer():
    net, x = AddsInPlace(), torch.randn(1, 2, 5, 5)
    values = capture(net, ["conv", "act"], x)
    conv = net.conv(x)
    torch.testing.assert_close(values["conv"], conv)
    torch.testing.assert_close(values["act"], (conv.relu() + x).relu())  # runs twice: the last
    torch.testing.assert_close(capture(net, ["act"], x, stop=True)["act"], conv.relu())  # the first


def test_gradients_are_those_of_the_network_written_out():
    net, x = in_place_net().double(), torch.randn(1, 2, 8, 8, dtype=torch.float64, requires_grad=True)
    values = capture(net, ["0", "3"], x)
    grad_layer, grad_x = torch.autograd.grad(values["3"].square().sum(), [values["0"], x], retain_graph=True)

    a = net[0](x)
    out = net[2](a.relu()).clamp(0, 6)
    expected_layer, expected_x = torch.autograd.grad(out.square().sum(), [a, x])
    torch.testing.assert_close(grad_layer, expected_layer)
    torch.testing.assert_close(grad_x, expected_x)
    torch.testing.assert_close(torch.autograd.grad(values["0"].sum(), x)[0], torch.autograd.grad(net[0](x).sum(), x)[0])


def test_frozen_parameters_and_modes_stay_as_they_are():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5)).requires_grad_(False)
    net[1].eval()
    x = torch.randn(2, 1, 6, 6, requires_grad=True)
    assert capture(net, ["1"], x)["1"].requires_grad
    assert [m.training for m in net] == [True, False, True]
    assert all(p.grad is None for p in net.parameters())


def test_the_names_of_the_table_are_layers():
    net = create_model("resnet20", num_classes=10).eval()
    names = [row.layer for row in table(net, (3, 32, 32)).rows]
    values = capture(net, names, torch.zeros(1, 3, 32, 32))
    for row in table(net, (3, 32, 32)).rows:
        assert tuple(values[row.layer].shape[1:]) == row.shape


def test_the_input_and_a_module_that_is_one_layer():
    x = torch.randn(1, 3, 4, 4)
    values = capture(nn.ReLU(inplace=True), ["input", "ReLU"], x.clone())
    torch.testing.assert_close(values["input"], x)
    torch.testing.assert_close(values["ReLU"], x.relu())


def test_stop_ends_the_run_behind_the_last_layer():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), Ends())
    assert set(capture(net, ["0", "1"], torch.zeros(1, 1, 5, 5), stop=True)) == {"0", "1"}
    with pytest.raises(AssertionError):
        capture(net, ["0", "1"], torch.zeros(1, 1, 5, 5))


@pytest.mark.parametrize("fails", [False, True])
def test_no_hook_is_left(fails):
    net = in_place_net()
    if fails:
        with pytest.raises(RuntimeError):
            capture(net, ["0", "input"], torch.zeros(1, 5, 9, 9))
    else:
        with capturing(net, ["0", "input"]) as values:
            net(torch.zeros(1, 2, 9, 9))
            assert set(values) == {"0", "input"}
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())


def test_several_tensors_give_the_first():
    net = nn.Sequential(Pair())
    x = torch.ones(1, 2)
    assert capture(net, ["0"], x)["0"].tolist() == [[2, 2]]


def test_unknown_layers_and_layers_that_never_run():
    with pytest.raises(UnknownNameError, match=r"'stages.s1'; did you mean .*stages"):
        capture(create_model("resnet20", num_classes=10), ["stages.s1"], torch.zeros(1, 3, 32, 32))
    net = nn.Module()
    net.used, net.unused = nn.ReLU(), nn.ReLU()
    net.forward = lambda x: net.used(x)
    with pytest.raises(ArgumentError, match="'unused' did not run"):
        capture(net, ["used", "unused"], torch.zeros(1))
    assert capture(net, [], torch.zeros(1)) == {}

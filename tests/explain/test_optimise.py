import pytest
import torch
from torch import nn

from striate.errors import ArgumentError, UnknownNameError
from striate.explain import Regularisers, Target, first_filters, invert, maximise
from striate.models import create_model

NONE = Regularisers(0.0, 0.0, 0)


def net():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(inplace=True), nn.Flatten(), nn.Dropout(0.9), nn.Linear(6 * 49, 3)
    )


def test_a_linear_unit_is_maximised_where_the_gradient_of_l2_meets_its_weights():
    dense = nn.Linear(4, 2, bias=False)
    # w·x - l2 · |x|² is greatest at x = w / (2 · l2)
    x = maximise(dense, (4,), Target(1), steps=1500, rate=0.02, regularisers=Regularisers(0.0, 2.0, 0))
    torch.testing.assert_close(x[0], dense.weight[1].detach() / 4, atol=1e-3, rtol=0)


def test_a_class_is_excited_and_variation_makes_smooth():
    network = net()
    target = Target(2)
    rough, smooth = (
        maximise(network, (1, 7, 7), target, steps=60, regularisers=Regularisers(v, 0.01, 0)) for v in (0.0, 0.1)
    )
    network.eval()
    before = network(torch.zeros(1, 1, 7, 7))[0, 2]
    assert network(rough)[0, 2] > network(smooth)[0, 2] > before
    assert smooth.diff(dim=3).square().sum() < 0.5 * rough.diff(dim=3).square().sum()


def test_an_early_layer_tells_the_input_and_a_late_one_less():
    network, x = net(), torch.rand(2, 1, 7, 7) - 0.5
    early, late = (invert(network, x, layer, steps=400, regularisers=NONE) for layer in ("0", "4"))
    assert (early - x).abs().max() < 0.05
    assert (late - x).square().mean() > 4 * (early - x).square().mean()
    network.eval()
    torch.testing.assert_close(network(late), network(x), atol=0.05, rtol=0)


def test_the_same_seed_gives_the_same_input_and_progress_is_told():
    network, told = net(), []
    a, b = (maximise(network, (1, 7, 7), Target(0), steps=5, on_step=lambda *s: told.append(s)) for _ in range(2))
    assert torch.equal(a, b)
    assert [step for step, _ in told] == [1, 2, 3, 4, 5] * 2
    assert not torch.equal(a, maximise(network, (1, 7, 7), Target(0), steps=5, seed=1))


def test_a_network_is_left_as_it_was():
    network = net().requires_grad_(False)
    with torch.inference_mode():
        found = invert(network, torch.rand(1, 1, 7, 7), "1", steps=2)
        maximise(network, (1, 7, 7), Target(1, "0"), steps=2)
    assert not found.requires_grad
    assert network.training
    assert all(p.grad is None for p in network.parameters())


def test_signals():
    network = nn.Sequential(nn.Conv1d(1, 2, 3), nn.ReLU())
    assert maximise(network, (1, 9), Target(1, "1"), steps=2).shape == (1, 1, 9)
    assert invert(network, torch.rand(1, 1, 9), "1", steps=2).shape == (1, 1, 9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"steps": 0}, "steps must be at least 1"), ({"rate": 0.0}, "rate must be above 0")],
)
def test_bad_numbers(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        maximise(net(), (1, 7, 7), Target(0), **arguments)
    with pytest.raises(ArgumentError, match="regularisers must be at least 0"):
        Regularisers(variation=-1)
    with pytest.raises(UnknownNameError):
        invert(net(), torch.rand(1, 1, 7, 7), "9")


def test_first_filters():
    filters = first_filters(create_model("efficientnet_lite0", num_classes=2), (3, 64, 64))
    assert filters.layer == "stages.stem.conv"
    assert filters.weights.shape == (32, 3, 3, 3)
    assert first_filters(nn.Conv1d(1, 4, 5), (1, 20)).weights.shape == (4, 1, 5)
    with pytest.raises(ArgumentError, match="Linear has no convolution"):
        first_filters(nn.Linear(3, 2), (3,))

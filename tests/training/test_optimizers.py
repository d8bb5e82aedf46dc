import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import ArgumentError
from striate.models import create_model
from striate.training.optimizers import make_optimizer, parameter_groups
from striate.training.recipe import Recipe

RNG = np.random.default_rng(0)
GRADIENTS = RNG.normal(size=(6, 2, 3))
START = RNG.normal(size=(2, 3))
LR, DECAY = 0.05, 0.1


def walk(recipe, gradients=GRADIENTS):
    """The weight after each step of our optimizer."""
    layer = nn.Linear(3, 2, bias=False, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(START))
    optimizer, places = make_optimizer(layer, recipe), []
    for gradient in gradients:
        layer.weight.grad = torch.from_numpy(gradient)
        optimizer.step()
        places.append(layer.weight.detach().numpy().copy())
    return np.array(places)


def slow_sgd(w, gradients, decay):
    for g in gradients:
        w = w - LR * (g + decay * w)
        yield w


def slow_momentum(w, gradients, decay):
    v = 0
    for g in gradients:
        v = 0.9 * v + (g + decay * w)
        w = w - LR * v
        yield w


def slow_rmsprop(w, gradients, decay):
    s = 0
    for g in gradients:
        g = g + decay * w
        s = 0.9 * s + 0.1 * g**2
        w = w - LR * g / (np.sqrt(s) + 1e-8)
        yield w


def slow_adam(w, gradients, decay, decoupled=False):
    v = s = 0
    for t, g in enumerate(gradients, 1):
        if decoupled:
            w = w - LR * decay * w
        else:
            g = g + decay * w
        v = 0.9 * v + 0.1 * g
        s = 0.999 * s + 0.001 * g**2
        w = w - LR * (v / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
        yield w


def slow_adamw(w, gradients, decay):
    yield from slow_adam(w, gradients, decay, decoupled=True)


@pytest.mark.parametrize("decay", [0.0, DECAY])
@pytest.mark.parametrize("slow", [slow_sgd, slow_momentum, slow_rmsprop, slow_adam, slow_adamw])
def test_the_formulas_of_the_course(slow, decay):
    recipe = Recipe(optimizer=slow.__name__.removeprefix("slow_"), lr=LR, weight_decay=decay)
    np.testing.assert_allclose(walk(recipe), list(slow(START, GRADIENTS, decay)), rtol=1e-12)


def test_momentum_of_the_course_is_ours_at_another_learning_rate():
    beta, alpha, v, w, places = 0.8, 0.05, 0, START, []
    for g in GRADIENTS:
        v = beta * v + (1 - beta) * g
        w = w - alpha * v
        places.append(w)
    recipe = Recipe(optimizer="momentum", lr=alpha * (1 - beta), momentum=beta, weight_decay=0.0)
    np.testing.assert_allclose(walk(recipe), places, rtol=1e-12)


def test_biases_and_norms_do_not_decay_and_frozen_ones_are_left_out():
    network = nn.Sequential(nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), nn.Linear(4, 2))
    network[2].requires_grad_(False)
    decaying, plain = make_optimizer(network, Recipe(weight_decay=0.3)).param_groups
    assert (decaying["weight_decay"], plain["weight_decay"]) == (0.3, 0.0)
    assert [id(p) for p in decaying["params"]] == [id(network[0].weight)]
    assert [id(p) for p in plain["params"]] == [id(p) for p in (network[0].bias, *network[1].parameters())]


def test_nothing_to_train():
    with pytest.raises(ArgumentError, match="all are frozen"):
        make_optimizer(nn.Linear(1, 1).requires_grad_(False), Recipe())


def test_each_stage_learns_at_a_share_of_the_rate_of_the_one_after_it():
    network = create_model("resnet20", width=0.25)
    groups = parameter_groups(network, 0.1, stage_decay=0.5)
    shares = {id(p): group["share"] for group in groups for p in group["params"]}
    assert {shares[id(p)] for p in network.head.parameters()} == {1.0}
    wanted = {"stage3": 0.5, "stage2": 0.25, "stage1": 0.125, "stem": 0.0625}
    found = {name: {shares[id(p)] for p in stage.parameters()} for name, stage in network.stages.items()}
    assert found == {name: {share} for name, share in wanted.items()}
    assert sum(len(group["params"]) for group in groups) == len(list(network.parameters()))


def test_one_rate_for_all_unless_asked():
    groups = parameter_groups(create_model("resnet20", width=0.25), 0.1)
    assert [(group["share"], group["weight_decay"]) for group in groups] == [(1.0, 0.1), (1.0, 0.0)]

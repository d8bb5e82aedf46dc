"""One batch by heart: a sound problem, and problems that are broken in a known way."""

import copy
import math

import pytest
import torch
from torch import nn

from striate.models import create_model
from striate.training import Recipe, freeze, logistic_cross_entropy, overfit, softmax_cross_entropy, with_auxiliary

IMAGES, TARGETS = torch.randn(12, 8, generator=torch.Generator().manual_seed(0)), torch.arange(12) % 3


def network():
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.9), nn.Linear(16, 3))


def test_a_sound_problem_and_the_network_stays_as_it_is():
    learner = network().eval()
    before = copy.deepcopy(learner.state_dict())
    steps = []
    recipe = Recipe(lr=0.02, weight_decay=100.0, label_smoothing=0.5, warmup_epochs=20)  # which would hinder it
    found = overfit(
        learner, IMAGES, TARGETS, softmax_cross_entropy, recipe, on_step=lambda step, loss: steps.append((step, loss))
    )
    assert found.done
    assert found.accuracy == 1
    assert found.losses[-1] <= 0.1 < found.losses[-2]
    assert "by heart in" in found.outcome
    assert (found.silent, found.broken, found.late) == ((), (), False)
    assert steps == list(enumerate(found.losses[:-1], start=1))
    assert not learner.training
    assert all(torch.equal(before[name], value) for name, value in learner.state_dict().items())
    assert all(p.grad is None for p in learner.parameters())


def test_the_first_step_is_the_optimizers():
    learner = nn.Linear(8, 3)
    recipe = Recipe(optimizer="sgd", lr=0.3, weight_decay=9.0)
    found = overfit(learner, IMAGES, TARGETS, softmax_cross_entropy, recipe, most_steps=1)
    cost = nn.functional.cross_entropy(learner(IMAGES), TARGETS)
    slopes = torch.autograd.grad(cost, [learner.weight, learner.bias])
    with torch.no_grad():
        learner.weight -= 0.3 * slopes[0]
        learner.bias -= 0.3 * slopes[1]
    assert found.losses == pytest.approx((cost.item(), nn.functional.cross_entropy(learner(IMAGES), TARGETS).item()))


@pytest.mark.parametrize(
    ("images", "lr", "outcome"),
    [
        (IMAGES, 1e-9, "is dead"),
        (IMAGES, 1e12, "explodes"),
        (torch.zeros(12, 8), 0.02, "is dead"),  # nothing tells them apart
        (torch.full((12, 8), math.nan), 0.02, "explodes"),
        (torch.cat([IMAGES[:9], IMAGES[:3].roll(1, 0)]), 0.1, "right after 100 steps"),  # three with another label too
    ],
)
def test_broken_problems(images, lr, outcome):
    found = overfit(network(), images, TARGETS, softmax_cross_entropy, Recipe(optimizer="sgd", lr=lr))
    assert not found.done
    assert outcome in found.outcome


def test_parameters_that_nothing_reaches():
    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Linear(8, 3), nn.Linear(8, 3)
            self.off = nn.Parameter(torch.ones(3))

        def forward(self, x):
            return self.used(x) + 0 * self.off

    found = overfit(Idle(), IMAGES, TARGETS, softmax_cross_entropy, Recipe())
    assert found.silent == ("off", "unused.bias", "unused.weight")


def test_a_gradient_that_is_not_finite():
    class Root(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.root = nn.Linear(8, 3), nn.Parameter(torch.zeros(3))

        def forward(self, x):
            return self.linear(x) + self.root.sqrt()  # whose slope at 0 is infinite

    assert overfit(Root(), IMAGES, TARGETS, softmax_cross_entropy, Recipe()).broken == ("root",)


def test_several_tags_auxiliary_heads_and_frozen_stages():
    tags = torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    assert overfit(nn.Linear(8, 2), IMAGES[:4], tags, logistic_cross_entropy, Recipe(lr=0.1)).done
    googlenet = create_model("googlenet", num_classes=2, width=1 / 8)
    freeze(googlenet, next(iter(googlenet.stages)))
    images = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    found = overfit(
        googlenet, images, torch.arange(4) % 2, with_auxiliary(softmax_cross_entropy), Recipe(lr=3e-3), most_steps=5
    )
    assert found.losses[0] < 2 * math.log(2)  # the heads' costs are not counted
    assert not found.silent


def test_out_of_time():
    found = overfit(network(), IMAGES, TARGETS, softmax_cross_entropy, Recipe(lr=0.003), most_seconds=0.0)
    assert (found.late, found.steps, found.done) == (True, 0, False)
    assert len(found.losses) == 1

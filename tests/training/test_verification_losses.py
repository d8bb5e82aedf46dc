"""Losses of encoders: against plain loops, and their gradients against finite differences."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from striate.training.contrastive_loss import balanced_mean, contrastive_loss
from striate.training.pair_classifier import FEATURES, PairUnit, pair_cross_entropy
from striate.training.triplet_loss import triplet_loss


def vectors(*shape, seed=0):
    """Random float64 vectors of unit length, which need gradients."""
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(*shape, generator=generator, dtype=torch.float64)
    return (drawn / drawn.norm(dim=-1, keepdim=True)).requires_grad_()


SAME = torch.tensor([True, False, True, False, False, False])


def test_the_triplet_loss_is_its_formula():
    a, p, n = vectors(3, 6, 4).detach().unbind()
    wanted = 0.0
    for i in range(6):
        near, far = (sum((a[i, k] - x[i, k]) ** 2 for k in range(4)) for x in (p, n))
        wanted += max(float(near - far) + 0.2, 0.0)
    assert triplet_loss(a, p, n).item() == pytest.approx(wanted / 6)


def test_a_collapsed_network_pays_the_margin():
    one = torch.ones(5, 3) / math.sqrt(3)
    assert triplet_loss(one, one, one, margin=0.3).item() == pytest.approx(0.3)


def test_no_triplets_cost_nothing_and_still_have_a_gradient():
    encodings = vectors(4, 3)
    none = encodings[torch.zeros(0, dtype=torch.int64)]
    cost = triplet_loss(none, none, none)
    cost.backward()
    assert cost.item() == 0
    assert torch.equal(encodings.grad, torch.zeros_like(encodings))


@pytest.mark.parametrize("near", [0.0, 0.7])  # the paper's, and ours
def test_the_contrastive_loss_is_its_formula(near):
    distances = torch.tensor([0.3, 0.3, 1.5, 1.5, 0.0, 0.9])
    same = sum(max(d - near, 0) ** 2 / 2 for d in (0.3, 1.5)) / 2
    apart = sum(max(1 - d, 0) ** 2 / 2 for d in (0.3, 1.5, 0.0, 0.9)) / 4
    assert contrastive_loss(distances, SAME, near=near).item() == pytest.approx((same + apart) / 2)


@pytest.mark.parametrize("smoothing", [0.0, 0.4])
def test_cross_entropy_is_its_formula(smoothing):
    logits = torch.linspace(-3, 3, 6, dtype=torch.float64)
    costs = []
    for z, same in zip(logits.tolist(), SAME, strict=True):
        p, wanted = 1 / (1 + math.exp(-z)), 1 - smoothing / 2 if same else smoothing / 2
        costs.append(-wanted * math.log(p) - (1 - wanted) * math.log(1 - p))
    same, others = ([c for c, s in zip(costs, SAME, strict=True) if s == kind] for kind in (True, False))
    assert pair_cross_entropy(logits, SAME, label_smoothing=smoothing).item() == pytest.approx(
        (sum(same) / 2 + sum(others) / 4) / 2
    )


def test_what_is_near_enough_and_far_enough_costs_nothing():
    distances = torch.tensor([0.0, 1.0, 0.7, 1.1, 2.0, 1.0], requires_grad=True)
    cost = contrastive_loss(distances, SAME)
    cost.backward()
    assert cost.item() == 0
    assert not distances.grad.any()


def test_no_sure_answer_of_the_pair_classifier_is_asked_for():
    """The cheapest logits are those of the smoothed targets, here 0.8 and 0.2."""
    logits = (SAME.double() * 2 - 1) * math.log(4)
    cheapest = pair_cross_entropy(logits, SAME)
    assert cheapest < pair_cross_entropy(1.1 * logits, SAME)
    assert cheapest < pair_cross_entropy(0.9 * logits, SAME)


# One kind of pairs alone, or none
@pytest.mark.parametrize(
    ("costs", "same", "mean"), [([1.0, 3.0], [True, True], 2.0), ([1.0, 3.0], [False, False], 2.0), ([], [], 0.0)]
)
def test_balanced_mean_of_one_kind(costs, same, mean):
    costs = torch.tensor(costs, requires_grad=True)
    found = balanced_mean(costs, torch.tensor(same, dtype=torch.bool))
    found.backward()
    assert found.item() == mean


@pytest.mark.parametrize("features", FEATURES)
def test_the_unit_is_its_formula(features):
    a, b = vectors(2, 6, 3).unbind()
    unit = PairUnit(features, 3).double()
    with torch.no_grad():
        unit.weight.copy_(torch.tensor([-1.0, 0.5, -2.0]))
    for i, logit in enumerate(unit(a, b).tolist()):
        wanted = unit.bias.item()
        for k, weight in enumerate((-1.0, 0.5, -2.0)):
            x, y = a[i, k].item(), b[i, k].item()
            term = abs(x - y) if features == "difference" else (x - y) ** 2 / (abs(x) + abs(y) + 1e-6)
            wanted += weight * term
        assert logit == pytest.approx(wanted)


@pytest.mark.parametrize("features", FEATURES)
def test_the_unit_does_not_mind_the_order(features):
    a, b = vectors(2, 6, 3).unbind()
    unit = PairUnit(features, 3).double()
    assert torch.equal(unit(a, b), unit(b, a))


def pair_cost(features):
    def cost(a, b, weight, bias):
        unit = PairUnit(features, 4).double()
        logits = torch.func.functional_call(unit, {"weight": weight, "bias": bias}, (a, b))
        return pair_cross_entropy(logits, SAME)

    return cost


WEIGHT = torch.linspace(-2, 1, 4, dtype=torch.float64, requires_grad=True)
BIAS = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
GRADIENTS = {
    "triplet": (lambda a, p, n: triplet_loss(a, p, n, margin=0.5), tuple(vectors(6, 4, seed=s) for s in range(3))),
    "contrastive": (lambda d: contrastive_loss(d, SAME), (torch.linspace(0.1, 1.7, 6).double().requires_grad_(),)),
    "difference": (pair_cost("difference"), (vectors(6, 4), vectors(6, 4, seed=1), WEIGHT, BIAS)),
    "chi-square": (pair_cost("chi-square"), (vectors(6, 4), vectors(6, 4, seed=1), WEIGHT, BIAS)),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name):
    cost, inputs = GRADIENTS[name]
    assert gradcheck(cost, inputs)

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.errors import ArgumentError
from striate.models import AuxiliaryLogits
from striate.training.losses import (
    class_weights,
    logistic_cross_entropy,
    softmax_cross_entropy,
    with_auxiliary,
)

RNG = np.random.default_rng(0)


def slow_softmax_cost(logits, targets, smoothing, weights):
    n, k = logits.shape
    cost = 0.0
    for z, y in zip(logits, targets, strict=True):
        p = np.exp(z) / np.exp(z).sum()
        q = [(1 - smoothing) * (j == y) + smoothing / k for j in range(k)]
        cost -= weights[y] * sum(q[j] * np.log(p[j]) for j in range(k))
    return cost / n


def slow_logistic_cost(logits, targets, smoothing):
    p = 1 / (1 + np.exp(-logits))
    y = targets * (1 - smoothing) + smoothing * 0.5
    return np.mean(-(y * np.log(p) + (1 - y) * np.log(1 - p)))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("k", [2, 5])
def test_softmax_against_a_slow_rewrite(k, smoothing):
    logits, targets = RNG.normal(scale=3, size=(7, k)), RNG.integers(0, k, 7)
    for weights in (None, RNG.uniform(0.5, 2, k)):
        given_weights = None if weights is None else torch.from_numpy(weights)
        loss = partial(softmax_cross_entropy, label_smoothing=smoothing, class_weights=given_weights)
        cost = loss(torch.from_numpy(logits), torch.from_numpy(targets))
        expected = slow_softmax_cost(logits, targets, smoothing, np.ones(k) if weights is None else weights)
        assert cost.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", [None, torch.tensor([0.5, 1.0, 3.0])])
def test_shares_of_classes_cost_what_the_classes_do(smoothing, weights):
    logits, shares = torch.randn(6, 3), torch.rand(6, 3)
    loss = partial(softmax_cross_entropy, label_smoothing=smoothing, class_weights=weights)
    one_by_one = [[loss(z[None], torch.tensor([k])).item() for k in range(3)] for z in logits]
    expected = (np.array(one_by_one) * shares.numpy()).sum() / 6
    assert loss(logits, shares).item() == pytest.approx(expected, rel=1e-5)
    classes = torch.tensor([0, 1, 2, 2, 1, 0])
    assert loss(logits, torch.eye(3)[classes]).item() == pytest.approx(loss(logits, classes).item(), rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("shape", [(6,), (6, 1), (6, 4)])
def test_logistic_against_a_slow_rewrite(shape, smoothing):
    logits, targets = RNG.normal(scale=3, size=shape), RNG.integers(0, 2, shape)
    cost = logistic_cross_entropy(torch.from_numpy(logits), torch.from_numpy(targets), label_smoothing=smoothing)
    assert cost.item() == pytest.approx(slow_logistic_cost(logits, targets, smoothing), rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_one_logit_is_softmax_over_zero_and_it(smoothing):
    z, y = torch.randn(9, 1), torch.randint(2, (9, 1))
    two = softmax_cross_entropy(torch.cat([torch.zeros(9, 1), z], 1), y[:, 0], label_smoothing=smoothing)
    assert logistic_cross_entropy(z, y, label_smoothing=smoothing).item() == pytest.approx(two.item(), rel=1e-5)


def test_gradients_are_probability_minus_target_over_n():
    logits = torch.randn(4, 3, requires_grad=True)
    targets = torch.tensor([0, 2, 1, 1])
    softmax_cross_entropy(logits, targets).backward()
    expected = (logits.softmax(1) - torch.eye(3)[targets]) / 4
    torch.testing.assert_close(logits.grad, expected.detach())

    logits.grad = None
    hot = torch.eye(3)[targets]
    logistic_cross_entropy(logits, hot).backward()
    torch.testing.assert_close(logits.grad, ((logits.sigmoid() - hot) / 12).detach())


def test_far_logits_and_bf16_stay_finite_and_exact():
    far = torch.tensor([[1000.0, -1000.0]])
    assert softmax_cross_entropy(far, torch.tensor([1])).item() == 2000
    assert logistic_cross_entropy(far, torch.tensor([[0, 1]])).item() == 1000
    assert softmax_cross_entropy(far.bfloat16(), torch.tensor([1])).dtype == torch.float32
    assert logistic_cross_entropy(far.bfloat16(), torch.tensor([[0, 1]])).dtype == torch.float32


@pytest.mark.parametrize("heads", [0, 1, 2])
def test_auxiliary_heads_count_three_tenths(heads):
    logits = torch.randn(1 + heads, 5, 4, requires_grad=True)
    targets = torch.tensor([0, 1, 2, 3, 0])
    loss = with_auxiliary(softmax_cross_entropy)
    costs = [softmax_cross_entropy(each, targets) for each in logits]
    answers = AuxiliaryLogits(logits[0], tuple(logits[1:])) if heads else logits[0]
    cost = loss(answers, targets)
    assert cost.item() == pytest.approx((costs[0] + 0.3 * sum(costs[1:])).item())
    cost.backward()
    assert [bool(each.any()) for each in logits.grad] == [True] * (1 + heads)


def test_weighted_cost_is_the_same_however_images_fall_into_batches():
    logits, targets, weights = torch.randn(8, 3), torch.randint(3, (8,)), torch.tensor([0.5, 1.0, 3.0])
    loss = partial(softmax_cross_entropy, class_weights=weights)
    halves = [loss(logits[half], targets[half]).item() for half in (slice(4), slice(4, 8))]
    assert np.mean(halves) == pytest.approx(loss(logits, targets).item(), rel=1e-6)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=20))
def test_class_weights_balance(counts):
    weights = class_weights(counts).double().numpy()
    n = np.array(counts)
    np.testing.assert_allclose(weights * n, n.sum() / len(n), rtol=1e-5)  # every class counts the same
    assert (weights * n).sum() / n.sum() == pytest.approx(1, rel=1e-5)  # 1 on the average image


@pytest.mark.parametrize("counts", [[], [3, 0]])
def test_class_weights_refuse_a_class_without_images(counts):
    with pytest.raises(ArgumentError, match="counts must be at least 1 image for every class"):
        class_weights(counts)

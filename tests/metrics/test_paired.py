"""The interval of a paired difference against its definition by a general optimiser, McNemar's test, and simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from sklearn.metrics import f1_score

from striate.errors import ArgumentError, ShapeError
from striate.metrics import accuracy_difference, micro_f1_difference, paired_interval


def slow_score(gained, lost, n, difference):
    """Tango's statistic with the restricted maximum of the likelihood found by search instead of by formula."""
    same = n - gained - lost

    def cost(share_lost):
        share_gained = share_lost + difference
        terms = ((gained, share_gained), (lost, share_lost), (same, 1 - share_gained - share_lost))
        return -sum(count * np.log(max(share, 1e-300)) for count, share in terms if count)

    low, high = max(0.0, -difference), (1 - difference) / 2
    share_lost = optimize.minimize_scalar(cost, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    variance = n * (2 * share_lost + difference * (1 - difference))
    return (gained - lost - n * difference) / np.sqrt(variance)


@pytest.mark.parametrize(("gained", "lost", "n"), [(9, 2, 100), (3, 3, 40), (1, 0, 44), (30, 12, 5000), (7, 1, 8)])
def test_the_ends_lie_where_the_test_begins_to_reject(gained, lost, n):
    low, high = paired_interval(gained, lost, n)
    assert slow_score(gained, lost, n, low) == pytest.approx(1.96, abs=2e-3)
    assert slow_score(gained, lost, n, high) == pytest.approx(-1.96, abs=2e-3)
    assert low < (gained - lost) / n < high


# What is measured on few images, on none that changed, on all.
@pytest.mark.parametrize(
    ("gained", "lost", "n", "expected"),
    [
        (0, 0, 100, (-0.037, 0.037)),  # z² / (n + z²): as long as Wilson's interval at 0
        (0, 0, 1, (-0.793, 0.793)),
        (5, 0, 5, (0.131, 1.0)),
        (0, 5, 5, (-1.0, -0.131)),
    ],
)
def test_edges(gained, lost, n, expected):
    assert paired_interval(gained, lost, n) == pytest.approx(expected, abs=5e-3)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 3000))
@settings(max_examples=60, deadline=None)
def test_it_agrees_with_mcnemars_test_and_mirrors(gained, lost, same):
    n = gained + lost + same
    if not n:
        return
    low, high = paired_interval(gained, lost, n)
    assert -1 <= low <= (gained - lost) / n <= high <= 1
    assert paired_interval(lost, gained, n) == pytest.approx((-high, -low), abs=1e-9)
    if gained + lost:
        chi = (gained - lost) ** 2 / (gained + lost)
        if abs(chi - stats.chi2.isf(0.05, 1)) > 0.01:
            assert (low > 0 or high < 0) == (chi > stats.chi2.isf(0.05, 1))


@pytest.mark.parametrize("shares", [(0.04, 0.02), (0.02, 0.02), (0.15, 0.05)])
def test_it_holds_the_truth_as_often_as_it_says(shares):
    rng = np.random.default_rng(1)
    draws = rng.multinomial(200, [*shares, 1 - sum(shares)], size=1500)
    ends = {(g, n): paired_interval(g, n, 200) for g, n, _ in draws.tolist()}
    truth = shares[0] - shares[1]
    held = np.mean([low <= truth <= high for low, high in (ends[g, n] for g, n, _ in draws.tolist())])
    assert 0.93 < held < 0.975


def test_accuracies():
    rng = np.random.default_rng(0)
    before, after = rng.dirichlet(np.ones(4), size=(2, 50))
    targets = rng.integers(0, 4, 50)
    right = [(p.argmax(1) == targets) for p in (before, after)]
    found = accuracy_difference(before, after, targets)
    assert found.difference == pytest.approx(right[1].mean() - right[0].mean())
    assert (found.gained, found.lost, found.n) == ((right[1] & ~right[0]).sum(), (right[0] & ~right[1]).sum(), 50)
    assert found.to_dict()["interval"] == list(paired_interval(found.gained, found.lost, 50))
    assert accuracy_difference(before, before, targets).difference == 0


def test_micro_f1():
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 2, (80, 5))
    before, after = (np.clip(targets * 0.3 + rng.uniform(0, 0.7, targets.shape), 0, 1) for _ in range(2))
    found = micro_f1_difference(before, after, targets)
    expected = [f1_score(targets, p >= 0.5, average="micro") for p in (before, after)]
    assert found.difference == pytest.approx(expected[1] - expected[0])
    assert found.interval[0] < found.difference < found.interval[1]
    slow = stats.bootstrap(
        (np.arange(80),),
        lambda i: f1_score(targets[i], after[i] >= 0.5, average="micro")
        - f1_score(targets[i], before[i] >= 0.5, average="micro"),
        n_resamples=400, vectorized=False, method="percentile", random_state=3,
    ).confidence_interval  # fmt: skip
    assert found.interval == pytest.approx(tuple(slow), abs=0.02)
    assert micro_f1_difference(before, before, targets).interval == (0, 0)


def test_refused():
    for arguments in ((1, 0, 0), (-1, 0, 5), (3, 3, 5)):
        with pytest.raises(ArgumentError):
            paired_interval(*arguments)
    with pytest.raises(ArgumentError, match="confidence"):
        paired_interval(1, 1, 5, confidence=1)
    with pytest.raises(ShapeError):
        accuracy_difference([[0.5, 0.5]], [[0.5, 0.5], [0.5, 0.5]], [0])
    with pytest.raises(ShapeError):
        micro_f1_difference([[0.5, 0.5]], [[0.5]], [[0, 1]])

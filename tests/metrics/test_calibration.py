import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from striate.errors import ArgumentError
from striate.metrics import accuracy, calibration_error, log_loss, reliability

cases = st.tuples(st.integers(0, 2**31), st.integers(1, 60), st.integers(1, 12))


def slow_bins(p, t, count):
    """One image at a time, right-closed bins: {bin: [(confidence, right), …]}"""
    bins = {}
    for row, target in zip(p, t, strict=True):
        confidence = max(row)
        place = next(i for i in range(count) if confidence <= (i + 1) / count or i == count - 1)
        bins.setdefault(place, []).append((confidence, list(row).index(confidence) == target))
    return bins


@pytest.mark.parametrize("count", [1, 4, 15])
def test_equals_a_slow_rewrite(answers, count):
    p, t = answers(1, 500, 4, sharpness=2)
    ours, slow = reliability(p, t, bins=count), slow_bins(p, t, count)
    assert [b.n for b in ours] == [len(slow[i]) for i in sorted(slow)]
    gaps = [len(v) * abs(np.mean([c for c, _ in v]) - np.mean([r for _, r in v])) for v in slow.values()]
    assert calibration_error(ours) == pytest.approx(sum(gaps) / 500)


@given(cases)
def test_bins_share_the_images_out(answers, case):
    p, t = answers(*case)
    bins = reliability(p, t)
    assert sum(b.n for b in bins) == len(t)
    assert sum(b.n * b.accuracy for b in bins) / len(t) == pytest.approx(accuracy(p, t))
    assert all(b.n and b.low - 1e-12 <= b.confidence <= b.high + 1e-12 for b in bins)
    assert 0 <= calibration_error(bins) <= 1


@pytest.mark.parametrize(
    ("p", "t", "error"),
    [
        ([[1.0, 0.0]] * 4, [0] * 4, 0.0),  # sure and right
        ([[1.0, 0.0]] * 4, [1] * 4, 1.0),  # sure and wrong
        ([[0.75, 0.25]] * 4, [0, 0, 0, 1], 0.0),  # means what it says
        ([[0.5, 0.5]] * 4, [0] * 4, 0.5),  # too modest
        ([[1.0]] * 2, [0, 0], 0.0),  # one class
    ],
)
def test_known_errors(p, t, error):
    assert calibration_error(reliability(p, t)) == pytest.approx(error)


def test_needs_a_bin():
    with pytest.raises(ArgumentError, match="bins must be at least 1, got 0"):
        reliability([[1.0]], [0], bins=0)


@pytest.mark.parametrize(("n", "k"), [(1, 2), (500, 2), (300, 12)])
def test_log_loss_equals_scikit_learn(answers, n, k):
    p, t = answers(9, n, k)
    assert log_loss(p, t) == pytest.approx(sk.log_loss(t, p, labels=range(k)))


def test_log_loss_of_a_sure_mistake_is_finite():
    assert log_loss([[1.0, 0.0]], [1]) == pytest.approx(36.04, abs=0.01)
    assert log_loss([[1.0, 0.0]], [0]) == 0

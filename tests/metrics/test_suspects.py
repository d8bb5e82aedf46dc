"""Suspicious labels against a slow rewrite, and on points whose labels were flipped."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.metrics import average_precision_score

from striate.errors import ArgumentError, ShapeError
from striate.metrics import find_suspects


def slow_suspects(logs, labels):
    """Image by image: index -> (likely class, margin, sure)."""
    found = {}
    for i, (row, label) in enumerate(zip(logs, labels, strict=True)):
        if list(labels).count(label) < 2:
            continue
        others = {c: value for c, value in enumerate(row) if c != label}
        likely = max(others, key=others.get)
        own = [math.exp(logs[j][likely]) for j in range(len(labels)) if labels[j] == likely]
        usual = sum(own) / len(own) if own else 1.0
        if row[label] < others[likely]:
            found[i] = (likely, row[label] - others[likely], math.exp(others[likely]) >= usual)
    return found


@given(st.integers(0, 2**31), st.integers(0, 30), st.integers(2, 5))
def test_equals_a_slow_rewrite(seed, n, k):
    rng = np.random.default_rng(seed)
    logs, labels = log_softmax(2 * rng.normal(size=(n, k)), axis=1), rng.integers(0, k, n)
    ours, slow = find_suspects(logs, labels), slow_suspects(logs.tolist(), labels.tolist())
    assert {s.index for s in ours} == set(slow)
    assert [s.margin for s in ours] == sorted(s.margin for s in ours)
    for s in ours:
        likely, margin, sure = slow[s.index]
        assert (s.label, s.likely, s.sure) == (labels[s.index], likely, sure)
        assert s.margin == pytest.approx(margin)


def test_flipped_labels_come_first():
    """200 points of three overlapping clusters, each judged by the other points' means; ten labels are wrong."""
    rng = np.random.default_rng(0)
    true = np.arange(200) % 3
    x = rng.normal(size=(200, 4)) + 4 * np.eye(4)[true]
    flipped = rng.choice(200, 10, replace=False)
    labels = true.copy()
    labels[flipped] = (true[flipped] + 1) % 3
    means = [[np.delete(x, i, 0)[np.delete(labels, i) == c].mean(0) for c in range(3)] for i in range(200)]
    logs = log_softmax([[-((x[i] - mean) ** 2).sum() / 2 for mean in means[i]] for i in range(200)], axis=1)
    found = find_suspects(logs, labels)
    scores = np.zeros(200)
    scores[[s.index for s in found]] = [-s.margin for s in found]
    assert average_precision_score(np.isin(np.arange(200), flipped), scores) > 0.9
    sure = [s.index for s in found if s.sure]
    assert np.isin(sure, flipped).mean() > 0.9
    assert len(sure) >= 7


# What is asked -> the images that are named
EDGES = {
    "no images": (np.empty((0, 2)), [], []),
    "a tie is no suspicion": (np.log([[0.5, 0.5], [0.5, 0.5]]), [0, 0], []),
    "a class of one image is not judged": (np.log([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1]]), [0, 0, 1], []),
    "an impossible label": ([[-np.inf, 0.0], [0.0, -np.inf]], [0, 0], [0]),
    "the likely class has no images": (np.log([[0.2, 0.8], [0.9, 0.1]]), [0, 0], [0]),
}


@pytest.mark.parametrize(("logs", "labels", "indices"), EDGES.values(), ids=EDGES)
def test_edges(logs, labels, indices):
    found = find_suspects(logs, np.array(labels, int))
    assert [s.index for s in found] == indices
    assert all(math.isfinite(s.margin) for s in found)


@pytest.mark.parametrize(
    ("logs", "labels", "error", "message"),
    [
        ([0.0], [0], ShapeError, r"log_probabilities must be of shape \(N, K\)"),
        ([[0.0]], [0], ShapeError, "two classes or more"),
        ([[0.0, -9.0]], [0, 1], ShapeError, r"labels must be of shape \(1,\)"),
        ([[np.nan, -9.0]], [0], ArgumentError, "must be at most 0"),
        ([[0.9, 0.1]], [0], ArgumentError, "must be at most 0"),
        ([[0.0, -9.0]], [2], ArgumentError, r"labels must be whole numbers in \[0, 2\)"),
        ([[0.0, -9.0]], [0.0], ArgumentError, "labels must be whole numbers"),
    ],
)
def test_wrong_arguments(logs, labels, error, message):
    with pytest.raises(error, match=message):
        find_suspects(logs, labels)

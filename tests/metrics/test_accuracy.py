import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from striate.errors import ArgumentError, ShapeError
from striate.metrics import (
    accuracy,
    balanced_accuracy,
    class_scores,
    confusion_matrix,
    mean_over_present,
    top_accuracy,
    worst_mistakes,
)

cases = st.tuples(st.integers(0, 2**31), st.integers(1, 60), st.integers(1, 12))


@pytest.mark.parametrize(("n", "k"), [(1, 2), (7, 2), (300, 3), (1000, 10), (200, 120)])
def test_equals_scikit_learn(answers, n, k):
    p, t = answers(n * k, n, k)
    predicted = p.argmax(axis=1)
    confusion = confusion_matrix(p, t)
    assert accuracy(p, t) == sk.accuracy_score(t, predicted)
    assert (confusion == sk.confusion_matrix(t, predicted, labels=range(k))).all()
    theirs = sk.precision_recall_fscore_support(t, predicted, labels=range(k), zero_division=0)
    for ours, their in zip((*class_scores(confusion), confusion.sum(axis=1)), theirs, strict=True):
        np.testing.assert_allclose(ours, their, atol=1e-12)
    present = np.unique(t)
    recall = sk.recall_score(t, predicted, labels=present, average="macro", zero_division=0)
    assert balanced_accuracy(confusion) == pytest.approx(recall)
    f1 = sk.f1_score(t, predicted, labels=present, average="macro", zero_division=0)
    assert mean_over_present(class_scores(confusion)[2], confusion.sum(axis=1)) == pytest.approx(f1)


@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_top_equals_scikit_learn(answers, k):
    p, t = answers(3, 400, 10)
    assert top_accuracy(p, t, k) == sk.top_k_accuracy_score(t, p, k=k, labels=range(10))


def slow_top(p, t, k):
    ranked = [sorted(range(len(row)), key=lambda j: (-row[j], j))[:k] for row in p]
    return sum(target in best for target, best in zip(t, ranked, strict=True)) / len(t)


@given(cases, st.integers(1, 14))
def test_top_with_ties_equals_a_slow_rewrite(answers, case, k):
    seed, n, classes = case
    steps = np.random.default_rng(seed).integers(1, 4, (n, classes)).astype(float)  # many equals
    p, t = steps / steps.sum(axis=1, keepdims=True), answers(seed, n, classes)[1]
    assert top_accuracy(p, t, k) == pytest.approx(slow_top(p, t, k))
    assert top_accuracy(p, t, 1) == accuracy(p, t)
    assert top_accuracy(p, t, classes) == 1


@given(cases)
def test_accuracy_is_trace_over_sum(answers, case):
    p, t = answers(*case)
    confusion = confusion_matrix(p, t)
    assert confusion.sum() == len(t)
    assert accuracy(p, t) == pytest.approx(np.trace(confusion) / confusion.sum())


@given(cases)
def test_order_of_images_and_of_classes_changes_nothing(answers, case):
    seed, n, k = case
    p, t = answers(seed, n, k)
    rng = np.random.default_rng(seed + 1)
    images, classes = rng.permutation(n), rng.permutation(k)
    moved, renamed = p[images][:, classes], np.argsort(classes)[t[images]]
    assert accuracy(moved, renamed) == accuracy(p, t)
    assert top_accuracy(moved, renamed, 3) == top_accuracy(p, t, 3)
    ours, theirs = confusion_matrix(moved, renamed), confusion_matrix(p, t)
    assert (ours == theirs[np.ix_(classes, classes)]).all()
    assert balanced_accuracy(ours) == pytest.approx(balanced_accuracy(theirs))


def test_absent_classes_are_zero_and_left_out_of_means():
    # Class 2 never occurs but is predicted once; class 3 neither occurs nor is predicted.
    confusion = np.array([[4, 0, 0, 0], [1, 2, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    precision, recall, f1 = class_scores(confusion)
    assert precision.tolist() == [0.8, 1, 0, 0]
    assert recall.tolist() == [1, 0.5, 0, 0]
    assert f1[2:].tolist() == [0, 0]
    assert balanced_accuracy(confusion) == 0.75
    assert mean_over_present([1.0, 2.0], [0, 0]) == 0


@given(cases, st.integers(0, 30))
def test_worst_mistakes(answers, case, count):
    p, t = answers(*case)
    worst = worst_mistakes(p, t, count)
    mistaken = p.argmax(axis=1) != t
    assert len(worst) == min(count, mistaken.sum())
    assert mistaken[worst].all()
    own = p[worst, t[worst]]
    assert (np.diff(own) >= 0).all()
    if len(worst):
        rest = np.setdiff1d(np.flatnonzero(mistaken), worst)
        assert (p[rest, t[rest]] >= own[-1]).all()


half = [[0.5, 0.5]]


@pytest.mark.parametrize(
    ("probabilities", "targets", "error", "message"),
    [
        (np.zeros((0, 3)), np.zeros(0, int), ShapeError, r"at least one image.*got \(0, 3\)"),
        (np.zeros((3, 0)), np.zeros(3, int), ShapeError, "at least one image and one class"),
        ([0.5, 0.5], [0], ShapeError, "probabilities must be of shape"),
        (half, [0, 1], ShapeError, r"targets must be of shape \(1,\).*got \(2,\)"),
        (half, [[0]], ShapeError, "targets must be of shape"),
        (half, [0.0], ArgumentError, "targets must be whole numbers"),
        (half, [2], ArgumentError, r"targets must be in \[0, 2\)"),
        (half, [-1], ArgumentError, r"targets must be in \[0, 2\)"),
        ([[np.nan, 0.5]], [0], ArgumentError, "finite"),
        ([[np.inf, 0.5]], [0], ArgumentError, "finite"),
        ([[1.5, -0.5]], [0], ArgumentError, r"in \[0, 1\]"),
        ([[0.9, 0.9]], [0], ArgumentError, "rows that sum to 1, got 1.8"),  # sigmoids given for a softmax
    ],
)
@pytest.mark.parametrize("figure", [accuracy, top_accuracy, confusion_matrix, worst_mistakes])
def test_bad_input(figure, probabilities, targets, error, message):
    with pytest.raises(error, match=message):
        figure(probabilities, targets)


def test_top_needs_k():
    with pytest.raises(ArgumentError, match="k must be at least 1, got 0"):
        top_accuracy(half, [0], 0)

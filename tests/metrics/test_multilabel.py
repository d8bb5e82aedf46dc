import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from striate.errors import ArgumentError, ShapeError
from striate.metrics import average_precision, multilabel, wilson_interval


def tags(seed, n, k, *, steps=1000):
    rng = np.random.default_rng(seed)
    targets = rng.random((n, k)) < 0.3
    p = np.round((0.6 * rng.random((n, k)) + 0.4 * targets) * steps) / steps
    return p, targets.astype(int)


@pytest.mark.parametrize(("n", "k"), [(1, 1), (3, 2), (200, 5), (80, 40)])
@pytest.mark.parametrize("steps", [1000, 5])  # few steps: many equal probabilities
def test_equals_scikit_learn(n, k, steps):
    p, t = tags(n + k, n, k, steps=steps)
    result, named = multilabel(p, t, [str(i) for i in range(k)]), (p >= 0.5).astype(int)
    assert result.subset_accuracy == pytest.approx((named == t).all(axis=1).mean())
    assert result.interval == wilson_interval(int((named == t).all(axis=1).sum()), n)
    hits, errors = (named & t).sum(), (named ^ t).sum()
    assert result.micro_f1 == pytest.approx(2 * hits / (2 * hits + errors) if hits + errors else 0)
    for i, score in enumerate(result.per_class):
        precision, recall, f1, _ = sk.precision_recall_fscore_support(
            t[:, i], named[:, i], labels=[1], average="macro", zero_division=0
        )
        assert (score.precision, score.recall, score.f1) == pytest.approx((precision, recall, f1))
        if t[:, i].any():
            assert score.average_precision == pytest.approx(sk.average_precision_score(t[:, i], p[:, i]))
    present = t.any(axis=0)
    if present.any():
        theirs = sk.average_precision_score(t[:, present], p[:, present], average="macro")
        assert result.mean_average_precision == pytest.approx(theirs)
    if k > 1 and present.all():
        assert result.macro_f1 == pytest.approx(sk.f1_score(t, named, average="macro", zero_division=0))


@given(st.integers(0, 2**31), st.integers(1, 40))
def test_average_precision_is_about_order_alone(seed, n):
    p, t = tags(seed, n, 1, steps=20)
    scores, shown = p[:, 0], t[:, 0]
    area = average_precision(scores, shown)
    shuffled = np.random.default_rng(seed).permutation(n)
    assert average_precision(scores[shuffled], shown[shuffled]) == pytest.approx(area)
    assert average_precision(scores**3 * 7, shown) == pytest.approx(area)
    assert 0 <= area <= 1


@pytest.mark.parametrize(
    ("scores", "shown", "area"),
    [
        ([], [], 0.0),  # nothing at all
        ([0.5], [0], 0.0),  # nothing to find
        ([0.1, 0.1], [1, 0], 0.5),  # equals are one step
        ([0.9, 0.1], [1, 0], 1.0),
        ([0.1, 0.9], [1, 0], 0.5),
    ],
)
def test_average_precision_edges(scores, shown, area):
    assert average_precision(scores, shown) == area


def test_absent_classes_stay_out_of_means_and_json_is_plain():
    result = multilabel([[0.9, 0.9], [0.1, 0.1]], [[1, 0], [0, 0]], ["shown", "never"])
    assert (result.macro_f1, result.mean_average_precision) == (1, 1)
    assert result.per_class[1].to_dict() == {
        "label": "never", "n": 0, "precision": 0, "recall": 0, "f1": 0, "average_precision": 0,
    }  # fmt: skip
    values = result.to_dict()
    assert json.loads(json.dumps(values, allow_nan=False)) == values


def test_images_without_any_class():
    result = multilabel([[0.1, 0.2]], [[0, 0]], ["a", "b"])
    assert result.subset_accuracy == 1
    assert (result.micro_f1, result.macro_f1, result.mean_average_precision) == (0, 0, 0)


@pytest.mark.parametrize(
    ("targets", "threshold", "error", "message"),
    [
        ([[1, 2]], 0.5, ArgumentError, "targets must be 0 or 1, got 2"),
        ([1, 0], 0.5, ShapeError, r"targets must be of shape \(1, 2\)"),
        ([[1, 0]], 50, ArgumentError, r"threshold must be in \[0, 1\], got 50"),
    ],
)
def test_bad_input(targets, threshold, error, message):
    with pytest.raises(error, match=message):
        multilabel([[0.5, 0.5]], targets, ["a", "b"], threshold=threshold)


def test_average_precision_needs_one_length():
    with pytest.raises(ShapeError, match="shown must be of shape"):
        average_precision([0.1, 0.2], [1])

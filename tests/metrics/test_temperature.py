"""Temperature scaling against a fine grid, scipy's optimizer and distributions whose temperature is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_expit, log_softmax, softmax

from striate.errors import ArgumentError, ShapeError
from striate.metrics import calibration_error, cross_tempered, fit_temperature, log_loss, reliability


def drawn(seed, n, k, temperature, *, multilabel=False):
    """Logits (n, k), and targets drawn from them divided by the temperature."""
    rng = np.random.default_rng(seed)
    logits = 3 * rng.normal(size=(n, k))
    if multilabel:
        return logits, (rng.random((n, k)) < 1 / (1 + np.exp(-logits / temperature))).astype(int)
    return logits, (logits / temperature + rng.gumbel(size=(n, k))).argmax(1)


def cost(logits, targets, log_temperature, *, multilabel=False):
    """Minus the log posterior, as it is written down."""
    z = np.asarray(logits) / np.exp(log_temperature)
    if multilabel:
        logs = np.where(np.asarray(targets) == 1, log_expit(z), log_expit(-z))
    else:
        logs = log_softmax(z, axis=1)[np.arange(len(z)), targets]
    return -logs.sum() + 2 * log_temperature**2


@pytest.mark.parametrize("multilabel", [False, True])
@pytest.mark.parametrize(("n", "k"), [(1, 2), (7, 3), (40, 2), (300, 10), (50, 1)])
@pytest.mark.parametrize("temperature", [0.3, 1.0, 5.0])
def test_the_least_of_a_grid_and_of_scipy(n, k, temperature, multilabel):
    logits, targets = drawn(n, n, k, temperature, multilabel=multilabel)
    found = np.log(fit_temperature(logits, targets, multilabel=multilabel))
    grid = np.arange(-7, 7, 0.01)
    costs = [cost(logits, targets, u, multilabel=multilabel) for u in grid]
    assert abs(grid[np.argmin(costs)] - found) < 0.011
    near = (grid[np.argmin(costs)] - 0.02, grid[np.argmin(costs)] + 0.02)
    theirs = minimize_scalar(lambda u: cost(logits, targets, u, multilabel=multilabel), bounds=near, method="bounded")
    assert found == pytest.approx(theirs.x, abs=1e-4)


@pytest.mark.parametrize("multilabel", [False, True])
@pytest.mark.parametrize("temperature", [0.2, 1.0, 3.0, 20.0])
def test_finds_the_temperature_that_targets_were_drawn_at(temperature, multilabel):
    logits, targets = drawn(1, 20_000, 4, temperature, multilabel=multilabel)
    assert fit_temperature(logits, targets, multilabel=multilabel) == pytest.approx(temperature, rel=0.1)


@given(st.integers(0, 2**31), st.integers(1, 30), st.integers(2, 6), st.floats(-50, 50))
def test_an_offset_and_the_order_of_images_do_not_matter(seed, n, k, offset):
    logits, targets = drawn(seed, n, k, 1.0)
    found = fit_temperature(logits, targets)
    assert fit_temperature(logits + offset, targets) == pytest.approx(found, rel=1e-4)
    assert fit_temperature(logits[::-1], targets[::-1]) == pytest.approx(found, rel=1e-4)


# Logits, targets -> between which T must be
EDGES = {
    "no images": (np.empty((0, 3)), np.empty(0, int), 1, 1),
    "one class only": (np.ones((5, 1)), np.zeros(5, int), 1, 1),
    "logits that say nothing": (np.zeros((5, 3)), np.zeros(5, int), 1, 1),
    "40 images, all told right": (5 * np.eye(2)[np.arange(40) % 2], np.arange(40) % 2, 0.5, 1),
    "40 images, all told wrong": (5 * np.eye(2)[np.arange(40) % 2], 1 - np.arange(40) % 2, 4, 100),
    "one image told right": (np.array([[1.0, 0.0]]), np.array([0]), 0.9, 1),
    "one image told wrong": (np.array([[1.0, 0.0]]), np.array([1]), 1, 1.2),
    "huge logits, right": (1e30 * np.eye(2), np.array([0, 1]), 0.99, 1.01),
    "huge logits, wrong": (1e30 * np.eye(2), np.array([1, 0]), 1000, 1500),
    "whole numbers": (np.array([[3, 0], [0, 3]]), np.array([0, 1], np.uint8), 0.8, 1),
}


@pytest.mark.parametrize(("logits", "targets", "low", "high"), EDGES.values(), ids=EDGES)
def test_edges(logits, targets, low, high):
    assert low - 1e-4 <= fit_temperature(logits, targets) <= high + 1e-4


def test_no_tags():
    assert fit_temperature(np.empty((0, 3)), np.empty((0, 3), int), multilabel=True) == 1


@pytest.mark.parametrize(
    ("logits", "targets", "options", "error", "message"),
    [
        (np.ones(3), [0, 0, 0], {}, ShapeError, r"logits must be of shape \(N, K\)"),
        (np.ones((3, 0)), [0, 0, 0], {}, ShapeError, "at least one class"),
        (np.ones((3, 2)), [0, 0], {}, ShapeError, r"targets must be of shape \(3,\)"),
        (np.ones((3, 2)), [0, 0, 0], {"multilabel": True}, ShapeError, r"targets must be of shape \(3, 2\)"),
        ([[np.nan, 0.0]], [0], {}, ArgumentError, "logits must be finite"),
        ([[np.inf, 0.0]], [0], {}, ArgumentError, "logits must be finite"),
        (np.ones((2, 2)), [0, 2], {}, ArgumentError, r"whole numbers in \[0, 2\)"),
        (np.ones((2, 2)), [-1, 0], {}, ArgumentError, r"whole numbers in \[0, 2\)"),
        (np.ones((2, 2)), [0.0, 1.0], {}, ArgumentError, "whole numbers"),
        (np.ones((1, 2)), [[0, 2]], {"multilabel": True}, ArgumentError, "targets must be 0 or 1"),
    ],
)
def test_wrong_arguments(logits, targets, options, error, message):
    with pytest.raises(error, match=message):
        fit_temperature(logits, targets, **options)


def test_told_fairly_by_other_folds():
    """Each fold's temperature is of the others; an overconfident network gains, and no answer changes."""
    logits, targets = drawn(3, 1000, 4, 4.0)
    tempered = cross_tempered(logits, targets, folds=4, seed=2)
    temperatures = logits[:, 0] / tempered[:, 0]
    assert np.allclose(logits / tempered, temperatures[:, None])
    assert len(np.unique(temperatures.round(6))) == 4
    fold = np.random.default_rng(2).permutation(1000) % 4
    seen = fold != 0
    assert np.allclose(temperatures[~seen], fit_temperature(logits[seen], targets[seen]))
    before, after = softmax(logits, axis=1), softmax(tempered, axis=1)
    assert np.array_equal(before.argmax(1), after.argmax(1))
    assert calibration_error(reliability(after, targets)) < calibration_error(reliability(before, targets)) / 3
    assert log_loss(after, targets) < log_loss(before, targets)


def test_folds_of_few_images():
    assert cross_tempered(np.empty((0, 2)), np.empty(0, int)).shape == (0, 2)
    assert cross_tempered([[1.0, 0.0]], [0]).tolist() == [[1.0, 0.0]]  # the other folds are empty
    with pytest.raises(ArgumentError, match="folds must be at least 2"):
        cross_tempered([[1.0, 0.0]], [0], folds=1)

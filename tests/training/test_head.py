"""The fast head against scikit-learn's logistic regression, and the folds against their definition."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn

from striate.errors import ArgumentError, ShapeError
from striate.training import fit_head
from striate.training.head import STRENGTHS, _search, deal, regress_head


def blobs(n, d, k, spread=0.3, seed=0):
    """Rectified features (n, d) of k overlapping classes, in other units each, and the classes (n,)."""
    rng = np.random.default_rng(seed)
    targets = rng.permutation(np.arange(n) % k)
    x = np.maximum(rng.normal(size=(n, d)) + spread * rng.normal(size=(k, d))[targets], 0)
    return x * rng.uniform(0.01, 100, d) + rng.uniform(0, 5, d), targets


def units(x):
    """The mean of each feature, and its standard deviation or the root mean square of all, whichever is larger."""
    std = x.std(0)
    return x.mean(0), np.maximum(std, np.sqrt((std**2).mean()))


def probabilities(head, x):
    return softmax(x @ head.weight.T + head.bias, axis=1)


# images, features, classes, strength: fewer images than features and more, far from and near to separable
PROBLEMS = [
    (200, 20, 3, 1e-2),
    (60, 200, 2, 1.0),
    (60, 200, 2, 1e-3),
    (60, 200, 2, 1e-5),
    (90, 90, 5, 1e-1),
    (300, 5, 4, 1e-4),
    (30, 1280, 10, 10.0),
]


@pytest.mark.parametrize(("n", "d", "k", "strength"), PROBLEMS)
def test_as_scikit_learn(n, d, k, strength):
    """Its C is 1 / (N λ); of two classes it fits one row of weights, whose penalty two rows share by halves."""
    x, y = blobs(n, d, k)
    head = fit_head(x, y, k, strengths=(strength,))
    mean, unit = units(x)
    share = 2 if k == 2 else 1
    theirs = LogisticRegression(C=share / (n * strength), tol=1e-10, max_iter=20_000).fit((x - mean) / unit, y)
    unseen, _ = blobs(50, d, k, seed=1)
    for some in (x, unseen):
        expected = theirs.predict_proba((some - mean) / unit)
        assert np.abs(probabilities(head, some) - expected).max() < (1e-3 if strength > 1e-4 else 5e-2)


def test_the_minimum_by_another_optimizer():
    """The cost as it is written down, minimised by scipy in all weights at once."""
    x, y = blobs(40, 6, 3)
    mean, unit = units(x)
    z = (x - mean) / unit

    def cost(flat):
        weight, bias = flat[:18].reshape(6, 3), flat[18:]
        return -log_softmax(z @ weight + bias, axis=1)[np.arange(40), y].mean() + 0.05 / 2 * (weight**2).sum()

    found = minimize(cost, np.zeros(21), tol=1e-12).x
    weight = found[:18].reshape(6, 3)
    head = fit_head(x, y, 3, strengths=(0.05,))
    assert np.allclose(head.weight.T * unit[:, None], weight, atol=1e-4)
    assert np.allclose(probabilities(head, x), softmax(z @ weight + found[18:], axis=1), atol=1e-4)


def test_the_strength_is_the_one_that_tells_unseen_images_best():
    """Each strength's cross-entropy and accuracy by scikit-learn in the same folds, all in the units of all images."""
    x, y = blobs(80, 30, 3)
    strengths = (1e-3, 1e-2, 1e-1, 1.0)
    head = fit_head(x, y, 3, strengths=strengths, folds=4, seed=7)
    fold = deal(y, 4, 7)
    mean, unit = units(x)
    z = (x - mean) / unit
    losses, hits, held_back = {}, {}, {}
    for strength in strengths:
        logs = held_back[strength] = np.empty((80, 3))
        for number in range(4):
            seen = fold != number
            model = LogisticRegression(C=1 / (seen.sum() * strength), tol=1e-9, max_iter=9999).fit(z[seen], y[seen])
            logs[~seen] = model.predict_log_proba(z[~seen])
        losses[strength] = -logs[np.arange(80), y].mean()
        hits[strength] = (logs.argmax(1) == y).mean()
    assert head.strength == min(losses, key=losses.get)
    assert len(head.losses) >= 3
    assert head.losses == pytest.approx({strength: losses[strength] for strength in head.losses}, abs=5e-3)
    assert np.allclose(np.exp(head.held_back), np.exp(held_back[head.strength]), atol=2e-2)
    assert head.accuracy == pytest.approx(hits[head.strength], abs=0.02)  # an image
    assert head.interval[0] < head.accuracy < head.interval[1]


def test_the_accuracy_is_of_images_that_were_not_seen():
    """Noise that a head can learn by heart tells nothing about other noise."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100, 300)), np.arange(100) % 2
    head = fit_head(x, y, 2, strengths=(1e-4,))
    assert (probabilities(head, x).argmax(1) == y).all()
    assert 0.3 < head.accuracy < 0.7
    assert fit_head(x, y, 2).strength >= 10  # of many it takes one that believes nothing


def test_weights_count_like_copies():
    """An image of weight 2 is as good as two of it, in the units of the images as they are."""
    x, y = blobs(40, 6, 3)
    z = StandardScaler().fit_transform(x)
    weights = np.where(y == 0, 2.0, 1.0)
    head = fit_head(z, y, 3, strengths=(0.05,), weights=10 * weights)
    model = LogisticRegression(C=1 / (0.05 * weights.sum()), tol=1e-10, max_iter=9999).fit(z, y, weights)
    assert np.allclose(probabilities(head, z), model.predict_proba(z), atol=1e-3)
    loss = -head.held_back[np.arange(40), y] @ weights / weights.sum()
    assert head.losses == pytest.approx({0.05: loss})
    assert fit_head(z, y, 3, weights=np.full(40, 7.0)).losses == fit_head(z, y, 3).losses


def test_held_back_are_log_probabilities_and_a_class_not_seen_is_next_to_impossible():
    x, y = blobs(21, 5, 2)[0], np.array([0] * 20 + [1])
    held_back = fit_head(x, y, 2).held_back
    assert np.allclose(np.exp(held_back).sum(1), 1)
    assert held_back[-1, 1] < -40


@pytest.mark.parametrize("best", range(-3, 20))
@pytest.mark.parametrize("count", range(1, 17))
def test_the_search_finds_the_bottom_of_a_valley(count, best):
    seen = []
    found = _search(count, lambda number: seen.append(number) or abs(number - best + 0.2))
    assert found == min(range(count), key=lambda number: abs(number - best + 0.2))
    assert len(seen) == len(set(seen)) <= count // 2 + 3


def test_the_same_again():
    x, y = blobs(50, 100, 3)
    one, two, other = (fit_head(x, y, 3, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(one.weight, two.weight)
    assert one.losses == two.losses
    assert one.losses != other.losses


def test_what_hardly_varied_is_not_blown_up():
    """Rectified features that were next to nothing in all few images decide no other one."""
    rng = np.random.default_rng(0)
    y = np.arange(420) // 210
    x = np.maximum(rng.normal(size=(420, 300)) + 0.5 * rng.normal(size=(2, 300))[y], 0)
    seen = np.r_[0:10, 210:220]
    x[np.ix_(seen, range(100))] *= 1e-3
    head = fit_head(x[seen], y[seen], 2)
    unseen = np.setdiff1d(np.arange(420), seen)
    p = probabilities(head, x[unseen])
    assert (p.argmax(1) == y[unseen]).mean() > 0.95
    assert -np.log(p[np.arange(400), y[unseen]]).mean() < 0.2


def test_units_and_offsets_do_not_matter():
    x, y = blobs(50, 20, 3)
    head, scaled = fit_head(x, y, 3), fit_head(x.astype(np.float32) * 1000 - 7, y, 3)
    assert head.strength == scaled.strength
    assert np.allclose(probabilities(head, x), probabilities(scaled, x * 1000 - 7), atol=1e-3)


# Features and classes that are hard on a solver
HARD = {
    "a feature that is always the same": (np.c_[blobs(30, 3, 2)[0], np.full(30, 7.0)], blobs(30, 3, 2)[1], 2),
    "one feature twice": (blobs(30, 1, 2)[0].repeat(2, 1), blobs(30, 1, 2)[1], 2),
    "no feature that varies": (np.ones((12, 3)), np.arange(12) % 3, 3),
    "one image of a class": (blobs(21, 5, 2)[0], np.array([0] * 20 + [1]), 2),
    "one image of every class": (np.eye(3), np.arange(3), 3),
    "two images": (np.array([[0.0], [1.0]]), np.array([0, 1]), 2),
    "large values": (blobs(30, 4, 2)[0] * 1e12, blobs(30, 4, 2)[1], 2),
    "a single feature that separates": (np.r_[np.zeros(10), np.ones(10)][:, None], np.arange(20) // 10, 2),
}


@pytest.mark.parametrize(("x", "y", "k"), HARD.values(), ids=HARD)
def test_hard_problems(x, y, k):
    head = fit_head(x, y, k)
    assert head.weight.shape == (k, x.shape[1])
    assert np.isfinite(head.weight).all()
    assert np.isfinite(head.bias).all()
    assert 0 <= head.accuracy <= 1
    assert head.strength in STRENGTHS


def test_without_information_it_answers_as_often_as_there_are_images():
    head = fit_head(np.ones((10, 2)), np.array([0] * 7 + [1] * 3), 2)
    assert np.allclose(probabilities(head, np.ones((1, 2))), [[0.7, 0.3]], atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((np.ones((3, 2, 1)), np.array([0, 1, 0]), 2), {}, r"\(N, D\) numbers"),
        ((np.ones((3, 0)), np.array([0, 1, 0]), 2), {}, "D at least 1"),
        ((np.ones((3, 2)), np.array([0, 1]), 2), {}, r"\(N, D\) numbers"),
        ((np.ones((3, 2)), np.array([0.0, 1.0, 0.0]), 2), {}, r"\(N,\) integers"),
        ((np.ones((3, 2)), np.array([0, 1, 0]), 3), {}, "all of the classes 0 to 2"),
        ((np.ones((3, 2)), np.array([0, 1, 2]), 2), {}, "all of the classes 0 to 1"),
        ((np.ones((0, 2)), np.array([], int), 2), {}, "all of the classes"),
        ((np.ones((3, 2)), np.array([0, 0, 0]), 1), {}, "num_classes must be at least 2"),
        ((np.full((3, 2), np.nan), np.array([0, 1, 0]), 2), {}, "features must be finite"),
        ((np.ones((3, 2)), np.array([0, 1, 0]), 2), {"strengths": ()}, "strengths must be numbers above 0"),
        ((np.ones((3, 2)), np.array([0, 1, 0]), 2), {"strengths": (0.0,)}, "strengths must be numbers above 0"),
        ((np.ones((3, 2)), np.array([0, 1, 0]), 2), {"folds": 1}, "folds must be at least 2"),
        ((np.ones((3, 2)), np.array([0, 1, 0]), 2), {"weights": [1.0, 2.0]}, r"weights must be \(3,\)"),
        ((np.ones((3, 2)), np.array([0, 1, 0]), 2), {"weights": [1.0, 0.0, 1.0]}, "weights must be finite and above 0"),
        ((np.ones((3, 2)), np.array([0, 1, 0]), 2), {"weights": [1, np.nan, 1]}, "weights must be finite and above 0"),
    ],
)
def test_wrong_arguments(arguments, options, message):
    with pytest.raises(ArgumentError, match=message):
        fit_head(*arguments, **options)


def test_folds_are_stratified():
    """Every fold has as many images as another, and as many of each class, but for one."""
    rng = np.random.default_rng(0)
    for counts, folds in (((20, 11, 7), 5), ((3, 3), 2), ((50, 1), 5), ((1, 1, 1), 3)):
        targets = rng.permutation(np.repeat(np.arange(len(counts)), counts))
        fold = deal(targets, folds, seed=1)
        for some in (fold, *(fold[targets == c] for c in range(len(counts)))):
            sizes = np.bincount(some, minlength=folds)
            assert sizes.max() - sizes.min() <= 1


def test_into_a_layer():
    x, y = blobs(30, 6, 3)
    head, layer = fit_head(x, y, 3), nn.Linear(6, 3)
    head.put_into(layer)
    logits = layer(torch.from_numpy(x).float()).detach()
    assert np.allclose(logits.softmax(1), probabilities(head, x), atol=1e-4)
    assert layer.weight.requires_grad
    for other in (nn.Linear(5, 3), nn.Linear(6, 2), nn.Linear(6, 3, bias=False)):
        with pytest.raises(ShapeError, match="classifier must be a dense layer"):
            head.put_into(other)


def test_at_a_known_strength_it_is_the_same_head():
    rng = np.random.default_rng(1)
    targets = np.arange(90) % 3
    features, weights = rng.normal(size=(90, 12)) + 2 * np.eye(12)[targets], rng.uniform(0.5, 2, 90)
    chosen = fit_head(features, targets, 3, weights=weights)
    known = regress_head(features, targets, 3, chosen.strength, weights=weights)
    np.testing.assert_allclose(known.weight, chosen.weight, atol=1e-4)
    centred = [head.bias - head.bias.mean() for head in (known, chosen)]  # what is added to all logits changes nothing
    np.testing.assert_allclose(*centred, atol=1e-4)
    with pytest.raises(ArgumentError, match="strength must be above 0, got 0"):
        regress_head(features, targets, 3, 0)

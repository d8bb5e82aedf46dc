"""Verification against scikit-learn, plain loops over all thresholds, and scipy's binomial distribution."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score, roc_curve

from striate.errors import ArgumentError, ShapeError
from striate.metrics import calibrate, pairs_needed, quantile_interval, rates_at, roc, ten_fold, verification


def make_pairs(seed, n=200, decimals=None):
    """Distances of same and different pairs that overlap; with few decimals, many are equal."""
    rng = np.random.default_rng(seed)
    same = rng.random(n) < 0.4
    same[:2] = True, False
    distances = np.abs(np.where(same, rng.normal(0.7, 0.2, n), rng.normal(1.2, 0.2, n)))
    return (distances if decimals is None else distances.round(decimals)), same


def slow_rates(distances, same, threshold):
    """False-accept rate, true-accept rate and accuracy, pair by pair."""
    accepted = {True: 0, False: 0}
    right = 0
    for d, s in zip(distances.tolist(), same.tolist(), strict=True):
        accepted[s] += d <= threshold
        right += (d <= threshold) == s
    return accepted[False] / (~same).sum(), accepted[True] / same.sum(), right / len(same)


def all_thresholds(distances):
    """One in each gap between distances, below the first and above the last."""
    found = sorted(set(distances.tolist()))
    gaps = [(a + b) / 2 for a, b in pairwise(found)]
    return [t for t in (found[0] / 2, *gaps, found[-1]) if found[0] > 0 or t > 0] + ([0.0] if found[0] == 0 else [])


CASES = [(seed, decimals) for seed in range(5) for decimals in (None, 1)]


@pytest.mark.parametrize(("seed", "decimals"), CASES)
def test_curve_equals_scikit_learn(seed, decimals):
    distances, same = make_pairs(seed, decimals=decimals)
    far, tar, _ = roc_curve(same, -distances, drop_intermediate=False)
    curve = roc(distances, same)
    np.testing.assert_allclose(curve.far, far)
    np.testing.assert_allclose(curve.tar, tar)
    assert curve.auc == pytest.approx(roc_auc_score(same, -distances))


@pytest.mark.parametrize(("seed", "decimals"), CASES)
def test_rates_equal_a_plain_loop(seed, decimals):
    distances, same = make_pairs(seed, decimals=decimals)
    curve = roc(distances, same)
    for i in range(len(curve.distances)):
        found = curve.rates(i)
        assert (found.far, found.tar, found.accuracy) == slow_rates(distances, same, found.threshold)
        assert rates_at(distances, same, found.threshold) == found
    measured = verification(distances, same)
    assert measured.accuracy == max(slow_rates(distances, same, t)[2] for t in all_thresholds(distances))
    for far in (0.5, 0.1, 0.02):
        tars = [slow_rates(distances, same, t) for t in all_thresholds(distances)]
        assert measured.tar_at(far) == max((t for f, t, _ in tars if f <= far), default=0)


@pytest.mark.parametrize(("seed", "decimals"), CASES)
def test_equal_error_rate_lies_where_the_rates_cross(seed, decimals):
    distances, same = make_pairs(seed, decimals=decimals)
    rates = [slow_rates(distances, same, t)[:2] for t in sorted(all_thresholds(distances))]
    over = [(far, 1 - tar) for far, tar in rates if far >= 1 - tar]
    under = [(far, 1 - tar) for far, tar in rates if far <= 1 - tar]
    low = max([far for far, _ in under] + [frr for _, frr in over], default=0)
    high = min([far for far, _ in over] + [frr for _, frr in under], default=1)
    assert low - 1e-12 <= verification(distances, same).eer <= high + 1e-12


# distances, same, accuracy at the best threshold, that threshold, AUC, EER
BY_HAND = [
    ([0.2, 0.8], [1, 0], 1.0, 0.5, 1.0, 0.0),  # told apart: half way
    ([0.8, 0.2], [1, 0], 0.5, 0.1, 0.0, 1.0),  # the wrong way round: accepting nobody is as good as anything
    ([0.5, 0.5], [1, 0], 0.5, 0.25, 0.5, 0.5),  # equal: nothing to tell by
    ([0.0, 0.0], [1, 0], 0.5, 0.0, 0.5, 0.5),  # all are copies: nobody can be rejected
    ([0.0, 1.0], [1, 0], 1.0, 0.5, 1.0, 0.0),
    ([0.2, 0.9, 0.4, 1.1], [1, 1, 0, 0], 0.75, 0.3, 0.75, 0.5),
    ([1e300, 0.0], [1, 0], 0.5, 1e300, 0.0, 1.0),  # accepting everybody is
    ([1.0, 1.0 + 2**-52], [1, 0], 1.0, 1.0, 1.0, 0.0),  # no number lies between: the lower one parts them
]


@pytest.mark.parametrize(("distances", "same", "accuracy", "threshold", "auc", "eer"), BY_HAND)
def test_by_hand(distances, same, accuracy, threshold, auc, eer):
    found = verification(distances, same)
    assert (found.accuracy, found.threshold, found.auc) == (accuracy, pytest.approx(threshold), auc)
    assert found.eer == pytest.approx(eer)
    assert slow_rates(np.array(distances), np.array(same, bool), found.threshold)[2] == accuracy


@given(st.integers(0, 2**32), st.sampled_from([0.1, 7.0]))
@settings(max_examples=30)
def test_only_the_order_of_distances_counts(seed, scale):
    distances, same = make_pairs(seed, 40, decimals=1)
    first, scaled = verification(distances, same), verification(scale * distances, same)
    assert (first.accuracy, first.auc, first.eer) == (scaled.accuracy, scaled.auc, scaled.eer)
    swapped = verification(2 - np.minimum(distances, 2), ~same)  # near and far change places, and so do the kinds
    assert swapped.auc == pytest.approx(roc_auc_score(~same, -(2 - np.minimum(distances, 2))))


def test_threshold_from_elsewhere():
    distances, same = make_pairs(0)
    found = verification(distances, same, threshold=0.9)
    assert (found.rates.far, found.rates.tar, found.accuracy) == slow_rates(distances, same, 0.9)
    assert found.interval[0] < found.accuracy < found.interval[1]
    assert found.n_same + found.n_different == 200


def test_plain_values():
    distances, same = make_pairs(0)
    plain = json.loads(json.dumps(verification(distances, same).to_dict(), allow_nan=False))
    assert list(plain["tar_at_far"]) == ["0.1", "0.01"]  # 118 different pairs tell no lower rate
    assert {"accuracy", "accuracy_interval", "threshold", "eer", "auc", "n_same", "n_different"} <= set(plain)
    plain = json.loads(json.dumps(calibrate(distances, same, 0.1).to_dict(), allow_nan=False))
    assert {"threshold", "threshold_interval", "far_asked", "far", "far_interval", "tar"} <= set(plain)
    plain = json.loads(json.dumps(ten_fold(distances, same, np.arange(200) % 4).to_dict(), allow_nan=False))
    assert len(plain["accuracies"]) == len(plain["thresholds"]) == 4


@pytest.mark.parametrize(("seed", "decimals"), CASES)
def test_ten_fold_equals_a_plain_loop(seed, decimals):
    distances, same = make_pairs(seed, decimals=decimals)
    folds = np.random.default_rng(seed).permutation(200) % 10 + 5
    found = ten_fold(distances, same, folds)
    accuracies = []
    for i, number in enumerate(range(5, 15)):
        rest = folds != number
        best = max(slow_rates(distances[rest], same[rest], t)[2] for t in all_thresholds(distances[rest]))
        assert slow_rates(distances[rest], same[rest], found.thresholds[i])[2] == best
        accuracies.append(slow_rates(distances[~rest], same[~rest], found.thresholds[i])[2])
    assert found.accuracies == tuple(accuracies)
    assert found.mean == pytest.approx(np.mean(accuracies))
    assert found.standard_error == pytest.approx(stats.sem(accuracies))


@pytest.mark.parametrize(("seed", "decimals"), CASES)
@pytest.mark.parametrize("far", [0.1, 0.03, 0.5])
def test_calibration_is_the_best_of_all(seed, decimals, far):
    distances, same = make_pairs(seed, decimals=decimals)
    found = calibrate(distances, same, far)
    rates = slow_rates(distances, same, found.threshold)
    assert (found.far, found.tar) == rates[:2]
    assert found.far <= far
    assert found.tar == max(
        t for f, t, _ in (slow_rates(distances, same, t) for t in all_thresholds(distances)) if f <= far
    )
    assert found.far_interval[0] <= found.far <= found.far_interval[1]


def test_interval_of_the_threshold_holds_the_true_one():
    """Of 400 calibrations, 93 % or more of the intervals hold the threshold that truly has the rate asked for."""
    rng = np.random.default_rng(0)
    true = stats.norm(1.2, 0.1).ppf(0.05)
    held = 0
    for _ in range(400):
        distances = np.concatenate([[0.1], rng.normal(1.2, 0.1, 150)])
        found = calibrate(distances, np.arange(151) == 0, 0.05)
        held += found.interval[0] <= true <= found.interval[1]
        assert found.interval[0] <= found.threshold <= found.interval[1]
    assert 0.93 <= held / 400 < 1


@pytest.mark.parametrize(("n", "share"), [(1, 0.5), (60, 0.05), (1000, 0.001), (1000, 0.4), (100_000, 0.0001)])
def test_ranks_are_those_of_the_binomial_distribution(n, share):
    """Both ends: at most so many values below, or at least so many, with a chance of no more than 2.5 %."""
    low, high = (int(end) for end in quantile_interval(np.arange(1.0, n + 1), share))
    binomial = stats.binom(n, share)
    assert binomial.cdf(low - 1) <= 0.025 < binomial.cdf(low)
    assert binomial.cdf(high - 1) >= 0.975 or high == n
    assert binomial.cdf(high - 2) < 0.975


@pytest.mark.parametrize("far", [0.5, 0.1, 0.006, 0.001, 1e-6])
def test_pairs_needed(far):
    """So many that no false accept in them is a chance of 5 %, and not one less."""
    n = pairs_needed(far)
    assert stats.binom(n, far).cdf(0) <= 0.05 < stats.binom(n - 1, far).cdf(0)


def test_a_rate_that_the_pairs_cannot_show():
    distances, same = make_pairs(0)
    n = int((~same).sum())
    with pytest.raises(
        ArgumentError, match=rf"far must be one that {n} different pairs can show: a rate of 0.001 takes 2,995"
    ):
        calibrate(distances, same, 0.001)
    with pytest.raises(ArgumentError, match=rf"far must be in \[1/{n}, 1\)"):
        verification(distances, same).tar_at(0.001)


def test_copies_among_the_different_pairs():
    distances, same = np.zeros(200), np.arange(200) < 100
    with pytest.raises(ArgumentError, match="no threshold rejects a distance of 0"):
        calibrate(distances, same, 0.1)
    assert verification(distances, same).to_dict()["tar_at_far"] == {"0.1": 0, "0.01": 0}
    distances[:100], distances[103:] = 0.2, 0.5
    assert calibrate(distances, same, 0.1).far == 0.03


BAD_PAIRS = [
    ([0.1, np.nan], [1, 0], "distances must be finite and at least 0, got nan"),
    ([0.1, np.inf], [1, 0], "distances must be finite"),
    ([0.1, -0.1], [1, 0], "distances must be finite and at least 0, got -0.1"),
    ([0.1, 0.2], [1, 1], "same must be True for at least one pair and False for at least one, got"),  # all same
    ([0.1, 0.2], [False, False], "same must be True for at least one"),  # none
    ([], [], "same must be True for at least one"),
    ([0.1, 0.2], [1, 2], "same must be True or False, or 1 or 0, got 2"),
    ([0.1, 0.2], [1, 0, 0], "distances and same must be both of shape"),
    ([[0.1, 0.2]], [[1, 0]], "distances and same must be both of shape"),
]


@pytest.mark.parametrize(("distances", "same", "message"), BAD_PAIRS)
def test_bad_pairs(distances, same, message):
    n = np.size(same)
    for measure in (
        lambda: verification(distances, same),
        lambda: calibrate(distances, same, 0.5),
        lambda: ten_fold(distances, same, np.arange(n) % 2),
        lambda: rates_at(distances, same, 0.5),
    ):
        with pytest.raises((ArgumentError, ShapeError), match=message):
            measure()


def test_bad_input():
    distances, same = make_pairs(0)
    for far in (0, 1, -0.1, np.nan):
        with pytest.raises(ArgumentError, match=r"far must be in \(0, 1\)"):
            calibrate(distances, same, far)
    with pytest.raises(ArgumentError, match="threshold must be finite and at least 0, got nan"):
        verification(distances, same, threshold=np.nan)
    with pytest.raises(ShapeError, match=r"folds must be of shape \(200,\)"):
        ten_fold(distances, same, [1, 2])
    with pytest.raises(ArgumentError, match="folds must be two different ones at least"):
        ten_fold(distances, same, np.ones(200))
    with pytest.raises(ArgumentError, match="folds must be each with same and with different pairs, got False"):
        ten_fold(distances, same, same)

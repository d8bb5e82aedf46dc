import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from striate.errors import ArgumentError
from striate.metrics import bootstrap_interval, wilson_interval


@pytest.mark.parametrize(
    ("hits", "n"),
    [
        (0, 1),  # nothing right out of one
        (1, 1),  # everything
        (0, 50),
        (50, 50),
        (1, 2),
        (970, 1000),
        (9905, 10000),
    ],
)
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_equals_scipy(hits, n, confidence):
    theirs = stats.binomtest(hits, n).proportion_ci(confidence, method="wilson")
    assert wilson_interval(hits, n, confidence=confidence) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_holds_the_share_and_mirrors(hits_n):
    hits, n = hits_n
    low, high = wilson_interval(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    assert low < high
    mirrored = wilson_interval(n - hits, n)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


# Bootstrap


def test_of_a_mean_equals_scipy():
    errors = np.random.default_rng(3).gamma(2, size=60)
    theirs = stats.bootstrap((errors,), np.mean, n_resamples=4000, method="percentile", random_state=1)
    ours = bootstrap_interval(lambda drawn: errors[drawn].mean(), 60, draws=4000)
    assert ours == pytest.approx(tuple(theirs.confidence_interval), rel=0.02)
    assert np.array_equal(ours, bootstrap_interval(lambda drawn: errors[drawn].mean(), 60, draws=4000))


def test_several_numbers_are_as_each_alone():
    values = np.random.default_rng(0).normal(size=(30, 2))
    both = bootstrap_interval(lambda drawn: values[drawn].mean(axis=0), 30, draws=50)
    for i in range(2):
        alone = bootstrap_interval(lambda drawn, i=i: values[drawn, i].mean(), 30, draws=50)
        assert both[:, i] == pytest.approx(alone)


def test_draws_that_tell_nothing_are_left_out():
    """Of two images the second tells nothing: a quarter of the draws has it alone."""
    told = [5.0, np.nan]
    assert bootstrap_interval(lambda drawn: told[drawn.min()], 2, draws=100).tolist() == [5, 5]
    assert np.isnan(bootstrap_interval(lambda drawn: (np.nan, 1.0), 2, draws=3)).all()


def test_one_image():
    assert bootstrap_interval(lambda drawn: drawn.sum() + 3, 1, draws=1).tolist() == [3, 3]


@pytest.mark.parametrize(("n", "draws"), [(0, 1), (1, 0)])
def test_nothing_to_draw(n, draws):
    with pytest.raises(ArgumentError, match="n and draws must be at least 1"):
        bootstrap_interval(np.mean, n, draws=draws)


@pytest.mark.parametrize(
    ("hits", "n", "confidence", "message"),
    [
        (0, 0, 0.95, "n must be at least 1, got 0"),
        (3, 2, 0.95, r"hits must be in \[0, 2\], got 3"),
        (-1, 2, 0.95, "hits must be"),
        (1, 2, 1.0, r"confidence must be in \(0, 1\)"),
        (1, 2, 95, "confidence must be"),
    ],
)
def test_bad_input(hits, n, confidence, message):
    with pytest.raises(ArgumentError, match=message):
        wilson_interval(hits, n, confidence=confidence)

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from striate.errors import ArgumentError
from striate.metrics import wilson_interval


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

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import find_peaks

from striate.errors import ArgumentError, ShapeError
from striate.ops import pick_peaks


def slow_peaks(strength, distance, above):
    """The highest of what is left, again and again."""
    n = len(strength)
    left = [
        i
        for i in range(n)
        if strength[i] > above
        and (i == 0 or strength[i] > strength[i - 1])
        and (i == n - 1 or strength[i] > strength[i + 1])
    ]
    kept = []
    while left:
        best = max(left, key=lambda i: strength[i])
        kept.append(best)
        left = [i for i in left if abs(i - best) >= distance]
    return sorted(kept)


@given(st.permutations(range(40)), st.integers(1, 12), st.integers(-1, 30))
@settings(max_examples=50, deadline=None)
def test_against_one_at_a_time(heights, distance, above):
    strength = np.array(heights, np.float32)
    assert pick_peaks(strength, distance, above=above).tolist() == slow_peaks(strength, distance, above)


@pytest.mark.parametrize("distance", [1, 2, 7, 40])
def test_against_scipy_with_level_tops(distance):
    rng = np.random.default_rng(0)
    strength = np.cumsum(rng.integers(-1, 2, 500)) * 1.0  # many level tops
    heights = strength + 1e-6 * rng.permutation(500) * (np.diff(strength, prepend=np.inf) != 0)
    inside = np.concatenate([[-1e9], heights, [-1e9]])  # scipy takes no peak at an end
    theirs, _ = find_peaks(inside, distance=distance)
    assert pick_peaks(heights, distance).tolist() == (theirs - 1).tolist()


CASES = [  # curve, distance, peaks
    ([], 1, []),
    ([2.0], 1, [0]),
    ([2.0, 2.0, 2.0], 1, [1]),  # all level
    ([0.0, 0.0, 1.0], 5, [2]),  # rises to the end
    ([1.0, 0.0, 1.0], 2, [0, 2]),  # as far as it must be
    ([1.0, 0.0, 1.0], 3, [0]),  # of equal ones the first
    ([-np.inf, 1.0, -np.inf], 1, [1]),
    ([-np.inf, -np.inf], 1, []),
]


@pytest.mark.parametrize(("curve", "distance", "peaks"), CASES)
def test_edge_cases(curve, distance, peaks):
    assert pick_peaks(np.array(curve), distance).tolist() == peaks


def test_bad_input():
    with pytest.raises(ShapeError, match="strength"):
        pick_peaks(np.zeros((1, 3)), 1)
    with pytest.raises(ArgumentError, match="distance"):
        pick_peaks(np.zeros(3), 0)
    with pytest.raises(ArgumentError, match="NaN"):
        pick_peaks(np.array([0.0, np.nan]), 1)

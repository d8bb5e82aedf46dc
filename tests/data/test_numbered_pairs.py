"""Pairs by their numbers are those of a plain loop, each once."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.data.numbered_pairs import NumberedPairs


@given(st.lists(st.integers(-3, 3), max_size=12))
def test_all_pairs_of_a_plain_loop(identities):
    numbered = NumberedPairs(identities)
    same = numbered.same(np.arange(numbered.n_same)).tolist()
    different = numbered.different(np.arange(numbered.n_different)).tolist()
    pairs = [list(pair) for pair in combinations(range(len(identities)), 2)]
    assert sorted(same) == [[i, j] for i, j in pairs if identities[i] == identities[j]]
    assert sorted(different) == [[i, j] for i, j in pairs if identities[i] != identities[j]]


@pytest.mark.parametrize("identities", [[], ["Ada"], ["Ada", "Bob"], ["Ada", "Ada"]])
def test_few_things(identities):
    numbered = NumberedPairs(identities)
    assert (numbered.n_same, numbered.n_different) == (int(identities == ["Ada"] * 2), int(len(set(identities)) == 2))
    assert numbered.same(np.arange(0)).shape == numbered.different(np.arange(0)).shape == (0, 2)


def test_pairs_of_a_million_things_are_not_listed():
    numbered = NumberedPairs(np.arange(1_000_000) // 2)
    assert (numbered.n_same, numbered.n_different) == (500_000, 500_000 * 999_998)
    assert numbered.different(np.array([0, numbered.n_different - 1])).tolist() == [[0, 2], [999_997, 999_999]]

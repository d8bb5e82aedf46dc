"""The cut keeps its promises on any data that hypothesis thinks of."""

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.data.records import Item
from striate.data.split import cut_val
from striate.errors import DataError

sizes = st.lists(st.integers(2, 40), min_size=1, max_size=4)
shares = st.floats(0.01, 0.99)


def items_of(counts):
    return [Item(f"{c}/{i}", (c,)) for c, n in enumerate(counts) for i in range(n)]


@settings(max_examples=50, deadline=None)
@given(sizes, shares, st.integers(0, 3))
def test_stratified_and_complete(counts, share, seed):
    items = items_of(counts)
    train, val = cut_val(items, [i.path for i in items], "abcd", share=share, seed=seed)
    assert sorted(train + val) == sorted(items)
    assert list(train) == [i for i in items if i in set(train)]  # the order is kept
    held = Counter(i.labels[0] for i in val)
    for c, n in enumerate(counts):
        wanted = min(max(share * n, 1), n - 1)
        assert 1 <= held[c] < n
        assert abs(held[c] - wanted) <= 0.5 + 1e-9


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=2, max_size=40).filter(lambda d: len(set(d)) > 1), shares)
def test_copies_stay_together(digests, share):
    items = items_of([len(digests)])
    train, val = cut_val(items, [str(d) for d in digests], "a", share=share, seed=0)
    digest = {i.path: d for i, d in zip(items, digests, strict=True)}
    assert not {digest[i.path] for i in train} & {digest[i.path] for i in val}
    assert train
    assert val


def test_names_and_order_change_nothing_but_the_seed_does():
    items = items_of([50, 50])
    digests = [f"{i:02}" for i in range(100)]
    _, val = cut_val(items, digests, "ab", share=0.2, seed=0)
    chosen = {digests[items.index(i)] for i in val}
    renamed = [Item(f"new{i}", item.labels) for i, item in enumerate(items)][::-1]
    _, again = cut_val(renamed, digests[::-1], "ab", share=0.2, seed=0)
    assert {digests[int(i.path[3:])] for i in again} == chosen
    _, other = cut_val(items, digests, "ab", share=0.2, seed=1)
    assert set(other) != set(val)


def test_an_added_image_hardly_changes_the_cut():
    items = items_of([100])
    digests = [str(i) for i in range(100)]
    _, before = cut_val(items, digests, "a", share=0.2, seed=0)
    _, after = cut_val([*items, Item("new", (0,))], [*digests, "new"], "a", share=0.2, seed=0)
    assert len(set(before) ^ set(after)) <= 2


def test_several_labels_are_cut_by_the_rarest():
    items = [Item(f"{i}", (0, 1) if i < 10 else (0,)) for i in range(100)] + [Item("none", ())]
    _, val = cut_val(items, [i.path for i in items], "ab", share=0.2, seed=0)
    assert Counter(label for i in val for label in i.labels) == {0: 20, 1: 2}


@pytest.mark.parametrize("digests", [["x"], ["x", "x"]])
def test_a_class_of_one_image_is_an_error(digests):
    with pytest.raises(DataError, match="a: one image"):
        cut_val(items_of([len(digests)]), digests, "a", share=0.2, seed=0)


def test_nothing_to_cut():
    assert cut_val([], [], "", share=0.2, seed=0) == ((), ())
    assert math.isclose(len(cut_val(items_of([5]), "abcde", "a", share=0.2, seed=0)[1]), 1)

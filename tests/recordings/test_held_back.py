"""Which groups go to val."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.data.records import Item
from striate.errors import DataError
from striate.recordings.split import held_back

ROWS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abcdefgh")), min_size=1, max_size=30)


def cut(rows: list[tuple[int, str]], share: float = 0.2, seed: int = 0) -> set[int]:
    items = [Item(str(i), (label,)) for i, (label, _) in enumerate(rows)]
    return held_back(items, [], [group for _, group in rows], "xyz", share=share, seed=seed)


@settings(max_examples=80, deadline=None)
@given(ROWS, st.floats(0.05, 0.9), st.integers(0, 5))
def test_groups_stay_whole_and_every_class_is_trained_on(rows, share, seed):
    try:
        val = cut(rows, share, seed)
    except DataError:
        classes = [{label for label, g in rows if g == group} for group in {g for _, g in rows}]
        others = [{label for label, g in rows if g != group} for group in {g for _, g in rows}]
        assert all(mine - rest for mine, rest in zip(classes, others, strict=True))  # no group can be spared
        return
    assert val
    train = [row for i, row in enumerate(rows) if i not in val]
    assert not {group for _, group in train} & {rows[i][1] for i in val}
    assert {label for label, _ in train} == {label for label, _ in rows}


@pytest.mark.parametrize("seed", range(20))
def test_about_the_share_of_each_class(seed):
    rows = [(label, f"{group}") for group in range(40) for label in (0, 1, 1, 2)]
    val = cut(rows, 0.25, seed)
    assert len(val) == 40


def test_neither_names_of_files_nor_their_order_matter():
    rows = [(i % 3, "abcdefgh"[i % 8]) for i in range(48)]
    chosen = {rows[i][1] for i in cut(rows)}
    assert chosen == {rows[::-1][i][1] for i in cut(rows[::-1])}
    assert len({frozenset(rows[i][1] for i in cut(rows, seed=s)) for s in range(10)}) > 3


def test_no_group_can_be_spared():
    with pytest.raises(DataError, match="of one group, 'a': none can be held back"):
        cut([(0, "a"), (1, "a")])
    with pytest.raises(DataError, match="each has a class that no other has"):
        cut([(0, "a"), (1, "b")])

"""Spliced identities: whose halves they are, how many there are, and what is known of them."""

import hashlib
from collections import Counter

import numpy as np
import pytest

from striate.data import Item, Loader, Part, open_identities, splice_identities, turn_identities
from striate.errors import ArgumentError
from striate.preset import Preset


class Levels:
    """Pictures of one level each, which their path tells; odd ones are larger."""

    def load(self, path, channels=3, at_least_hw=None):
        level = int(path)
        return np.full((5 + level % 2, 4, channels), level, np.uint8)


def test_halves_are_those_of_the_label():
    """Level 10 i + n is image n of identity i."""
    part = Part([Item(str(10 * i + n), (i,)) for i in range(3) for n in range(4)], Levels())
    spliced = splice_identities(part, 3, seed=1)
    assert [item.labels for item in spliced.items[:12]] == [(4 * i,) for i in range(3) for n in range(4)]
    for index, item in enumerate(spliced.items):
        image = spliced.load(index, 1)[..., 0]
        half = len(image) // 2
        upper, lower = image[:half], image[half:]
        assert (upper == upper[0, 0]).all()
        assert (lower == lower[0, 0]).all()
        assert divmod(item.labels[0], 3) == (upper[0, 0] // 10, lower[0, 0] // 10)
    counts = Counter(item.labels[0] for item in spliced.items)
    assert sorted(counts) == list(range(9))
    assert set(counts.values()) == {2, 4}  # 12 images on 6 new identities; 4 of each old one
    assert spliced.items == splice_identities(part, 3, seed=1).items != splice_identities(part, 3, seed=2).items


def test_a_path_may_hold_any_character():
    class Named:
        def load(self, path, channels=3, at_least_hw=None):
            return np.full((2, 2, channels), {"a/1@|.png": 1, "3/b/c.png": 2}[path], np.uint8)

    part = Part([Item("a/1@|.png", (0,)), Item("3/b/c.png", (1,))], Named())
    spliced = splice_identities(part, 2)
    halves = [spliced.load(i, 1).ravel()[::3].tolist() for i in range(len(spliced))]
    assert halves == [[1, 1], [2, 2], [1, 2], [1, 2], [2, 1], [2, 1]]
    turned = turn_identities(spliced, 4)
    assert turned.load(6 * 2 + 2, 1)[..., 0].tolist() == [[2, 2], [1, 1]]  # turned by half


def test_one_identity_makes_nothing_new():
    with pytest.raises(ArgumentError, match="two identities or more, got 1"):
        splice_identities(Part([Item("1", (0,)), Item("2", (0,))], Levels()), 1)


def test_files_are_known_by_what_is_in_them(write_stripes):
    part = open_identities(write_stripes("d", ("ant", "bee"), 2), val_share=0).parts["train"]
    spliced = splice_identities(part, 2)
    ants, bees = np.array_split([part.store.digest(item.path) for item in part.items], 2)
    assert spliced.store.digest(spliced.items[0].path) == ants[0]
    made = spliced.items[4].path
    pairs = [hashlib.sha256((ant + bee).encode()).hexdigest() for ant in ants for bee in bees]
    assert spliced.store.digest(made) in pairs
    assert spliced.store.check(made).digest == spliced.store.digest(made)
    assert spliced.store.check(made).size_hw == part.store.check(part.items[0].path).size_hw
    (batch,) = Loader(spliced, Preset((28, 28), 1, (128.0,), (64.0,)), batch_size=32).epoch(0)
    assert batch.images.shape == (8, 1, 28, 28)

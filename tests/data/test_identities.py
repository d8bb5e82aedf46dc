"""Data to train encoders on: identities, lists of pairs and triplets; the cut; batches."""

import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from striate.data import Item, Part, open_identities
from striate.data.identities import cut_identities, known_identities
from striate.data.identity_loader import IdentityLoader, RowLoader
from striate.data.identity_pairs import pairs_of
from striate.data.identity_sampler import identity_batches
from striate.errors import ArgumentError, DataError
from striate.preset import Preset
from striate.training import relate

PRESET = Preset((28, 28), 1, (128.0,), (64.0,))
NAMES = ("ant", "bee", "cat", "dog", "eel", "fly")


def identities_of(part):
    return {item.labels[0] for item in part.items}


def table(path, *lines):
    Path(path).write_text("\n".join(lines) + "\n")
    return Path(path)


# The cut


def test_whole_identities_are_held_back(write_stripes):
    dataset = open_identities(write_stripes("d", NAMES, 4), seed=3)
    assert (len(identities_of(dataset.parts["train"])), len(identities_of(dataset.parts["val"]))) == (4, 2)
    assert known_identities(dataset, "val") == 0
    assert dataset.cut_seed == 3
    others = [identities_of(open_identities("d", seed=s).parts["val"]) for s in range(9)]
    assert len({frozenset(o) for o in others}) > 3, "another seed holds back others"


# (images of each identity, share, identities held back)
CUTS = [
    ([2] * 4, 0.2, 2),
    ([2] * 20, 0.2, 4),
    ([2] * 5, 0.9, 3),
    ([2] * 4 + [1] * 50, 0.5, 2),  # single images are never held back
]


@pytest.mark.parametrize(("counts", "share", "held_back"), CUTS)
def test_how_many_are_held_back(counts, share, held_back):
    items = [Item(f"{c}/{i}", (c,)) for c, count in enumerate(counts) for i in range(count)]
    train, val = cut_identities(items, [item.path for item in items], [], share=share, seed=0)
    assert sorted(train + val) == sorted(items)
    assert len({item.labels for item in val}) == held_back
    assert not {item.labels for item in train} & {item.labels for item in val}
    assert min(Counter(item.labels for item in val).values()) >= 2


def test_of_three_identities_images_are_held_back(write_stripes):
    dataset = open_identities(write_stripes("d", NAMES[:3], 5))
    assert known_identities(dataset, "val") == 3


def test_own_parts_may_show_others_than_train(write_stripes):
    """Which for a classifier is an error."""
    write_stripes("d/train", NAMES[:3], 3)
    write_stripes("d/val", NAMES[3:5], 3, first=9)
    write_stripes("d/test", NAMES[2:4], 3, first=20)
    dataset = open_identities("d")
    assert (dataset.cut_seed, known_identities(dataset, "val"), known_identities(dataset, "test")) == (None, 0, 1)


def test_one_identity_is_not_enough(write_stripes):
    with pytest.raises(DataError, match="only one identity"):
        open_identities(write_stripes("d", NAMES[:1], 3))


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_shares_out_of_range(write_stripes, share):
    with pytest.raises(ArgumentError, match="val_share"):
        open_identities(write_stripes("d", NAMES, 2), val_share=share)


# Batches of P identities with K images


def batches_of(identities, p, k, **more):
    return identity_batches(identities, num_identities=p, num_images=k, **more)


MIXED = [0] * 9 + [1] * 9 + [2] * 3 + [3] * 1 + [4] * 8 + [5] * 2


@pytest.mark.parametrize(("p", "k"), [(2, 2), (3, 4), (6, 3), (9, 9)])
def test_batches_hold_p_identities_with_k_images(p, k):
    for epoch in range(5):
        batches = batches_of(MIXED, p, k, epoch=epoch)
        flat = np.concatenate(batches)
        assert len(set(flat.tolist())) == len(flat), "no image comes twice"
        for batch in batches:
            counts = Counter(MIXED[i] for i in batch)
            assert 2 <= len(counts) <= p
            assert max(counts.values()) <= k + 1
            assert all(count >= 2 for identity, count in counts.items() if identity != 3)
        left_out = {MIXED[i] for i in set(range(len(MIXED))) - set(flat.tolist())}
        assert len(left_out) <= 1


def test_batches_follow_from_seed_and_epoch():
    def lists(**more):
        return [batch.tolist() for batch in batches_of(MIXED, 3, 2, **more)]

    assert lists(seed=1, epoch=2) == lists(seed=1, epoch=2)
    drawn = [lists(seed=seed, epoch=epoch) for seed in (0, 1) for epoch in (0, 1)]
    assert all(a != b for a, b in combinations(drawn, 2))
    assert len({len(one) for one in drawn}) == 1, "as many steps in every epoch"


@pytest.mark.parametrize("world_size", [2, 3])
def test_each_process_draws_identities_of_its_own(world_size):
    identities = np.repeat(np.arange(12), 7)
    shares = [batches_of(identities, 2, 3, rank=rank, world_size=world_size) for rank in range(world_size)]
    assert len({len(share) for share in shares}) == 1
    for step in zip(*shares, strict=True):
        drawn = [set(identities[batch].tolist()) for batch in step]
        assert all(len(own) >= 2 for own in drawn)
        assert len(set().union(*drawn)) == sum(map(len, drawn))


def test_the_surplus_of_one_identity_is_left_out():
    """Two groups of the others last for four batches; the largest identity is in each of them."""
    identities = [0] * 1000 + [1] * 10 + [2] * 10
    batches = batches_of(identities, 2, 5)
    assert [len({identities[i] for i in batch}) for batch in batches] == [2, 2, 2, 2]
    assert all(0 in {identities[i] for i in batch} for batch in batches)


# (arguments, what the message names)
BAD = [
    ({"num_identities": 1}, "num_identities"),
    ({"num_images": 1}, "num_images"),
    ({"identities": [5, 5, 5]}, "identities"),
    ({"identities": []}, "identities"),
    ({"world_size": 4}, "identities"),
]


@pytest.mark.parametrize(("change", "names"), BAD)
def test_bad_arguments(change, names):
    with pytest.raises(ArgumentError, match=names):
        identity_batches(**{"identities": MIXED, "num_identities": 2, "num_images": 2, **change})


def test_a_loader_takes_an_epoch_up_at_any_step(write_stripes):
    part = open_identities(write_stripes("d", NAMES, 6), val_share=0).parts["train"]
    loader = IdentityLoader(part, PRESET, num_identities=3, num_images=3, seed=5)
    whole = list(loader.epoch(1))
    assert len(whole) == len(loader) == 4
    for step, batch in enumerate(loader.epoch(1, 2), start=2):
        assert (batch.images == whole[step].images).all()
    for batch in whole:
        assert sorted(Counter(batch.targets.tolist()).values()) == [3, 3, 3]
        assert batch.targets.tolist() == [part.items[i].labels[0] for i in batch.indices]


# Pairs to measure on


def plain_pairs(identities):
    pairs = list(combinations(range(len(identities)), 2))
    return [{p for p in pairs if (identities[p[0]] == identities[p[1]]) == same} for same in (True, False)]


@pytest.mark.parametrize("identities", [[0, 1, 0, 1, 0], [0, 0, 0, 1], [0, 1, 2], [0, 0], MIXED])
@pytest.mark.parametrize("most", [2, 100])
def test_pairs_are_those_of_a_plain_loop(identities, most):
    part = Part([Item(str(i), (label,)) for i, label in enumerate(identities)], store=None)
    pairs = pairs_of(part, most=most)
    drawn = list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    same, different = plain_pairs(identities)
    wanted = min(most, len(same))
    assert len(set(drawn)) == len(drawn)
    assert [p for p, s in zip(drawn, pairs.same, strict=True) if s] == sorted(same)[:wanted] or (
        {p for p, s in zip(drawn, pairs.same, strict=True) if s} <= same and pairs.same.sum() == wanted
    )
    assert {p for p, s in zip(drawn, pairs.same, strict=True) if not s} <= different
    assert (~pairs.same).sum() == min(wanted, len(different))


def test_pairs_of_many_images():
    part = Part([Item(str(i), (i % 7,)) for i in range(3000)], store=None)
    first, second, same = pairs_of(part, most=500)
    assert (same.sum(), (~same).sum()) == (500, 500)
    assert ((first % 7 == second % 7) == same).all()
    assert (first < second).all()


# Lists


@pytest.fixture
def pictures(write_stripes):
    return write_stripes("d", NAMES, 4)


def test_a_list_of_pairs(pictures):
    path = table(
        "d/pairs.csv",
        "a,b,same,part",
        "ant/0.png,ant/1.png,1,train",
        "ant/1.png,bee/0.png,no,train",
        "cat/0.png,cat/1.png,yes,val",
        "cat/1.png,dog/0.png,0,val",
    )
    dataset = open_identities(path)
    train = dataset.parts["train"]
    assert [item.path for item in train.items] == ["ant/0.png", "ant/1.png", "bee/0.png"]
    assert train.rows.tolist() == [[0, 1], [1, 2]]
    assert [item.labels for item in train.items] == [(0,), (0,), (1,)]
    assert dataset.kind == "list of 4 pairs"
    pairs = pairs_of(train)
    assert (pairs.first.tolist(), pairs.second.tolist(), pairs.same.tolist()) == ([0, 1], [1, 2], [True, False])
    (batch,) = RowLoader(train, PRESET, batch_size=8).epoch(0)
    related = relate(batch.targets)
    places = [train.items[i].path for i in batch.indices]
    told = {
        (places[i], places[j]): bool(same) for i, j, same in zip(*(t.tolist() for t in related.pairs()), strict=True)
    }
    assert told == {("ant/0.png", "ant/1.png"): True, ("ant/1.png", "bee/0.png"): False}


def test_a_list_of_triplets(pictures):
    rows = [f"{n}/0.png,{n}/{i}.png,{m}/{i}.png" for n in NAMES for m in NAMES for i in (1, 2, 3) if n != m]
    dataset = open_identities(table("d/t.csv", "anchor,positive,negative", *rows), val_share=0.4)
    assert known_identities(dataset, "val") == 0
    assert sum(len(part.rows) for part in dataset.parts.values()) < len(rows) == 90
    assert re.fullmatch(r"list of 90 triplets, \d+ of them left out: .*", dataset.kind)
    train = dataset.parts["train"]
    batch = next(RowLoader(train, PRESET, batch_size=10, seed=1).epoch(0))
    assert batch.images.shape == (9, 1, 28, 28)
    assert batch.targets.tolist() == [[row, identity] for row in range(3) for identity in (0, 0, 1)]
    same = pairs_of(train).same
    assert 0 < same.sum() < len(same)


# (columns, rows, what the message says)
BAD_LISTS = [
    ("a,b,same", ["ant/0.png,ant/9.png,1"], "no such file"),
    ("a,b,same", ["ant/0.png,../x.png,1"], "goes up"),
    ("a,b,same", ["ant/0.png,ant/1.png,maybe"], "neither 1 nor 0"),
    ("a,b,same", ["ant/0.png,ant/0.png,1"], "different images"),
    ("a,b,same", ["ant/0.png,ant/1.png"], "2 columns where"),
    ("a,b,same,part", ["ant/0.png,ant/1.png,1,all"], "none of train"),
    ("a,b,same", ["ant/0.png,ant/1.png,1", "ant/0.png,ant/2.png,1"], "both same and different"),
    ("anchor,positive,negative", ["ant/0.png,ant/1.png,"], "different images"),
    ("anchor,positive,negative", ["ant/0.png,ant/1.png,bee/1.png"], "both same and different"),
    ("a,b", ["ant/0.png,ant/1.png"], "neither the columns a,b,same nor anchor,positive,negative; its columns are a, b"),
    ("anchor,same", ["ant/0.png,1"], "neither the columns a,b,same nor"),
    ("a,b,same", [], "no rows: expected a line a,b,same or anchor,positive,negative, and then one line a pair or a"),
    ("anchor,positive,negative", [], "no rows: expected a line a,b,same or anchor,positive,negative, and then"),
    ("file,name", ["ant/0.png,ant"], "no column path and no column label"),
]


@pytest.mark.parametrize(("columns", "rows", "message"), BAD_LISTS)
def test_bad_lists(pictures, columns, rows, message):
    with pytest.raises(DataError, match=message):
        open_identities(table("d/list.csv", columns, *rows))

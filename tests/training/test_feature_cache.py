"""The cache as a whole: which file is found, which goes first."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from striate.errors import OutputError
from striate.models.sources import cache_folder
from striate.training.feature_cache import FeatureCache
from striate.training.feature_store import row_bytes

WIDTH = 100
ROW = row_bytes((WIDTH,))


def keys(*numbers):
    return [bytes([n]) * 32 for n in numbers]


def fill(cache, network, *numbers, days_ago=0.0):
    """A file of this network with rows of these numbers; its path."""
    store = cache.open({"network": network, "shape": [WIDTH]}, keys(*numbers))
    store.append(keys(*numbers), np.ones((len(numbers), WIDTH), np.float32))
    store.close()
    os.utime(store.path, (time.time() - 86_400 * days_ago,) * 2)
    return store.path


def networks(cache):
    return [entry.document["network"] for entry in cache.entries()]


def test_beside_the_weights(monkeypatch):
    monkeypatch.setenv("STRIATE_CACHE", "here")
    path = fill(FeatureCache(), "a", 1)
    assert path.parent == cache_folder().parent / "features" == Path("here/features")


def test_found_by_its_document_alone():
    cache = FeatureCache(Path("f"))
    paths = {fill(cache, name, 1) for name in ("a", "b", "a")}
    assert len(paths) == 2
    assert cache.open({"shape": [WIDTH], "network": "a"}, []).has(keys(1, 2)).tolist() == [True, False]


def test_no_folder_yet():
    cache = FeatureCache(Path("f"))
    assert (cache.entries(), cache.prune(older_than_days=0)) == ([], [])
    assert not Path("f").exists()


def test_entries_tell_what_they_are():
    cache = FeatureCache(Path("f"))
    fill(cache, "old", 1, 2, days_ago=3)
    path = fill(cache, "new", 1)
    old, new = cache.entries()
    assert (old.document["network"], old.rows, old.num_bytes) == ("old", 2, old.path.stat().st_size)
    assert (new.rows, new.path, new.to_dict()["features"]) == (1, path, {"network": "new", "shape": [WIDTH]})
    assert abs(time.time() - new.last_used) < 60 < time.time() - old.last_used


def test_opening_is_using():
    cache = FeatureCache(Path("f"))
    for days, name in ((3, "a"), (2, "b"), (1, "c")):
        fill(cache, name, 1, days_ago=days)
    cache.open({"network": "a", "shape": [WIDTH]}, []).close()
    assert networks(cache) == ["b", "c", "a"]


def test_prune():
    cache = FeatureCache(Path("f"))
    for days, name in ((30, "a"), (20, "b"), (10, "c"), (0, "d")):
        fill(cache, name, 1, days_ago=days)
    size = cache.entries()[0].num_bytes
    assert cache.prune() == []
    assert [e.document["network"] for e in cache.prune(older_than_days=25)] == ["a"]
    assert [e.document["network"] for e in cache.prune(most_bytes=2 * size)] == ["b"]
    assert cache.prune(most_bytes=2 * size) == []
    assert len(cache.prune(older_than_days=5, most_bytes=0)) == 2
    assert sorted(p.name for p in Path("f").iterdir()) in ([], [".lock"])


def test_prune_sweeps_what_is_broken():
    cache = FeatureCache(Path("f"))
    path = fill(cache, "a", 1)
    path.write_bytes(b"nonsense")
    Path("f", f".{path.name}.xyz").touch()  # of a process that was killed while it made the file
    fill(cache, "b", 1)
    assert {entry.rows for entry in cache.entries() if not entry.document} == {0}
    assert [entry.path for entry in cache.prune()] == [path]
    assert networks(cache) == ["b"]
    assert not list(Path("f").glob(".*.features.*"))


def test_the_least_recently_used_make_room():
    cache = FeatureCache(Path("f"), most_bytes=9 * ROW)
    for days, name in ((3, "a"), (2, "b"), (1, "c")):
        fill(cache, name, 1, 2, days_ago=days)
    fill(cache, "a", 1, 2)  # used again, and nothing to add
    assert sorted(networks(cache)) == ["a", "b", "c"]
    fill(cache, "d", 1, 2, 3)
    assert networks(cache) == ["c", "a", "d"]
    assert sum(entry.num_bytes for entry in cache.entries()) <= 9 * ROW


def test_rows_of_other_images_make_room_too():
    cache = FeatureCache(Path("f"), most_bytes=6 * ROW)
    fill(cache, "a", 1, 2, 3, 4)
    fill(cache, "a", 5, 6)
    (entry,) = cache.entries()
    assert entry.rows == 2


def test_more_than_it_can_hold():
    cache = FeatureCache(Path("f"), most_bytes=10 * ROW)
    assert cache.can_hold(10, (WIDTH,))
    assert not cache.can_hold(11, (WIDTH,))
    with pytest.raises(OutputError, match="too few for 11 rows of shape"):
        fill(cache, "a", *range(11))
    assert cache.entries() == []


def test_a_place_that_cannot_be_written():
    Path("f").write_text("a file")
    with pytest.raises(OutputError, match="can't write"):
        fill(FeatureCache(Path("f")), "a", 1)

"""A file of features: whole rows, whoever is killed, whatever a disk does to them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from striate.errors import OutputError, ShapeError, StriateError
from striate.training.feature_store import FeatureStore, read_header, row_bytes

DOCUMENT = {"network": "toy", "shape": [3, 2]}


def open_store(document=DOCUMENT, path="a.features"):
    return FeatureStore(Path(path), document, FileLock("lock"))


def make(*numbers):
    """Keys and rows that follow from numbers."""
    rows = np.array([np.arange(6).reshape(3, 2) + 10 * n for n in numbers], np.float32).reshape(-1, 3, 2)
    return [bytes([n]) * 32 for n in numbers], rows


def test_rows_are_found_again_in_any_order():
    store = open_store()
    keys, rows = make(1, 2, 3)
    assert store.has(keys).tolist() == [False] * 3
    store.append(keys, rows)
    store.append(*make(4))
    again = open_store()
    assert np.array_equal(again.read(keys[::-1]), rows[::-1])
    assert again.read(make(4, 1, 4)[0]).tolist() == make(4, 1, 4)[1].tolist()
    assert store.num_bytes == read_header(Path("a.features")).num_bytes + 4 * row_bytes((3, 2))


@pytest.mark.parametrize("shape", [[], [1], [5], [2, 3, 4]], ids=str)
def test_rows_of_any_shape(shape):
    store = open_store({"shape": shape})
    rows = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    store.append(make(1, 2)[0], rows)
    assert np.array_equal(store.read(make(2, 1)[0]), rows[::-1])


def test_none():
    store = open_store()
    store.append(*make())
    assert store.has([]).tolist() == []
    assert store.read([]).shape == (0, 3, 2)


def test_a_row_that_is_not_here_is_an_error():
    with pytest.raises(StriateError, match="does not hold all rows"):
        open_store().read(make(1)[0])


def test_another_shape_is_refused():
    with pytest.raises(ShapeError, match="rows must be 1 rows of shape"):
        open_store().append(make(1)[0], np.zeros((1, 3), np.float32))


def test_what_is_here_is_not_written_twice():
    store = open_store()
    store.append(*make(1, 1, 2))
    store.append(*make(2, 1))
    assert store.num_bytes - store.header.num_bytes == 2 * store.row_bytes


def test_two_stores_on_one_file():
    one, other = open_store(), open_store()
    one.append(*make(1))
    other.append(*make(1, 2))
    one.refresh()
    for store in (one, other):
        assert np.array_equal(store.read(make(1, 2)[0]), make(1, 2)[1])
    assert one.num_bytes - one.header.num_bytes == 2 * one.row_bytes


# Damage: at every byte of a file of two rows, and at every length that a killed writer may have left.


@pytest.fixture
def whole():
    store = open_store()
    store.append(*make(1, 2))
    return Path("a.features").read_bytes()


def test_every_byte_counts(whole):
    """A byte of a row that changes hides that row, never the other, and never shows another value."""
    start = read_header(Path("a.features")).num_bytes
    for place in range(start, len(whole)):
        spoilt = bytearray(whole)
        spoilt[place] ^= 4
        Path("a.features").write_bytes(spoilt)
        store = open_store()
        number = (place - start) // store.row_bytes
        assert store.has(make(1, 2)[0]).tolist() == [number != 0, number != 1]
        with pytest.raises(StriateError):
            store.read(make(1, 2)[0])
        store.append(*make(1, 2))
        assert np.array_equal(open_store().read(make(1, 2)[0]), make(1, 2)[1])
        store.close()


def test_damage_after_opening_is_not_served(whole):
    store = open_store()
    assert store.has(make(1, 2)[0]).all()
    with Path("a.features").open("r+b") as f:
        f.seek(-1, os.SEEK_END)
        f.write(b"\xff")
    with pytest.raises(StriateError, match="was damaged"):
        store.read(make(2)[0])


def test_every_length(whole):
    """A reader sees whole rows alone, and the next writer goes on behind them."""
    start = read_header(Path("a.features")).num_bytes
    for length in range(len(whole) + 1):
        Path("a.features").write_bytes(whole[:length])
        store = open_store()
        there = max(0, length - start) // row_bytes((3, 2))
        assert store.has(make(1, 2)[0]).sum() == there
        store.append(*make(1, 2, 3))
        assert Path("a.features").stat().st_size == len(whole) + row_bytes((3, 2))
        assert np.array_equal(open_store().read(make(3, 2, 1)[0]), make(3, 2, 1)[1])
        store.close()


@pytest.mark.parametrize("place", [0, 20, 24, 40], ids=["mark", "length", "checksum", "document"])
def test_a_broken_header_loses_the_file_and_nothing_else(whole, place):
    spoilt = bytearray(whole)
    spoilt[place] ^= 1
    Path("a.features").write_bytes(spoilt)
    assert read_header(Path("a.features")) is None
    assert not open_store().has(make(1, 2)[0]).any()


def test_another_document_is_another_file(whole):
    assert not open_store(DOCUMENT | {"network": "other"}).has(make(1, 2)[0]).any()


def test_a_file_that_is_removed_serves_whoever_has_it(whole):
    store = open_store()
    Path("a.features").unlink()
    store.append(*make(3))
    assert np.array_equal(store.read(make(1, 2, 3)[0]), make(1, 2, 3)[1])
    assert not open_store().has(make(1)[0]).any()


def test_a_folder_that_is_not_there():
    with pytest.raises(OutputError, match=r"can't write nowhere.a\.features"):
        open_store(path="nowhere/a.features")


# Processes: writers that are killed anywhere, and several at once.

WRITER = """
import sys
from pathlib import Path

import numpy as np
from filelock import FileLock

from striate.training.feature_store import FeatureStore

first, count, width = map(int, sys.argv[1:])
store = FeatureStore(Path("b.features"), {"shape": [width]}, FileLock("lock"))
print("ready", flush=True)
for n in range(first, first + count):
    store.append([n.to_bytes(32, "big")], np.full((1, width), n, np.float32))
"""


def start_writer(first, count, width):
    Path("writer.py").write_text(WRITER)
    return subprocess.Popen([sys.executable, "writer.py", *map(str, (first, count, width))], stdout=subprocess.PIPE)


def check_rows(numbers, width):
    store = open_store({"shape": [width]}, "b.features")
    keys = [n.to_bytes(32, "big") for n in numbers]
    found = store.has(keys)
    for n, key in zip(numbers, keys, strict=True):
        if found[n - numbers[0]]:
            assert (store.read([key]) == n).all()
    whole = store.header.count(store.num_bytes)
    return int(found.sum()), whole


def test_a_writer_that_is_killed_leaves_whole_rows():
    """SIGKILL at moments of its work; what is there is right, and the rest can be written."""
    width, most = 200_000, 10_000
    for milliseconds in (7, 41):
        with start_writer(0, most, width) as writer:
            writer.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                writer.wait(milliseconds / 1000)
            os.kill(writer.pid, signal.SIGKILL)
        found, whole = check_rows(range(500), width)
        assert found == whole
    store = open_store({"shape": [width]}, "b.features")
    store.append([(499).to_bytes(32, "big")], np.full((1, width), 499, np.float32))
    assert check_rows(range(500), width) == (found + 1, whole + 1)


def test_writers_at_the_same_time():
    """Three of them, whose rows overlap: each row is there once."""
    writers = [start_writer(first, 40, 50) for first in (0, 20, 40)]
    for writer in writers:
        with writer:
            assert writer.wait(60) == 0
    assert check_rows(range(80), 50) == (80, 80)

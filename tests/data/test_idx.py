"""MNIST's files, written here byte by byte from the format's description."""

import gzip
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from striate.data import open_data
from striate.data.idx import read_idx
from striate.errors import DataError, ImageError


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write_idx(name: str, n: int, *, zipped: bool = False, dot: bool = False) -> np.ndarray:
    images = np.random.default_rng(len(name)).integers(0, 256, (n, 5, 4), dtype=np.uint8)
    labels = (np.arange(n) % 3).astype(np.uint8)
    Path("m").mkdir(exist_ok=True)
    for kind, ndim, array in (("images", 3, images), ("labels", 1, labels)):
        data = idx(array)
        path = Path("m", f"{name}-{kind}{'.' if dot else '-'}idx{ndim}-ubyte{'.gz' if zipped else ''}")
        path.write_bytes(gzip.compress(data) if zipped else data)
    return images


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("dot", [False, True])
def test_train_and_test(zipped, dot):
    train = write_idx("train", 12, zipped=zipped, dot=dot)
    test = write_idx("t10k", 6, zipped=zipped, dot=dot)
    dataset = open_data("m", val_share=0)
    assert (dataset.kind, dataset.classes) == ("idx files", ("0", "1", "2"))  # class 0 is a class
    assert {name: len(part) for name, part in dataset.parts.items()} == {"train": 12, "test": 6}
    part = pickle.loads(pickle.dumps(dataset.parts["test"]))
    assert part.items[4] == ("t10k/4", (1,))
    assert np.array_equal(part.load(4, 1)[..., 0], test[4])
    assert np.array_equal(part.load(4)[..., 2], test[4])
    assert (part.load(4, 4)[..., 3] == 255).all()
    assert np.array_equal(dataset.parts["train"].load(11, 1)[..., 0], train[11])


def test_without_test_files_val_is_cut():
    write_idx("train", 30)
    dataset = open_data("m", seed=3)
    assert {name: len(part) for name, part in dataset.parts.items()} == {"train": 24, "val": 6}
    assert dataset.parts["val"].counts(3).tolist() == [2, 2, 2]
    assert dataset.cut_seed == 3


def test_only_test_files():
    write_idx("t10k", 6)
    assert list(open_data("m").parts) == ["test"]


def test_gzip_changes_nothing():
    write_idx("train", 30)
    plain = open_data("m").fingerprint
    for path in Path("m").iterdir():
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert open_data("m").fingerprint == plain


def header(*shape: int) -> bytes:
    return bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)


HOSTILE = [
    (b"", "is not an idx file"),
    (header(2, 3, 3)[:-1], "is not an idx file"),
    (bytes([0, 0, 13, 3]) + bytes(12), "is not an idx file of bytes"),  # floats
    (header(9), "is not an idx file"),  # labels where images belong
    (header(2**32 - 1, 2**32 - 1, 2**32 - 1), "which it can't"),
    (header(2**20, 28, 28) + bytes(100), "which it can't"),
    (header(0, 28, 28), "which it can't"),
    (header(2, 3, 3) + bytes(10), "2x3x3 = 18 bytes, but has 10"),
    (header(1, 3, 3) + bytes(8), "= 9 bytes, but has 8"),
    (header(1, 3, 3) + bytes(10), "= 9 bytes, but has more"),
]


@pytest.mark.parametrize(("data", "message"), HOSTILE)
@pytest.mark.parametrize("zipped", [False, True])
def test_hostile_headers(data, message, zipped):
    path = Path("x.gz" if zipped else "x")
    path.write_bytes(gzip.compress(data) if zipped else data)
    with pytest.raises(DataError, match="but has|is not an idx|it can't" if zipped else message):
        read_idx(path, 3)


def test_broken_gzip():
    Path("x.gz").write_bytes(gzip.compress(header(1, 3, 3) + bytes(9))[:-12])
    with pytest.raises(DataError, match=r"x\.gz can't be read"):
        read_idx(Path("x.gz"), 3)
    Path("y.gz").write_bytes(b"not gzip")
    with pytest.raises(DataError, match=r"y\.gz can't be read"):
        read_idx(Path("y.gz"), 3)


def test_labels_missing_or_of_another_number():
    write_idx("train", 6)
    labels = Path("m/train-labels-idx1-ubyte")
    labels.write_bytes(idx(np.zeros(5, np.uint8)))
    with pytest.raises(DataError, match="6 images and 5 labels"):
        open_data("m")
    labels.unlink()
    with pytest.raises(DataError, match="has no labels: expected train-labels-idx1-ubyte"):
        open_data("m")


@pytest.mark.parametrize("path", ["train/6", "t10k/0", "train/x", "train/-1", ""])
def test_a_name_that_is_not_there(path):
    write_idx("train", 6)
    with pytest.raises(ImageError, match="no such image"):
        open_data("m").parts["train"].store.load(path)


def test_mnist(real_data):
    dataset = open_data(real_data / "mnist", val_share=0)
    assert len(dataset.parts["train"]) == 60000
    assert dataset.parts["train"].counts(10).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert dataset.parts["train"].load(0).shape == (28, 28, 3)

"""NumPy's files against NumPy, and files that lie about themselves."""

import contextlib
import io
import pickle
import re
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from striate.errors import DataError
from striate.recordings.npy import Npz, read_npy

NUMBERS = hnp.scalar_dtypes().filter(lambda d: d.kind in "biuf" and d.itemsize <= 8)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.booleans())
def test_reads_what_numpy_writes(data, fortran):
    array = data.draw(hnp.arrays(data.draw(NUMBERS), hnp.array_shapes(min_dims=0, max_dims=5, max_side=4)))
    array = np.asfortranarray(array) if fortran else array
    np.save("a.npy", array)
    read = read_npy(Path("a.npy"))
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(save):
    save(
        "a.npz", x=np.arange(6).reshape(2, 3), y=["cat", "dögs"], z=np.array([b"a", b"bc"]), w=np.float64(2), u=[1.5, 3]
    )
    arrays = Npz(Path("a.npz"))
    assert arrays.names == ("x", "y", "z", "w", "u")
    np.testing.assert_array_equal(arrays.numbers("x"), [[0, 1, 2], [3, 4, 5]])
    read = {name: arrays.words(name) for name in "yzwu"}
    assert read == {"y": ["cat", "dögs"], "z": ["a", "bc"], "w": ["2"], "u": ["1.5", "3"]}
    with pytest.raises(DataError, match="of type <U4; numbers are expected"):
        arrays.numbers("y")
    with pytest.raises(DataError, match="no array 'v'; there are x, y, z, w, u"):
        arrays.numbers("v")
    with pytest.raises(DataError, match="x has 2 axes"):
        arrays.words("x")


def npy(header: str, data: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + data


def said(shape: str, dtype: str = "<f4", data: bytes = b"") -> bytes:
    return npy(f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}", data)


def objects() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return buffer.getvalue()


BAD = {
    "empty": (b"", "can't be read as an .npy file"),
    "another file": (b"RIFF" * 10, "can't be read as an .npy file"),
    "a pickle": (pickle.dumps([1, 2]), "can't be read as an .npy file"),
    "objects": (objects(), "of type object; numbers are expected, and objects are never read"),
    "records": (npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", bytes(4)), "numbers are exp"),
    "complex": (said("(1,)", "<c8", bytes(8)), "of type complex64"),
    "words": (said("(1,)", "<U1", bytes(4)), "of type <U1"),
    "times": (said("(1,)", "<M8[s]", bytes(8)), "numbers are expected"),
    "a terabyte": (said("(274877906944,)"), "says it holds (274877906944,) of float32, but 0 bytes follow"),
    "overflowing": (said("(4294967296, 4294967296, 2)"), "but 0 bytes follow"),
    "negative": (said("(-1,)", data=bytes(4)), "says it holds (-1,)"),
    "negative twice": (said("(-1, -1)", data=bytes(4)), "says it holds (-1, -1)"),
    "no values": (said("(0, 3)"), "0 bytes; 1 to"),
    "cut off": (said("(4,)", data=bytes(15)), "but 15 bytes follow; is it cut off?"),
    "too long": (said("(4,)", data=bytes(17)), "but 17 bytes follow"),
    "code in the header": (npy("__import__('os').system('touch hacked')"), "can't be read as an .npy file"),
    "deep header": (npy("(" * 100), "can't be read as an .npy file"),
    "no dictionary": (npy("[1, 2]"), "can't be read as an .npy file"),
    "version 9": (npy("{}", version=b"\x09\x00"), "can't be read as an .npy file"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files(case):
    data, message = BAD[case]
    Path("bad.npy").write_bytes(data)
    with pytest.raises(DataError, match="bad.npy: .*" + re.escape(message)):
        read_npy(Path("bad.npy"))
    with zipfile.ZipFile("bad.npz", "w") as archive:
        archive.writestr("x.npy", data)
    with pytest.raises(DataError, match="bad.npz: x: .*" + re.escape(message)):
        Npz(Path("bad.npz")).numbers("x")
    assert not Path("hacked").exists()


def test_no_zip_and_members_of_other_kinds():
    Path("a.npz").write_bytes(b"PK nothing")
    with pytest.raises(DataError, match="perhaps it's truncated"):
        Npz(Path("a.npz"))
    with zipfile.ZipFile("b.npz", "w") as archive:
        archive.writestr("x.npy", said("(1,)", data=bytes(4)))
        archive.writestr("notes.txt", "hello")
    with pytest.raises(DataError, match=r"files that are no \.npy"):
        Npz(Path("b.npz"))
    with zipfile.ZipFile("c.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x.npy", said("(1,)", data=bytes(4)))
    with pytest.raises(DataError, match="neither stored nor deflated"):
        Npz(Path("c.npz"))


def test_a_member_that_says_it_is_large():
    np.savez_compressed("a.npz", x=np.zeros(1000, np.float32))
    data = bytearray(Path("a.npz").read_bytes())
    at = data.index(b"PK\x01\x02")  # the size when unpacked, in the directory
    data[at + 24 : at + 28] = struct.pack("<I", 2**31 - 1)
    Path("a.npz").write_bytes(data)
    with pytest.raises(DataError, match="says it unpacks to 2,147,483,647 bytes, which it can't"):
        Npz(Path("a.npz"))


def test_every_byte_may_be_broken():
    """Whatever byte of a file changes, it is read or it is a DataError."""
    np.savez("a.npz", x=np.arange(4, dtype=np.float32))
    whole = Path("a.npz").read_bytes()
    rng = np.random.default_rng(0)
    for at in range(len(whole)):
        data = bytearray(whole)
        data[at] ^= int(rng.integers(1, 256))
        Path("a.npz").write_bytes(data)
        with contextlib.suppress(DataError):
            Npz(Path("a.npz")).numbers("x")


def test_too_many_words(monkeypatch):
    monkeypatch.setattr("striate.recordings.npy.MAX_WORDS", 3)
    np.savez("a.npz", y=list("abcd"))
    with pytest.raises(DataError, match="y has 4 values; up to 3 are allowed"):
        Npz(Path("a.npz")).words("y")


def test_no_ordinary_file():
    with pytest.raises(DataError, match="no such file"):
        read_npy(Path("missing.npy"))
    Path("folder.npy").mkdir()
    with pytest.raises(DataError, match=r"folder.npy: a folder, not a file"):
        read_npy(Path("folder.npy"))

"""Headers that lie, each with the word its message must hold; the library's own writer is the honest one."""

import json
import struct

import pytest
import torch
from safetensors.torch import save

from striate.errors import ModelFileError
from striate.models.blueprint import Spec
from striate.models.safetensors_header import MAX_HEADER_BYTES, parse_json, read_safetensors_header


def write(path, header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def read(path):
    with path.open("rb") as f:
        return read_safetensors_header(f)


def tensor(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def test_every_dtype_and_the_odd_shapes_of_the_librarys_writer(tmp_path):
    dtypes = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]
    tensors = {name: torch.zeros(3, 5, dtype=getattr(torch, name)) for name in dtypes}
    tensors |= {"scalar": torch.zeros(()), "empty": torch.zeros(0, 4), "none": torch.zeros(2, 0)}
    path = tmp_path / "a.safetensors"
    path.write_bytes(save(tensors, {"b": "2", "a": "1"}))
    metadata, found = read(path)
    assert metadata == {"a": "1", "b": "2"}
    assert found == {name: Spec(t.dtype, tuple(t.shape)) for name, t in tensors.items()}


def test_a_file_without_tensors(tmp_path):
    assert read(write(tmp_path / "a", {})) == ({}, {})


@pytest.mark.parametrize(
    ("header", "data", "word"),
    [
        # JSON that is none
        (b"{]", b"", "not sound JSON"),
        (b"\xff\xfe", b"", "not sound JSON"),
        (b"[" * 200_000, b"", "not sound JSON"),
        (b'{"a":' * 100_000, b"", "not sound JSON"),
        (b'{"a": 1, "a": 2}', b"", "'a' comes twice"),
        (b'{"a": NaN}', b"", "NaN"),
        (b'{"a": 1e999}', b"", "1e999"),
        (b'{"a": ' + b"9" * 5000 + b"}", b"", "not sound JSON"),
        (b"[]", b"", "not a JSON object"),
        # free texts
        ({"__metadata__": [1]}, b"", "__metadata__"),
        ({"__metadata__": {"a": 1}}, b"", "__metadata__"),
        # one tensor
        ({"w": 3}, b"", "'w' needs dtype"),
        ({"w": {"dtype": "F32"}}, b"", "'w' needs dtype"),
        ({"w": tensor() | {"more": 1}}, b"\0" * 8, "'w' needs dtype"),
        ({"w": tensor("F33")}, b"\0" * 8, "'F33'"),
        ({"w": tensor(["F32"])}, b"\0" * 8, "dtype"),
        ({"w": tensor(shape=2)}, b"\0" * 8, "shape"),
        ({"w": tensor(shape=[-2])}, b"\0" * 8, "shape"),
        ({"w": tensor(shape=[2.0])}, b"\0" * 8, "shape"),
        ({"w": tensor(shape=[True, 2])}, b"\0" * 8, "shape"),
        ({"w": tensor(shape=[1] * 9 + [2])}, b"\0" * 8, "shape"),
        ({"w": tensor(shape=[2**63])}, b"\0" * 8, "shape"),
        ({"w": tensor(shape=[2**62, 2**62])}, b"\0" * 8, "8 bytes"),
        ({"w": tensor(offsets=[0])}, b"\0" * 8, "data_offsets"),
        ({"w": tensor(offsets=[8, 0])}, b"\0" * 8, "-8 bytes"),
        ({"w": tensor(offsets=[-8, 0])}, b"\0" * 8, "data_offsets"),
        ({"w": tensor(shape=[3])}, b"\0" * 8, "too many or too few"),
        # tensors together
        ({"a": tensor(), "b": tensor()}, b"\0" * 8, "overlaps"),
        ({"a": tensor(), "b": tensor(offsets=[4, 12])}, b"\0" * 12, "overlaps"),
        ({"a": tensor(), "b": tensor(offsets=[12, 20])}, b"\0" * 20, "gap"),
        ({"a": tensor()}, b"\0" * 7, "truncated"),
        ({"a": tensor()}, b"\0" * 9, "padded"),
    ],
)
def test_hostile_headers(tmp_path, header, data, word):
    with pytest.raises(ModelFileError, match="(?s)" + word.replace("[", "\\[")):
        read(write(tmp_path / "a", header, data))


@pytest.mark.parametrize("length", [0, 1, 3, 2**31, 2**63, 2**64 - 1, MAX_HEADER_BYTES + 1])
def test_hostile_lengths_are_refused_before_anything_is_read(tmp_path, length):
    with pytest.raises(ModelFileError, match="no safetensors file, or a truncated one"):
        read(write(tmp_path / "a", b"{}", length=length))


def test_a_header_over_the_bound_in_a_file_that_is_long_enough(tmp_path):
    path = write(tmp_path / "a", b"{}", length=MAX_HEADER_BYTES + 1)
    with path.open("r+b") as f:
        f.truncate(MAX_HEADER_BYTES + 1000)  # sparse
    with pytest.raises(ModelFileError, match="no safetensors file"):
        read(path)


@pytest.mark.parametrize("data", [b"", b"\x02", b"\x02\0\0\0\0\0\0", b"\x02\0\0\0\0\0\0\0", b"not a model, a text\n"])
def test_short_and_other_files(tmp_path, data):
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(ModelFileError, match="no safetensors file, or a truncated one"):
        read(tmp_path / "a")


@pytest.mark.parametrize("zipped", [True, False])
def test_pytorch_checkpoints_are_never_unpickled(tmp_path, zipped):
    torch.save({"w": torch.zeros(2)}, tmp_path / "a.pth", _use_new_zipfile_serialization=zipped)
    with pytest.raises(ModelFileError, match="never unpickles"):
        read(tmp_path / "a.pth")


def test_json_that_is_sound():
    assert parse_json(b'{"a": [1, 2.5, null, {"b": "\\u00e9"}]}', "it") == {"a": [1, 2.5, None, {"b": "é"}]}

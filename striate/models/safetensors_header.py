"""The header of a safetensors file, read with suspicion: bounded before anything is allocated.

A file is 8 bytes of length n (little endian), n bytes of JSON that gives each tensor's dtype, shape and place,
then the tensors without gaps. See the format's page of the safetensors project.
"""

import json
import math
import os
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple

import torch

from striate.errors import ModelFileError
from striate.models.blueprint import Spec

MAX_HEADER_BYTES = 16 * 2**20
_MAX_DIMS = 8
_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_PICKLES = {
    b"PK\x03\x04": "a zip, as PyTorch's checkpoints are",
    b"\x80\x02": "a pickle, as PyTorch's old checkpoints are",
}


class Header(NamedTuple):
    """What a safetensors file says of itself: free texts by key, and every tensor but its numbers."""

    metadata: dict[str, str]
    tensors: dict[str, Spec]


def read_safetensors_header(f: BinaryIO) -> Header:
    """Read and check the header of a safetensors file that is open at its start.

    Raises:
        ModelFileError: it is another kind of file, truncated, or made to deceive.
    """
    size = os.fstat(f.fileno()).st_size
    start = f.read(8)
    for magic, kind in _PICKLES.items():
        if start.startswith(magic):
            raise ModelFileError(f"this is {kind}; striate never unpickles a file, a model file is a .safetensors")
    length = int.from_bytes(start, "little")
    if len(start) < 8 or not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
        raise ModelFileError(f"this is no safetensors file, or a truncated one ({size} bytes)")
    entries = parse_json(f.read(length), "the header")
    if not isinstance(entries, dict):
        raise ModelFileError("the header is not a JSON object")
    metadata = entries.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ModelFileError("the header's __metadata__ is not made of strings")
    return Header(metadata, _check_tensors(entries, size - 8 - length))


def parse_json(text: bytes | str, what: str) -> Any:
    """JSON from an untrusted place: without NaN, infinities, repeated keys, or nesting that exhausts the stack.

    Args:
        text: the JSON; bytes are UTF-8.
        what: what it is, for the message.

    Raises:
        ModelFileError: it is none.

    Example:
        >>> parse_json('{"a": 1, "a": 2}', "the header")
        Traceback (most recent call last):
        striate.errors.ModelFileError: the header is not sound JSON: the key 'a' comes twice
    """
    try:
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        return json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as e:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise ModelFileError(f"{what} is not sound JSON: {e}") from e


def _refuse(text: str) -> float:
    raise ValueError(f"{text} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(f"the key {key!r} comes twice")
        made[key] = value
    return made


def _check_tensors(entries: Mapping[str, Any], data_bytes: int) -> dict[str, Spec]:
    """The specs of all tensors, which must fill the rest of the file without gap or overlap."""
    places = []
    tensors = {}
    for name, entry in entries.items():
        tensors[name], begin, end = _check_tensor(name, entry)
        places.append((begin, end, name))
    reached = 0
    for begin, end, name in sorted(places):
        if begin != reached:
            raise ModelFileError(f"the place of tensor {name!r} overlaps another or leaves a gap")
        reached = end
    if reached != data_bytes:
        raise ModelFileError(f"the tensors take {reached} bytes but the file has {data_bytes}: truncated or padded")
    return tensors


def _check_tensor(name: str, entry: Any) -> tuple[Spec, int, int]:
    """One tensor's spec, and the bytes where it begins and ends."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ModelFileError(f"tensor {name!r} needs dtype, shape and data_offsets alone")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise ModelFileError(f"tensor {name!r} has the dtype {dtype!r}; known are {', '.join(_DTYPES)}")
    if not _are_sizes(shape) or len(shape) > _MAX_DIMS:
        raise ModelFileError(f"tensor {name!r} has a shape that is not up to {_MAX_DIMS} sizes")
    if not _are_sizes(offsets) or len(offsets) != 2:
        raise ModelFileError(f"tensor {name!r} has data_offsets that are not two positions")
    spec = Spec(_DTYPES[dtype], tuple(shape))
    begin, end = offsets
    if end - begin != math.prod(shape) * spec.dtype.itemsize:
        raise ModelFileError(f"tensor {name!r} has {end - begin} bytes, too many or too few for {spec}")
    return spec, begin, end


def _are_sizes(values: Any) -> bool:
    """Whether it is a list of integers in [0, 2^63); True is not one of them."""
    return isinstance(values, list) and all(type(v) is int and 0 <= v < 2**63 for v in values)

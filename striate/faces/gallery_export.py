r"""A gallery as a file of text that other programs can read: JSON lines, UTF-8.

The first line is about the whole, each other line about an image:

    {"format": "striate gallery 1", "encoder": "…", "dim": 128, "threshold": 0.6, "images": 1}
    {"name": "Ada", "sha256": "64 hexadecimal digits", "created": 1760000000, "encoding": "base64"}

"threshold" may be null; "created" counts seconds since 1970; "encoding" is D little-endian float32. A file is read with
suspicion, a line of bounded length at a time, and taken over whole or not at all.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from striate.atomic import atomic_write
from striate.errors import ArgumentError, DataError, Problem
from striate.faces.gallery_entries import (
    HASH_BYTES,
    MOST_NAME_CHARACTERS,
    Entries,
    check_identity,
    check_threshold,
    person_name,
    wrong_row,
)
from striate.faces.gallery_store import Facts

_FORMAT = "striate gallery 1"
_BATCH = 1024
_MOST_HEAD_BYTES = 1 << 13
_HEAD = {"format", "encoder", "dim", "threshold", "images"}
_IMAGE = {"name", "sha256", "created", "encoding"}


class Head(NamedTuple):
    """What the first line says: the facts of the gallery, and how many images follow."""

    facts: Facts
    images: int


class _Image(NamedTuple):
    name: str
    image_hash: bytes
    created: int
    encoding: bytes


def write_export(path: Path, facts: Facts, images: int, batches: Iterable[Entries]) -> None:
    """Write all entries to a file that its owner alone may read.

    Raises:
        OutputError: it can't be written.
    """
    head = {"format": _FORMAT, "encoder": facts.encoder, "dim": facts.dim, "threshold": facts.threshold}
    with atomic_write(path, private=True) as f:
        f.write(_line(head | {"images": images}))
        for entries in batches:
            for name, image_hash, encoding, created in zip(
                entries.names, entries.image_hashes, entries.encodings, entries.created, strict=True
            ):
                text = base64.b64encode(encoding.astype("<f4", copy=False).tobytes()).decode()
                f.write(_line({"name": name, "sha256": image_hash.hex(), "created": created, "encoding": text}))


def read_export_head(path: Path) -> Head:
    """The first line of an exported gallery.

    Raises:
        DataError: it is none.
    """
    with _opened(path) as f:
        return _read_head(path, f)


def check_export(path: Path) -> Head:
    """Read an exported gallery to its end, to know that all of it can be imported.

    Raises:
        DataError: as `read_export_head` and `read_export`.
    """
    head = read_export_head(path)
    for _ in read_export(path):
        pass
    return head


def read_export(path: Path) -> Iterator[Entries]:
    """The entries of an exported gallery, in batches.

    Raises:
        DataError: a line is not as it should be, or lines are missing; says which.
    """
    with _opened(path) as f:
        head = _read_head(path, f)
        lines = _lines(path, f, most=_most_line_bytes(head.facts.dim), first=2)
        done = 0
        while some := list(islice(lines, _BATCH)):
            images = [_read_image(path, number, line, head.facts.dim) for number, line in some]
            encodings = np.frombuffer(b"".join(i.encoding for i in images), "<f4").reshape(len(images), -1)
            row = wrong_row(encodings)
            if row is not None:
                raise _wrong(path, some[row][0], "the encoding is not of unit length")
            names, image_hashes, created, _ = zip(*images, strict=True)
            yield Entries(names, image_hashes, encodings.astype(np.float32, copy=False), created)
            done += len(images)
    if done != head.images:
        raise DataError(f"{path} is incomplete: it has {done} of {head.images} images")


def _read_head(path: Path, f: BinaryIO) -> Head:
    _, line = next(_lines(path, f, most=_MOST_HEAD_BYTES, first=1), (1, b""))
    values = _parse(path, 1, line, _HEAD)
    facts = Facts(values["encoder"], values["dim"], values["threshold"])
    if values["format"] != _FORMAT:
        raise _wrong(path, 1, f"the format must be {_FORMAT!r}")
    try:
        check_identity(facts.encoder, facts.dim)
        if facts.threshold is not None:
            check_threshold(facts.threshold)
    except ArgumentError as e:
        raise _wrong(path, 1, str(e)) from e
    if not _is_count(values["images"]):
        raise _wrong(path, 1, "images must be a count")
    return Head(facts, values["images"])


def _read_image(path: Path, number: int, line: bytes, dim: int) -> _Image:
    values = _parse(path, number, line, _IMAGE)
    try:
        name = person_name(values["name"])
        image_hash = bytes.fromhex(values["sha256"])
        encoding = base64.b64decode(values["encoding"], validate=True)
    except (TypeError, ValueError) as e:  # ArgumentError is a ValueError
        raise _wrong(path, number, str(e)) from e
    if len(image_hash) != HASH_BYTES or len(encoding) != 4 * dim or not _is_count(values["created"]):
        raise _wrong(path, number, f"needs a SHA-256, a time in seconds and an encoding of {dim} float32")
    return _Image(name, image_hash, values["created"], encoding)


def _parse(path: Path, number: int, line: bytes, keys: set[str]) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as e:
        raise _wrong(path, number, "not JSON") from e
    if not isinstance(values, dict) or set(values) != keys:
        raise _wrong(path, number, f"must have {', '.join(sorted(keys))} and nothing else")
    return values


def _lines(path: Path, f: BinaryIO, most: int, first: int) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers, none longer than `most` bytes."""
    number = first
    while line := f.readline(most + 1):
        if len(line) > most:
            raise _wrong(path, number, f"longer than {most} bytes")
        yield number, line
        number += 1


def _most_line_bytes(dim: int) -> int:
    """A name with every character escaped as two halves, an encoding in base64, and the rest."""
    return 12 * MOST_NAME_CHARACTERS + 4 * (-(-4 * dim // 3) + 3) + 1024


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as e:
        raise DataError(f"can't read {path}: {e.strerror or e}") from e


def _wrong(path: Path, number: int, message: str) -> DataError:
    return DataError(f"{path} can't be imported; nothing was", [Problem(str(path), message, number)])


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, allow_nan=False).encode() + b"\n"

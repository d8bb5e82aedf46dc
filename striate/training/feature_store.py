"""One file of features: rows of one shape by key, appended whole, each with a checksum that commits it.

After a header (a mark, the length and CRC-32 of a JSON document, the document, zeros up to 64 bytes) come records of
one size: 32 bytes of key, the CRC-32 of key and row, the row in float32, all little-endian. A file only grows, under a
lock that all its writers share. What a killed writer left is either a part of a record, which readers don't count and
the next writer cuts off, or bytes that disagree with their checksum, which is as if the row weren't there.
"""

import json
import math
import os
import struct
import weakref
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from striate.atomic import atomic_write, written
from striate.errors import ShapeError, StriateError

if TYPE_CHECKING:
    from filelock import BaseFileLock

MARK = b"striate features 1\n\0"
_PREFIX = struct.Struct("<20sII")  # mark, length of the document, its CRC-32
_ALIGNMENT = 64
KEY_BYTES = 32
MOST_HEADER_BYTES = 1 << 20

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Header:
    """What stands before the rows.

    Attributes:
        document: JSON values; "shape" among them is that of a row.
        num_bytes: of all of it, where the rows begin.
    """

    document: Mapping[str, Any]
    num_bytes: int

    @property
    def record(self) -> np.dtype[np.void]:
        """A key, a checksum and a row."""
        row = ("row", "<f4", tuple(self.document["shape"]))
        return np.dtype([("key", f"V{KEY_BYTES}"), ("check", "<u4"), row])

    def count(self, file_bytes: int) -> int:
        """How many whole records a file of this length has."""
        return max(0, file_bytes - self.num_bytes) // self.record.itemsize


def pack_header(document: Mapping[str, Any]) -> bytes:
    """The bytes of a file without rows."""
    text = json.dumps(document, sort_keys=True, allow_nan=False).encode()
    packed = _PREFIX.pack(MARK, len(text), zlib.crc32(text)) + text
    return packed + bytes(-len(packed) % _ALIGNMENT)


def read_header(path: Path) -> Header | None:
    """The header of a file; None if it is not a whole one of this version.

    Raises:
        OSError: the file can't be read.
    """
    with path.open("rb") as f:
        prefix = f.read(_PREFIX.size)
        if len(prefix) < _PREFIX.size:
            return None
        mark, length, check = _PREFIX.unpack(prefix)
        text = f.read(length) if mark == MARK and length <= MOST_HEADER_BYTES else b""
    if not text or zlib.crc32(text) != check:
        return None
    return Header(json.loads(text), -(-(_PREFIX.size + length) // _ALIGNMENT) * _ALIGNMENT)


class FeatureStore:
    """Rows by key in a file that other processes may read and add to at the same time.

    It keeps the file open: removed from its folder meanwhile, it goes on for whoever has it.

    Args:
        path: of the file; made if it isn't there, and made anew if its header is broken or another one.
        document: JSON values that say what the rows are; "shape" is that of a row.
        lock: held by whoever writes to a file of the folder.

    Raises:
        OutputError: the file can't be made or opened.

    Example:
        >>> from filelock import FileLock
        >>> store = FeatureStore(Path("a.features"), {"shape": [2]}, FileLock("lock"))
        >>> keys = [bytes(32), bytes(range(32))]
        >>> store.append(keys[:1], np.array([[0.5, 2.0]], np.float32))
        >>> store.has(keys), store.read(keys[:1])
        (array([ True, False]), array([[0.5, 2. ]], dtype=float32))
        >>> store.close()
    """

    def __init__(self, path: Path, document: Mapping[str, Any], lock: "BaseFileLock"):
        self.path, self._lock = path, lock
        with written(path), lock:
            header = read_header(path) if path.exists() else None
            if header is None or header.document != document:
                with atomic_write(path) as f:
                    f.write(pack_header(document))
                header = read_header(path)
            assert header is not None
            self.header = header
            self._file: BinaryIO = path.open("r+b")  # as long as anybody has the store
            self._close = weakref.finalize(self, self._file.close)
            os.utime(path)  # it is used now
        self._records: NDArray[np.void] = np.empty(0, header.record)
        self._places: dict[bytes, int] = {}
        self.refresh()

    @property
    def row_bytes(self) -> int:
        """What a row takes on the disk."""
        return self.header.record.itemsize

    @property
    def num_bytes(self) -> int:
        """The length of the file."""
        return os.fstat(self._file.fileno()).st_size

    def has(self, keys: Sequence[bytes]) -> NDArray[np.bool_]:
        """(N,) whether the row of each key is here and whole; a broken one is forgotten, so that it can come again."""
        found = np.array([self._is_whole(key) for key in keys], dtype=np.bool_)
        for key, whole in zip(keys, found.tolist(), strict=True):
            if not whole:
                self._places.pop(key, None)
        return found

    def read(self, keys: Sequence[bytes]) -> Rows:
        """(N, *shape) the rows of these keys, each compared with its checksum.

        Raises:
            StriateError: a row is not here, or is broken.
        """
        places = [self._places.get(key, -1) for key in keys]
        if -1 in places:
            raise StriateError(f"{self.path} does not hold all rows of features that were asked of it")
        records = self._records[places]
        for key, row, check in zip(keys, records["row"], records["check"].tolist(), strict=True):
            if _checksum(key, row) != check:
                raise StriateError(f"{self.path} was damaged since it was opened; the next run makes the row again")
        return np.ascontiguousarray(records["row"], np.float32)

    def append(self, keys: Sequence[bytes], rows: Rows) -> None:
        """Add rows; those that are here already, perhaps from another process, are not written again.

        Raises:
            ShapeError: the rows are not of the store's shape.
            OutputError: the disk is full.
        """
        if rows.shape != (len(keys), *self.header.document["shape"]):
            raise ShapeError.of("rows", f"{len(keys)} rows of shape {self.header.document['shape']}", rows.shape)
        with written(self.path), self._lock:
            self.refresh()
            fresh = {key: row for key, row in zip(keys, rows, strict=True) if key not in self._places}
            records = np.zeros(len(fresh), self.header.record)
            for record, (key, row) in zip(records, fresh.items(), strict=True):
                record["key"], record["row"] = key, row
                record["check"] = _checksum(key, record["row"])
            end = self.header.num_bytes + len(self._records) * self.row_bytes
            if self.num_bytes > end:
                self._file.truncate(end)  # a part of a record, of a writer that was killed
            self._file.seek(end)
            self._file.write(records.tobytes())
            self._file.flush()
            os.fsync(self._file.fileno())
            self.refresh()

    def refresh(self) -> None:
        """Find what has been added since, by whomever."""
        known, count = len(self._records), self.header.count(self.num_bytes)
        if count <= known:
            return
        self._records = np.memmap(
            self._file, self.header.record, mode="r", offset=self.header.num_bytes, shape=(count,)
        )
        keys = self._records["key"][known:].tobytes()
        for place in range(known, count):
            start = (place - known) * KEY_BYTES
            self._places[keys[start : start + KEY_BYTES]] = place

    def close(self) -> None:
        """Let go of the file."""
        self._records, self._places = np.empty(0, self.header.record), {}
        self._close()

    def _is_whole(self, key: bytes) -> bool:
        place = self._places.get(key)
        return place is not None and _checksum(key, self._records["row"][place]) == self._records["check"][place]


def row_bytes(shape: Sequence[int]) -> int:
    """What a row of this shape takes in a file.

    Example:
        >>> row_bytes((1280,))
        5156
    """
    return KEY_BYTES + 4 + 4 * math.prod(shape)


def _checksum(key: bytes, row: Rows) -> int:
    return zlib.crc32(np.ascontiguousarray(row, "<f4").data, zlib.crc32(key))

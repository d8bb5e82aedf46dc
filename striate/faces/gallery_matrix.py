"""The search matrix: a file derived from a store, mapped into memory, made anew whenever it doesn't fit the store.

After a header of 64 bytes (a mark, D, the generation, N, the CRC-32 of these, zeros) stand N records: D float32 of an
encoding, the ids of its image and its person, all little-endian. Within a generation images are only added, so the file
grows in place: first the records, then the header that counts them. Else another file takes its place, and the old one
is overwritten with zeros; who had mapped it sees by `is_replaced` that what was just searched may have been zeros.
"""

import os
import struct
import zlib
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from striate.atomic import atomic_write, written
from striate.errors import OutputError
from striate.faces.gallery_entries import Encodings
from striate.faces.gallery_store import Records, State, record_type

_MARK = b"striate matrix 1\n\0\0\0"
_HEADER = struct.Struct("<20sIQQ")  # mark, D, generation, N
_CHECK = struct.Struct("<I")
_HEADER_BYTES = 64
_ZEROS = bytes(1 << 20)


class Matrix:
    """A search matrix that is mapped into memory.

    Attributes:
        generation: of the store, when it was made.
        records: (N,) of `record_type(dim)`.
        inode: which file it is, whatever its name.
    """

    def __init__(self, generation: int, records: Records, inode: int):
        self.generation, self.records, self.inode = generation, records, inode

    @property
    def encodings(self) -> Encodings:
        """(N, D), rows as far apart as records."""
        return np.asarray(self.records["encoding"])

    @property
    def people(self) -> NDArray[np.int64]:
        """(N,) whose image each row is."""
        return np.asarray(self.records["person"])

    @property
    def last(self) -> int:
        """The id of the image that came last; 0 if there is none."""
        return int(self.records["image"][-1]) if len(self.records) else 0

    def holds(self, state: State) -> bool:
        """Whether all images of a store in this state are in it."""
        return self.generation == state.generation and self.last >= state.last

    def is_replaced(self, path: Path) -> bool:
        """Whether another file, or none, has its name now."""
        try:
            return path.stat().st_ino != self.inode
        except FileNotFoundError:
            return True


def map_matrix(path: Path, dim: int) -> Matrix | None:
    """The matrix of a file; None if there is none, or if it is cut off, broken, or of another version or D.

    Raises:
        OutputError: the file can't be opened.
    """
    record = record_type(dim)
    try:
        with path.open("rb") as f:
            header, about = f.read(_HEADER_BYTES), os.fstat(f.fileno())
            found = _unpack(header)
            if found is None or found[0] != dim or about.st_size < _HEADER_BYTES + found[2] * record.itemsize:
                return None
            _, generation, count = found
            empty = np.empty(0, record)
            records = np.memmap(f, record, "r", _HEADER_BYTES, (count,)) if count else empty
            return Matrix(generation, records, about.st_ino)
    except FileNotFoundError:
        return None
    except OSError as e:
        raise OutputError(f"can't use {path}: {e.strerror or e}") from e


def write_matrix(path: Path, dim: int, generation: int, batches: Iterable[Records]) -> None:
    """Write a matrix whole or not at all, and overwrite the one that it replaces.

    Raises:
        OutputError: the disk is full.
    """
    with written(path), path.open("r+b") if path.exists() else nullcontext() as old:
        with atomic_write(path, private=True) as f:
            f.write(bytes(_HEADER_BYTES))
            count = sum(f.write(batch.tobytes()) for batch in batches) // record_type(dim).itemsize
            f.seek(0)
            f.write(_pack(dim, generation, count))
        if old is not None:
            overwrite(old.fileno())


def append_records(path: Path, matrix: Matrix, batches: Iterable[Records]) -> None:
    """Add records of the matrix's generation to its file. Until the header counts them nobody sees them.

    Raises:
        OutputError: the disk is full.
    """
    record = matrix.records.dtype
    with written(path), path.open("r+b") as f:
        f.seek(_HEADER_BYTES + len(matrix.records) * record.itemsize)
        added = sum(f.write(batch.tobytes()) for batch in batches) // record.itemsize
        f.flush()
        os.fsync(f.fileno())
        f.seek(0)
        f.write(_pack(record["encoding"].shape[0], matrix.generation, len(matrix.records) + added))


def remove_matrix(path: Path) -> None:
    """Overwrite and remove a matrix, if there is one.

    Raises:
        OutputError: the file can't be overwritten.
    """
    with written(path), suppress(FileNotFoundError):
        with path.open("r+b") as f:
            overwrite(f.fileno())
        path.unlink()


def remove_unfinished(path: Path) -> None:
    """Overwrite and remove what killed writers of a matrix have left beside it.

    Raises:
        OutputError: a file can't be overwritten.
    """
    for left in path.parent.glob(f".{path.name}.*"):
        remove_matrix(left)


def overwrite(file: int) -> None:
    """Write zeros over all of an open file, onto the disk."""
    os.lseek(file, 0, os.SEEK_SET)
    left = os.fstat(file).st_size
    while left:
        left -= os.write(file, _ZEROS[:left])
    os.fsync(file)


def _pack(dim: int, generation: int, count: int) -> bytes:
    packed = _HEADER.pack(_MARK, dim, generation, count)
    return (packed + _CHECK.pack(zlib.crc32(packed))).ljust(_HEADER_BYTES, b"\0")


def _unpack(header: bytes) -> tuple[int, int, int] | None:
    """D, generation and N of a whole header."""
    packed, rest = header[: _HEADER.size], header[_HEADER.size :]
    if len(header) < _HEADER_BYTES or _CHECK.unpack_from(rest)[0] != zlib.crc32(packed):
        return None
    mark, dim, generation, count = _HEADER.unpack(packed)
    return (dim, generation, count) if mark == _MARK else None

"""NumPy's own files, .npy and .npz: never an object, and no memory on a header's word.

The format: numpy.lib.format. A header says type, order and shape, the values follow; an .npz is a zip of such files.
"""

import zipfile
import zlib
from collections.abc import Iterable
from math import prod
from pathlib import Path
from typing import IO, Any, cast, get_args

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from striate.errors import DataError
from striate.recording_preset import Kind
from striate.recordings.limits import DEFLATE_LIMIT, check_file, foreign_errors

MAX_BYTES = 2**31  # of one array: a whole data set may be in it
MAX_WORDS = 2**22  # of one array: each becomes an object
NUMBERS, WORDS = "biuf", "US"  # kinds of types
_ENCRYPTED = 0x1
_READ_HEADER = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}


def read_npy(path: Path) -> NDArray[Any]:
    """The array of an .npy file.

    Raises:
        DataError: not such a file, longer or shorter than it says, too large, or of no numbers.
    """
    size = check_file(path, MAX_BYTES + 2**16).stat().st_size
    try:
        with path.open("rb") as f:
            return _read(f, size, str(path), NUMBERS)
    except OSError as e:
        raise DataError(f"{path}: can't be read: {e.strerror}") from e


class Npz:
    """An .npz file: its arrays by name, each read when it is asked for.

    Args:
        path: of the file.

    Raises:
        DataError: not a zip, or one that no honest writer makes.
    """

    def __init__(self, path: Path):
        self.path = check_file(path, 2 * MAX_BYTES)
        with self._opened() as archive:
            infos = archive.infolist()
        for info in infos:
            if reason := _refusal(info):
                raise DataError(f"{path}: {info.filename}: {reason}")
        self._members = {i.filename.removesuffix(".npy"): i for i in infos if i.filename.endswith(".npy")}
        if len(self._members) < len(infos):
            raise DataError(f"{path}: holds files that are no .npy, or several of one name")

    @property
    def names(self) -> tuple[str, ...]:
        """Of the arrays."""
        return tuple(self._members)

    def numbers(self, name: str) -> NDArray[Any]:
        """An array of numbers: booleans, integers or floats."""
        return self._array(name, NUMBERS)

    def words(self, name: str) -> list[str]:
        """An array of one axis, or a single value, as text; whole numbers are written without a point."""
        array = self._array(name, NUMBERS + WORDS)
        if array.ndim > 1:
            raise DataError(f"{self.path}: {name} has {array.ndim} axes; one is expected")
        if array.size > MAX_WORDS:
            raise DataError(f"{self.path}: {name} has {array.size:,} values; up to {MAX_WORDS:,} are allowed")
        try:
            return as_words(array.ravel().tolist())
        except UnicodeDecodeError as e:
            raise DataError(f"{self.path}: {name} is not UTF-8") from e

    def is_text(self, name: str) -> bool:
        """Whether an array is of text, not of numbers."""
        return self._array(name, NUMBERS + WORDS).dtype.kind in WORDS

    def described(self, kind: Kind | None = None) -> tuple[Kind | None, tuple[float, ...], tuple[str, ...]]:
        """What the arrays `kind`, `spacing` and `channel_names` say, as far as they are there; `kind` comes first."""
        spacing = self.numbers("spacing").ravel()[:4] if "spacing" in self.names else ()
        names = self.words("channel_names") if "channel_names" in self.names else ()
        written = self.words("kind") if "kind" in self.names else [None]
        if written[0] not in (None, *get_args(Kind)):
            raise DataError(f"{self.path}: kind is one of {', '.join(get_args(Kind))}, got {written[0]!r}")
        return kind or cast("Kind | None", written[0]), tuple(map(float, spacing)), tuple(names)

    def _array(self, name: str, kinds: str) -> NDArray[Any]:
        if name not in self._members:
            raise DataError(f"{self.path}: there is no array {name!r}; there are {', '.join(self.names)}")
        info = self._members[name]
        try:
            with self._opened() as archive, archive.open(info) as member:
                return _read(member, info.file_size, f"{self.path}: {name}", kinds)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as e:
            raise DataError(f"{self.path}: {name} is broken: {e}") from e

    def _opened(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as e:
            raise DataError(f"{self.path}: can't be read as .npz (perhaps it's truncated): {e}") from e


def as_words(values: Iterable[object]) -> list[str]:
    """Labels as names.

    Example:
        >>> as_words([1, -1.0, 2.5, "cat", b"dog"])
        ['1', '-1', '2.5', 'cat', 'dog']
    """
    plain = (v.decode() if isinstance(v, bytes) else v for v in values)
    return [str(int(v)) if isinstance(v, float) and v.is_integer() else str(v) for v in plain]


def _refusal(info: zipfile.ZipInfo) -> str:
    """Why a member is refused; empty if it isn't."""
    if info.flag_bits & _ENCRYPTED:
        return "encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "neither stored nor deflated"
    if info.file_size > min(MAX_BYTES + 2**16, DEFLATE_LIMIT * info.compress_size + 1):
        return f"says it unpacks to {info.file_size:,} bytes, which it can't, or more than {MAX_BYTES:,}"
    return ""


def _read(f: IO[bytes], size: int, name: str, kinds: str) -> NDArray[Any]:
    """An array out of `size` bytes, all of which it takes."""
    with foreign_errors(name, "an .npy file"):
        version = npy_format.read_magic(f)
        if version not in _READ_HEADER:
            raise ValueError(f"version {version}")
        shape, fortran, dtype = _READ_HEADER[version](f)
    if dtype.kind not in kinds or dtype.itemsize == 0:
        raise DataError(f"{name}: of type {str(dtype)[:80]}; numbers are expected, and objects are never read")
    count, rest = prod(shape), size - f.tell()
    if any(n < 0 for n in shape) or count * dtype.itemsize != rest:
        raise DataError(f"{name}: says it holds {shape} of {dtype}, but {rest:,} bytes follow; is it cut off?")
    if rest > MAX_BYTES or not count:
        raise DataError(f"{name}: {rest:,} bytes; 1 to {MAX_BYTES:,} are allowed")
    data = f.read(rest)
    if len(data) != rest:
        raise DataError(f"{name}: ends after {len(data):,} of {rest:,} bytes")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")

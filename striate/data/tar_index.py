"""Where the files of a tar lie, from its headers alone: the contents are neither read nor ever extracted.

POSIX.1-1988 (ustar), with GNU's and POSIX.1-2001's (pax) long names and sizes. What a hostile tar could try, and what
stops it: links, devices, sparse files and names that lead out of a folder are refused; extension headers are bounded;
nothing may lie beyond the end of the file, so there are no more members than its size can hold.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from striate.data.stores import escape_reason, is_text
from striate.errors import DataError, Problem

BLOCK = 512
WINDOW = 8 * BLOCK  # bytes read at once: a header, and most often the small file and the header after it
MOST_EXTENSION = 2**16
REFUSED = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a pipe",
    b"S": "a sparse file",
    b"M": "a file that another tar begins",
}
FILES, FOLDER = (b"0", b"\0", b"7"), b"5"
LONG_NAME, PAX = b"L", b"x"
EXTENSIONS = (LONG_NAME, PAX, b"K", b"g")  # the last two, long links and what holds for all, say nothing of use


class Member(NamedTuple):
    """An ordinary file in a tar: its name, where its bytes begin, and how many they are."""

    name: str
    offset: int
    size: int


class _Header(NamedTuple):
    name: bytes
    size: int
    kind: bytes


class OpenTar:
    """A tar that is open for reading at any place, by several threads and by processes that forked.

    Args:
        path: of the tar.

    Raises:
        DataError: there is no such file, or it can't be read.
    """

    def __init__(self, path: Path):
        self.path = path
        try:
            self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            self.size = os.fstat(self._file).st_size
        except OSError as e:
            raise DataError(f"{path} can't be read: {e.strerror}") from e
        self._start, self._window = 0, b""

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            os.close(self._file)

    def read(self, offset: int, size: int) -> bytes:
        """Bytes of the file; fewer where it ends."""
        if hasattr(os, "pread"):
            return os.pread(self._file, size, offset)
        with self.path.open("rb") as f:  # a position that threads share would move under them
            f.seek(offset)
            return f.read(size)

    def peek(self, offset: int, size: int) -> bytes:
        """The same for small pieces one soon after the other, by one thread."""
        at = offset - self._start
        if at < 0 or at + size > len(self._window):
            self._start, at, self._window = offset, 0, self.read(offset, max(size, WINDOW))
        return self._window[at : at + size]


def index_tar(tar: OpenTar) -> Iterator[Member]:
    """The ordinary files of a tar, in its order.

    Raises:
        DataError: not a tar, truncated, damaged or hostile; says which tar and which member.
    """
    return _Scan(tar).members()


class _Scan:
    """A way through a tar from header to header."""

    def __init__(self, tar: OpenTar):
        self.tar, self.at, self.last = tar, 0, "its beginning"
        self.long_name: bytes | None = None  # of the next member, where extension headers say them
        self.long_size: int | None = None

    def members(self) -> Iterator[Member]:
        """Up to the mark that ends a tar; what follows it counts for nothing."""
        while header := self.header():
            inside = self.at + BLOCK
            if header.kind in EXTENSIONS:
                self.extend(header, inside)
                self.at = inside + _padded(header.size)
                continue
            member = self.member(header, inside)
            self.at = inside + (0 if header.kind == FOLDER else _padded(member.size))
            if header.kind in FILES:
                yield member

    def header(self) -> _Header | None:
        """The header at this place; None where the tar ends."""
        block = self.tar.peek(self.at, BLOCK)
        if len(block) < BLOCK:
            raise self.refusal(f"truncated: after it not even the mark comes that ends a tar (byte {self.at:,})")
        if not any(block):
            return None
        header = _parse(block)
        if header is None:
            what = "damaged: no header comes after it" if self.at else "no tar; a compressed one must be unpacked"
            raise self.refusal(f"{what} (byte {self.at:,})")
        return header

    def extend(self, header: _Header, inside: int) -> None:
        """Take a long name or size for the member that follows."""
        if header.size > MOST_EXTENSION:
            raise self.refusal(f"followed by a header of {header.size:,} bytes")
        text = self.tar.peek(inside, header.size)
        if header.kind == LONG_NAME:
            self.long_name = text.rstrip(b"\0")
        if header.kind == PAX:
            fields = self.pax_fields(text)
            self.long_name = fields.get(b"path", self.long_name)
            if fields.get(b"size", b"").isdigit():
                self.long_size = int(fields[b"size"][:20])

    def member(self, header: _Header, inside: int) -> Member:
        """What a header and those before it describe, if an honest shard holds such a thing."""
        name = header.name if self.long_name is None else self.long_name
        size = header.size if self.long_size is None else self.long_size
        self.long_name = self.long_size = None
        self.last = name.decode(errors="surrogateescape")
        if reason := _reason(header.kind, self.last):
            raise self.refusal(reason)
        if inside + size > self.tar.size:
            raise self.refusal(f"truncated: of its {size:,} bytes {max(self.tar.size - inside, 0):,} are there")
        return Member(self.last, inside, size)

    def pax_fields(self, text: bytes) -> dict[bytes, bytes]:
        """Records of the form "length key=value", each with a line's end."""
        fields: dict[bytes, bytes] = {}
        at = 0
        while at < len(text):
            digits = text[at : at + 8].partition(b" ")[0]
            length = int(digits) if digits.isdigit() else 0
            key, equals, value = text[at + len(digits) + 1 : at + length].partition(b"=")
            if not equals or at + length > len(text) or not value.endswith(b"\n"):
                raise self.refusal("followed by a damaged header")
            if key.startswith(b"GNU.sparse"):
                raise self.refusal("followed by a sparse file")
            fields[key] = value[:-1]
            at += length
        return fields

    def refusal(self, reason: str) -> DataError:
        """The error that names the tar and the last member that was seen."""
        name = self.last.encode(errors="backslashreplace").decode()
        return DataError(f"{self.tar.path} is refused", [Problem(name, reason)])


def _reason(kind: bytes, name: str) -> str:
    """Why a member is refused; empty if it isn't."""
    if reason := REFUSED.get(kind, "" if kind in FILES or kind == FOLDER else f"of an unknown kind {kind!r}"):
        return reason
    return escape_reason(name) if is_text(name) else "its name is not UTF-8"


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _parse(block: bytes) -> _Header | None:
    """What a header says; None where its sum is wrong, for then it is none."""
    said, size = _number(block[148:156]), _number(block[124:136])
    if said != sum(block) - sum(block[148:156]) + 8 * ord(" ") or size is None:
        return None
    name = block[:100].partition(b"\0")[0]
    prefix = block[345:500].partition(b"\0")[0] if block[257:263] == b"ustar\0" else b""  # GNU has other things there
    return _Header(prefix + b"/" + name if prefix else name, size, block[156:157])


def _number(field: bytes) -> int | None:
    """Octal digits, or GNU's binary for what is too large for them; None if it is neither."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b"\0 ")
    return int(digits, 8) if digits and not digits.strip(b"01234567") else None

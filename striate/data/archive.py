"""Images in a zip, read in place: nothing is ever extracted.

What a hostile zip could try, and what stops it: members that climb out by `..`, absolute paths or links
are refused by name although nothing is written; a bomb is bounded since a member is read up to its declared
size, which is bounded, and members that overlap, the trick behind petabytes in a small file, are refused.
"""

import os
import stat
import zipfile
import zlib
from pathlib import Path

from striate.data.image import MAX_FILE_BYTES
from striate.data.stores import FileStore, Listing, escape_reason, is_hidden
from striate.errors import DataError, ImageError, Problem

UTF8_FLAG, ENCRYPTED_FLAG = 0x800, 0x1


class ZipStore(FileStore):
    """The files in a zip; each process opens it anew on first use.

    Args:
        path: the zip.
        members: clean name to the name in the zip.
    """

    def __init__(self, path: Path, members: dict[str, str]):
        self.path, self.members = path, members
        self._opened: tuple[int, zipfile.ZipFile] | None = None

    @classmethod
    def open(cls, path: Path) -> "ZipStore":
        """List the members and refuse a hostile or broken zip.

        Raises:
            DataError: not a zip, or members that no honest zip holds, all of them listed.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                infos = archive.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as e:
            raise DataError(f"{path} can't be read as a zip (perhaps it's truncated): {e}") from e
        problems = [Problem(name, reason) for name, reason in ((_name(i), _refusal(i)) for i in infos) if reason]
        if sum(i.compress_size for i in infos) > path.stat().st_size:
            problems.append(Problem(path.name, "its members overlap, as in a zip bomb"))
        members = {_name(i): i.filename for i in infos}
        if len(members) < len(infos):
            problems.append(Problem(path.name, "holds several members of one name"))
        if problems:
            raise DataError(f"{path} is refused", problems)
        return cls(path, {n: m for n, m in members.items() if not any(map(is_hidden, n.rstrip("/").split("/")))})

    def read(self, path: str) -> bytes:
        """The bytes of a member."""
        if path not in self.members:
            raise ImageError("no such file in the zip")
        try:
            return self._archive().read(self.members[path])
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as e:
            raise ImageError(f"broken in the zip: {e}") from e

    def listing(self) -> Listing:
        """Folders are those that the zip names, and those that its files imply."""
        files = sorted(n for n in self.members if not n.endswith("/"))
        parents = {str(p) for n in files for p in Path(n).parents}
        named = {n.rstrip("/") for n in self.members if n.endswith("/")}
        return Listing(tuple(files), tuple(sorted((parents | named) - {"."})))

    def refusal(self, path: str) -> str:
        """A path must be a member."""
        return escape_reason(path) or ("" if path in self.members else "no such file in the zip")

    def under(self, folder: str) -> "ZipStore":
        """The members of one folder."""
        prefix = f"{folder}/"
        inside = {n.removeprefix(prefix): m for n, m in self.members.items() if n.startswith(prefix) and n != prefix}
        return ZipStore(self.path, inside)

    def _archive(self) -> zipfile.ZipFile:
        """Open for this process: a handle that came along by fork would share its position."""
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = (os.getpid(), zipfile.ZipFile(self.path))
        return self._opened[1]

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_opened": None}


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name with forward slashes; a Mac's zip writes UTF-8 without saying so."""
    name = info.filename
    if not info.flag_bits & UTF8_FLAG:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename  # it really is the old encoding
    return name.replace("\\", "/")


def _refusal(info: zipfile.ZipInfo) -> str:
    """Why a member is refused; empty if it isn't."""
    if reason := escape_reason(info.filename):
        return reason
    if stat.S_ISLNK(info.external_attr >> 16):
        return "a symbolic link"
    if info.flag_bits & ENCRYPTED_FLAG:
        return "encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "neither stored nor deflated"
    if info.file_size > MAX_FILE_BYTES:
        return f"unpacks to {info.file_size:,} bytes; {MAX_FILE_BYTES:,} are allowed"
    return ""

"""Where files come from: a folder here, a zip in archive.py; both list, refuse and read alike."""

import hashlib
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import NamedTuple

from striate.data.image import check_image, named, read_file, read_image
from striate.data.records import Checked, Pixels
from striate.errors import Problem


class Listing(NamedTuple):
    """All that a store holds, hidden files and folders left out.

    Attributes:
        files, folders: relative, with forward slashes, sorted.
        problems: links and folders that can't be followed, names that are no text.
    """

    files: tuple[str, ...]
    folders: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


class ByteStore(ABC):
    """Images as files have them: with their bytes at hand, all stores read them alike."""

    @abstractmethod
    def read(self, path: str) -> bytes:
        """The bytes of a file; an ImageError, without the path, where it can't be read."""

    def load(self, path: str, channels: int = 3, at_least_hw: tuple[int, int] | None = None) -> Pixels:
        """uint8 pixels (H, W, C)."""
        with named(path):
            return read_image(self.read(path), channels=channels, at_least_hw=at_least_hw)

    def check(self, path: str) -> Checked:
        """Digest, size and mode from one reading."""
        data = self.read(path)
        header = check_image(data)
        return Checked(hashlib.sha256(data).hexdigest(), header.size_hw, header.mode)

    def digest(self, path: str) -> str:
        """SHA-256 of the file."""
        with named(path):
            return hashlib.sha256(self.read(path)).hexdigest()


class FileStore(ByteStore):
    """Images in files that lie in folders, among others."""

    @abstractmethod
    def listing(self) -> Listing:
        """All files and folders."""

    @abstractmethod
    def refusal(self, path: str) -> str:
        """Why `path`, which somebody wrote into a table, can't be used; empty if it can."""

    @abstractmethod
    def under(self, folder: str) -> "FileStore":
        """The store of what lies under one of its folders."""


class FolderStore(FileStore):
    """The files under a folder of the disk."""

    def __init__(self, root: Path):
        self.root = root

    def read(self, path: str) -> bytes:
        """The bytes of a file under the folder."""
        return read_file(self.root / path)

    def listing(self) -> Listing:
        """Links are followed, after all that isn't a link; each folder is read once, so that a loop ends."""
        files, folders, problems, seen = [], [], [], set()
        waiting, links = [""], list[str]()
        while waiting or links:
            folder = waiting.pop() if waiting else links.pop()
            place = self.root / folder
            try:
                identity = (place.stat().st_dev, place.stat().st_ino)
                entries = [e for e in os.scandir(place) if not is_hidden(e.name)]
            except OSError as e:
                problems.append(Problem(folder, e.strerror or str(e)))
                continue
            if identity in seen:
                problems.append(Problem(folder, "a link to a folder that is read already"))
                continue
            seen.add(identity)
            folders.append(folder)
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if not is_text(entry.name):
                    problems.append(Problem(path.encode(errors="backslashreplace").decode(), "its name is not UTF-8"))
                elif entry.is_dir():
                    (links if entry.is_symlink() else waiting).append(path)
                else:
                    files.append(path)
        return Listing(tuple(sorted(files)), tuple(sorted(folders)[1:]), tuple(problems))

    def refusal(self, path: str) -> str:
        """A path must be relative, stay under the folder even through links, and be there."""
        reason = escape_reason(path)
        if not reason and not (self.root / path).is_file():
            reason = "no such file"
        if not reason and not (self.root / path).resolve().is_relative_to(self.root.resolve()):
            reason = "a link that leads out of the data's folder"
        return reason

    def under(self, folder: str) -> "FolderStore":
        """The store of a folder under this one."""
        return FolderStore(self.root / folder)


def is_hidden(name: str) -> bool:
    """What systems leave behind: dot files, and the folder of a Mac's zip.

    Example:
        >>> is_hidden(".DS_Store"), is_hidden("__MACOSX"), is_hidden("cat.jpg")
        (True, True, False)
    """
    return name.startswith(".") or name == "__MACOSX"


def is_text(name: str) -> bool:
    """Whether a name can be written down; Unix allows bytes that are no UTF-8, and they come as lone surrogates.

    Example:
        >>> is_text("café"), is_text("caf" + chr(0xDCE9))
        (True, False)
    """
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)


def escape_reason(path: str) -> str:
    """Why a path could lead out of its folder, on any system; empty if it can't.

    Example:
        >>> escape_reason("../secret.jpg"), escape_reason("C:/x.jpg"), escape_reason("a/b..jpg")
        ("goes up with '..'", 'an absolute path', '')
    """
    if path.startswith(("/", "\\")) or path[1:2] == ":":
        return "an absolute path"
    return "goes up with '..'" if ".." in path.replace("\\", "/").split("/") else ""

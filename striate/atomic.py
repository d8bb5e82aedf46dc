"""Write a file whole or not at all: temporary file beside it, fsync, rename."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from striate.errors import OutputError


@contextmanager
def atomic_write(path: str | Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A binary file that replaces `path` when the block ends without an error.

    A crash, a full disk or an exception leaves what stood at `path` before, and no half file.

    Args:
        path: of the file.
        private: nobody but its owner may read it, whatever the umask.

    Raises:
        OutputError: the folder is missing or read-only, or the disk is full.

    Example:
        >>> with atomic_write("note.txt") as f:
        ...     _ = f.write(b"whole")
        >>> Path("note.txt").read_bytes()
        b'whole'
    """
    path = Path(path)
    with written(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as f:
                yield f
                f.flush()
                os.fsync(f.fileno())
            temporary.chmod(0o600 if private else 0o666 & ~_umask())
            temporary.replace(path)
            sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """`atomic_write` for a library that opens files by name: what it writes at the path it is given replaces `path`.

    The suffix is the same. If nothing was written, nothing is replaced.

    Raises:
        OutputError: the folder is missing or read-only, the disk is full, or `path` is a folder.

    Example:
        >>> with atomic_path("note.txt") as temporary:
        ...     _ = temporary.write_text("whole")
        >>> Path("note.txt").read_text()
        'whole'
    """
    path = Path(path)
    if path.is_dir():
        raise OutputError(f"can't write {path}: it is a folder")
    with written(path):
        folder = tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.")
    with folder as name:
        temporary = Path(name, f"whole{path.suffix}")
        yield temporary
        if temporary.exists():
            with written(path):
                with temporary.open("rb+") as f:
                    os.fsync(f.fileno())
                temporary.replace(path)
                sync_folder(path.parent)


@contextmanager
def written(path: Path) -> Iterator[None]:
    """An OutputError that names the path for whatever the system says while it is written."""
    try:
        yield
    except OSError as e:
        raise OutputError(f"can't write {path}: {e.strerror or e}") from e


def _umask() -> int:
    """The process's umask, which mkstemp's private mode ignores (it can only be read by setting it)."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def sync_folder(folder: Path) -> None:
    """Make what was renamed or made in a folder survive a crash, where the system can open folders (not on Windows)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

"""The folder of a gallery: what lies in it, who may use it, and whose turn it is to write."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from striate.atomic import sync_folder
from striate.errors import ArgumentError, GalleryError, OutputError, Problem
from striate.faces.gallery_file import PATIENCE_SECONDS, create_store, is_created
from striate.faces.gallery_store import Facts

STORE, MATRIX, LOCK = "gallery.sqlite", "search.matrix", "lock"


def make_gallery(folder: Path, facts: Facts) -> None:
    """Make a folder and the store in it, unless it is there.

    Raises:
        ArgumentError: the folder holds something else.
        OutputError: it can't be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        inside = {entry.name for entry in folder.iterdir()}
        if STORE not in inside:
            if any(name != LOCK and not name.startswith(STORE) for name in inside):
                raise ArgumentError.of("folder", "a gallery, empty, or not there yet", str(folder))
            folder.chmod(0o700)
            sync_folder(folder.parent)
    except OSError as e:
        raise OutputError(f"can't make a gallery in {folder}: {e.strerror or e}") from e
    if not is_created(folder / STORE):
        with held(open_lock(folder)):
            create_store(folder / STORE, facts)


def open_lock(folder: Path) -> FileLock:
    """The lock that is held by who writes, one process and thread at a time."""
    return FileLock(folder / LOCK, timeout=PATIENCE_SECONDS, mode=0o600)


@contextmanager
def held(lock: FileLock) -> Iterator[None]:
    """Wait for a lock, and hold it.

    Raises:
        GalleryError: another process keeps it for too long.
        OutputError: its file can't be used.
    """
    try:
        lock.acquire()
    except Timeout as e:
        folder = Path(lock.lock_file).parent
        raise GalleryError(f"another process has been writing to {folder} for {lock.timeout:g} s") from e
    except OSError as e:
        raise OutputError(f"can't use {lock.lock_file}: {e.strerror or e}") from e
    try:
        yield
    finally:
        lock.release()


def check_modes(folder: Path) -> list[Problem]:
    """The folder and its files, as far as others than their owner may use them."""
    problems = []
    for path in [folder, *sorted(folder.iterdir())]:
        with suppress(FileNotFoundError):  # SQLite's log goes when the last who used it does
            if path.stat().st_mode & 0o077:
                problems.append(Problem(str(path), "others than its owner may use it; chmod go= mends that"))
    return problems

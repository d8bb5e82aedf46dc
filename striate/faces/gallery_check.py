"""What may be wrong with the files of a gallery beside its store."""

from contextlib import suppress
from pathlib import Path

from striate.errors import Problem
from striate.faces.gallery_matrix import Matrix
from striate.faces.gallery_store import Store


def check_modes(folder: Path) -> list[Problem]:
    """The folder and its files, as far as others than their owner may use them."""
    problems = []
    for path in [folder, *sorted(folder.iterdir())]:
        with suppress(FileNotFoundError):  # SQLite's log goes when the last who used it does
            if path.stat().st_mode & 0o077:
                problems.append(Problem(str(path), "others than its owner may use it; chmod go= mends that"))
    return problems


def check_matrix(matrix: Matrix, store: Store) -> str:
    """Compare all records with the store's, byte by byte: what is wrong, or nothing."""
    done = 0
    for batch in store.records():
        ours = matrix.records[done : done + len(batch)]
        if ours.tobytes() != batch.tobytes():
            return f"disagrees with the store among rows {done} to {done + len(batch) - 1}"
        done += len(batch)
    return "" if done == len(matrix.records) else f"has {len(matrix.records)} rows for {done} images"

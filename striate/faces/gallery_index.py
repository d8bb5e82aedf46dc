"""The search matrix of a gallery, kept up with its store."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path

from striate.errors import GalleryError, OutputError
from striate.faces.gallery_entries import wrong_row
from striate.faces.gallery_matrix import (
    Matrix,
    append_records,
    map_matrix,
    remove_matrix,
    remove_unfinished,
    write_matrix,
)
from striate.faces.gallery_store import NOT_UNIT, Records, Store, damage


class Index:
    """The matrix file, which follows the store: it is grown, or made anew, where it does not hold all images.

    Only who holds the gallery's lock may call what changes the file: all but `current` and `is_current`.

    Args:
        path: of the file; there need not be one.
        store: what the file is derived from.
        writing: holds the gallery's lock.
    """

    def __init__(self, path: Path, store: Store, writing: Callable[[], AbstractContextManager[None]]):
        self.path, self._store, self._writing = path, store, writing
        self._matrix: Matrix | None = None

    def current(self) -> Matrix:
        """A mapped matrix that holds all images of this moment."""
        state, matrix = self._store.state, self._matrix
        if matrix is None or not matrix.holds(state) or matrix.is_replaced(self.path):
            matrix = map_matrix(self.path, self._store.facts.dim)
            if matrix is None or not matrix.holds(state) or not self._is_ours(matrix):
                with self._writing():
                    matrix = self.catch_up()
            self._matrix = matrix
        return matrix

    def is_current(self, matrix: Matrix) -> bool:
        """Whether nobody of a matrix was removed, nor its file overwritten, until now."""
        return matrix.generation == self._store.state.generation and not matrix.is_replaced(self.path)

    def catch_up(self) -> Matrix:
        """Make the file hold all images."""
        state = self._store.state  # before the records, which may be newer but not older
        matrix = map_matrix(self.path, self._store.facts.dim)
        if matrix is None or matrix.generation != state.generation or not self._is_ours(matrix):
            return self.rewrite()
        if matrix.last < state.last:
            append_records(self.path, matrix, self._sound_records(after=matrix.last))
            return self._mapped()
        return matrix

    def try_to_catch_up(self) -> None:
        """What is stored is stored: if the file can't follow, that is an error of the next search."""
        with suppress(OutputError, GalleryError):
            self.catch_up()

    def rewrite(self) -> Matrix:
        """Make the file anew, and overwrite the old one."""
        facts, state = self._store.facts, self._store.state
        write_matrix(self.path, facts.dim, state.generation, self._sound_records())
        return self._mapped()

    def erase(self) -> None:
        """Overwrite what the file, or one that was begun, holds of those who were removed.

        Where it can't be made anew, as somebody else's image is damaged, there is none until that is mended.
        """
        self.forget()
        try:
            self.catch_up()
        except GalleryError:
            remove_matrix(self.path)
        remove_unfinished(self.path)

    def disagreement(self, matrix: Matrix) -> str:
        """Compare all records with the store's, byte by byte: what is wrong, or nothing."""
        done = 0
        for batch in self._store.records():
            ours = matrix.records[done : done + len(batch)]
            if ours.tobytes() != batch.tobytes():
                return f"disagrees with the store among rows {done} to {done + len(batch) - 1}"
            done += len(batch)
        return "" if done == len(matrix.records) else f"has {len(matrix.records)} rows for {done} images"

    def forget(self) -> None:
        """Let go of the mapped file."""
        self._matrix = None

    def _mapped(self) -> Matrix:
        matrix = map_matrix(self.path, self._store.facts.dim)
        if matrix is None:
            raise GalleryError(f"{self.path} was damaged as soon as it was written")
        return matrix

    def _sound_records(self, after: int = 0) -> Iterator[Records]:
        """The store's records, as long as all can be searched.

        Raises:
            GalleryError: one can't; says whose it is, and what mends that.
        """
        for batch in self._store.records(after):
            row = wrong_row(batch["encoding"])
            if row is not None:
                person = int(batch["person"][row])
                name = self._store.names([person]).get(person, "nobody")
                raise GalleryError(f"{self.path.parent}: {damage(int(batch['image'][row]), name, NOT_UNIT)}")
            yield batch

    def _is_ours(self, matrix: Matrix) -> bool:
        """Whether the last image of a matrix is the store's too; in an older copy of a store it may be another."""
        if not len(matrix.records):
            return True
        with closing(self._store.records(after=matrix.last - 1)) as batches:
            batch = next(batches, matrix.records[:0])
        return batch[:1].tobytes() == matrix.records[-1:].tobytes()

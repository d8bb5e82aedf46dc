"""A gallery: people, known by encodings of their images, in a folder on disk; who of them an image may show."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from numpy.typing import ArrayLike

from striate.errors import ArgumentError, GalleryError, OutputError, Problem
from striate.faces.encoder_names import encoder_label
from striate.faces.gallery_entries import Entries, check_encodings, check_identity, check_threshold, person_name
from striate.faces.gallery_export import read_export, read_export_head, write_export
from striate.faces.gallery_file import is_created
from striate.faces.gallery_folder import MATRIX, STORE, check_modes, held, make_gallery, open_lock
from striate.faces.gallery_index import Index
from striate.faces.gallery_search import Nearest, nearest_people
from striate.faces.gallery_sqlite import SqliteStore
from striate.faces.gallery_store import Facts, Store
from striate.results import Candidate, Candidates


class Gallery:
    """People in a folder: what was acknowledged survives a crash, what was removed is gone from all of its files.

    Many may search while one writes; writers wait for each other. Threads may share a gallery, processes open their
    own. A search sees all that was enrolled before it began.

    Args:
        folder: of the gallery.
        store: its truth; `Gallery.open` takes SQLite's.

    Example:
        >>> with Gallery.open("staff", encoder="some network", dim=2) as gallery:
        ...     gallery.enroll("Ada", [[1, 0]], image_hashes=[bytes(32)])
        ...     gallery.enroll("Bob", [[0, 1]], image_hashes=[bytes(32)])
        ...     gallery.set_threshold(0.6)
        ...     answer = gallery.identify([[0.96, 0.28]])[0]
        1
        1
        >>> answer.recognised
        Candidate(name='Ada', distance=0.2828427...)
        >>> [candidate.name for candidate in answer.ranked]
        ['Ada', 'Bob']
    """

    def __init__(self, folder: Path, store: Store):
        self.folder, self._store = folder, store
        self._lock = open_lock(folder)
        self._index = Index(folder / MATRIX, store, self._writing)
        self._finish_removal()

    @classmethod
    def open(cls, folder: str | Path, *, encoder: str, dim: int) -> "Gallery":
        """The gallery of a folder, which is made if nothing is there.

        One without people becomes this encoder's, and forgets its threshold; who had it open has to open it again.

        Args:
            folder: a gallery, empty, or not there yet.
            encoder: the identity of the network that makes the encodings.
            dim: D, their numbers each.

        Raises:
            GalleryError: the gallery holds encodings of another encoder, or is damaged.
            ArgumentError: the folder holds something else.
            OutputError: nothing can be written there.
        """
        folder = Path(folder)
        check_identity(encoder, dim)
        make_gallery(folder, Facts(encoder, dim))
        store = SqliteStore(folder / STORE)
        store.take_over(Facts(encoder, dim))
        _refuse_others(store, encoder, dim)
        return cls(folder, store)

    @classmethod
    def existing(cls, folder: str | Path, *, encoder: str | None = None, dim: int | None = None) -> "Gallery":
        """The gallery of a folder, which must be there: to list, remove or export needs no encoder.

        Args:
            folder: of the gallery.
            encoder: if given, the gallery must hold encodings of this network.
            dim: if given, the gallery's D must be this.

        Raises:
            GalleryError: there is none, it holds encodings of another encoder, or is damaged.
        """
        folder = Path(folder)
        if not is_created(folder / STORE):
            raise GalleryError(f"there is no gallery in {folder}: `striate faces enroll` makes one")
        store = SqliteStore(folder / STORE)
        _refuse_others(store, encoder, dim)
        return cls(folder, store)

    @property
    def encoder(self) -> str:
        """The identity of the network that makes the encodings."""
        return self._store.facts.encoder

    @property
    def dim(self) -> int:
        """D, the numbers of an encoding."""
        return self._store.facts.dim

    @property
    def threshold(self) -> float | None:
        """τ, the distance up to which somebody is recognised; None while nobody has set it."""
        return self._store.facts.threshold

    def set_threshold(self, threshold: float | None) -> None:
        """Remember τ, or forget it.

        Raises:
            ArgumentError: it is not in [0, 2].
        """
        with self._writing():
            self._store.set_threshold(None if threshold is None else check_threshold(threshold))

    def enroll(self, name: str, encodings: ArrayLike, image_hashes: Sequence[bytes]) -> int:
        """Add images of one person, all or none; when this returns they are on the disk.

        An image that the person has already, by its digest, is left as it is.

        Args:
            name: of the person, new or known; see `person_name`.
            encodings: (N, D) of unit length.
            image_hashes: the SHA-256 of each image's bytes, 32 bytes.

        Returns:
            how many of the images were new.

        Raises:
            ArgumentError: something of it can't be stored.
            GalleryError: another process keeps writing for too long.
        """
        return self.enroll_many([name] * len(image_hashes), encodings, image_hashes)

    def enroll_many(self, names: Sequence[str], encodings: ArrayLike, image_hashes: Sequence[bytes]) -> int:
        """`enroll` for images of several people at once: image i is of the person `names[i]`."""
        entries = Entries.of(names, image_hashes, encodings, self.dim)
        with self._writing():
            added = self._store.add([entries])
            self._index.try_to_catch_up()
        return added

    def identify(self, encodings: ArrayLike, *, top: int = 5, threshold: float | None = None) -> list[Candidates]:
        """The nearest people to each encoding, by the nearest of their images; exact, ties in the order of names.

        Args:
            encodings: (Q, D) of unit length.
            top: at most so many people each.
            threshold: τ; None takes the gallery's.

        Raises:
            ArgumentError: an encoding is not of unit length, or there is no threshold.
            GalleryError: the gallery is damaged.
        """
        queries = check_encodings(encodings, self.dim)
        if top < 1:
            raise ArgumentError.of("top", "at least 1", top)
        limit = self.threshold if threshold is None else check_threshold(threshold)
        if limit is None:
            raise ArgumentError(
                "threshold must be given, as none is set in the gallery: calibrate one on pairs of images"
            )
        while True:
            matrix = self._index.current()
            found = list(nearest_people(matrix.encodings, matrix.people, queries, top))
            names = self._store.names({person for nearest in found for person in nearest.people.tolist()})
            if self._index.is_current(matrix):
                return [Candidates(_named(nearest, names)[:top], limit) for nearest in found]

    def people(self) -> Mapping[str, int]:
        """How many images each person has, in the order of names."""
        return self._store.people()

    def remove(self, *names: str) -> None:
        """Remove people, all or none; when this returns no file of the gallery holds a byte of their data.

        Several at once take hardly longer than one: all files are written anew.

        Raises:
            ArgumentError: somebody is not in the gallery; nobody was removed.
            GalleryError, OutputError: they are removed, but not all of their bytes are overwritten yet, as another
                process kept reading for too long, or the disk is full; the error says so.
        """
        with self._writing():
            self._store.remove(list(dict.fromkeys(map(person_name, names))))
            try:
                self._erase()
            except (GalleryError, OutputError) as e:
                raise type(e)(
                    "removed, and nobody will be recognised as them; but not all of their bytes are overwritten yet: "
                    f"{e}. The gallery finishes the removal when it is next opened"
                ) from e

    def export(self, path: str | Path) -> None:
        """Write all people, images' digests and encodings into one file; see `striate.faces.gallery_export`.

        Raises:
            OutputError: it can't be written.
            GalleryError: an image is damaged: nothing is written.
            ArgumentError: it would lie among the gallery's own files, in place of one or never to be erased.
        """
        path = Path(path)
        if self.folder.resolve() in path.resolve().parents:
            raise ArgumentError.of("path", "outside of the gallery's folder", str(path))
        with self._writing():  # so that as many images come as the first line says
            write_export(path, self._store.facts, sum(self.people().values()), self._store.entries())

    def import_(self, path: str | Path) -> int:
        """Add all of an exported gallery, or nothing. If this gallery has no threshold it takes that of the file.

        Returns:
            how many of the images were new.

        Raises:
            GalleryError: the file is of another encoder.
            DataError: the file is broken.
        """
        facts = read_export_head(Path(path)).facts
        if not facts.agree(self._store.facts):
            ours = encoder_label(self.encoder)
            raise GalleryError(f"{path} has encodings of {encoder_label(facts.encoder)}, this gallery those of {ours}")
        with self._writing():
            added = self._store.add(read_export(Path(path)))
            if self.threshold is None:
                self._store.set_threshold(facts.threshold)
            self._index.try_to_catch_up()
        return added

    def check(self) -> tuple[Problem, ...]:
        """Read everything and compare it with its checksums and with each other: what is wrong.

        A search matrix that is wrong is made anew from the store, and said to be.
        """
        with self._writing():
            damages = self._store.check()
            problems = [*check_modes(self.folder), *damages]
            state = self._store.state
            if state.erased < state.generation:
                left = "bytes of the removed are left: others keep reading, the disk is full, or the store is damaged"
                problems.append(Problem(str(self.folder), left))
            if not damages and (wrong := self._index.disagreement(self._index.catch_up())):
                problems.append(Problem(str(self._index.path), f"{wrong}; made anew"))
                self._index.rewrite()
        return tuple(problems)

    def close(self) -> None:
        """Let go of the files."""
        self._index.forget()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _erase(self) -> None:
        """Overwrite what removals have left anywhere. Only for who holds the lock."""
        generation = self._store.state.generation
        self._index.erase()
        self._store.erase()
        self._store.set_erased(generation)

    def _finish_removal(self) -> None:
        """Go on where a removal was killed, unless somebody is busy here: then it may be that removal.

        Where it can't be finished, people can be searched all the same; `check` tells of what is left.
        """
        state = self._store.state
        if state.erased == state.generation:
            return
        try:
            with self._lock.acquire(timeout=0):
                self._erase()
        except (OSError, GalleryError, OutputError):  # OSError of the lock: of who holds it, or of a read-only folder
            return

    def _writing(self) -> AbstractContextManager[None]:
        """One process and thread at a time."""
        return held(self._lock)


def _refuse_others(store: SqliteStore, encoder: str | None, dim: int | None) -> None:
    """Close a store, and say so, if an encoder or D is given and is not its own."""
    facts = store.facts
    if encoder in (None, facts.encoder) and dim in (None, facts.dim):
        return
    store.close()
    here = f"{dim} numbers by {encoder_label(encoder or facts.encoder)}"
    raise GalleryError(
        f"{store.path.parent} holds encodings of {facts.dim} numbers by the encoder {encoder_label(facts.encoder)}; "
        f"those of another can't be compared with them (here: {here}): "
        "take another gallery (--gallery), or the encoder that filled this one"
    )


def _named(nearest: Nearest, names: Mapping[int, str]) -> tuple[Candidate, ...]:
    """Candidates, the nearest first, ties in the order of names."""
    pairs = zip(nearest.distances.tolist(), nearest.people.tolist(), strict=True)
    ranked = sorted((distance, names[person]) for distance, person in pairs)
    return tuple(Candidate(name, distance) for distance, name in ranked)

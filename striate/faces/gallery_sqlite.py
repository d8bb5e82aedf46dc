"""The store of a gallery in one SQLite file: a write-ahead log, synced at each commit, deleted bytes overwritten."""

import sqlite3
import threading
import weakref
import zlib
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from striate.errors import ArgumentError, GalleryError, Problem
from striate.faces.gallery_entries import Entries, check_identity, wrong_row
from striate.faces.gallery_file import APPLICATION, FORMAT, SCHEMA, connect, explained, schema
from striate.faces.gallery_store import NOT_UNIT, Facts, Records, State, damage, record_type

_BATCH = 4096
_MOST_VARIABLES = 500
_CHANGED = "its checksum disagrees"
_EVERYTHING = """SELECT images.id, name, sha256, encoding, crc32, created FROM images
    JOIN people ON people.id = images.person ORDER BY images.id"""
_ANYBODY = "SELECT 1 FROM people LIMIT 1"
_NOW = "SELECT encoder, dim, threshold, generation, erased, coalesce((SELECT max(id) FROM images), 0) FROM facts"


class SqliteStore:
    """People, their images' digests and encodings, in one file.

    Threads may share it and take turns. Other processes may read it at any time, and wait to write. Once one of them
    has taken it over for another encoder, `facts`, `state` and all changes raise GalleryError here.

    Args:
        path: of a file that `create_store` made.

    Raises:
        GalleryError: the file is damaged, of a newer format, or no gallery.

    Example:
        >>> from striate.faces.gallery_file import create_store
        >>> path = Path("gallery.sqlite")
        >>> create_store(path, Facts("a network", dim=2))
        >>> store = SqliteStore(path)
        >>> store.add([Entries.of(["Ada"], [bytes(32)], [[0.6, 0.8]], dim=2)])
        1
        >>> store.people(), store.state
        ({'Ada': 1}, State(generation=0, erased=0, last=1))
        >>> store.close()
    """

    def __init__(self, path: Path):
        self.path = path
        self._turn = threading.RLock()
        self._connection = connect(path)
        self._finish = weakref.finalize(self, self._connection.close)
        try:
            with self._transaction("DEFERRED"):  # one view, also while another process gives it to another encoder
                self._check_schema()
                self._opened = self._read_facts()
        except GalleryError:
            self.close()
            raise

    @property
    def facts(self) -> Facts:
        """What the encodings are."""
        return self._now()[0]

    @property
    def state(self) -> State:
        """How far it has come."""
        return self._now()[1]

    def take_over(self, facts: Facts) -> None:
        """Make a store without people that of another encoder; one with people stays as it is."""
        if facts.agree(self._opened):
            return
        if not self._rows(_ANYBODY):
            with self._transaction("IMMEDIATE") as connection:
                if not self._rows(_ANYBODY) and not facts.agree(self._read_facts()):
                    connection.execute("DROP TABLE images")  # its schema says how long an encoding is
                    connection.execute(schema(facts.dim)[-1])
                    connection.execute("UPDATE facts SET encoder = ?, dim = ?, threshold = ?", facts)
        self._opened = self._read_facts()

    def set_threshold(self, threshold: float | None) -> None:
        """Remember τ, or forget it."""
        with self._change() as connection:
            connection.execute("UPDATE facts SET threshold = ?", (threshold,))

    def add(self, batches: Iterable[Entries]) -> int:
        """Add all or none; an image that a person has already is left as it is. How many were new."""
        with self._change() as connection:
            return sum(_add(connection, entries) for entries in batches)

    def remove(self, names: Sequence[str]) -> None:
        """Remove people and their images, all or none; `erase` overwrites what that leaves.

        Raises:
            ArgumentError: a name that nobody has.
        """
        with self._change() as connection:
            for name in names:
                row = connection.execute("SELECT id FROM people WHERE name = ?", (name,)).fetchone()
                if row is None:
                    raise ArgumentError.of("name", "somebody's in the gallery", name)
                connection.execute("DELETE FROM images WHERE person = ?", row)
                connection.execute("DELETE FROM people WHERE id = ?", row)
            connection.execute("UPDATE facts SET generation = generation + 1")

    def erase(self) -> None:
        """Overwrite the bytes that removals have left: in free space of pages, and in the write-ahead log.

        secure_delete zeroes rows that are deleted, but not copies that stayed where SQLite moved a row from one page to
        another before; VACUUM writes all pages anew. Each time the log is taken over into the file and cut to nothing.

        Raises:
            GalleryError: another process has been reading for too long.
        """
        with self._turn, explained(self.path):
            self._take_over_log()
            self._connection.execute("VACUUM")
            self._take_over_log()

    def set_erased(self, generation: int) -> None:
        """Remember that nothing is left of what was removed up to a generation."""
        with self._change() as connection:
            connection.execute("UPDATE facts SET erased = max(erased, ?)", (generation,))

    def records(self, after: int = 0) -> Generator[Records, None, None]:
        """Batches of `record_type(dim)` in the order of image ids, those above `after`; one consistent view.

        Raises:
            GalleryError: an encoding has another length.
        """
        record = record_type(self.facts.dim)
        query = "SELECT id, person, encoding FROM images WHERE id > ? ORDER BY id"
        for rows in self._batches(query, (after,)):
            images, people, encodings = zip(*rows, strict=True)
            batch = np.empty(len(rows), record)
            batch["image"], batch["person"] = images, people
            batch["encoding"] = self._decode(encodings)
            yield batch

    def entries(self) -> Generator[Entries, None, None]:
        """Batches of all that is stored, in the order of image ids; one consistent view. Raises at a damaged image."""
        for rows in self._batches(_EVERYTHING):
            if damages := self._damages(rows):
                raise GalleryError(f"{self.path}: {damages[0]}")
            _, names, image_hashes, encodings, _, created = zip(*rows, strict=True)
            yield Entries(names, image_hashes, self._decode(encodings), created)

    def names(self, people: Iterable[int]) -> Mapping[int, str]:
        """The names of people by their ids; those that are not here any more are left out."""
        ids = list(people)
        found: dict[int, str] = {}
        for start in range(0, len(ids), _MOST_VARIABLES):
            some = ids[start : start + _MOST_VARIABLES]
            marks = ", ".join("?" * len(some))
            found.update(self._rows(f"SELECT id, name FROM people WHERE id IN ({marks})", some))  # noqa: S608
        return found

    def people(self) -> Mapping[str, int]:
        """How many images each person has, in the order of names."""
        query = """SELECT name, count(images.id) FROM people LEFT JOIN images ON images.person = people.id
            GROUP BY people.id ORDER BY name"""
        return dict(self._rows(query))

    def check(self) -> list[Problem]:
        """Read and compare everything with its checksums: what is wrong."""
        found = [Problem(str(self.path), row[0]) for row in self._rows("PRAGMA integrity_check") if row != ("ok",)]
        broken = self._rows("PRAGMA foreign_key_check")
        found += [Problem(str(self.path), f"image {row[1]} is of nobody") for row in broken]
        for rows in self._batches(_EVERYTHING):
            found += [Problem(str(self.path), message) for message in self._damages(rows)]
        return found

    def close(self) -> None:
        """Let go of the file."""
        self._finish()

    def _check_schema(self) -> None:
        """Compare the tables with those that striate makes; others might hold statements that run when one reads."""
        found_format = self._row("PRAGMA user_version")[0]
        if found_format > FORMAT:
            raise GalleryError(f"{self.path} has the format {found_format}; this striate reads up to {FORMAT}")
        found = {sql for (sql,) in self._rows("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
        application = self._row("PRAGMA application_id")[0]
        if application != APPLICATION or SCHEMA[0] not in found:
            raise GalleryError(f"{self.path} is not a gallery that striate made")
        facts = self._read_facts()
        if found != set(schema(facts.dim)):
            raise GalleryError(f"{self.path} is not a gallery that striate made")
        try:
            check_identity(facts.encoder, facts.dim)
        except ArgumentError as e:
            raise GalleryError(f"{self.path} is damaged: {e}") from e

    def _take_over_log(self) -> None:
        busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise GalleryError(f"another process keeps reading {self.path}")

    def _damages(self, rows: Sequence[tuple[Any, ...]]) -> list[str]:
        """What is wrong with images, rows of `_EVERYTHING`."""
        found = [
            damage(image, name, _CHANGED)
            for image, name, image_hash, encoding, crc32, _ in rows
            if _checksum(image_hash, encoding) != crc32
        ]
        wrong = wrong_row(self._decode([encoding for _, _, _, encoding, _, _ in rows]))
        if wrong is not None:
            image, name = rows[wrong][:2]
            found.append(damage(image, name, NOT_UNIT))
        return found

    def _decode(self, encodings: Sequence[bytes]) -> "np.ndarray[Any, np.dtype[np.float32]]":
        """(N, D) from N blobs of D·4 bytes."""
        dim = self.facts.dim
        if any(len(encoding) != 4 * dim for encoding in encodings):
            raise GalleryError(f"{self.path} is damaged: an encoding has not {4 * dim} bytes")
        return np.frombuffer(b"".join(encodings), "<f4").reshape(-1, dim).astype(np.float32, copy=False)

    def _row(self, query: str) -> tuple[Any, ...]:
        rows = self._rows(query)
        if len(rows) != 1:
            raise GalleryError(f"{self.path} is damaged: it has {len(rows)} rows of facts")
        return rows[0]

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._turn, explained(self.path):
            return self._connection.execute(query, values).fetchall()

    def _batches(self, query: str, values: Sequence[Any] = ()) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of one statement, which is one view, while this store's own connection is free for others."""
        with explained(self.path), closing(connect(self.path)) as connection:
            cursor = connection.execute(query, values)
            while rows := cursor.fetchmany(_BATCH):
                yield rows

    def _read_facts(self) -> Facts:
        return Facts(*self._row("SELECT encoder, dim, threshold FROM facts"))

    def _now(self) -> tuple[Facts, State]:
        """The facts and the state of one moment.

        Raises:
            GalleryError: it has become another encoder's.
        """
        row = self._row(_NOW)
        facts, state = Facts(*row[:3]), State(*row[3:])
        if not facts.agree(self._opened):
            raise GalleryError(f"{self.path} was empty, and another encoder has taken it over: open the gallery again")
        return facts, state

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """A transaction of the encoder for which the store was opened."""
        with self._transaction("IMMEDIATE") as connection:
            self._now()
            yield connection

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[sqlite3.Connection]:
        """All or nothing, in one view; when the block has ended, all is on the disk."""
        with self._turn, explained(self.path):
            self._connection.execute(f"BEGIN {kind}")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _add(connection: sqlite3.Connection, entries: Entries) -> int:
    """Add a batch: how many of its images are new."""
    people = dict.fromkeys(entries.names, 0)
    connection.executemany("INSERT INTO people (name) VALUES (?) ON CONFLICT DO NOTHING", [(name,) for name in people])
    for name in people:
        (people[name],) = connection.execute("SELECT id FROM people WHERE name = ?", (name,)).fetchone()
    encodings = entries.encodings.astype("<f4", copy=False)
    columns = zip(entries.names, entries.image_hashes, encodings, entries.created, strict=True)
    rows = (
        (people[name], image_hash, blob := encoding.tobytes(), created, _checksum(image_hash, blob))
        for name, image_hash, encoding, created in columns
    )
    insert = "INSERT INTO images (person, sha256, encoding, created, crc32) VALUES (?, ?, ?, ?, ?)"
    return max(0, connection.executemany(f"{insert} ON CONFLICT (person, sha256) DO NOTHING", rows).rowcount)


def _checksum(image_hash: bytes, encoding: bytes) -> int:
    return zlib.crc32(encoding, zlib.crc32(image_hash))

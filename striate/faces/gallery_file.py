"""The SQLite file of a gallery: its tables, how it is made and opened, and what its errors mean."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from striate.atomic import sync_folder, written
from striate.errors import GalleryError, OutputError
from striate.faces.gallery_store import Facts

FORMAT = 1
PATIENCE_SECONDS = 60.0  # how long anybody waits for other processes
APPLICATION = 0x73747267  # "strg"; SQLite keeps it in the file's header, and the format as user_version

SCHEMA = (
    """CREATE TABLE facts (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    encoder TEXT NOT NULL,
    dim INTEGER NOT NULL,
    threshold REAL,
    generation INTEGER NOT NULL,
    erased INTEGER NOT NULL)""",
    """CREATE TABLE people (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE)""",
    """CREATE TABLE images (
    id INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people,
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    encoding BLOB NOT NULL CHECK (typeof(encoding) = 'blob' AND length(encoding) = {row_bytes}),
    created INTEGER NOT NULL,
    crc32 INTEGER NOT NULL,
    UNIQUE (person, sha256))""",
)
_SETTINGS = (
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",  # what VACUUM copies must not lie in a folder for temporary files
    "PRAGMA foreign_keys = ON",
)


def create_store(path: Path, facts: Facts) -> None:
    """Make the file of a store, readable by its owner only, if it isn't there or its making was interrupted.

    Whoever calls this makes sure that nobody else does at the same time.

    Raises:
        OutputError: the folder can't be written.
    """
    with explained(path):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite gives its log the mode of the file
        with closing(connect(path)) as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0]:
                return
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            for statement in schema(facts.dim):
                connection.execute(statement)
            connection.execute("INSERT INTO facts VALUES (1, ?, ?, ?, 0, 0)", facts)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {FORMAT}")
            connection.execute("COMMIT")
    sync_folder(path.parent)


def is_created(path: Path) -> bool:
    """Whether `create_store` came to its end here."""
    with explained(path):
        if not path.exists():
            return False
        with closing(connect(path)) as connection:
            return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def schema(dim: int) -> list[str]:
    """The statements that make the tables for encodings of D numbers, as the file itself keeps them."""
    return [statement.format(row_bytes=4 * dim) for statement in SCHEMA]


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a file that is there, which makes its own transactions."""
    with explained(path):
        connection = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?mode=rw",
            uri=True,
            timeout=PATIENCE_SECONDS,
            isolation_level=None,
            check_same_thread=False,  # its store lets one thread in at a time
        )
        try:
            for setting in _SETTINGS:
                connection.execute(setting)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """What SQLite or the system says of a file, as an error that tells what to do."""
    try:
        with written(path):
            yield
    except UnicodeDecodeError as e:  # sqlite3 can't even say what is wrong, as it quotes the file
        raise GalleryError(f"{path} is damaged; restore it from a backup, or import an export") from e
    except sqlite3.ProgrammingError as e:
        raise GalleryError(f"{path} can't be used: it was closed here") from e
    except sqlite3.DatabaseError as e:
        code = getattr(e, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise GalleryError(f"another process has kept {path} busy for {PATIENCE_SECONDS:g} s") from e
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise GalleryError(f"{path} is damaged ({e}); restore it from a backup, or import an export") from e
        raise OutputError(f"can't use {path}: {e}") from e

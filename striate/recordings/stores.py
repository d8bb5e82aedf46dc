"""Where recordings come from: files under a folder, rows of large arrays, or some channels of any of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from striate.data.stores import FileStore, FolderStore, escape_reason
from striate.errors import DataError, Problem
from striate.recording_preset import Kind
from striate.recordings.grid import as_recording
from striate.recordings.read import keep_channels, read_recording
from striate.recordings.records import Recording, RecordingStore


class FiledRecordings(RecordingStore, Protocol):
    """Recordings in files that lie in folders, or in a zip; tables and class folders are read alike from both."""

    @property
    def root(self) -> Path:
        """The folder, or the zip."""
        ...

    @property
    def files(self) -> FileStore:
        """What lies there."""
        ...

    def refusal(self, path: str) -> str:
        """Why `path`, which somebody wrote into a table, can't be used; empty if it can."""
        ...


@dataclass(frozen=True)
class FileRecordings:
    """Files, and folders that are one recording, under a folder of the disk."""

    root: Path
    kind: Kind | None = None

    @property
    def files(self) -> FolderStore:
        """The folder's."""
        return FolderStore(self.root)

    def load(self, path: str) -> Recording:
        """The recording in a file; errors name it as the data does."""
        place = self.root / path
        try:
            return read_recording(place, kind=self.kind)
        except DataError as e:
            raise DataError(str(Problem.of(str(place), e)._replace(path=path))) from e

    def refusal(self, path: str) -> str:
        """A path must be relative, stay under the folder even through links, and be there."""
        reason = escape_reason(path)
        try:
            if not reason and not (self.root / path).exists():
                reason = "no such file or folder"
            if not reason and not (self.root / path).resolve().is_relative_to(self.root.resolve()):
                reason = "a link that leads out of the data's folder"
        except (OSError, ValueError) as e:
            return f"no such file or folder: {e}"
        return reason


class Rows(NamedTuple):
    """Many recordings in one array.

    Attributes:
        values: (N, …), a row a recording; or N rows of different lengths.
        kind, spacing, channel_names: of all of them.
    """

    values: NDArray[Any] | Sequence[NDArray[Any]]
    kind: Kind | None = None
    spacing: tuple[float, ...] = ()
    channel_names: tuple[str, ...] = ()


class ArrayRecordings:
    """Rows of arrays, named "train/0", "train/1", …; each process reads the arrays on first use.

    Args:
        readers: by the name before the slash, what reads the rows; it can be pickled.
    """

    def __init__(self, readers: Mapping[str, Callable[[], Rows]]):
        self.readers = dict(readers)
        self._rows: dict[str, Rows] = {}

    def rows(self, name: str) -> Rows:
        """All rows of one array."""
        if name not in self._rows:
            self._rows[name] = self.readers[name]()
        return self._rows[name]

    def load(self, path: str) -> Recording:
        """A row, as a recording of its own memory."""
        name, _, index = path.partition("/")
        if name not in self.readers or not index.isdecimal() or int(index) >= len(self.rows(name).values):
            raise DataError(f"{path}: no such row")
        rows = self.rows(name)
        return as_recording(path, np.array(rows.values[int(index)]), *rows[1:])

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_rows": {}}


@dataclass(frozen=True)
class SomeChannels:
    """Some channels of what another store reads."""

    store: RecordingStore
    channels: tuple[str | int, ...]

    def load(self, path: str) -> Recording:
        """The channels of a recording."""
        return keep_channels(self.store.load(path), self.channels)

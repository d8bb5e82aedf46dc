"""Recordings in a zip: readers want files, so each recording is unpacked by itself and gone once it was read."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from striate.data.archive import ZipStore
from striate.data.image import named
from striate.data.stores import escape_reason
from striate.errors import DataError
from striate.recording_preset import Kind
from striate.recordings.limits import MAX_FILE_BYTES
from striate.recordings.read import recording_suffix
from striate.recordings.records import Recording
from striate.recordings.stores import FileRecordings


@dataclass(frozen=True)
class ZippedRecordings:
    """Files, and folders that are one recording, in a zip that `ZipStore` has not refused."""

    files: ZipStore
    kind: Kind | None = None

    @property
    def root(self) -> Path:
        """The zip."""
        return self.files.path

    def load(self, path: str) -> Recording:
        """The recording in a member, or in the members of a folder; errors name it as the data does."""
        try:
            with TemporaryDirectory() as folder:
                self._unpack(path, Path(folder))
                return FileRecordings(Path(folder), self.kind).load(path)
        except OSError as e:
            raise DataError(f"{path}: can't be unpacked: {e.strerror}") from e

    def refusal(self, path: str) -> str:
        """A path must be a member, or a folder of some."""
        return escape_reason(path) or ("" if self._members(path) else "no such file or folder in the zip")

    def _unpack(self, path: str, folder: Path) -> None:
        size = 0
        for name in self._members(path):
            with named(path):
                data = self.files.read(name)
            size += len(data)
            if size > MAX_FILE_BYTES:
                raise DataError(f"{path}: unpacks to more than the {MAX_FILE_BYTES:,} bytes that are allowed")
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)

    def _members(self, path: str) -> list[str]:
        """What a recording is made of: a file, a record's header and signals, or the files of a folder."""
        if path in self.files.members and recording_suffix(path) != ".hea":
            return [path]
        start = path[:-3] if path in self.files.members else f"{path}/"
        return [name for name in self.files.members if name.startswith(start) and "/" not in name[len(start) :]]

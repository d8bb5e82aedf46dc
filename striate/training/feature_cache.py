"""The feature cache: what frozen networks answered to images, kept on disk, found by content, bounded in bytes.

A file holds the features of one network's frozen part for one preset and one set of views. Its name is a digest of all
that decides them: the weights, the cut, the preset, the distortions, the versions of what decodes and computes. Its
rows are found by the digest of the image's bytes. So nothing that was changed is ever found again; it is made anew.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.atomic import written
from striate.errors import OutputError
from striate.models.sources import cache_folder
from striate.training.feature_store import FeatureStore, Header, read_header, row_bytes

MOST_BYTES = 10_000_000_000
_SUFFIX = ".features"
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class CacheEntry:
    """A file of the cache.

    Attributes:
        path: of the file.
        num_bytes: its length.
        rows: how many images' features it holds, each view counted.
        last_used: seconds since 1970.
        document: what the features are of; empty where the file's header is broken.
    """

    path: Path
    num_bytes: int
    rows: int
    last_used: float
    document: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "path": str(self.path),
            "bytes": self.num_bytes,
            "rows": self.rows,
            "last_used": self.last_used,
            "features": dict(self.document),
        }


class FeatureCache:
    """A folder of feature files that several processes share.

    Args:
        folder: where they lie; None takes the platform's cache folder, or STRIATE_CACHE, beside published weights.
        most_bytes: the files least recently used are removed to stay below it.

    Example:
        >>> cache = FeatureCache(Path("features"))
        >>> store = cache.open({"network": "lenet5", "shape": [400]}, wanted=[bytes(32)])
        >>> [entry.document["network"] for entry in cache.entries()]
        ['lenet5']
        >>> store.close()
        >>> [entry.rows for entry in cache.prune(most_bytes=0)], cache.entries()
        ([0], [])
    """

    def __init__(self, folder: Path | None = None, most_bytes: int = MOST_BYTES):
        from filelock import FileLock

        self.folder = cache_folder().parent / "features" if folder is None else folder
        self.most_bytes = most_bytes
        self._lock = FileLock(self.folder / ".lock")

    def can_hold(self, count: int, shape: Sequence[int]) -> bool:
        """Whether so many rows of this shape stay within the cache's bound."""
        return count * row_bytes(shape) <= self.most_bytes

    def open(self, document: Mapping[str, Any], wanted: Sequence[bytes]) -> FeatureStore:
        """The file of the features that a document describes, with room for the rows that are wanted of it.

        Args:
            document: JSON values that decide the features, and "shape", that of a row.
            wanted: keys of all rows that will be asked for.

        Raises:
            OutputError: the folder can't be written to, or the wanted rows exceed the cache's bound.
        """
        if not self.can_hold(len(wanted), document["shape"]):
            expected = f"{len(wanted)} rows of shape {document['shape']}"
            raise OutputError(f"the feature cache holds {self.most_bytes:,} bytes, too few for {expected}")
        text = json.dumps(document, sort_keys=True, allow_nan=False)
        path = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}{_SUFFIX}"
        with written(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with written(self.folder), self._lock:
            self._sweep()
            store = FeatureStore(path, json.loads(text), self._lock)
            needed = int((~store.has(wanted)).sum()) * store.row_bytes
            if store.num_bytes + needed > self.most_bytes:  # rows of other images leave no room
                store.close()
                path.unlink()
                store = FeatureStore(path, json.loads(text), self._lock)
                needed = len(wanted) * store.row_bytes
            self._remove_oldest(self.most_bytes - needed, keep=path)
        return store

    def entries(self) -> list[CacheEntry]:
        """All files, the least recently used first."""
        found = [_entry(path) for path in sorted(self.folder.glob(f"[!.]*{_SUFFIX}"))]
        return sorted((entry for entry in found if entry), key=lambda entry: entry.last_used)

    def prune(self, *, older_than_days: float | None = None, most_bytes: int | None = None) -> list[CacheEntry]:
        """Remove files that were not used for so long, and then the oldest until the rest is small enough.

        Args:
            older_than_days: since they were last used; None asks for no age.
            most_bytes: that all files together may have; None takes the cache's bound.

        Returns:
            What was removed.

        Raises:
            OutputError: the folder can't be written to.
        """
        if not self.folder.is_dir():
            return []
        with written(self.folder), self._lock:
            self._sweep()
            broken = [entry for entry in self.entries() if not entry.document]
            latest = -1.0 if older_than_days is None else time.time() - older_than_days * _DAY_SECONDS
            old = [entry for entry in self.entries() if entry.document and entry.last_used < latest]
            bound = self.most_bytes if most_bytes is None else most_bytes
            return [*_remove([*broken, *old]), *self._remove_oldest(bound)]

    def _remove_oldest(self, most_bytes: int, keep: Path | None = None) -> list[CacheEntry]:
        entries = self.entries()
        surplus = sum(entry.num_bytes for entry in entries) - most_bytes
        chosen: list[CacheEntry] = []
        for entry in entries:
            if surplus > 0 and entry.path != keep:
                chosen.append(entry)
                surplus -= entry.num_bytes
        return _remove(chosen)

    def _sweep(self) -> None:
        """Remove what a process left that was killed while it made a file. The lock is held."""
        for leftover in self.folder.glob(f".*{_SUFFIX}.*"):
            leftover.unlink(missing_ok=True)


def _entry(path: Path) -> CacheEntry | None:
    """None if it was removed just now."""
    try:
        facts = path.stat()
        header = read_header(path) or Header({}, 0)
    except OSError:
        return None
    rows = header.count(facts.st_size) if header.document else 0
    return CacheEntry(path, facts.st_size, rows, facts.st_mtime, header.document)


def _remove(entries: Iterable[CacheEntry]) -> list[CacheEntry]:
    removed = []
    for entry in entries:
        try:
            entry.path.unlink(missing_ok=True)
        except PermissionError:  # Windows, while a training has it open
            continue
        removed.append(entry)
    return removed

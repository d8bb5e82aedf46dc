"""Long records become windows around what is marked in them, and windows where nothing is."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.data.records import PartName
from striate.data.stores import FolderStore
from striate.data.table import PART_NAMES
from striate.errors import ArgumentError, DataError
from striate.recordings.records import Recording
from striate.recordings.table import RecordingRow, RecordingTable
from striate.recordings.wfdb_records import Annotations, Record, read_annotations, read_record

BACKGROUND = "background"
MOST_BLOCKS = 20  # of a single record's time, of which some are held back
LEAST_BLOCK = 5  # windows
MAX_CACHED_BYTES = 2**30
MAX_WINDOWS = 2**22


@dataclass(frozen=True)
class Cut:
    """How annotated records are cut into labelled windows.

    Attributes:
        window_s: seconds of a window; its middle, sample n // 2 of n, is the annotation.
        symbols: the annotations that count; each is a class.
        background: windows for each annotation that counts, labelled "background", at random places.
        apart_s: seconds that the middle of such a window is away from all annotations that count, at least.

    Raises:
        ArgumentError: out of range, or a symbol named "background".

    Example:
        >>> Cut(0.8, ("N", "V")).samples(360)
        288
    """

    window_s: float
    symbols: tuple[str, ...]
    background: float = 0.0
    apart_s: float = 0.1

    def __post_init__(self) -> None:
        if not isfinite(self.window_s) or self.window_s <= 0:
            raise ArgumentError.of("window_s", "above 0 seconds", self.window_s)
        if not self.symbols or BACKGROUND in self.symbols or len(set(self.symbols)) < len(self.symbols):
            raise ArgumentError.of("symbols", f"different symbols, at least one, none {BACKGROUND!r}", self.symbols)
        if not 0 <= self.background <= 1000:
            raise ArgumentError.of("background", "0 to 1000 windows for each that counts", self.background)
        if not 0 <= self.apart_s < float("inf"):
            raise ArgumentError.of("apart_s", "at least 0 seconds", self.apart_s)

    def samples(self, rate: float) -> int:
        """Samples of a window at so many a second."""
        return max(1, round(self.window_s * rate))


class Window(NamedTuple):
    """A window of a record.

    Attributes:
        middle: the sample it is centred on.
        label: the symbol there, or "background".
    """

    middle: int
    label: str


def cut_windows(cut: Cut, marks: Annotations, usable: NDArray[np.bool_], rng: np.random.Generator) -> Iterator[Window]:
    """The windows of one record: those around annotations that count, then background.

    Windows that don't lie wholly in the record, or touch a gap, are left out.

    Args:
        cut: how to cut.
        marks: the record's annotations.
        usable: (L,), whether each sample is a number in every signal.
        rng: places the background.

    Example:
        >>> marks = Annotations(np.array([10, 50, 98]), ("N", "p", "N"), 10.0)
        >>> list(cut_windows(Cut(1.0, ("N", "p")), marks, np.ones(100, bool), np.random.default_rng(0)))
        [Window(middle=10, label='N'), Window(middle=50, label='p')]
    """
    whole = _whole_middles(usable, cut.samples(marks.rate))
    for sample, symbol in zip(marks.samples.tolist(), marks.symbols, strict=True):
        if symbol in cut.symbols and whole[sample]:
            yield Window(sample, symbol)
    events = marks.of(*cut.symbols)
    count = round(cut.background * int(whole[events].sum()))
    free = np.flatnonzero(whole & (_distance(events, len(usable)) > cut.apart_s * marks.rate))
    chosen = np.sort(rng.choice(free, min(count, len(free)), replace=False))
    for middle in chosen.tolist():
        yield Window(middle, BACKGROUND)


class WindowRecordings:
    """Windows of records, named "100@77" for that centred on sample 77; records are kept once they are read.

    Args:
        root: the folder of the records.
        cut: how they are cut.
    """

    def __init__(self, root: Path, cut: Cut):
        self.root, self.cut = root, cut
        self._records: dict[str, Record] = {}

    def record(self, name: str) -> Record:
        """A whole record; those read first are forgotten where all would fill the memory."""
        record = self._records.get(name)
        if record is None:
            record = read_record(self.root / f"{name}.hea")
            while self._records and self._bytes() + record.values.nbytes > MAX_CACHED_BYTES:
                self._records.pop(next(iter(tuple(self._records)), ""), None)  # other threads may do so too
            self._records[name] = record
        return record

    def load(self, path: str) -> Recording:
        """A window, of its own memory."""
        name, _, middle = path.rpartition("@")
        record = self.record(name)
        length = self.cut.samples(record.rate)
        start = int(middle) - length // 2 if middle.isdecimal() else -1
        values = record.values[:, start : start + length].copy() if start >= 0 else record.values[:, :0]
        if values.shape[1] != length or not np.isfinite(values).all():
            raise DataError(f"{path}: no such window in the record")
        return Recording("signal", values, (1 / record.rate,), record.channel_names)

    def _bytes(self) -> int:
        return sum(record.values.nbytes for record in list(self._records.values()))

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_records": {}}


def find_records(root: Path) -> list[str]:
    """The records under a folder, named by their paths without .hea."""
    return [f[:-4] for f in FolderStore(root).listing().files if f.lower().endswith(".hea")]


def read_cut(root: Path, cut: Cut) -> RecordingTable:
    """Rows of the windows of all records under a folder, perhaps under train/ val/ test/.

    Groups are the records. A single record to train on is divided into blocks of time instead, and windows that reach
    over the end of a block are left out, so that none that is held back shares a sample with one to train on.

    Raises:
        DataError: no records, records without annotations, or a symbol that none of them has.
    """
    names = find_records(root)
    if not names:
        raise DataError(f"{root}: no records (.hea) to cut windows from")
    return _cut_records(root, names, cut)


def read_one_cut(path: Path, cut: Cut) -> RecordingTable:
    """Rows of the windows of the one record whose .hea is at `path`; errors: `read_cut`'s."""
    if path.suffix.lower() != ".hea":
        raise DataError(f"{path}: windows are cut from WFDB records: a folder of them, or a .hea")
    return _cut_records(path.parent, [path.stem], cut)


def uncut(root: Path, headers: Sequence[Path]) -> str:
    """What to say where records lie in no class folders and nothing says how to cut them."""
    marked = [path for path in headers if path.with_suffix(".atr").is_file()]
    seen = Counter(symbol for path in marked for symbol in read_annotations(path).symbols)
    found = f"their annotations are {in_words(seen)}" if seen else "and they have no annotations (.atr)"
    return f"{root}: {len(headers)} records in no class folders; --window and --symbols cut them; {found}"


def _cut_records(root: Path, names: Sequence[str], cut: Cut) -> RecordingTable:
    store = WindowRecordings(root, cut)
    parts = {name: _part(name) for name in names}
    alone = sum(part in (None, "train") for part in parts.values()) == 1 and "val" not in parts.values()
    rows, seen = list[RecordingRow](), Counter[str]()
    for name in names:
        marks = read_annotations(root / f"{name}.hea")
        seen.update(marks.symbols)
        rows += _rows(store, name, marks, parts[name], in_blocks=alone and parts[name] != "test")
    if missing := [repr(symbol) for symbol in cut.symbols if not seen[symbol]]:
        raise DataError(f"{root}: no annotation {' and no '.join(missing)}; there are {in_words(seen)}")
    if len(rows) > MAX_WINDOWS:
        raise DataError(f"{root}: {len(rows):,} windows; up to {MAX_WINDOWS:,} are allowed")
    return RecordingTable("windows", store, tuple(rows))


def in_words(symbols: Counter[str]) -> str:
    """How often each symbol is there, the commonest first.

    Example:
        >>> in_words(Counter("NNV"))
        '2 N, 1 V'
    """
    return ", ".join(f"{count:,} {symbol}" for symbol, count in symbols.most_common(20))


def _rows(
    store: WindowRecordings, name: str, marks: Annotations, part: PartName | None, *, in_blocks: bool
) -> list[RecordingRow]:
    record = store.record(name)
    usable: NDArray[np.bool_] = np.logical_and.reduce(np.isfinite(record.values))
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]))
    windows = list({w.middle: w for w in cut_windows(store.cut, marks, usable, rng)}.values())
    groups = [name] * len(windows)
    if in_blocks:
        ends = _block_ends(len(usable), store.cut.samples(record.rate))
        blocks = [_block(window.middle, store.cut.samples(record.rate), ends) for window in windows]
        windows = [w for w, block in zip(windows, blocks, strict=True) if block is not None]
        groups = [f"{name}, block {block + 1} of {len(ends)}" for block in blocks if block is not None]
    return [
        RecordingRow(part, f"{name}@{window.middle}", window.label, group)
        for window, group in zip(windows, groups, strict=True)
    ]


def _block_ends(length: int, window: int) -> NDArray[np.int64]:
    """Where blocks of a record's time end."""
    count = max(1, min(MOST_BLOCKS, length // (LEAST_BLOCK * window)))
    return np.arange(1, count + 1) * length // count


def _block(middle: int, length: int, ends: NDArray[np.int64]) -> int | None:
    """The block in which a window lies; None if it lies in two."""
    start = middle - length // 2
    first, last = np.searchsorted(ends, [start, start + length - 1], side="right")
    return int(first) if first == last else None


def _whole_middles(usable: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """(L,), whether the window centred on each sample lies in the record and touches no gap."""
    whole = np.zeros(len(usable), bool)
    if length <= len(usable):
        bad = np.concatenate([[0], np.cumsum(~usable)])
        good = bad[length:] == bad[:-length]  # by the window's first sample
        whole[length // 2 : length // 2 + len(good)] = good
    return whole


def _distance(events: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    """(length,), samples to the nearest event; infinite where there is none."""
    if not len(events):
        return np.full(length, np.inf)
    places = np.arange(length)
    after = np.searchsorted(events, places).clip(0, len(events) - 1)
    before = (after - 1).clip(0)
    nearest: NDArray[np.float64] = np.minimum(abs(events[after] - places), abs(places - events[before])).astype(float)
    return nearest


def _part(name: str) -> PartName | None:
    """The part that the top folder is named for."""
    return PART_NAMES.get(name.split("/")[0].casefold()) if "/" in name else None

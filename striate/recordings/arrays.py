"""A data set in one .npz: arrays of many recordings, and their labels."""

from dataclasses import dataclass
from pathlib import Path

from striate.data.records import PartName
from striate.data.table import class_name
from striate.errors import DataError
from striate.recording_preset import AXES, Kind
from striate.recordings.grid import kind_of_axes
from striate.recordings.npy import Npz
from striate.recordings.stores import ArrayRecordings, Rows
from striate.recordings.table import RecordingRow, RecordingTable

PARTS: dict[str, PartName | None] = {"": None, "_train": "train", "_val": "val", "_test": "test"}
EXPECTED = "x_train,y_train[,x_val,y_val][,x_test,y_test], or x,y"


@dataclass(frozen=True)
class NpzRows:
    """Reads one array of recordings out of an .npz."""

    path: Path
    name: str
    kind: Kind | None

    def __call__(self) -> Rows:
        """The array, and what the file says of it."""
        arrays = Npz(self.path)
        kind, spacing, channel_names = arrays.described(self.kind)
        values = arrays.numbers(self.name)
        found = kind_of_axes(values.ndim - 1, kind, path=f"{self.path}: a row of {self.name}")
        if values.ndim - 1 == len(AXES[found]):
            values = values[:, None]
        return Rows(values, found, spacing, channel_names)


def holds_data(names: tuple[str, ...]) -> bool:
    """Whether arrays of these names are a data set."""
    return any(f"x{ending}" in names and f"y{ending}" in names for ending in PARTS)


def read_arrays(path: Path, kind: Kind | None = None) -> RecordingTable:
    """Rows of an .npz with the arrays `x_train,y_train` and perhaps `_val` and `_test`, or `x,y`, to be divided.

    An x is (N, L), (N, C, L), (N, D, H, W) or (N, C, D, H, W), clips too if `kind` says so; a y is (N,): names, or
    numbers, which index into `labels` where that is there. `groups`, `groups_train`, … (N,) name what must not stand
    in two parts; `spacing` is a step an axis, `channel_names` (C,), `kind` a word.

    Raises:
        DataError: other arrays, or labels of another number, or outside of `labels`.
    """
    arrays = Npz(path)
    if not holds_data(arrays.names):
        raise DataError(f"{path}: the arrays are {', '.join(arrays.names)}; expected {EXPECTED}")
    if "x" in arrays.names and any(f"x{e}" in arrays.names for e in PARTS if e):
        raise DataError(f"{path}: holds x and x_train, x_val or x_test; expected {EXPECTED}")
    endings = [ending for ending in PARTS if f"x{ending}" in arrays.names]
    store = ArrayRecordings({f"x{ending}": NpzRows(path, f"x{ending}", kind) for ending in endings})
    rows = [row for ending in endings for row in _rows(arrays, store, ending)]
    return RecordingTable("arrays in an .npz", store, tuple(rows))


def _rows(arrays: Npz, store: ArrayRecordings, ending: str) -> list[RecordingRow]:
    count = len(store.rows(f"x{ending}").values)
    labels = _labels(arrays, f"y{ending}")
    groups = arrays.words(f"groups{ending}") if f"groups{ending}" in arrays.names else [""] * len(labels)
    for name, words in (("y", labels), ("groups", groups)):
        if len(words) != count:
            raise DataError(f"{arrays.path}: {count:,} recordings in x{ending}, but {len(words):,} in {name}{ending}")
    both = enumerate(zip(labels, groups, strict=True))
    return [RecordingRow(PARTS[ending], f"x{ending}/{i}", class_name(label), group) for i, (label, group) in both]


def _labels(arrays: Npz, y: str) -> list[str]:
    """The names in an array of labels; its numbers become names where the file has those."""
    written = arrays.words(y)
    if "labels" not in arrays.names:
        return written
    names = arrays.words("labels")
    named = dict(zip(names if arrays.is_text(y) else map(str, range(len(names))), names, strict=True))
    if surplus := sorted(set(written) - set(named)):
        raise DataError(f"{arrays.path}: {y} holds {surplus[0]!r}, which is neither a name in labels nor its index")
    return [named[label] for label in written]

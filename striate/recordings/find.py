"""Find out what data of recordings is, and whether data is of recordings at all."""

from dataclasses import replace
from pathlib import Path

from striate.data.archive import ZipStore
from striate.data.folder import is_image, top_folder
from striate.data.stores import FolderStore, Listing
from striate.data.video import VIDEO_SUFFIXES
from striate.errors import DataError
from striate.recording_preset import Kind
from striate.recordings.archive import ZippedRecordings
from striate.recordings.arrays import EXPECTED, read_arrays
from striate.recordings.cut import Cut, read_cut, read_one_cut, uncut
from striate.recordings.folder import read_recording_folders
from striate.recordings.label_table import find_label_table, read_label_table
from striate.recordings.read import is_recording, recording_suffix
from striate.recordings.stores import FileRecordings
from striate.recordings.table import RecordingTable
from striate.recordings.ucr import UCR_NAME, find_ucr, read_ucr

TABLES = (".csv", ".tsv")


def find_table(path: Path, *, kind: Kind | None = None, cut: Cut | None = None) -> RecordingTable:
    """The rows of whatever lies at `path`; with `cut`, of the windows of the records there.

    Raises:
        DataError: no such path, or nothing there that is recordings with labels.
    """
    if not path.exists():
        raise DataError(f"no such file or folder: {path}")
    try:
        if cut:
            return read_cut(path, cut) if path.is_dir() else read_one_cut(path, cut)
        return _of_folder(path, kind) if path.is_dir() else _of_file(path, kind)
    except OSError as e:
        raise DataError(f"{path} can't be read: {e.strerror}") from e


def _of_folder(path: Path, kind: Kind | None) -> RecordingTable:
    """UCR's files, a label table, one .npz, or class folders."""
    if find_ucr(path):
        return read_ucr(path)
    if table := _label_table(path):
        return read_label_table(FileRecordings(path, kind), table)
    entries = [entry for entry in path.iterdir() if not entry.name.startswith(".")]
    arrays = [entry for entry in entries if recording_suffix(entry.name) == ".npz"]
    if len(arrays) == 1 and not any(entry.is_dir() for entry in entries):
        return read_arrays(arrays[0], kind)
    if records := [entry for entry in entries if recording_suffix(entry.name) == ".hea"]:
        raise DataError(uncut(path, records))
    return read_recording_folders(FileRecordings(path, kind))


def _of_file(path: Path, kind: Kind | None) -> RecordingTable:
    if UCR_NAME.fullmatch(path.name):
        return read_ucr(path)
    if path.suffix.lower() == ".csv":
        return read_label_table(FileRecordings(path.parent, kind), path.name)
    if path.suffix.lower() == ".npz":
        return read_arrays(path, kind)
    if path.suffix.lower() == ".zip":
        return _of_zip(path, kind)
    raise DataError(
        f"{path} is no data set of recordings: expected class folders of them, a CSV with path,label, a zip of either, "
        f"UCR's NAME_TRAIN.tsv, or an .npz with {EXPECTED}"
    )


def _of_zip(path: Path, kind: Kind | None) -> RecordingTable:
    """A label table or class folders, perhaps in one folder that wraps everything."""
    files = ZipStore.open(path)
    files = files.under(top) if (top := top_folder(files.listing())) else files
    store, name = ZippedRecordings(files, kind), find_label_table(files, files.listing().files)
    table = read_label_table(store, name) if name else read_recording_folders(store)
    return replace(table, kind=f"zip of {table.kind}")


def _label_table(folder: Path) -> str | None:
    names = (entry.name for entry in folder.iterdir() if not entry.name.startswith(".") and entry.is_file())
    return find_label_table(FolderStore(folder), names)


def is_recordings(path: str | Path) -> bool:
    """Whether data is recordings rather than images, from names and a table's first lines: nothing else is read.

    Images win where both are, and a single video is left to what takes videos frame by frame.

    Example:
        >>> Path("brains/old").mkdir(parents=True), Path("photos/cat").mkdir(parents=True)
        (None, None)
        >>> Path("brains/old/1.nii.gz").touch(), Path("photos/cat/1.jpg").touch(), Path("photos/notes.csv").touch()
        (None, None, None)
        >>> is_recordings("brains"), is_recordings("photos"), is_recordings("brains/old/1.nii.gz")
        (True, False, True)
    """
    path = Path(path)
    try:
        if path.is_dir():
            return _folder_is(path)
        return path.is_file() and _file_is(path)
    except (OSError, DataError):
        return False


def _folder_is(path: Path) -> bool:
    if find_ucr(path):
        return True
    if table := _label_table(path):
        return _table_is(path / table)
    listing = FolderStore(path).listing()
    if _holds_some(listing):
        return True
    return all(is_recording(f) for f in listing.files) and any(_table_is(path / f) for f in listing.files[:1])


def _holds_some(listing: Listing) -> bool:
    """Whether there are recordings, and no images; a table at the top may be anything."""
    there = any(is_recording(f) and ("/" in f or recording_suffix(f) not in TABLES) for f in listing.files)
    return there and not any(map(is_image, listing.files))


def _file_is(path: Path) -> bool:
    suffix = recording_suffix(path.name)
    if suffix == ".zip":
        return _holds_some(ZipStore.open(path).listing())
    if UCR_NAME.fullmatch(path.name):
        return True
    if suffix in TABLES:
        return _table_is(path)
    return is_recording(path.name) and suffix not in VIDEO_SUFFIXES


def _table_is(path: Path) -> bool:
    """Whether a table's first path is a recording; or, in a table without paths, a row is numbers: a signal."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as f:
        first, second = f.readline(10_000), f.readline(10_000)
    separator = "\t" if path.suffix.lower() == ".tsv" else ","
    columns = [cell.strip(' "\r\n').casefold() for cell in first.split(separator)]
    cells = [cell.strip(' "\r\n') for cell in second.split(separator)]
    if "path" not in columns:
        return bool(second.strip()) and all(map(_is_number, cells))
    named = dict(zip(columns, cells, strict=False)).get("path", "").replace("\\", "/")
    return is_recording(named) or (bool(named) and (path.parent / named).is_dir())


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True

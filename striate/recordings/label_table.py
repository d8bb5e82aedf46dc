"""A CSV with the columns path and label, and perhaps part and group: one row a recording."""

from pathlib import Path

from striate.data.csv_table import PART_COLUMNS, is_label_table, read_text, split_records
from striate.data.stores import FolderStore, escape_reason
from striate.data.table import PART_NAMES, class_name
from striate.errors import DataError, Problem
from striate.recording_preset import Kind
from striate.recordings.stores import FileRecordings
from striate.recordings.table import RecordingRow, RecordingTable

GROUP_COLUMNS = ("group", "subject", "patient", "record")


def read_label_table(path: Path, kind: Kind | None = None) -> RecordingTable:
    """Rows of `path,label[,part][,group]`; paths are relative to the CSV and stay under its folder.

    A path may be a folder that is one recording. Rows of one group, a person for instance, never stand in two parts.

    Raises:
        DataError: not UTF-8, a missing column, or a quote that isn't closed; says the line.
    """
    store = FolderStore(path.parent)
    (_, header), *records = split_records(read_text(store, path.name), path.name, "path,label, then one a recording")
    columns = [cell.strip().casefold() for cell in header]
    missing = [c for c in ("path", "label") if c not in columns]
    if missing:
        raise DataError(f"{path}: no column {' and no column '.join(missing)}; its columns are {', '.join(header)}")
    rows, problems = list[RecordingRow](), list[Problem]()
    first_line = dict[str, int]()
    for line, cells in records:
        row = _row(columns, cells)
        trouble = _trouble(columns, cells, row) or _refusal(path.parent, row.path)
        if not trouble and row.path in first_line:
            trouble = f"stands on line {first_line[row.path]} already"
        first_line.setdefault(row.path, line)
        if trouble:
            problems.append(Problem(path.name, f"{row.path!r}: {trouble}", line))
        else:
            rows.append(row)
    return RecordingTable("CSV table", FileRecordings(path.parent, kind), tuple(rows), tuple(problems), path.name)


def find_label_table(folder: Path) -> Path | None:
    """The one CSV at the top of a folder that names the columns path and label.

    Raises:
        DataError: several.
    """
    tables = [p for p in sorted(folder.glob("*.csv")) if p.is_file() and is_label_table(FolderStore(folder), p.name)]
    if len(tables) > 1:
        raise DataError(f"several tables with path and label: {', '.join(p.name for p in tables)}; name the one to use")
    return tables[0] if tables else None


def _row(columns: list[str], cells: list[str]) -> RecordingRow:
    """A row as it's written; a cell that is missing counts as empty."""
    by_name = {"path": "", "label": "", **dict(zip(columns, cells, strict=False))}
    part = next((by_name[c] for c in PART_COLUMNS if c in by_name), "")
    group = next((by_name[c] for c in GROUP_COLUMNS if c in by_name), "")
    path = by_name["path"].strip().replace("\\", "/")
    return RecordingRow(PART_NAMES.get(part.strip().casefold()), path, class_name(by_name["label"]), group.strip())


def _trouble(columns: list[str], cells: list[str], row: RecordingRow) -> str:
    """What is wrong with a row itself; empty if nothing is."""
    if len(cells) != len(columns):
        return f"{len(cells)} columns where the first line has {len(columns)}"
    if not row.path or not row.label:
        return f"the {'label' if row.path else 'path'} is empty"
    if row.part is None and any(c in columns for c in PART_COLUMNS):
        return "the part is none of train, val, test"
    if not row.group and any(c in columns for c in GROUP_COLUMNS):
        return "the group is empty"
    return ""


def _refusal(root: Path, path: str) -> str:
    """Why a path can't be used: it must be relative, stay under the folder even through links, and be there."""
    reason = escape_reason(path)
    try:
        if not reason and not (root / path).exists():
            reason = "no such file or folder"
        if not reason and not (root / path).resolve().is_relative_to(root.resolve()):
            reason = "a link that leads out of the data's folder"
    except (OSError, ValueError) as e:
        return f"no such file or folder: {e}"
    return reason

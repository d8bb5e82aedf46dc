"""A CSV with the columns path and label, and perhaps part and group: one row a recording."""

from collections.abc import Iterable, Iterator

from striate.data.csv_table import PART_COLUMNS, good_rows, is_label_table, read_text, split_records
from striate.data.stores import FileStore
from striate.data.table import PART_NAMES, class_name
from striate.errors import DataError
from striate.recordings.stores import FiledRecordings
from striate.recordings.table import RecordingRow, RecordingTable

GROUP_COLUMNS = ("group", "subject", "patient", "record")


def read_label_table(store: FiledRecordings, name: str) -> RecordingTable:
    """Rows of `path,label[,part][,group]`; paths are relative to the CSV and stay under its folder.

    A path may be a folder that is one recording. Rows of one group, a person for instance, never stand in two parts.

    Args:
        store: the CSV's folder, or the zip that holds it at the top.
        name: of the CSV.

    Raises:
        DataError: not UTF-8, a missing column, or a quote that isn't closed; says the line.
    """
    (_, header), *records = split_records(read_text(store.files, name), name, "path,label, then one a recording")
    columns = [cell.strip().casefold() for cell in header]
    missing = [c for c in ("path", "label") if c not in columns]
    if missing:
        what = f"no column {' and no column '.join(missing)}; its columns are {', '.join(header)}"
        raise DataError(f"{store.root / name}: {what}")

    def read() -> Iterator[tuple[int, RecordingRow, str]]:
        for line, cells in records:
            row = _row(columns, cells)
            yield line, row, _trouble(columns, cells, row) or store.refusal(row.path)

    rows, problems = good_rows(name, read())
    return RecordingTable("CSV table", store, rows, problems, name)


def find_label_table(files: FileStore, names: Iterable[str]) -> str | None:
    """The one CSV of these, at the top, that names the columns path and label.

    Raises:
        DataError: several.
    """
    tops = sorted(name for name in names if "/" not in name and name.lower().endswith(".csv"))
    tables = [name for name in tops if is_label_table(files, name)]
    if len(tables) > 1:
        raise DataError(f"several tables with path and label: {', '.join(tables)}; name the one to use")
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

"""A CSV with the columns path and label, and perhaps part: one row an image."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from striate.data.stores import FileStore
from striate.data.table import PART_NAMES, Row, Table, class_name
from striate.errors import DataError, ImageError, Problem

SEPARATOR = ";"  # between the labels of one image
PART_COLUMNS = ("part", "split")
Fields = tuple[int, list[str]]  # line of the file, cells


class HasPath(Protocol):
    """A row that is of one file."""

    @property
    def path(self) -> str:
        """Its name in the store."""


AnyRow = TypeVar("AnyRow", bound=HasPath)


def read_csv(store: FileStore, name: str) -> Table:
    """Rows of `path,label`, or `path,label,part`.

    Paths are relative to the CSV and stay under its folder. If any label holds `;`, the images may show
    several classes each, and an empty label then means none of them.

    Args:
        store: the CSV's folder, or the zip that holds it at the top.
        name: of the CSV in the store; UTF-8, with or without a byte order mark, any line ends.

    Raises:
        DataError: not UTF-8, a missing column, or a quote that isn't closed; says the line.
    """
    (_, header), *records = split_records(read_text(store, name), name)
    columns = [cell.strip().casefold() for cell in header]
    missing = [c for c in ("path", "label") if c not in columns]
    if missing:
        raise DataError(f"{name} has no column {' and no column '.join(missing)}; its columns are {', '.join(header)}")
    multilabel = any(SEPARATOR in cells[columns.index("label")] for _, cells in records if len(cells) == len(columns))

    def read() -> Iterator[tuple[int, Row, str]]:
        for line, cells in records:
            row = _row(columns, cells, line, multilabel)
            yield line, row, _trouble(columns, cells, row, multilabel) or store.refusal(row.path)

    rows, problems = good_rows(name, read())
    return Table("CSV table", store, rows, multilabel, problems, source=name)


def good_rows(name: str, read: Iterable[tuple[int, AnyRow, str]]) -> tuple[tuple[AnyRow, ...], tuple[Problem, ...]]:
    """The rows of a table that can be used, and what is wrong with the others; a path may stand there once.

    Args:
        name: of the table.
        read: of each row its line, what it says, and what is wrong with it, empty if nothing is.

    Example:
        >>> row = Row(None, "a.png", ("ant",))
        >>> rows, problems = good_rows("labels.csv", [(2, row, ""), (3, row, "")])
        >>> len(rows), str(problems[0])
        (1, "labels.csv, line 3: 'a.png': stands on line 2 already")
    """
    rows, problems, first_line = list[AnyRow](), list[Problem](), dict[str, int]()
    for line, row, trouble in read:
        if not trouble and row.path in first_line:
            trouble = f"stands on line {first_line[row.path]} already"
        first_line.setdefault(row.path, line)
        if trouble:
            problems.append(Problem(name, f"{row.path!r}: {trouble}", line))
        else:
            rows.append(row)
    return tuple(rows), tuple(problems)


def is_label_table(store: FileStore, name: str) -> bool:
    """Whether a CSV's first line names the columns path and label."""
    text = store.read(name)[:1000].decode("utf-8-sig", errors="replace")
    first = text.partition("\n")[0].casefold().replace('"', "")
    return {"path", "label"} <= {cell.strip() for cell in first.split(",")}


def read_text(store: FileStore, name: str) -> str:
    """The text of a table; what is not UTF-8 is refused."""
    try:
        return store.read(name).decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise DataError(f"{name} must be UTF-8 text; byte {e.start} isn't: save it as CSV UTF-8") from e
    except ImageError as e:
        raise DataError(f"{name}: {e}") from e


def split_records(text: str, name: str, expected: str = "a line path,label and then one line an image") -> list[Fields]:
    """The header and all rows that aren't blank, each with the line it begins on; without rows, what was expected."""
    try:
        found = [(line, cells) for line, cells in _numbered(text, name) if any(map(str.strip, cells))]
    except csv.Error as e:
        raise DataError(f"{name} can't be read as CSV: {e}") from e
    if len(found) < 2:
        raise DataError(f"{name} has no rows: expected {expected}")
    return found


def _numbered(text: str, name: str) -> Iterator[Fields]:
    """A row that runs over several lines is an open quote: neither a path nor a label has line ends."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as e:
            raise DataError(f"{name} can't be read as CSV", [Problem(name, f"a stray quote ({e})", line)]) from e
        if reader.line_num > line:
            reason = f"a stray quote: it is open until line {reader.line_num}"
            raise DataError(f"{name} can't be read as CSV", [Problem(name, reason, line)])
        yield line, cells


def _row(columns: list[str], cells: list[str], line: int, multilabel: bool) -> Row:
    """A row as it's written; a cell that is missing counts as empty."""
    by_name = {"path": "", "label": "", **dict(zip(columns, cells, strict=False))}
    names = by_name["label"].split(SEPARATOR) if multilabel else [by_name["label"]]
    labels = tuple(dict.fromkeys(name for name in map(class_name, names) if name))
    written = next((by_name[c] for c in PART_COLUMNS if c in by_name), "")
    path = by_name["path"].strip().replace("\\", "/")  # written on Windows
    return Row(PART_NAMES.get(written.strip().casefold()), path, labels, line)


def _trouble(columns: list[str], cells: list[str], row: Row, multilabel: bool) -> str:
    """What is wrong with a row itself; empty if nothing is."""
    if len(cells) != len(columns):
        return f"{len(cells)} columns where the first line has {len(columns)}"
    if not row.path:
        return "the path is empty"
    if not row.labels and not multilabel:
        return "the label is empty"
    if row.part is None and any(c in columns for c in PART_COLUMNS):
        return "the part is none of train, val, test"
    return ""

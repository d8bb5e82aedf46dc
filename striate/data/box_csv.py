"""Boxes and points in CSVs: one row a box, or one row an image with the points of the one object on it.

Both count in continuous pixels, as striate does inside, so that numbers stay as they are.
"""

import csv
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from striate.data.csv_table import PART_COLUMNS, Fields, read_text, split_records
from striate.data.image_index import ImageIndex
from striate.data.marks import DECIMALS, UNMARKED, Mark, MarkedImage, MarkedTable, Point, parse_number, part_in
from striate.data.records import PartName
from striate.data.stores import FileStore, Listing
from striate.data.table import PART_NAMES, class_name
from striate.errors import DataError, ImageError, Problem

PATHS = ("path", "filename", "image")
LABELS = ("label", "class")
CORNERS = (  # striate's own, VOC's as TensorFlow writes them, and others; the first set that is there counts
    ("x0", "y0", "x1", "y1"),
    ("xmin", "ymin", "xmax", "ymax"),
    ("x1", "y1", "x2", "y2"),
    ("left", "top", "right", "bottom"),
)
FLAGS = ("difficult", "truncated", "crowd")
Cells = Mapping[str, str]


def is_box_csv(store: FileStore, name: str) -> bool:
    """Whether a CSV's first line names a path, a label and four corners."""
    columns = _first_line(store, name)
    return _one_of(PATHS, columns) != "" and _one_of(LABELS, columns) != "" and _corners(columns) != ()


def is_point_csv(store: FileStore, name: str) -> bool:
    """Whether a CSV's first line names a path, and points in pairs such as `nose_x,nose_y`."""
    columns = _first_line(store, name)
    return _one_of(PATHS, columns) != "" and bool(_point_names(columns))


def read_box_csv(store: FileStore, listing: Listing, names: Sequence[str]) -> MarkedTable:
    """Rows of `path,label,x0,y0,x1,y1`, and perhaps `part`, `difficult`, `truncated` and `crowd`.

    An image of several boxes has several rows; one on which there is nothing has a row with its path alone. Columns may
    be called `filename`, `class`, `xmin` and so on; `width` and `height` are the image's. Where a file has no column
    `part`, a word in its path may name it.

    Raises:
        DataError: not UTF-8, a missing column, or a quote that isn't closed; says the line.
    """
    index = ImageIndex(listing)
    images: list[MarkedImage] = []
    problems: list[Problem] = []
    for name in names:
        found = _Boxes(name)
        wrong = [(row.line, row.problem or found.add(row)) for row in _rows(store, index, name)]
        problems += [Problem(name, reason, line) for line, reason in wrong if reason]
        images += found.images()
    return MarkedTable("CSV of boxes", store, tuple(images), problems=tuple(problems), remarks=index.remarks)


class _Boxes:
    """Gathers the rows of one CSV by image."""

    def __init__(self, name: str):
        self.name = name
        self.first: dict[str, _Row] = {}  # by path
        self.marks: dict[str, list[Mark]] = {}
        self.bad: set[str] = set()

    def add(self, row: "_Row") -> str:
        """Take a row in; what is wrong with it, or empty."""
        mark = _box(row)
        first = self.first.setdefault(row.path, row)
        marks = self.marks.setdefault(row.path, [])
        reason = mark if isinstance(mark, str) else ""
        if first.part != row.part:
            reason = f"{row.path}: in another part than on line {first.line}"
        elif first is not row and (mark is None or not (marks or self.bad & {row.path})):
            reason = f"{row.path}: says that there is nothing, while there are other lines"
        if reason:
            self.bad.add(row.path)
        elif isinstance(mark, Mark):
            marks.append(mark)
        return reason

    def images(self) -> list[MarkedImage]:
        """Those of which every row is good."""
        return [
            MarkedImage(row.part, path, tuple(self.marks[path]), _declared(row.cells), source=self.name, line=row.line)
            for path, row in self.first.items()
            if path not in self.bad
        ]


def read_point_csv(store: FileStore, listing: Listing, name: str) -> MarkedTable:
    """Rows of `path`, then `nose_x,nose_y` and so on for each point, perhaps `nose_v` and `part`.

    A point without numbers isn't marked; a row without any says that the object isn't there. `nose_v` is COCO's
    visibility: 2 for a point that is seen, 1 for a hidden one.

    Raises:
        DataError: not UTF-8, a missing column, or a quote that isn't closed; says the line.
    """
    index = ImageIndex(listing)
    point_names = _point_names(_written_columns(store, name))
    problems: list[Problem] = []
    images: dict[str, MarkedImage] = {}
    for row in _rows(store, index, name):
        points = row.problem or _points(row.cells, point_names)
        if isinstance(points, str):
            problems.append(Problem(name, points, row.line))
        elif row.path in images:
            reason = f"{row.path}: stands on line {images[row.path].line} already"
            problems.append(Problem(name, reason, row.line))
        else:
            marks = (Mark("", None, points, line=row.line),) if any(v for *_, v in points) else ()
            images[row.path] = MarkedImage(row.part, row.path, marks, source=name, line=row.line)
    return MarkedTable(
        "CSV of points",
        store,
        tuple(images.values()),
        point_names=point_names,
        problems=tuple(problems),
        remarks=index.remarks,
        points_only=True,
    )


class _Row(NamedTuple):
    """A row of either CSV: what is in its cells, and what is wrong with its path or part."""

    line: int
    path: str
    part: PartName | None
    cells: Cells
    problem: str


def _rows(store: FileStore, index: ImageIndex, name: str) -> list[_Row]:
    (_, header), *records = split_records(read_text(store, name), name)
    columns = [cell.strip().casefold() for cell in header]
    if twice := sorted({c for c in columns if c and columns.count(c) > 1}):
        raise DataError(f"{name} has several columns {twice[0]!r}")
    return [_row(index, name, columns, fields) for fields in records]


def _row(index: ImageIndex, name: str, columns: list[str], fields: Fields) -> _Row:
    line, values = fields
    cells = dict(zip(columns, map(str.strip, values), strict=False))
    written, part_column = cells.get(_one_of(PATHS, columns), ""), _one_of(PART_COLUMNS, columns)
    found = index.find(written, name) if written else []
    part = PART_NAMES.get(cells.get(part_column, "").casefold()) if part_column else part_in(name)
    problem = ""
    if len(values) != len(columns):
        problem = f"{len(values)} columns where the first line has {len(columns)}"
    elif not written:
        problem = "the path is empty"
    elif len(found) != 1:
        problem = f"{written!r}: {f'there are several: {found[0]}, {found[1]}' if found else 'no such file'}"
    elif part_column and part is None:
        problem = f"{written!r}: the part is none of train, val, test"
    return _Row(line, found[0] if len(found) == 1 else written, part, cells, problem)


def _box(row: _Row) -> Mark | str | None:
    """The box of a row; None if it says that there is none; or what is wrong."""
    label = class_name(row.cells[_one_of(LABELS, row.cells)])
    corners = _corners(row.cells)
    written = [row.cells[corner] for corner in corners]
    if not label and not any(written):
        return None
    if not label:
        return f"{row.path}: the label is empty"
    values = [parse_number(text) for text in written]
    if None in values:
        bad = values.index(None)
        return f"{row.path}: {corners[bad]} must be a number, got {written[bad]!r}"
    left, top, right, bottom = (value for value in values if value is not None)
    flags = [row.cells.get(flag) or "0" for flag in FLAGS]
    if bad_flags := [flag for flag in flags if flag not in ("0", "1")]:
        return f"{row.path}: {', '.join(FLAGS)} must be 0 or 1, got {bad_flags[0]!r}"
    difficult, truncated, crowd = (flag == "1" for flag in flags)
    return Mark(label, (left, top, right, bottom), (), difficult, truncated, crowd, row.line)


def _points(cells: Cells, names: Sequence[str]) -> tuple[Point, ...] | str:
    """The points of a row, or what is wrong with one."""
    found: list[Point] = []
    for name in names:
        written = [cells[f"{name}_{axis}".casefold()] for axis in "xy"]
        visibility = cells.get(f"{name}_v".casefold()) or ("2" if any(written) else "0")
        x, y = (parse_number(text) for text in written)
        if visibility not in ("0", "1", "2"):
            return f"{name}_v must be 0, 1 or 2, got {visibility!r}"
        if visibility == "0" or not any(written):
            found.append(UNMARKED)
        elif x is None or y is None:
            return f"{name} must be two numbers or empty, got {written[0]!r} and {written[1]!r}"
        else:
            found.append((round(x, DECIMALS), round(y, DECIMALS), int(visibility)))
    return tuple(found)


def _declared(cells: Cells) -> tuple[int, int] | None:
    height, width = (parse_number(cells.get(side, "")) for side in ("height", "width"))
    return (int(height), int(width)) if height and width and 0 < height < 1e6 and 0 < width < 1e6 else None


def _first_line(store: FileStore, name: str) -> list[str]:
    """Columns of a CSV without regard to case; none if it can't be read."""
    return [column.casefold() for column in _written_columns(store, name)]


def _written_columns(store: FileStore, name: str) -> list[str]:
    if not name.lower().endswith(".csv"):
        return []
    try:
        text = store.read(name)[: 2**16].decode("utf-8-sig", errors="replace")
        return [cell.strip() for cell in next(csv.reader(text.splitlines()), [])]
    except (ImageError, csv.Error):
        return []


def _point_names(columns: Sequence[str]) -> tuple[str, ...]:
    """Names of points in the order of their columns."""
    known = {column.casefold() for column in columns}
    named = (c[:-2] for c in columns if c.casefold().endswith("_x") and len(c) > 2)
    return tuple(name for name in named if f"{name}_y".casefold() in known)


def _corners(columns: Sequence[str] | Cells) -> tuple[str, ...]:
    return next((names for names in CORNERS if all(name in columns for name in names)), ())


def _one_of(names: Sequence[str], columns: Sequence[str] | Cells) -> str:
    return next((name for name in names if name in columns), "")

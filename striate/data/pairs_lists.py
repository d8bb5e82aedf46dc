"""Lists of pairs as they are written: those of Labeled Faces in the Wild, and tables."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from striate.data.csv_table import Fields, split_records
from striate.errors import DataError, Problem

COLUMNS = ("a", "b", "same")
_SAME = dict.fromkeys(("1", "true", "yes", "same"), True) | dict.fromkeys(("0", "false", "no", "different"), False)
_LAYOUTS = (
    "lines NAME 1 2 and NAME 1 OTHER 2, as in Labeled Faces in the Wild, or a CSV with the columns a,b,same "
    "and perhaps fold"
)


class WrittenPair(NamedTuple):
    """A pair as a list has it.

    Attributes:
        line: of the list.
        first, second: paths of the images; without a suffix in LFW's lists.
        same: whether both show one person or thing.
        fold: its number, where the list is divided.
        problem: what is wrong with it; the rest then means nothing.
    """

    line: int
    first: str = ""
    second: str = ""
    same: bool = False
    fold: int | None = None
    problem: str = ""


class PairList(NamedTuple):
    """All of a list.

    Attributes:
        kind: of the list, in words.
        pairs: in their order.
        suffixes: whether paths are written with them.
    """

    kind: str
    pairs: tuple[WrittenPair, ...]
    suffixes: bool


def parse_pairs(text: str, name: str) -> PairList:
    r"""Find out which list it is, and read it.

    Args:
        text: of the list.
        name: of its file, for messages.

    Raises:
        DataError: it is none; what is wrong with single lines is left for the caller.

    Example:
        >>> found = parse_pairs("1\nAda\t1\t2\nAda\t1\tBob\t3\n", "pairs.txt")
        >>> [(pair.first, pair.second, pair.same) for pair in found.pairs]
        [('Ada/Ada_0001', 'Ada/Ada_0002', True), ('Ada/Ada_0001', 'Bob/Bob_0003', False)]
        >>> found = parse_pairs("a,b,same\nx/1.png,x/2.png,yes\n", "pairs.csv")
        >>> found.pairs[0].first, found.pairs[0].same
        ('x/1.png', True)
    """
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise DataError(f"{name} is empty: expected {_LAYOUTS}")
    number, fields = lines[0]
    if "," in text.lstrip().partition("\n")[0]:
        return _parse_table(text, name)
    if all(_is_count(field) for field in fields) and len(fields) <= 2:
        return PairList("LFW's list of pairs", tuple(_parse_lfw(lines[1:], name, [int(f) for f in fields])), False)
    if len(fields) in (3, 4):
        return PairList("LFW's list of pairs", tuple(map(_parse_names, lines)), False)
    raise DataError(f"{name} is no list of pairs: expected {_LAYOUTS}", [Problem(name, " ".join(fields)[:80], number)])


def _parse_lfw(lines: Sequence[Fields], name: str, counts: Sequence[int]) -> Iterator[WrittenPair]:
    """Lines after one that says how many folds there are, and how many pairs of each kind are in each of them."""
    folds, per_kind = counts if len(counts) == 2 else (1, counts[0])
    if len(lines) != 2 * folds * per_kind or not lines:
        promised = f"{folds} x 2 x {per_kind} pairs" if len(counts) == 2 else f"2 x {per_kind} pairs"
        raise DataError(f"{name} can't be used", [Problem(name, f"promises {promised} and has {len(lines)}", 1)])
    for i, line in enumerate(lines):
        pair = _parse_names(line)
        should_be_same = i % (2 * per_kind) < per_kind
        if not pair.problem and pair.same != should_be_same:
            kind = "same" if should_be_same else "different"
            pair = WrittenPair(pair.line, problem=f"stands among {kind} pairs, by the first line, and is none")
        yield pair._replace(fold=i // (2 * per_kind)) if len(counts) == 2 else pair


def _parse_names(line: Fields) -> WrittenPair:
    """NAME 1 2, or NAME 1 OTHER 2."""
    number, fields = line
    if len(fields) not in (3, 4):
        return WrittenPair(number, problem=f"expected NAME 1 2 or NAME 1 OTHER 2, got {' '.join(fields)[:80]!r}")
    name, first, other, second = fields if len(fields) == 4 else (fields[0], fields[1], fields[0], fields[2])
    if strange := [count for count in (first, second) if not _is_count(count)]:
        return WrittenPair(number, problem=f"an image's number must be digits, got {strange[0][:80]!r}")
    if strange := [person for person in (name, other) if re.search(r"[/\\:]", person)]:
        return WrittenPair(number, problem=f"a name must be that of a folder, got {strange[0][:80]!r}")
    return WrittenPair(number, _stem(name, first), _stem(other, second), name == other)


def _stem(name: str, number: str) -> str:
    """LFW's path of an image of a person."""
    return f"{name}/{name}_{int(number):04d}"


def _is_count(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,6}", text) is not None


def _parse_table(text: str, name: str) -> PairList:
    """Rows of a,b,same and perhaps fold."""
    (_, header), *rows = split_records(text, name, "a line a,b,same and then one line a pair")
    columns = [cell.strip().casefold() for cell in header]
    if missing := [column for column in COLUMNS if column not in columns]:
        has = ", ".join(header)
        raise DataError(f"{name} has no column {' and no column '.join(missing)}; its columns are {has[:200]}")
    if twice := sorted({column for column in (*COLUMNS, "fold") if columns.count(column) > 1}):
        raise DataError(f"{name} has several columns {twice[0]!r}")
    return PairList("CSV of pairs", tuple(_parse_row(columns, row) for row in rows), True)


def _parse_row(columns: Sequence[str], row: Fields) -> WrittenPair:
    line, values = row
    if len(values) != len(columns):
        return WrittenPair(line, problem=f"{len(values)} columns where the first line has {len(columns)}")
    cells = dict(zip(columns, map(str.strip, values), strict=True))
    same, fold = _SAME.get(cells["same"].casefold()), cells.get("fold")
    if same is None:
        return WrittenPair(line, problem=f"same must be 1 or 0, got {cells['same'][:80]!r}")
    if fold is not None and not _is_count(fold):
        return WrittenPair(line, problem=f"fold must be a number, got {fold[:80]!r}")
    return WrittenPair(line, cells["a"], cells["b"], same, None if fold is None else int(fold))

"""Lists of pairs (a,b,same) and of triplets (anchor,positive,negative) of images, to train encoders on."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.data.csv_table import Fields, read_text, split_records
from striate.data.fingerprint import find_twins
from striate.data.open import PART_ORDER, check_all, modes_of, sizes_of
from striate.data.records import Dataset, Item, Part, PartName
from striate.data.stores import FolderStore
from striate.data.table import PART_NAMES, Row
from striate.errors import DataError, Problem

PAIR, TRIPLET = ("a", "b", "same"), ("anchor", "positive", "negative")
_YES_OR_NO = {"1": 0, "true": 0, "yes": 0, "same": 0, "0": 1, "false": 1, "no": 1, "different": 1}  # identity of b


@dataclass(frozen=True)
class RelatedPart(Part):
    """Images, and of some two or three of them whether they show the same.

    An image's label is as much of its identity as the list tells: images that rows call the same share it.

    Attributes:
        rows: (M, 2 or 3) places in `items`.
        identities: (M, 2 or 3) 0 or 1, which of the images of a row show the same.
    """

    rows: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))
    identities: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))


class Related(NamedTuple):
    """A row of a list: its images, in which of two identities each is, and its part."""

    paths: tuple[str, ...]
    identities: tuple[int, ...]
    part: PartName | None
    line: int


def is_relation_table(path: Path) -> bool:
    """Whether a file's first line names columns of a list, and not those of single images."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as f:
        cells = {cell.strip().strip('"') for cell in f.readline(1000).casefold().split(",")}
    return not cells.isdisjoint(PAIR + TRIPLET) and not cells >= {"path", "label"}


def open_relations(path: Path, *, seed: int, val_share: float, skip_bad: bool) -> Dataset:
    """Open a list of pairs or triplets, and look at every image; paths are relative to the list.

    `same` is 1 or 0, yes or no, true or false. A column `part` divides the rows. Without one, images that rows call the
    same stay together, and `val_share` of these groups is held back; rows with images on both sides are left out.

    Args:
        path: of the CSV.
        seed, val_share, skip_bad: as for `open_identities`.

    Raises:
        DataError: bad rows or files, or too few rows on a side of the cut.
    """
    store = FolderStore(path.parent)
    rows, problems = _read(store, path.name)
    images = tuple(Row(None, p, ()) for p in dict.fromkeys(p for row in rows for p in row.paths))
    good, checked, broken = check_all(store, images)
    problems = [*problems, *broken]
    if problems and not skip_bad:
        raise DataError(
            f"{len(problems)} rows or images of {path} can't be used (--skip-bad leaves them out)", problems
        )
    readable = {row.path for row in good}
    rows = [row for row in rows if readable.issuperset(row.paths)]
    groups = _groups(rows)
    digests = {p: found.digest for p, found in checked.items()}
    must_cut = val_share > 0 and {row.part for row in rows} <= {None, "train"}
    divided = _cut(rows, groups, digests, val_share, seed) if must_cut else _own_parts(rows)
    parts: dict[PartName, Part] = {name: _part(divided[name], groups, store) for name in PART_ORDER if name in divided}
    _refuse_one_sided(path, divided)
    left_out = len(rows) - sum(map(len, divided.values()))
    noun = "triplets" if len(rows[0].paths) == len(TRIPLET) else "pairs"
    cut = f", {left_out} of them left out: their images stand on both sides of the cut" if left_out else ""
    return Dataset(
        root=str(path),
        kind=f"list of {len(rows)} {noun}{cut}",
        classes=tuple(dict.fromkeys(groups[p] for p in groups)),
        parts=parts,
        cut_seed=seed if must_cut else None,
        skipped=tuple(problems),
        twins=find_twins(parts, digests),
        fingerprint=_fingerprint(rows, digests),
        sizes=sizes_of(checked.values()),
        modes=modes_of(checked.values()),
    )


def _read(store: FolderStore, name: str) -> tuple[list[Related], list[Problem]]:
    expected = f"a line {','.join(PAIR)} or {','.join(TRIPLET)}, and then one line a pair or a triplet"
    (_, header), *records = split_records(read_text(store, name), name, expected)
    columns = [cell.strip().casefold() for cell in header]
    if not any(set(columns) >= set(names) for names in (PAIR, TRIPLET)):
        wanted = f"neither the columns {','.join(PAIR)} nor {','.join(TRIPLET)}"
        raise DataError(f"{name} has {wanted}; its columns are {', '.join(header)}")
    found, problems = [], []
    for line, cells in records:
        row = _row(columns, (line, cells))
        trouble = row if isinstance(row, str) else next(filter(None, map(store.refusal, row.paths)), "")
        if trouble or isinstance(row, str):
            problems.append(Problem(name, trouble, line))
        else:
            found.append(row)
    if not found:
        raise DataError(f"no row of {name} can be used", problems)
    return found, problems


def _row(columns: Sequence[str], record: Fields) -> Related | str:
    """A row, or what is wrong with it."""
    line, cells = record
    if len(cells) != len(columns):
        return f"{len(cells)} columns where the first line has {len(columns)}"
    by_name = dict(zip(columns, map(str.strip, cells), strict=True))
    triplet = set(columns) >= set(TRIPLET)
    paths = tuple(by_name[c].replace("\\", "/") for c in (TRIPLET if triplet else PAIR[:2]))
    if not all(paths) or len(set(paths)) < len(paths):
        return "needs different images"
    other = 0 if triplet else _YES_OR_NO.get(by_name["same"].casefold())
    if other is None:
        return f"same is {by_name['same']!r}, neither 1 nor 0"
    part = PART_NAMES.get(by_name.get("part", "train").casefold())
    if part is None:
        return "the part is none of train, val, test"
    return Related(paths, (0, 0, 1) if triplet else (0, other), part if "part" in columns else None, line)


def _groups(rows: Sequence[Related]) -> dict[str, str]:
    """By each image the name of its group: the first image of those that rows call the same, directly or not."""
    leader = {path: path for row in rows for path in row.paths}

    def first(path: str) -> str:
        while leader[path] != path:
            leader[path] = path = leader[leader[path]]
        return path

    for row in rows:
        same = [path for path, identity in zip(row.paths, row.identities, strict=True) if identity == 0]
        for other in same[1:]:
            leader[first(other)] = first(same[0])
    return {path: first(path) for path in leader}


def _own_parts(rows: Sequence[Related]) -> dict[PartName, list[Related]]:
    divided: dict[PartName, list[Related]] = {}
    for row in rows:
        divided.setdefault(row.part or "train", []).append(row)
    return divided


def _cut(
    rows: Sequence[Related], groups: Mapping[str, str], digests: Mapping[str, str], share: float, seed: int
) -> dict[PartName, list[Related]]:
    """Rows whose images are all held back are val, those of which none is are train."""
    ranked = sorted(set(groups.values()), key=lambda g: hashlib.sha256(f"{seed}:{digests[g]}".encode()).digest())
    held_back = set(ranked[: max(2, round(share * len(ranked)))])
    sides = [sum(groups[path] in held_back for path in row.paths) for row in rows]
    return {
        "train": [row for row, inside in zip(rows, sides, strict=True) if not inside],
        "val": [row for row, inside in zip(rows, sides, strict=True) if inside == len(row.paths)],
    }


def _refuse_one_sided(path: Path, divided: Mapping[PartName, Sequence[Related]]) -> None:
    """Each part needs images that show the same, and images that don't."""
    for name, rows in divided.items():
        if {identity for row in rows for identity in row.identities[1:]} != {0, 1}:  # 0 is that of the first
            hint = "the list needs more rows, or a column part that divides them"
            raise DataError(f"the {name} part of {path} has not both same and different images; {hint}")


def _part(rows: Sequence[Related], groups: Mapping[str, str], store: FolderStore) -> RelatedPart:
    """The images of some rows, once each, and where the rows find them."""
    numbers = {name: i for i, name in enumerate(dict.fromkeys(groups.values()))}
    place = {path: i for i, path in enumerate(dict.fromkeys(path for row in rows for path in row.paths))}
    items = tuple(Item(path, (numbers[groups[path]],)) for path in place)
    places = np.array([[place[path] for path in row.paths] for row in rows], dtype=np.int64)
    return RelatedPart(items, store, places, np.array([row.identities for row in rows], dtype=np.int64))


def _fingerprint(rows: Sequence[Related], digests: Mapping[str, str]) -> str:
    """SHA-256 over every row, in whatever order they come."""
    lines = sorted(json.dumps([row.part, *row.identities, *(digests[p] for p in row.paths)]) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()

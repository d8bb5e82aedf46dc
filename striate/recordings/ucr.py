"""The UCR archive's layout: NAME_TRAIN.tsv and NAME_TEST.tsv, a row a sample, its label first.

Dau et al. 2018, The UCR time series archive. Rows of varying length are filled up with NaN at their end there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data.records import PartName
from striate.data.table import class_name
from striate.errors import DataError, Problem
from striate.recordings.limits import read_lines
from striate.recordings.npy import as_words
from striate.recordings.stores import ArrayRecordings, Rows
from striate.recordings.table import RecordingRow, RecordingTable

UCR_NAME = re.compile(r"(.+)_(TRAIN|TEST)\.(tsv|txt)", re.ASCII | re.IGNORECASE)
PARTS: dict[str, PartName] = {"train": "train", "test": "test"}
MAX_BYTES, MAX_LINES = 2**28, 2**22


@dataclass(frozen=True)
class UcrRows:
    """Reads one file's samples."""

    path: Path

    def __call__(self) -> Rows:
        """A signal a line."""
        return Rows([_without_filling(row[1:]) for row in read_samples(self.path)], "signal")


def find_ucr(folder: Path) -> list[Path]:
    """The files of that layout that lie in a folder."""
    return sorted(p for p in folder.iterdir() if UCR_NAME.fullmatch(p.name))


def read_ucr(path: Path) -> RecordingTable:
    """Rows of a folder with one pair of such files, or of one of them, whose other half is read too.

    Raises:
        DataError: files of several data sets, a line that is not as the first, a label or value that is no number.
    """
    files = find_ucr(path) if path.is_dir() else _pair(path)
    by_part = {PARTS[m[2].casefold()]: p for p in files if (m := UCR_NAME.fullmatch(p.name))}
    if len(by_part) < len(files):
        raise DataError(f"{path}: several data sets: {', '.join(p.name for p in files)}; name one file of that to use")
    readers = {part: UcrRows(by_part[part]) for part in PARTS.values() if part in by_part}
    rows = [row for part, reader in readers.items() for row in _rows(part, reader.path)]
    store = ArrayRecordings({str(part): reader for part, reader in readers.items()})
    return RecordingTable("UCR files", store, tuple(rows))


def _pair(path: Path) -> list[Path]:
    """A file and its other half, if that is there."""
    match = UCR_NAME.fullmatch(path.name)
    assert match is not None  # who calls has looked
    name = match[1].casefold()
    return [p for p in find_ucr(path.parent) if (m := UCR_NAME.fullmatch(p.name)) and m[1].casefold() == name]


def _rows(part: PartName, path: Path) -> list[RecordingRow]:
    labels = as_words(row[0] for row in read_samples(path))
    return [RecordingRow(part, f"{part}/{i}", class_name(label)) for i, label in enumerate(labels)]


def read_samples(path: Path) -> Sequence[NDArray[np.float64]]:
    """The rows of numbers of a file that separates them by tabs, commas or spaces, the label first.

    Raises:
        DataError: not text, rows of different lengths, a cell that is no number, a gap; says the line.
    """
    lines = read_lines(path, MAX_BYTES, MAX_LINES)
    separator = next((s for s in "\t," if s in lines[0][1]), None)
    rows, problems = list[NDArray[np.float64]](), list[Problem]()
    for number, line in lines:
        cells = line.strip().split(separator)
        row = _numbers(cells)
        if reason := _trouble(cells, row, len(rows[0]) if rows else 0):
            problems.append(Problem(path.name, reason, number))
        elif row is not None:
            rows.append(row)
    if problems:
        raise DataError(f"{path}: lines that can't be used", problems)
    return rows


def _numbers(cells: list[str]) -> NDArray[np.float64] | None:
    try:
        return np.array(cells, dtype=np.float64)
    except ValueError:
        return None


def _trouble(cells: list[str], row: NDArray[Any] | None, length: int) -> str:
    """Why a line can't be used; empty if it can."""
    if row is None:
        wrong = next(cell for cell in cells if _numbers([cell]) is None)
        return f"{wrong[:40]!r} is no number"
    if len(row) < 2 or (length and len(row) != length):
        wanted = f"where the first line has {length}" if length else "where a label and a signal are expected"
        return f"{len(row)} numbers, {wanted}"
    if not np.isfinite(row[0]):
        return "the label is no number"
    signal = _without_filling(row[1:])
    if not len(signal):
        return "the signal is nothing but NaN"
    if not np.isfinite(signal).all():
        at = int((~np.isfinite(signal)).argmax())
        return f"{signal[at]} at sample {at}: a gap; NaN may only fill up the end"
    return ""


def _without_filling(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without the NaN at its end."""
    there = np.flatnonzero(~np.isnan(signal))
    return signal[: there[-1] + 1] if len(there) else signal[:0]

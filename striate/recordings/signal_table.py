"""One signal in a CSV or TSV: a column a channel, perhaps a row of names and a column of times."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.errors import DataError
from striate.recordings.grid import MAX_CHANNELS
from striate.recordings.limits import check_values, finite, read_lines
from striate.recordings.records import Recording

MAX_BYTES, MAX_LINES = 2**28, 2**24
TIMES = {"time": 1.0, "t": 1.0, "seconds": 1.0, "sec": 1.0, "ms": 1e-3, "milliseconds": 1e-3, "us": 1e-6}  # in seconds
_TIME_AND_UNIT = re.compile(r"(?:time|t)?[ _]*[\[(]?\s*(s|sec|seconds|ms|milliseconds|us)\s*[\])]?")
UNEVEN = 0.5  # of a step: what rounding of the times may move a sample


class _Lines(NamedTuple):
    """A table as text.

    Attributes:
        names: of the columns, or none.
        numbers: of the lines that hold values, counted from 1.
        text: those lines.
        separator: between cells.
    """

    names: tuple[str, ...]
    numbers: list[int]
    text: list[str]
    separator: str


def read_signal_table(path: Path) -> Recording:
    """A table of numbers as a signal.

    A column is a time if the row of names says so: `time`, `t`, `seconds`, `time_s`, `ms`, `Time [ms]` and so on. Its
    steps give the spacing, and where one is missing or repeated that is an error; without it the spacing is unknown.

    Raises:
        DataError: not text, a cell that is empty or no number, rows of different lengths, a gap in time; says the line.
    """
    lines = _lines(path)
    values = _values(path, lines)
    factors = [_seconds(name) for name in lines.names]
    timed = [i for i, factor in enumerate(factors) if factor is not None]
    if len(timed) > 1:
        raise DataError(f"{path}: several columns of times: {', '.join(lines.names[i] for i in timed)}")
    spacing, columns = 0.0, list(range(values.shape[1]))
    if timed and len(columns) > 1:
        spacing = _step(path, values[:, timed[0]] * float(factors[timed[0]] or 0), lines.numbers)
        columns.remove(timed[0])
    channels = values.T[columns]
    check_values(path, channels.shape)
    if len(columns) > MAX_CHANNELS:
        raise DataError(f"{path}: {len(columns):,} columns; up to {MAX_CHANNELS:,} are allowed, each a channel")
    single = finite(path, channels, lambda at: f"in column {columns[at[0]] + 1}, line {lines.numbers[at[1]]},")
    return Recording("signal", single, (spacing,), tuple(lines.names[i] for i in columns) if lines.names else ())


def _lines(path: Path) -> _Lines:
    numbered = read_lines(path, MAX_BYTES, MAX_LINES)
    first = numbered[0][1]
    separator = max("\t,;", key=first.count)
    cells = _cells(path, first, separator)
    header = not any(map(_is_number, cells))
    rows = numbered[1:] if header else numbered
    if not rows:
        raise DataError(f"{path}: names of columns, but no values")
    names = tuple(cell.strip() or f"column {i}" for i, cell in enumerate(cells, 1)) if header else ()
    return _Lines(names, [i for i, _ in rows], [line for _, line in rows], separator)


def _values(path: Path, lines: _Lines) -> NDArray[np.float64]:
    """(L, columns); NumPy reads in a hundredth of the time, and a second reading says what is wrong."""
    width = len(lines.names) or len(_cells(path, lines.text[0], lines.separator))
    try:
        values: NDArray[np.float64] = np.loadtxt(
            lines.text, np.float64, delimiter=lines.separator, comments=None, quotechar='"', ndmin=2
        )
        if values.shape != (len(lines.text), width):
            raise ValueError(f"{values.shape}")
    except ValueError as e:
        for number, line in zip(lines.numbers, lines.text, strict=True):
            if reason := _trouble(_cells(path, line, lines.separator), width):
                raise DataError(f"{path}, line {number}: {reason}") from e
        raise DataError(f"{path}: can't be read as a table of numbers: {e}") from e
    return values


def _cells(path: Path, line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line), delimiter=separator))
    except (csv.Error, StopIteration) as e:
        raise DataError(f"{path}: can't be read as a table: {e}") from e


def _trouble(cells: Sequence[str], width: int) -> str:
    """What is wrong with a row; empty if nothing is."""
    if len(cells) != width:
        return f"{len(cells)} cells where the first row has {width}"
    wrong = next((i for i, cell in enumerate(cells) if not _is_number(cell)), None)
    if wrong is None:
        return ""
    return f"column {wrong + 1} is {'empty' if not cells[wrong].strip() else repr(cells[wrong][:40])}, not a number"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # Python takes 1_000


def _seconds(name: str) -> float | None:
    """Seconds in a unit of the times that a column's name says it holds; None if it holds none.

    Example:
        >>> _seconds("Time [ms]"), _seconds("time_s"), _seconds("t"), _seconds("MLII")
        (0.001, 1.0, 1.0, None)
    """
    plain = name.strip().casefold()
    if plain in TIMES:
        return TIMES[plain]
    match = _TIME_AND_UNIT.fullmatch(plain)
    return TIMES.get(match[1], 1.0) if match else None


def _step(path: Path, times: NDArray[np.float64], numbers: Sequence[int]) -> float:
    """Seconds from one sample to the next.

    Raises:
        DataError: a step that is not about the usual one.
    """
    steps = np.diff(times)
    if not len(steps):
        return 0.0
    usual = float(np.median(steps))
    if not usual > 0:
        raise DataError(f"{path}: its times don't rise")
    wrong = np.flatnonzero(~(abs(steps - usual) < UNEVEN * usual))
    if len(wrong):
        line, step = numbers[int(wrong[0]) + 1], float(steps[wrong[0]])
        raise DataError(f"{path}, line {line}: {step:g} s after the line before, where {usual:g} s is usual: a gap?")
    return float(times[-1] - times[0]) / len(steps)

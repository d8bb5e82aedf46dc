"""What a file of recordings may ask for, and how it is refused."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data.image import why_no_file
from striate.errors import DataError, StriateError
from striate.recordings.records import Values

MAX_VALUES = 2**27  # of one recording: half a GiB as float32
MAX_FILE_BYTES = 2**30  # of one file that is read whole
DEFLATE_LIMIT = 1032  # nothing that was deflated unpacks to more than this times its size


def check_file(path: Path, most: int = MAX_FILE_BYTES) -> Path:
    """An ordinary file of a bounded size.

    Raises:
        DataError: it is none; a pipe or a device would be read for ever.
    """
    try:
        if not path.is_file():
            raise DataError(f"{path}: {why_no_file(path)}")
        if path.stat().st_size > most:
            raise DataError(f"{path}: more than the {most:,} bytes that are allowed")
    except (OSError, ValueError) as e:
        raise DataError(f"{path}: can't be read: {e}") from e
    return path


def check_values(path: object, shape: Sequence[int], most: int = MAX_VALUES) -> None:
    """Refuse what would fill the memory, before any of it is allocated.

    Raises:
        DataError: no values, or more than are allowed.

    Example:
        >>> check_values("a.npy", (2**20, 2**20))
        Traceback (most recent call last):
        striate.errors.DataError: a.npy: 1048576x1048576 values; 1 to 134,217,728 are allowed
    """
    if not all(0 < n <= most for n in shape) or not 0 < prod(shape) <= most:
        raise DataError(f"{path}: {'x'.join(map(str, shape))} values; 1 to {most:,} are allowed")


def read_lines(path: Path, most_bytes: int, most_lines: int) -> list[tuple[int, str]]:
    """The lines of a text that aren't blank, each with its number, from 1.

    Raises:
        DataError: not UTF-8, too large, of too many lines, or of blank lines only.
    """
    try:
        text = check_file(path, most_bytes).read_bytes().decode("utf-8-sig")
    except OSError as e:
        raise DataError(f"{path}: can't be read: {e.strerror}") from e
    except UnicodeDecodeError as e:
        raise DataError(f"{path}: must be UTF-8 text; byte {e.start} isn't") from e
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > most_lines:
        raise DataError(f"{path}: more than the {most_lines:,} lines that are allowed")
    lines = [(i, line) for i, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise DataError(f"{path}: the file is empty")
    return lines


def finite(
    path: object, values: NDArray[Any], where: Callable[[tuple[int, ...]], str] = lambda at: f"at {list(at)}"
) -> Values:
    """Values as float32, in rows, that may be written to.

    Args:
        path: named in errors.
        values: numbers, of any shape.
        where: puts a place among them, an index along each axis, into words.

    Raises:
        DataError: NaN, an infinity or a number too large for float32, and where the first of them is.
    """
    with np.errstate(over="ignore"):
        single: Values = np.require(values, np.float32, ["C", "W"])
    bad = ~np.isfinite(single)
    if bad.any():
        at = tuple(int(i) for i in np.unravel_index(int(bad.argmax()), bad.shape))
        what = "no number" if np.isnan(single[at]) else "not a finite number in float32"
        raise DataError(f"{path}: {values[at]} {where(at)} is {what}; {int(bad.sum()):,} of the values are such")
    return single


@contextmanager
def foreign_errors(path: object, what: str) -> Iterator[None]:
    """Put whatever another package raises at a broken file into one error: they raise nearly anything.

    Raises:
        DataError: the block failed.
    """
    try:
        yield
    except StriateError:
        raise
    except Exception as e:
        raise DataError(f"{path}: can't be read as {what}: {str(e)[:300] or type(e).__name__}") from e

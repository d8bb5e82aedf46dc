"""Work on many files at once: reading, hashing and decoding all let other threads run."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_threads(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The results in the order of the items; the first exception is raised.

    Example:
        >>> in_threads(len, ["a", "bcd"])
        [1, 3]
    """
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        return list(pool.map(work, items))

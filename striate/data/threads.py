"""Work on many files at once: reading, hashing and decoding all let other threads run."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

CHUNK = 64  # items a task: one at a time, handing them over would cost more than a small image
T = TypeVar("T")
R = TypeVar("R")


def in_threads(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """The results in the order of the items; the first exception is raised.

    Example:
        >>> in_threads(len, ["a", "bcd"])
        [1, 3]
    """
    chunks = [items[i : i + CHUNK] for i in range(0, len(items), CHUNK)]
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        done = pool.map(lambda chunk: [work(item) for item in chunk], chunks)
        return [result for chunk in done for result in chunk]

"""Pairs drawn from folders of people or things: all same ones, and as many different ones as wished."""

import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from striate.data.folder import read_class_folders, top_folder
from striate.data.pairs import Pairs, open_files
from striate.errors import ArgumentError, DataError

MOST_PAIRS = 5_000_000
Ints = NDArray[np.int64]


def draw_pairs(data: str | Path, *, n_different: int | None = None, seed: int = 0) -> Pairs:
    """All pairs of images that lie in one folder, and some of those that don't.

    Args:
        data: a folder or a zip of folders named for people or things, as a classifier is trained on.
        n_different: how many different pairs to draw, each at most once; None draws as many as there are same ones, if
            there are so many.
        seed: of the draw.

    Raises:
        DataError: nothing of this kind lies at `data`, it is of one person, or nobody has two images.
        ArgumentError: `n_different` is below 1 or more than there are, or there are more than 5,000,000 pairs.

    Example:
        >>> from striate.data import write_image
        >>> for i, name in enumerate(("ada/1", "ada/2", "bob/1", "bob/2", "eve/1")):
        ...     Path("people", name).parent.mkdir(parents=True, exist_ok=True)
        ...     write_image(f"people/{name}.png", np.full((2, 3), i, np.uint8))
        >>> pairs = draw_pairs("people", n_different=3)
        >>> pairs.same.tolist()
        [True, True, False, False, False]
    """
    store = open_files(Path(data))
    store = store.under(top) if (top := top_folder(store.listing())) else store
    table = read_class_folders(store)
    if table.problems:
        raise DataError(f"{len(table.problems)} of the images in {data} can't be used", table.problems)
    rows = sorted((row.labels[0], row.path) for row in table.rows)
    _, place, counts = np.unique([label for label, _ in rows], return_index=True, return_counts=True)
    ends = np.repeat(place + counts, counts)  # (N,) where the images of each image's person end
    own, others = ends - np.arange(len(rows)) - 1, len(rows) - ends  # (N,) partners that come later
    n_same, most = int(own.sum()), int(others.sum())
    if not n_same or not most:
        raise DataError(f"{data} has no {'two images of anybody' if most else 'images of two people'}")
    wanted = min(n_same, most) if n_different is None else n_different
    if not 1 <= wanted <= most:
        raise ArgumentError.of("n_different", f"in [1, {most}], as many as there are", n_different)
    if n_same + wanted > MOST_PAIRS:
        raise ArgumentError(f"{data} has {n_same:,} same pairs; with {wanted:,} more these are over {MOST_PAIRS:,}")
    ranks = np.sort(np.array(random.Random(seed).sample(range(most), wanted), dtype=np.int64))
    same = _partners(np.arange(n_same), own, np.arange(len(rows)) + 1)
    different = _partners(ranks, others, ends)
    first, second = np.concatenate([same, different], axis=1)
    marks = np.arange(n_same + wanted) < n_same
    return Pairs(f"pairs drawn from {table.kind}", store, tuple(path for _, path in rows), first, second, marks)


def _partners(ranks: Ints, counts: Ints, starts: Ints) -> Ints:
    """The pairs (2, M) of these numbers; image i is in `counts[i]` of all, with image `starts[i]` and the next ones."""
    before = np.concatenate([[0], counts.cumsum()])
    first = np.searchsorted(before, ranks, side="right") - 1
    return np.stack([first, starts[first] + ranks - before[first]])

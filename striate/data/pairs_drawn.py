"""Pairs drawn from folders of people or things: all same ones, and as many different ones as wished."""

import random
from pathlib import Path

import numpy as np

from striate.data.folder import read_class_folders, top_folder
from striate.data.numbered_pairs import NumberedPairs
from striate.data.pairs import Pairs, open_files
from striate.errors import ArgumentError, DataError

MOST_PAIRS = 5_000_000


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
    numbered = NumberedPairs([label for label, _ in rows])
    n_same, most = numbered.n_same, numbered.n_different
    if not n_same or not most:
        raise DataError(f"{data} has no {'two images of anybody' if most else 'images of two people'}")
    wanted = min(n_same, most) if n_different is None else n_different
    if not 1 <= wanted <= most:
        raise ArgumentError(f"{data} has {most:,} different pairs: {wanted:,} can't be drawn of them")
    if n_same + wanted > MOST_PAIRS:
        raise ArgumentError(f"{data} has {n_same:,} same pairs; with {wanted:,} more these are over {MOST_PAIRS:,}")
    drawn = np.sort(np.array(random.Random(seed).sample(range(most), wanted), dtype=np.int64))
    first, second = np.concatenate([numbered.same(np.arange(n_same)), numbered.different(drawn)]).T
    marks = np.arange(n_same + wanted) < n_same
    return Pairs(f"pairs drawn from {table.kind}", store, tuple(path for _, path in rows), first, second, marks)

"""Identities: people or things that images show. Those that an encoder is measured on, it has never seen."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from striate.data.fingerprint import find_twins, fingerprint
from striate.data.open import PART_ORDER, gather, items_of, modes_of, sizes_of
from striate.data.records import Dataset, Item, Part
from striate.data.relation_table import is_relation_table, open_relations
from striate.data.split import VAL_SHARE, cut_val
from striate.errors import ArgumentError, DataError

FEWEST = 2  # identities of two images or more, in each part


def open_identities(
    path: str | Path, *, seed: int = 0, val_share: float = VAL_SHARE, skip_bad: bool = False
) -> Dataset:
    """Open data to train an encoder on: a folder for each identity, or whatever else `open_data` reads, or a list.

    A list is a CSV of the columns a,b,same or anchor,positive,negative: see `striate.data.relation_table`.
    Where the data has no val part, whole identities are held back: see `cut_identities`.

    Args:
        path: the data; every image shows one identity.
        seed: of the cut.
        val_share: of the identities, in [0, 1), where the data has no val part; 0 cuts nothing.
        skip_bad: leave bad files out and list them in `skipped` instead of raising.

    Raises:
        DataError: as for `open_data`, or images that show several classes, or fewer than two identities.
        ArgumentError: `val_share` is out of range.

    Example:
        >>> import numpy as np
        >>> from striate.data import write_image
        >>> for i, name in enumerate(("ant/1", "ant/2", "bee/1", "bee/2", "cat/1", "cat/2", "dog/1", "dog/2")):
        ...     Path("pets", name).parent.mkdir(parents=True, exist_ok=True)
        ...     write_image(f"pets/{name}.png", np.full((2, 3), i, np.uint8))
        >>> dataset = open_identities("pets")
        >>> [sorted({dataset.classes[item.labels[0]] for item in part.items}) for part in dataset.parts.values()]
        [['bee', 'dog'], ['ant', 'cat']]
    """
    if not 0 <= val_share < 1:
        raise ArgumentError.of("val_share", "in [0, 1)", val_share)
    if is_relation_table(Path(path)):
        return open_relations(Path(path), seed=seed, val_share=val_share, skip_bad=skip_bad)
    table, names, rows, checked, problems = gathered = gather(path, skip_bad=skip_bad, untrained=True)
    if table.multilabel:
        raise DataError(f"images in {path} show several classes each; an image must show one identity")
    if len(names) < FEWEST:
        raise DataError(f"only one identity in {path}: {names[0]!r}; to tell things apart takes two at least")
    items, digests = items_of(rows, names), gathered.digests
    must_cut = "train" in items and "val" not in items and val_share > 0
    if must_cut:
        train = items["train"]
        cut = cut_identities(train, [digests[i.path] for i in train], names, share=val_share, seed=seed)
        items["train"], items["val"] = cut
    parts = {name: Part(items[name], table.store) for name in PART_ORDER if name in items}
    return Dataset(
        root=str(path),
        kind=table.kind,
        classes=names,
        parts=parts,
        cut_seed=seed if must_cut else None,
        skipped=problems,
        twins=find_twins(parts, digests),
        fingerprint=fingerprint(rows, digests),
        sizes=sizes_of(checked.values()),
        modes=modes_of(checked.values()),
    )


def cut_identities(
    items: Sequence[Item], digests: Sequence[str], classes: Sequence[str], *, share: float, seed: int
) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """Hold back all images of some identities, so that nobody is learned from who is measured.

    Of the identities with two images or more `share` are held back, at least two and not so many that fewer than two
    are left; those with a single image are learned from, as somebody else than the others. With fewer than four there
    are not enough for that: images of every identity are held back instead, as `cut_val` does.
    Identities are ordered by a hash of seed and content, so that names don't matter.

    Args:
        items: of one label each.
        digests: of each item's content, in hexadecimal.
        classes: names, for messages.
        share: of the identities, in (0, 1).
        seed: another one gives another cut.

    Returns:
        The items to train on and those held back, each in the order given.

    Example:
        >>> items = [Item(f"{c}/{i}", (c,)) for c in range(10) for i in range(2)]
        >>> train, val = cut_identities(items, [item.path for item in items], [], share=0.2, seed=0)
        >>> len(train), len(val), {item.labels for item in train} & {item.labels for item in val}
        (16, 4, set())
    """
    digests_of = defaultdict(list)
    for item, digest in zip(items, digests, strict=True):
        digests_of[item.labels[0]].append(digest)
    several = {identity: min(own) for identity, own in digests_of.items() if len(own) > 1}
    if len(several) < 2 * FEWEST:
        return cut_val(items, digests, classes, share=share, seed=seed)
    held_back = first_share(several, share=share, seed=seed)
    train = tuple(item for item in items if item.labels[0] not in held_back)
    return train, tuple(item for item in items if item.labels[0] in held_back)


def first_share(digests: dict[int, str], *, share: float, seed: int) -> set[int]:
    """Some of the identities, by the order of their hashes: `share` of them, at least two, and all but two at most.

    Args:
        digests: of what each identity is known by.
        share: in (0, 1).
        seed: another one gives others.
    """
    order = sorted(digests, key=lambda i: hashlib.sha256(f"{seed}:{digests[i]}".encode()).digest())
    return set(order[: min(max(FEWEST, round(share * len(order))), len(order) - FEWEST)])


def known_identities(dataset: Dataset, part: str) -> int:
    """How many identities of a part are learned from as well."""
    labels = {name: {item.labels for item in images.items} for name, images in dataset.parts.items()}
    return len(labels.get("train", set()) & next(own for name, own in labels.items() if name == part))

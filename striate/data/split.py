"""Cut a validation part out of the training images."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence

from striate.data.records import Item
from striate.errors import DataError, Problem

VAL_SHARE = 0.2  # of the training images, unless said otherwise


def cut_val(
    items: Sequence[Item],
    digests: Sequence[str],
    classes: Sequence[str],
    *,
    share: float,
    seed: int,
    thing: str = "image",
) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """Stratified: of every class `share` goes to val, at least one image and never all.

    Images are ordered by a hash of seed and content, so that neither their names nor their order matter, a
    folder is cut like its zip, and copies of one image stay on one side. An image of several classes counts
    for its rarest.

    Args:
        items: what to cut.
        digests: of each item's content, in hexadecimal.
        classes: names, for the message.
        share: of the images, in (0, 1).
        seed: another one gives another cut.
        thing: what an item is, for the message.

    Returns:
        The items to train on and those held back, each in the order given.

    Raises:
        DataError: a class with a single image, of which none could be held back.

    Example:
        >>> ants, bees = ([Item(f"{c}/{i}", (c,)) for i in range(5)] for c in (0, 1))
        >>> train, val = cut_val(ants + bees, [str(i) for i in range(10)], ["ant", "bee"], share=0.2, seed=0)
        >>> len(train), sorted(item.labels for item in val)
        (8, [(0,), (1,)])
    """
    groups = _strata(items)
    alone = [g for g, members in groups.items() if g >= 0 and len({digests[i] for i in members}) == 1]
    if alone:
        problems = [Problem(classes[g], f"one {thing}; one to train on and one to hold back are needed") for g in alone]
        raise DataError(f"a class needs at least two different {thing}s, or the data a val part", problems)
    held_back: set[int] = set()
    for members in groups.values():
        held_back.update(_first_share(members, digests, share, seed))
    train = tuple(item for i, item in enumerate(items) if i not in held_back)
    return train, tuple(items[i] for i in sorted(held_back))


def _strata(items: Sequence[Item]) -> dict[int, list[int]]:
    """Indices of the items by their rarest label; -1 for those without any."""
    count = Counter(label for item in items for label in item.labels)
    groups = defaultdict(list)
    for i, item in enumerate(items):
        groups[min(item.labels, key=lambda label: (count[label], label), default=-1)].append(i)
    return groups


def _first_share(members: Sequence[int], digests: Sequence[str], share: float, seed: int) -> list[int]:
    """The first `share` of the members in the order of their hashes, moved so that no copies are parted."""
    keys = {i: hashlib.sha256(f"{seed}:{digests[i]}".encode()).digest() for i in members}
    order = sorted(members, key=keys.__getitem__)
    bounds = [b for b in range(1, len(order)) if keys[order[b - 1]] != keys[order[b]]]
    wanted = share * len(order)
    return order[: min(bounds, key=lambda b: abs(b - wanted), default=0)]

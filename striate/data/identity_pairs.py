"""IdentityPairs of images that show the same identity, and pairs that don't: what verification is measured on."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.data.records import Part
from striate.data.relation_table import RelatedPart

MOST = 20_000  # pairs of each kind
Places = NDArray[np.int64]


class IdentityPairs(NamedTuple):
    """IdentityPairs of a part's images.

    Attributes:
        first, second: (M,) places in `items`.
        same: (M,) bool.
    """

    first: Places
    second: Places
    same: NDArray[np.bool_]


def pairs_of(part: Part, *, most: int = MOST, seed: int = 0) -> IdentityPairs:
    """As many pairs that show the same as pairs that don't, if there are so many; of a list its own pairs.

    Args:
        part: images of one label each, or with rows that relate them.
        most: of each kind; of more, a random choice.
        seed: of that choice.

    Example:
        >>> from striate.data.records import Item
        >>> part = Part([Item("a", (0,)), Item("b", (0,)), Item("c", (1,))], store=None)
        >>> pairs = pairs_of(part)
        >>> pairs.first.tolist(), pairs.same.tolist()
        ([0, 1], [True, False])
    """
    if isinstance(part, RelatedPart):
        return _listed(part)
    identities = np.array([item.labels[0] for item in part.items], dtype=np.int64)
    rng = np.random.default_rng(seed)
    same = _same_pairs(identities, most, rng)
    different = _different_pairs(identities, len(same), rng)
    first, second = np.concatenate([same, different]).T
    return IdentityPairs(first, second, np.arange(len(first)) < len(same))


def _listed(part: RelatedPart) -> IdentityPairs:
    """Every pair of images of a row, once."""
    corners = list(zip(*np.triu_indices(part.rows.shape[1], 1), strict=True))
    places = np.concatenate([part.rows[:, [i, j]] for i, j in corners])
    same = np.concatenate([part.identities[:, i] == part.identities[:, j] for i, j in corners])
    pairs = np.column_stack([np.sort(places, axis=1), same])
    first, second, alike = np.unique(pairs, axis=0).T
    return IdentityPairs(first, second, alike.astype(bool))


def _same_pairs(identities: Places, most: int, rng: np.random.Generator) -> Places:
    """(M, 2) pairs of one identity; of more than `most` a choice, in which all pairs are as likely."""
    order = np.argsort(identities, kind="stable")
    _, starts, counts = np.unique(identities[order], return_index=True, return_counts=True)
    pairs = counts * (counts - 1) // 2
    ends = np.cumsum(pairs)
    total = int(ends[-1]) if len(ends) else 0
    numbers = np.arange(total) if total <= most else np.sort(rng.choice(total, most, replace=False))
    group = np.searchsorted(ends, numbers, side="right")
    within = numbers - (ends - pairs)[group]
    upper = ((1 + np.sqrt(8.0 * within + 1)) // 2).astype(np.int64)  # pair number u(u-1)/2 + l is (l, u), l < u
    lower = within - upper * (upper - 1) // 2
    return np.sort(order[np.column_stack([starts[group] + lower, starts[group] + upper])], axis=1)


def _different_pairs(identities: Places, wanted: int, rng: np.random.Generator) -> Places:
    """(M, 2) pairs of two identities, each once: `wanted` of them, or all that there are."""
    n = len(identities)
    counts = np.unique(identities, return_counts=True)[1]
    available = (n * (n - 1) - int((counts * (counts - 1)).sum())) // 2
    if available <= max(wanted, 0) or n <= 1000:  # few enough to list
        listed = np.argwhere(np.triu(identities[:, None] != identities[None], 1))
        chosen = rng.choice(len(listed), min(wanted, len(listed)), replace=False)
        return np.asarray(listed[np.sort(chosen)], dtype=np.int64)
    found = np.empty((0, 2), np.int64)
    while len(found) < wanted:
        drawn = np.sort(rng.integers(n, size=(2 * wanted, 2)), axis=1)
        drawn = drawn[identities[drawn[:, 0]] != identities[drawn[:, 1]]]
        found = np.unique(np.concatenate([found, drawn]), axis=0)
    return found[np.sort(rng.choice(len(found), wanted, replace=False))]

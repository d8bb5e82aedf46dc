"""Pairs of images that show the same identity, and pairs that don't: what verification is measured on."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.data.numbered_pairs import NumberedPairs
from striate.data.records import Part
from striate.data.relation_table import RelatedPart

MOST = 20_000  # pairs of each kind
Places = NDArray[np.int64]


class IdentityPairs(NamedTuple):
    """Pairs of a part's images.

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
    numbered = NumberedPairs([item.labels[0] for item in part.items])
    rng = np.random.default_rng(seed)
    same = numbered.same(_some(numbered.n_same, most, rng))
    different = numbered.different(_some(numbered.n_different, len(same), rng))
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


def _some(count: int, most: int, rng: np.random.Generator) -> Places:
    """All numbers below `count`; of more than `most` a choice, in which all are as likely."""
    return np.arange(count) if count <= most else np.sort(rng.choice(count, most, replace=False))

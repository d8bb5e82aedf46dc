"""Spliced identities: the upper half of one kind of thing and the lower half of another are a kind of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import product

import cv2
import numpy as np

from striate.data.records import Checked, Item, Part, Pixels, Store
from striate.errors import ArgumentError

_MARK = "/"  # after the length of the first of two paths; 0 where there is one path only


@dataclass(frozen=True)
class SplicedStore:
    """Images of another store, spliced: "5/a.pngb.png" is a.png's upper half above b.png's lower one; "0/a.png" a.png.

    An image b of another size than a is brought to a's.

    Attributes:
        store: reads the images.
    """

    store: Store

    def load(self, path: str, channels: int = 3, at_least_hw: tuple[int, int] | None = None) -> Pixels:
        """uint8 pixels (H, W, C)."""
        upper, *lower = (self.store.load(own, channels, at_least_hw) for own in _split(path))
        for other in lower:
            height, width = upper.shape[:2]
            fitted = cv2.resize(other, (width, height), interpolation=cv2.INTER_AREA).reshape(upper.shape)
            upper = np.concatenate([upper[: height // 2], fitted[height // 2 :]])
        return upper

    def check(self, path: str) -> Checked:
        """What is known of the first image, whose size it has, with the digest of both."""
        return self.store.check(_split(path)[0])._replace(digest=self.digest(path))

    def digest(self, path: str) -> str:
        """SHA-256 of the image's content, or of the two digests of a spliced one."""
        digests = [self.store.digest(own) for own in _split(path)]
        return digests[0] if len(digests) == 1 else sha256("".join(digests).encode()).hexdigest()


def _split(path: str) -> list[str]:
    length, _, paths = path.partition(_MARK)
    return [paths[: int(length)], paths[int(length) :]] if int(length) else [paths]


def splice_identities(part: Part, num_identities: int, *, seed: int = 0) -> Part:
    """Each ordered pair of identities becomes one more: upper halves of the first above lower halves of the second.

    For symbols of few kinds, whose parts an encoder must know apart to tell new ones; not for faces. Which halves meet
    is drawn; together the new identities have about as many images as the part.

    Args:
        part: images of one label each.
        num_identities: I, how many labels there are in all.
        seed: of the draw.

    Returns:
        A part in which upper halves of i above lower ones of j have the label I · i + j, and images of i the label
        I · i + i; these come first.

    Raises:
        ArgumentError: fewer than two identities, of which nothing new can be made.

    Example:
        >>> class Plain:
        ...     def load(self, path, channels=3, at_least_hw=None):
        ...         return np.full((2, 1, 1), int(path), np.uint8)
        >>> spliced = splice_identities(Part([Item("8", (0,)), Item("9", (1,))], Plain()), num_identities=2)
        >>> [(spliced.items[i].labels[0], spliced.load(i, 1).ravel().tolist()) for i in (0, 1, 2, 4)]
        [(0, [8, 8]), (3, [9, 9]), (1, [8, 9]), (2, [9, 8])]
    """
    paths: dict[int, list[str]] = {}
    for item in part.items:
        paths.setdefault(item.labels[0], []).append(item.path)
    if len(paths) < 2:
        raise ArgumentError.of("part", "images of two identities or more", len(paths))
    rng = np.random.default_rng(seed)
    each = max(2, len(part) // (len(paths) * (len(paths) - 1)))
    items = [Item(f"0{_MARK}{item.path}", (item.labels[0] * (num_identities + 1),)) for item in part.items]
    for upper, lower in product(paths, paths):
        if upper != lower:
            label = num_identities * upper + lower
            items += [Item(name, (label,)) for name in _drawn(paths[upper], paths[lower], each, rng)]
    return replace(part, items=tuple(items), store=SplicedStore(part.store))


def _drawn(upper: Sequence[str], lower: Sequence[str], number: int, rng: np.random.Generator) -> list[str]:
    """Names of as many spliced images."""
    pairs = zip(rng.integers(len(upper), size=number), rng.integers(len(lower), size=number), strict=True)
    return [f"{len(upper[i])}{_MARK}{upper[i]}{lower[j]}" for i, j in pairs]

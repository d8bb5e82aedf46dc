"""Turned identities: few kinds of things become eight times as many, from which an encoder learns what differs."""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from striate.data.records import Checked, Item, Part, Pixels, Store

VIEWS = 8  # four quarter turns of the image and of its mirror image
_MARK = "@"  # between the view's number and the path


def turn(image: Pixels, view: int) -> Pixels:
    """An image in one of eight views: 0 as it is, to 3 after as many quarter turns, from 4 on the same mirrored.

    Args:
        image: uint8 (H, W, C).
        view: 0 to 7.

    Example:
        >>> [turn(np.array([[[1], [2]]], np.uint8), view).squeeze(2).tolist() for view in (0, 1, 4)]
        [[[1, 2]], [[2], [1]], [[2, 1]]]
    """
    mirrored = image[:, ::-1] if view >= VIEWS // 2 else image
    return np.ascontiguousarray(np.rot90(mirrored, view % 4))


@dataclass(frozen=True)
class TurnedStore:
    """Images of another store, turned: "3@a.png" is a.png after three quarter turns, from "4@" on of its mirror image.

    Attributes:
        store: reads the images.
    """

    store: Store

    def load(self, path: str, channels: int = 3, at_least_hw: tuple[int, int] | None = None) -> Pixels:
        """uint8 pixels (H, W, C)."""
        view, own = _split(path)
        if at_least_hw and view % 2:
            at_least_hw = at_least_hw[::-1]
        return turn(self.store.load(own, channels, at_least_hw), view)

    def check(self, path: str) -> Checked:
        """What is known of the image; its size as it stands after the turn."""
        view, own = _split(path)
        found = self.store.check(own)
        height, width = found.size_hw
        return found._replace(size_hw=(width, height)) if view % 2 else found

    def digest(self, path: str) -> str:
        """SHA-256 of the image's content, whatever its turn."""
        return self.store.digest(_split(path)[1])


def _split(path: str) -> tuple[int, str]:
    view, _, own = path.partition(_MARK)
    return int(view), own


def turn_identities(part: Part, num_identities: int) -> Part:
    """Each identity in eight views that count as identities of their own: turned by quarters, and mirrored.

    For digits, letters and symbols, of which a turned one is another one (Santoro et al., One-Shot Learning with
    Memory-Augmented Neural Networks, 2016, section 4.1, turn characters so); not for faces.

    Args:
        part: images of one label each.
        num_identities: I, how many labels there are in all.

    Returns:
        A part of 8 N images; view v of identity i has the label v · I + i, and the first N are as they were.

    Example:
        >>> class White:
        ...     def load(self, path, channels=3, at_least_hw=None):
        ...         return np.array([[[255], [0]]], np.uint8)  # the left one of two pixels is white
        >>> turned = turn_identities(Part([Item("a.png", (0,))], White()), num_identities=1)
        >>> [turned.load(i, 1).squeeze(2).tolist() for i in range(3)]
        [[[255, 0]], [[0], [255]], [[0, 255]]]
        >>> turned.items[2]
        Item(path='2@a.png', labels=(2,))
    """
    items = [
        Item(f"{view}{_MARK}{item.path}", (view * num_identities + item.labels[0],))
        for view, item in product(range(VIEWS), part.items)
    ]
    return replace(part, items=tuple(items), store=TurnedStore(part.store))


def turned_views(part: Part) -> Part:
    """Each image in all eight views, one after another: view v of image i is the one of number 8 i + v, with its label.

    Example:
        >>> [item.path for item in turned_views(Part([Item("a.png", (3,)), Item("b.png", (4,))], None)).items][7:9]
        ['7@a.png', '0@b.png']
    """
    items = [Item(f"{view}{_MARK}{item.path}", item.labels) for item, view in product(part.items, range(VIEWS))]
    return replace(part, items=tuple(items), store=TurnedStore(part.store))

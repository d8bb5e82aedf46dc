"""What identifies data: a digest of all of it, and images that are there more than once."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from striate.data.records import Item, PartName, Place, Twins
from striate.data.table import Row


class HasItems(Protocol):
    """A part, of whatever its items are."""

    @property
    def items(self) -> Sequence[Item]:
        """Their names and labels."""
        ...


def fingerprint(rows: Iterable[Row], digests: Mapping[str, str]) -> str:
    """SHA-256, in hexadecimal, over every row's part, path, labels and content, in whatever order they come.

    A folder and its zip have the same; so have two cuts of the same data.

    Args:
        rows: as the data lists them.
        digests: of the images' content, by path.
    """
    lines = sorted(json.dumps([r.part, r.path, sorted(r.labels), digests[r.path]]) for r in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def find_twins(parts: Mapping[PartName, HasItems], digests: Mapping[str, str]) -> tuple[Twins, ...]:
    """All groups of images with the same content, within and across parts.

    Example:
        >>> from striate.data.records import Part
        >>> parts = {"train": Part((Item("a", (0,)),), None), "test": Part((Item("b", (1,)),), None)}
        >>> (twins,) = find_twins(parts, {"a": "ff", "b": "ff"})
        >>> twins.leak, twins.conflict
        (True, True)
    """
    places = defaultdict(list)
    for name, part in parts.items():
        for item in part.items:
            places[digests[item.path]].append(Place(name, item.path, item.labels))
    return tuple(Twins(tuple(group)) for group in places.values() if len(group) > 1)

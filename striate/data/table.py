"""What the readers of all layouts hand on: one row an image, with the names of its labels."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from striate.data.records import PartName, Store
from striate.errors import DataError, Problem, UnknownNameError

PART_NAMES: dict[str, PartName] = {  # as people name them, without regard to case
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}


class Row(NamedTuple):
    """One image as the data lists it.

    Attributes:
        part: None where the data isn't divided.
        path: in the store.
        labels: names of classes.
        line: in the CSV; 0 where there is none.
    """

    part: PartName | None
    path: str
    labels: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True)
class Table:
    """All rows of a data set, before its images are looked at.

    Attributes:
        kind: what the data is, in words.
        store: reads the images.
        rows: the images.
        multilabel: whether an image may show any number of classes.
        problems: rows and files that can't be used.
        source: name of the CSV that the lines belong to; empty where there is none.
    """

    kind: str
    store: Store
    rows: tuple[Row, ...]
    multilabel: bool = False
    problems: tuple[Problem, ...] = ()
    source: str = ""


def natural_key(name: str) -> tuple[object, ...]:
    """Sorts as people count: "2" before "10", without regard to case.

    Example:
        >>> sorted(["b10", "B2", "a"], key=natural_key)
        ['a', 'B2', 'b10']
    """
    pieces = re.split(r"(\d+)", name.casefold())  # text and digits in turn
    return (*(int(p) if i % 2 else p for i, p in enumerate(pieces)), name)


def class_name(name: str) -> str:
    """One form for accents: Macs and Linux spell é in different bytes."""
    return unicodedata.normalize("NFC", name.strip())


def class_names(found: Iterable[str], given: Sequence[str] | None, source: str = "") -> tuple[str, ...]:
    """The data's own names in natural order, or those given, which must hold them all.

    Args:
        found: names in the data.
        given: a model's labels, in their order; None for the data's own.
        source: the file that the names are in, for messages; where there is none each name stands for itself.

    Raises:
        DataError: the data has names that are not among those given.

    Example:
        >>> class_names({"10", "2"}, None)
        ('2', '10')
    """
    own = set(found)
    if given is None:
        return tuple(sorted(own, key=natural_key))
    names = tuple(map(class_name, given))
    if unknown := sorted(own - set(names), key=natural_key):
        problems = [Problem(source or n, str(UnknownNameError("class", n, names))) for n in unknown]
        raise DataError("the data has classes that the model doesn't know; they must be named as its own are", problems)
    return names

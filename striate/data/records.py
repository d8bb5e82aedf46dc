"""What a data set is once it is opened: items in parts, each part with a store that reads its pixels.

Everything here can be pickled and sent to a worker process; stores open their files on first use there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from striate.errors import ArgumentError, Problem

PartName = Literal["train", "val", "test"]
Pixels = NDArray[np.uint8]  # (H, W, C)


class Item(NamedTuple):
    """One image and what it shows.

    Attributes:
        path: its name in the store: relative to the data, with forward slashes.
        labels: indices into the classes; one of them, or any number where images may show several classes.
    """

    path: str
    labels: tuple[int, ...]


class Checked(NamedTuple):
    """What one reading of an image's bytes tells without decoding it.

    Attributes:
        digest: SHA-256 of the content, in hexadecimal.
        size_hw: height and width in pixels, with the orientation applied.
        mode: "grey", "colour", "alpha", "palette" or "cmyk".
    """

    digest: str
    size_hw: tuple[int, int]
    mode: str


class Store(Protocol):
    """Where images are read from: a folder, a zip or idx files. It can be pickled."""

    def load(self, path: str, channels: int = 3, at_least_hw: tuple[int, int] | None = None) -> Pixels:
        """uint8 pixels (H, W, C); with `at_least_hw`, a big JPEG may come smaller, but not below that size."""
        ...

    def check(self, path: str) -> Checked:
        """Digest, size and mode from one reading; an ImageError, without the path, where it can't be whole."""
        ...

    def digest(self, path: str) -> str:
        """SHA-256 of the image's content, in hexadecimal."""
        ...


@dataclass(frozen=True)
class Part:
    """The images of one part (train, val or test) and the store that reads them.

    Example:
        >>> part = Part((Item("ants/1.jpg", (0,)), Item("bees/1.jpg", (1,)), Item("bees/2.jpg", (1,))), store=None)
        >>> len(part), part.counts(2)
        (3, array([1, 2]))
    """

    items: Sequence[Item]
    store: Store = field(repr=False)

    def __len__(self) -> int:
        return len(self.items)

    def load(self, index: int, channels: int = 3, at_least_hw: tuple[int, int] | None = None) -> Pixels:
        """The uint8 pixels (H, W, C) of the item at `index`."""
        return self.store.load(self.items[index].path, channels, at_least_hw)

    def counts(self, num_classes: int) -> NDArray[np.int64]:
        """How many images show each class, (num_classes,)."""
        labels = [label for item in self.items for label in item.labels]
        return np.bincount(np.array(labels, dtype=np.int64), minlength=num_classes)


class Place(NamedTuple):
    """Where an image stands: its part, its path and its labels."""

    part: str
    path: str
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Twins:
    """The same image several times.

    Attributes:
        places: where, at least two.
    """

    places: tuple[Place, ...]

    @property
    def leak(self) -> bool:
        """Whether they stand in more than one part: what is tested on was trained on."""
        return len({place.part for place in self.places}) > 1

    @property
    def conflict(self) -> bool:
        """Whether their labels differ."""
        return len({place.labels for place in self.places}) > 1


@dataclass(frozen=True)
class Sizes:
    """Heights and widths in pixels over all images, each side on its own."""

    min_hw: tuple[int, int]
    median_hw: tuple[int, int]
    max_hw: tuple[int, int]


class Opened:
    """What every data set tells of itself once it is opened: of its classes, and of what it holds several times."""

    classes: tuple[str, ...]
    twins: tuple[Twins, ...]

    @property
    def num_classes(self) -> int:
        """K, the number of classes."""
        return len(self.classes)

    @property
    def leaks(self) -> tuple[Twins, ...]:
        """The twins that stand in more than one part."""
        return tuple(t for t in self.twins if t.leak)

    @property
    def conflicts(self) -> tuple[Twins, ...]:
        """The twins whose labels differ."""
        return tuple(t for t in self.twins if t.conflict)


@dataclass(frozen=True)
class Dataset(Opened):
    """A data set that was opened and checked.

    Attributes:
        root: where it was opened.
        kind: what it is, in words: "class folders", "CSV table", "zip of class folders", "idx files", …
        classes: names; an item's labels are indices into them.
        parts: by name, in the order train, val, test, those that there are.
        multilabel: whether an image may show any number of classes.
        cut_seed: the seed by which val was cut out of train; None where the parts are the data's own.
        skipped: bad files that were left out (only with `skip_bad`).
        twins: images whose content is the same, within and across parts.
        fingerprint: SHA-256 over paths, labels and contents, in hexadecimal; independent of `cut_seed`.
        sizes: of the images, None where they weren't looked at.
        modes: how many images are "grey", "colour", "alpha", "palette" or "cmyk".

    Raises:
        ArgumentError: no parts, or a part with another name.
    """

    root: str
    kind: str
    classes: tuple[str, ...]
    parts: dict[PartName, Part]
    multilabel: bool = False
    cut_seed: int | None = None
    skipped: tuple[Problem, ...] = ()
    twins: tuple[Twins, ...] = ()
    fingerprint: str = ""
    sizes: Sizes | None = None
    modes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.parts or not set(self.parts) <= {"train", "val", "test"}:
            raise ArgumentError.of("parts", "some of train, val, test", list(self.parts))

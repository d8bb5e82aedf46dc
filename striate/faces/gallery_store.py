"""What a gallery asks of the store that holds its truth; SQLite's is one, a database server's could stand beside it."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from striate.errors import Problem
from striate.faces.gallery_entries import Entries

Records = NDArray[np.void]
NOT_UNIT = "its encoding is not of unit length"


class Facts(NamedTuple):
    """What the encodings of a gallery are.

    Attributes:
        encoder: the identity of the network that made them.
        dim: D, their numbers each.
        threshold: τ; None while nobody has set it.
    """

    encoder: str
    dim: int
    threshold: float | None = None

    def agree(self, others: "Facts") -> bool:
        """Whether encodings of both can be compared: those of one encoder.

        Example:
            >>> Facts("a network", 128, 0.6).agree(Facts("a network", 128))
            True
        """
        return (self.encoder, self.dim) == (others.encoder, others.dim)


class State(NamedTuple):
    """How far a store has come.

    Attributes:
        generation: how many removals there were. Within a generation images are only added.
        erased: the generation up to which all bytes of the removed are gone.
        last: the id of the image that came last; 0 if there is none.
    """

    generation: int
    erased: int
    last: int


def record_type(dim: int) -> np.dtype[np.void]:
    """An encoding, and whose image it is: what a store gives, and what stands in the matrix file.

    Example:
        >>> record_type(128).itemsize
        528
    """
    return np.dtype([("encoding", "<f4", (dim,)), ("image", "<i8"), ("person", "<i8")])


def damage(image: int, name: str, what: str) -> str:
    """What is wrong with an image of somebody, and what mends it.

    Example:
        >>> damage(3, "Ada", "its checksum disagrees")
        'image 3, of Ada, is damaged: its checksum disagrees; remove Ada and enroll their images again'
    """
    return f"image {image}, of {name}, is damaged: {what}; remove {name} and enroll their images again"


class Store(Protocol):
    """People, their images' digests and encodings.

    Whatever changes it is one transaction: when the call returns it has happened and survives a crash, else nothing
    has. Ids of images grow within a generation. All raise `GalleryError` where the store is damaged or stays busy.
    """

    @property
    def facts(self) -> Facts:
        """What the encodings are."""

    @property
    def state(self) -> State:
        """How far it has come."""

    def take_over(self, facts: Facts) -> None:
        """Make a store without people that of another encoder, for all who open it later; one with people stays."""

    def set_threshold(self, threshold: float | None) -> None:
        """Remember τ, or forget it."""

    def add(self, batches: Iterable[Entries]) -> int:
        """Add all or none; an image that a person has already is left as it is. How many were new."""

    def remove(self, names: Sequence[str]) -> None:
        """Remove people and their images, all or none; the generation grows. ArgumentError for an unknown name."""

    def erase(self) -> None:
        """Overwrite the bytes that removals have left."""

    def set_erased(self, generation: int) -> None:
        """Remember that nothing is left of what was removed up to a generation."""

    def records(self, after: int = 0) -> Generator[Records, None, None]:
        """Batches of `record_type(dim)` in the order of image ids, those above `after`; one consistent view."""

    def entries(self) -> Generator[Entries, None, None]:
        """Batches of all that is stored, in the order of image ids; one consistent view. Raises at a damaged image."""

    def names(self, people: Iterable[int]) -> Mapping[int, str]:
        """The names of people by their ids; those that are not here any more are left out."""

    def people(self) -> Mapping[str, int]:
        """How many images each person has, in the order of names."""

    def check(self) -> list[Problem]:
        """Read and compare everything with its checksums: what is wrong."""

    def close(self) -> None:
        """Let go of it."""

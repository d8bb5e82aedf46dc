"""Who it is: one person against another, or against all of a gallery."""

from dataclasses import dataclass
from typing import Any

from striate.errors import ArgumentError
from striate.results.checks import check_distance


@dataclass(frozen=True)
class Match:
    """Whether two images show the same person or thing: verification, 1:1.

    Attributes:
        distance: between their encodings: ‖f(A) - f(B)‖, in [0, 2] where these have unit length.
        threshold: τ; they are the same if the distance is at most this.

    Raises:
        ArgumentError: a number is negative or not finite.

    Example:
        >>> Match(0.3, threshold=0.6).same
        True
    """

    distance: float
    threshold: float

    def __post_init__(self) -> None:
        check_distance("distance", self.distance)
        check_distance("threshold", self.threshold)

    @property
    def same(self) -> bool:
        """Whether they are the same."""
        return self.distance <= self.threshold

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"same": self.same, "distance": self.distance, "threshold": self.threshold}


@dataclass(frozen=True)
class Candidate:
    """A person of a gallery, and how far the nearest of their images is.

    Attributes:
        name: of the person.
        distance: between encodings, as in `Match`.
    """

    name: str
    distance: float

    def __post_init__(self) -> None:
        check_distance("distance", self.distance)


@dataclass(frozen=True)
class Candidates:
    """Who of a gallery an image may show: recognition, 1:K.

    Attributes:
        ranked: people, the nearest first; empty where the gallery is.
        threshold: τ; whoever is farther than this is not recognised.

    Raises:
        ArgumentError: the distances fall, or a person comes twice.

    Example:
        >>> answer = Candidates((Candidate("Ada", 0.4), Candidate("Bob", 0.9)), threshold=0.6)
        >>> answer.recognised.name
        'Ada'
        >>> Candidates((Candidate("Bob", 0.9),), threshold=0.6).recognised is None
        True
    """

    ranked: tuple[Candidate, ...]
    threshold: float

    def __post_init__(self) -> None:
        check_distance("threshold", self.threshold)
        distances = [candidate.distance for candidate in self.ranked]
        if distances != sorted(distances):
            raise ArgumentError.of("ranked", "the nearest first", distances)
        if len({candidate.name for candidate in self.ranked}) != len(self.ranked):
            raise ArgumentError.of("ranked", "each person once", [candidate.name for candidate in self.ranked])

    @property
    def recognised(self) -> Candidate | None:
        """The nearest person if near enough; None is "not recognised"."""
        return self.ranked[0] if self.ranked and self.ranked[0].distance <= self.threshold else None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        ranked = [{"name": candidate.name, "distance": candidate.distance} for candidate in self.ranked]
        name = self.recognised.name if self.recognised else None
        return {"recognised": name, "threshold": self.threshold, "candidates": ranked}

"""Where the one object of an image is: a box, or points."""

import math
from dataclasses import dataclass
from typing import Any

from striate.errors import ArgumentError, UnknownNameError
from striate.results.checks import check_box, check_share
from striate.results.classes import Classes


@dataclass(frozen=True)
class Localization:
    """Whether an image shows an object, where, and of what class.

    Attributes:
        presence: how likely there is one, in [0, 1]: pc.
        xyxy: left, top, right, bottom of its box, in pixels of the image; it means nothing where there is none.
        classes: what it is, likewise.
        threshold: there is one if `presence` is above it.

    Raises:
        ArgumentError: a number is out of range, or the box's corners are swapped.

    Example:
        >>> answer = Localization(0.9, (10.0, 20.0, 30.0, 60.0), Classes(("car", "bus"), (0.8, 0.2)))
        >>> answer.found, answer.classes.label
        (True, 'car')
    """

    presence: float
    xyxy: tuple[float, float, float, float]
    classes: Classes
    threshold: float = 0.5

    def __post_init__(self) -> None:
        check_share("presence", self.presence)
        check_share("threshold", self.threshold)
        check_box(self.xyxy)

    @property
    def found(self) -> bool:
        """Whether there is an object."""
        return self.presence > self.threshold

    def to_dict(self, top: int | None = None) -> dict[str, Any]:
        """Plain JSON values, with the `top` likeliest classes (all by default)."""
        answer = {"found": self.found, "presence": self.presence, "xyxy": list(self.xyxy)}
        return answer | self.classes.to_dict(top)


@dataclass(frozen=True)
class Landmarks:
    """Whether an image shows what the points belong to (a face, a body), and where they are.

    Attributes:
        presence: how likely it does, in [0, 1].
        names: of the points, each another.
        xy: each point's place in pixels of the image; it means nothing where there is none.
        threshold: there is one if `presence` is above it.

    Raises:
        ArgumentError: names and points differ in number, two names are the same, or a number is out of range.

    Example:
        >>> face = Landmarks(0.9, ("left eye", "right eye"), ((30.0, 40.0), (60.0, 41.0)))
        >>> face["right eye"]
        (60.0, 41.0)
    """

    presence: float
    names: tuple[str, ...]
    xy: tuple[tuple[float, float], ...]
    threshold: float = 0.5

    def __post_init__(self) -> None:
        check_share("presence", self.presence)
        check_share("threshold", self.threshold)
        if len(set(self.names)) != len(self.names):
            raise ArgumentError.of("names", "each another", self.names)
        if len(self.xy) != len(self.names) or not self.names:
            raise ArgumentError.of("xy", f"one point for each of {len(self.names)} names", self.xy)
        if not all(len(point) == 2 and all(map(math.isfinite, point)) for point in self.xy):
            raise ArgumentError.of("xy", "pairs of finite numbers", self.xy)

    @property
    def found(self) -> bool:
        """Whether there is one."""
        return self.presence > self.threshold

    def __getitem__(self, name: str) -> tuple[float, float]:
        """The point of that name."""
        if name not in self.names:
            raise UnknownNameError("point", name, self.names)
        return self.xy[self.names.index(name)]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        points = [{"name": name, "x": x, "y": y} for name, (x, y) in zip(self.names, self.xy, strict=True)]
        return {"found": self.found, "presence": self.presence, "points": points}

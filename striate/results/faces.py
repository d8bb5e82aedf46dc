"""A face on an image, and whether it is a live one."""

import math
from dataclasses import dataclass
from typing import Any

from striate.errors import ArgumentError
from striate.results.checks import check_box, check_share

FACE_POINTS = ("left eye", "right eye", "nose", "left mouth corner", "right mouth corner")  # left as the viewer sees it


@dataclass(frozen=True)
class Face:
    """A face that was found on an image.

    Attributes:
        xyxy: left, top, right, bottom of its box in pixels of the image; a part may lie outside.
        confidence: how sure the finder is, in [0, 1].
        xy: its `FACE_POINTS`, in pixels of the image.

    Raises:
        ArgumentError: a number is out of range, the box's corners are swapped, or there are not five points.

    Example:
        >>> points = ((30.0, 40.0), (60.0, 41.0), (45.0, 55.0), (33.0, 70.0), (58.0, 70.0))
        >>> face = Face((20.0, 20.0, 70.0, 85.0), 0.99, points)
        >>> face.size, face.to_dict()["points"][0]
        (57.0..., {'name': 'left eye', 'x': 30.0, 'y': 40.0})
    """

    xyxy: tuple[float, float, float, float]
    confidence: float
    xy: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        check_share("confidence", self.confidence)
        check_box(self.xyxy)
        if len(self.xy) != len(FACE_POINTS) or not all(len(p) == 2 and all(map(math.isfinite, p)) for p in self.xy):
            raise ArgumentError.of("xy", f"{len(FACE_POINTS)} pairs of finite numbers", self.xy)

    @property
    def size(self) -> float:
        """Pixels a side of a square as large as its box."""
        left, top, right, bottom = self.xyxy
        return math.sqrt((right - left) * (bottom - top))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        points = [{"name": name, "x": x, "y": y} for name, (x, y) in zip(FACE_POINTS, self.xy, strict=True)]
        return {"confidence": self.confidence, "xyxy": list(self.xyxy), "points": points}


@dataclass(frozen=True)
class Liveness:
    """Whether a face stood before the camera itself, or on paper or a screen.

    Attributes:
        live: whether it did; None if that was not checked.
        probability: how likely it did, in [0, 1]; None if that was not checked.

    Raises:
        ArgumentError: one is None and the other is not, or the probability is out of range.

    Example:
        >>> Liveness(False, 0.1).to_dict()
        {'liveness': 'not live', 'live_probability': 0.1}
        >>> str(Liveness.not_checked())
        'not checked'
    """

    live: bool | None
    probability: float | None

    def __post_init__(self) -> None:
        if (self.live is None) != (self.probability is None):
            raise ArgumentError.of("probability", "given just where it was checked", self.probability)
        if self.probability is not None:
            check_share("probability", self.probability)

    @classmethod
    def not_checked(cls) -> "Liveness":
        """Nobody looked."""
        return cls(None, None)

    def __str__(self) -> str:
        return "not checked" if self.live is None else "live" if self.live else "not live"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"liveness": str(self), "live_probability": self.probability}

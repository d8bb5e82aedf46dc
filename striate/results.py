"""What a model answers: small frozen records, checked at birth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.errors import ArgumentError, ShapeError, UnknownNameError

FACE_POINTS = ("left eye", "right eye", "nose", "left mouth corner", "right mouth corner")  # left as the viewer sees it


@dataclass(frozen=True)
class Classes:
    """What an image shows: every class with its probability, the likeliest first.

    Attributes:
        labels: names of the classes.
        probabilities: in [0, 1], falling; they sum to 1 unless an image may show several classes.

    Raises:
        ArgumentError: the two differ in length, or a probability is out of order or range.

    Example:
        >>> answer = Classes(("cat", "dog"), (0.9, 0.1))
        >>> answer.label, answer.probability
        ('cat', 0.9)
        >>> answer.to_dict(top=1)
        {'labels': [{'label': 'cat', 'probability': 0.9}]}
    """

    labels: tuple[str, ...]
    probabilities: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.probabilities) or not self.labels:
            raise ArgumentError.of("probabilities", f"one for each of {len(self.labels)} labels", self.probabilities)
        if not all(0 <= p <= 1 for p in self.probabilities):
            raise ArgumentError.of("probabilities", "in [0, 1]", self.probabilities)
        if any(a < b for a, b in zip(self.probabilities, self.probabilities[1:], strict=False)):
            raise ArgumentError.of("probabilities", "falling", self.probabilities)

    @property
    def label(self) -> str:
        """The likeliest class."""
        return self.labels[0]

    @property
    def probability(self) -> float:
        """How likely the likeliest class is, in [0, 1]."""
        return self.probabilities[0]

    def to_dict(self, top: int | None = None) -> dict[str, Any]:
        """Plain JSON values of the `top` likeliest classes (all by default)."""
        pairs = zip(self.labels[:top], self.probabilities[:top], strict=True)
        return {"labels": [{"label": label, "probability": p} for label, p in pairs]}


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
        _check_share("presence", self.presence)
        _check_share("threshold", self.threshold)
        _check_box(self.xyxy)

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
        _check_share("presence", self.presence)
        _check_share("threshold", self.threshold)
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


@dataclass(frozen=True, eq=False)
class Detections:
    """The objects that were found in an image, any number of them.

    The first three fields are called as supervision calls them: `sv.Detections(d.xyxy, confidence=d.confidence,
    class_id=d.class_id)`. Arrays are copied, and can't be written to.

    Attributes:
        xyxy: (N, 4) float64 left, top, right, bottom, in pixels of the image.
        confidence: (N,) float64 in [0, 1].
        class_id: (N,) int64, at least 0.
        labels: N names of the classes.

    Raises:
        ArgumentError: a number is out of range, or a box's corners are swapped.
        ShapeError: the fields differ in length.

    Example:
        >>> boxes = np.array([[10, 20, 30, 60], [0, 0, 5, 5]])
        >>> found = Detections(boxes, np.array([0.9, 0.4]), np.array([1, 0]), ("car", "bus"))
        >>> len(found), found[found.confidence > 0.5].labels
        (2, ('car',))
        >>> found[0].to_dict()
        {'detections': [{'label': 'car', 'class_id': 1, 'confidence': 0.9, 'xyxy': [10.0, 20.0, 30.0, 60.0]}]}
    """

    xyxy: NDArray[np.float64]
    confidence: NDArray[np.float64]
    class_id: NDArray[np.int64]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        for name, kind in (("xyxy", np.float64), ("confidence", np.float64), ("class_id", np.int64)):
            object.__setattr__(self, name, _frozen_array(name, getattr(self, name), kind))
        object.__setattr__(self, "labels", tuple(self.labels))
        if self.xyxy.ndim != 2 or self.xyxy.shape[1] != 4:
            raise ShapeError.of("xyxy", "a list of boxes, shape (N, 4)", self.xyxy.shape)
        shapes = self.confidence.shape, self.class_id.shape, (len(self.labels),)
        if set(shapes) != {(len(self.xyxy),)}:
            raise ShapeError.of("confidence, class_id and labels", f"one for each of {len(self.xyxy)} boxes", shapes)
        ordered = np.isfinite(self.xyxy).all(axis=1) & (self.xyxy[:, :2] <= self.xyxy[:, 2:]).all(axis=1)
        if not ordered.all():
            first = self.xyxy[~ordered][0].tolist()
            raise ArgumentError.of("xyxy", "finite left, top, right, bottom in order", first)
        if not ((self.confidence >= 0) & (self.confidence <= 1)).all():
            raise ArgumentError.of("confidence", "in [0, 1]", self.confidence.tolist())
        if (self.class_id < 0).any():
            raise ArgumentError.of("class_id", "at least 0", self.class_id.tolist())

    @classmethod
    def empty(cls) -> "Detections":
        """Nothing was found."""
        return cls(np.zeros((0, 4)), np.zeros(0), np.zeros(0, dtype=np.int64), ())

    def __len__(self) -> int:
        return len(self.xyxy)

    def __getitem__(self, index: int | slice | NDArray[np.bool_] | NDArray[np.integer]) -> "Detections":
        """Some of them: one, a slice, or by an array of marks or of indices."""
        taken = np.atleast_1d(np.arange(len(self))[index])
        labels = tuple(self.labels[i] for i in taken)
        return Detections(self.xyxy[taken], self.confidence[taken], self.class_id[taken], labels)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        rows = zip(self.labels, self.class_id.tolist(), self.confidence.tolist(), self.xyxy.tolist(), strict=True)
        names = ("label", "class_id", "confidence", "xyxy")
        return {"detections": [dict(zip(names, row, strict=True)) for row in rows]}

    def to_coco(self, image_id: int, category_ids: Sequence[int]) -> list[dict[str, Any]]:
        """The entries of a COCO results file.

        Args:
            image_id: the image's in the annotations' file.
            category_ids: of each class, in the order of `class_id`; COCO's need not start at 0 nor be consecutive.

        Returns:
            A dict for each object, its box as left, top, width, height.

        Raises:
            ArgumentError: a class has no category.

        Example:
            >>> found = Detections(np.array([[10, 20, 30, 60]]), np.array([0.9]), np.array([1]), ("car",))
            >>> found.to_coco(7, category_ids=[18, 44])
            [{'image_id': 7, 'category_id': 44, 'bbox': [10.0, 20.0, 20.0, 40.0], 'score': 0.9}]
        """
        if len(self) and self.class_id.max() >= len(category_ids):
            raise ArgumentError.of("category_ids", f"one for each class up to {self.class_id.max()}", category_ids)
        boxes = np.concatenate([self.xyxy[:, :2], self.xyxy[:, 2:] - self.xyxy[:, :2]], axis=1).tolist()
        rows = zip(self.class_id.tolist(), boxes, self.confidence.tolist(), strict=True)
        return [{"image_id": image_id, "category_id": category_ids[i], "bbox": b, "score": s} for i, b, s in rows]


@dataclass(frozen=True, eq=False)
class Events:
    """What happens in a signal, and when: what was found there, or what is marked.

    Arrays are copied, and can't be written to.

    Attributes:
        seconds: (N,) float64, from the signal's first sample, rising.
        labels: N names of their classes.
        confidence: (N,) float64 in [0, 1]; 1 of what is marked.

    Raises:
        ArgumentError: a number is out of range or order.
        ShapeError: the fields differ in length.

    Example:
        >>> found = Events(np.array([0.8, 1.6]), ("N", "V"), np.array([0.9, 0.4]))
        >>> len(found), found[found.confidence > 0.5].labels
        (2, ('N',))
        >>> found[1].to_dict()
        {'events': [{'seconds': 1.6, 'label': 'V', 'confidence': 0.4}]}
    """

    seconds: NDArray[np.float64]
    labels: tuple[str, ...]
    confidence: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("seconds", "confidence"):
            object.__setattr__(self, name, _frozen_array(name, getattr(self, name), np.float64))
        object.__setattr__(self, "labels", tuple(self.labels))
        shapes = self.seconds.shape, (len(self.labels),), self.confidence.shape
        if self.seconds.ndim != 1 or len(set(shapes)) > 1:
            raise ShapeError.of("seconds, labels and confidence", "one of each for every event", shapes)
        if not np.isfinite(self.seconds).all() or (np.diff(self.seconds) < 0).any():
            raise ArgumentError.of("seconds", "finite, in rising order", self.seconds.tolist())
        if not ((self.confidence >= 0) & (self.confidence <= 1)).all():
            raise ArgumentError.of("confidence", "in [0, 1]", self.confidence.tolist())

    @classmethod
    def marked(cls, seconds: Sequence[float] | NDArray[Any], labels: Sequence[str]) -> "Events":
        """What somebody marked, in any order.

        Example:
            >>> Events.marked([1.5, 0.5], ["V", "N"]).labels
            ('N', 'V')
        """
        times = np.asarray(seconds, np.float64)
        order = np.argsort(times, kind="stable")
        return cls(times[order], tuple(labels[i] for i in order), np.ones(len(times)))

    def __len__(self) -> int:
        return len(self.seconds)

    def __getitem__(self, index: int | slice | NDArray[np.bool_] | NDArray[np.integer]) -> "Events":
        """Some of them: one, a slice, or by an array of marks or of rising indices."""
        taken = np.atleast_1d(np.arange(len(self))[index])
        return Events(self.seconds[taken], tuple(self.labels[i] for i in taken), self.confidence[taken])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        rows = zip(self.seconds.tolist(), self.labels, self.confidence.tolist(), strict=True)
        return {"events": [dict(zip(("seconds", "label", "confidence"), row, strict=True)) for row in rows]}


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
        _check_share("confidence", self.confidence)
        _check_box(self.xyxy)
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
            _check_share("probability", self.probability)

    @classmethod
    def not_checked(cls) -> "Liveness":
        """Nobody looked."""
        return cls(None, None)

    def __str__(self) -> str:
        return "not checked" if self.live is None else "live" if self.live else "not live"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"liveness": str(self), "live_probability": self.probability}


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
        _check_distance("distance", self.distance)
        _check_distance("threshold", self.threshold)

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
        _check_distance("distance", self.distance)


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
        _check_distance("threshold", self.threshold)
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


def _frozen_array(name: str, values: NDArray[Any], kind: type[np.float64] | type[np.int64]) -> NDArray[Any]:
    """A copy that can't be written to; integers don't come from fractions."""
    given = np.asarray(values)
    array = given.astype(kind)
    if kind is np.int64 and not np.array_equal(array, given):
        raise ArgumentError.of(name, "integers", given.tolist())
    array.flags.writeable = False
    return array


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ArgumentError.of(name, "in [0, 1]", value)


def _check_box(xyxy: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = xyxy
    if not (all(map(math.isfinite, xyxy)) and left <= right and top <= bottom):
        raise ArgumentError.of("xyxy", "finite left, top, right, bottom in order", xyxy)


def _check_distance(name: str, value: float) -> None:
    if not 0 <= value < math.inf:
        raise ArgumentError.of(name, "finite and at least 0", value)

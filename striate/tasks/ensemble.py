"""Several networks as one classifier: their probabilities are averaged, never their weights.

Hansen and Salamon, Neural network ensembles, 1990; Lakshminarayanan et al. 2016, arXiv:1612.01474.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from striate.data import ONE_CROP, Crops, Pixels
from striate.errors import ArgumentError
from striate.results import Classes
from striate.tasks.classifier import Classifier, Image, OnBad, as_crops, readings
from striate.tasks.classify import ClassifyTask, Probabilities

Readings = tuple[Pixels, ...]  # of one image, for each member


class Ensemble:
    """Images in, `Classes` out, as a `Classifier`; each member prepares the images by its own preset.

    Args:
        members: they know the same classes by name, in any order; the first one's order is the ensemble's.

    Raises:
        ArgumentError: there are no members, or they don't know the same classes or don't have the same task.

    Example:
        >>> import striate
        >>> one = striate.load("efficientnet_lite0")
        >>> pixels = np.zeros((300, 400, 3), np.uint8)
        >>> np.array_equal(Ensemble([one, one]).probabilities([pixels]), one.probabilities([pixels]))
        True
    """

    def __init__(self, members: Sequence[Classifier]):
        if not members:
            raise ArgumentError("members must be at least one classifier, got none")
        self.members = tuple(members)
        self.labels = members[0].labels
        self._columns = [_columns(members[0], member) for member in members]
        self.task = _common_task(members)

    @property
    def name(self) -> str:
        """What to call it beside its members."""
        return f"ensemble of {len(self.members)}"

    @property
    def notice(self) -> str:
        """What to tell a person once, such as the licences of the weights."""
        return "\n".join(dict.fromkeys(member.notice for member in self.members if member.notice))

    @property
    def num_bytes(self) -> int:
        """Memory that the weights take."""
        return sum(member.num_bytes for member in self.members)

    def probabilities(
        self, images: Iterable[Image], *, crops: int | Crops = ONE_CROP, on_bad: OnBad | None = None
    ) -> Probabilities:
        """Images -> (N, K): the mean over the members; see `Classifier.probabilities`.

        Raises:
            ImageError, ShapeError, ArgumentError: as a classifier's; arrays must suit every member.
        """
        crops = as_crops(crops)
        seen = readings(images, lambda path: self._read(path, crops), lambda pixels: (pixels,) * len(self), on_bad)
        parts = [np.empty((0, len(self.labels)))]
        while some := list(islice(seen, self.members[0].engine.images_at_once(crops))):
            answers = [m.probabilities(own, crops=crops) for m, own in zip(self.members, _turned(some), strict=True)]
            parts.append(self.mean(answers))
        return np.concatenate(parts)

    def predict(self, images: Iterable[Image], *, crops: int | Crops = ONE_CROP) -> list[Classes]:
        """What each image shows, the likeliest class first; the arguments and errors are those of `probabilities`."""
        return [self.task.to_classes(row, self.labels) for row in self.probabilities(images, crops=crops)]

    def aligned(self, answers: Sequence[Probabilities]) -> list[Probabilities]:
        """Each member's own probabilities (N, K), in the order of the ensemble's classes."""
        return [answer[:, columns] for answer, columns in zip(answers, self._columns, strict=True)]

    def mean(self, answers: Sequence[Probabilities]) -> Probabilities:
        """The members' own probabilities (N, K) -> the ensemble's."""
        mean: Probabilities = np.mean(self.aligned(answers), axis=0)
        return mean

    def __len__(self) -> int:
        return len(self.members)

    def _read(self, path: Path, crops: Crops) -> Readings:
        """The pixels as each member takes them, read once for those that take the same."""
        read: dict[object, Pixels] = {}
        for member in self.members:
            if member.reading(crops) not in read:
                read[member.reading(crops)] = member.read(path, crops)
        return tuple(read[member.reading(crops)] for member in self.members)


def _turned(some: list[Readings]) -> Iterator[tuple[Pixels, ...]]:
    """Of each image the pixels for every member -> for each member the pixels of all images."""
    return zip(*some, strict=True)


def _columns(first: Classifier, other: Classifier) -> NDArray[np.intp]:
    """Where the first one's classes stand among the other's."""
    labels = first.labels
    if other.labels == labels:
        return np.arange(len(labels))  # of published weights, two classes may share a name
    if sorted(other.labels) != sorted(labels) or len(set(labels)) < len(labels):
        theirs, ours = set(other.labels), set(labels)
        lacks, has = (", ".join(map(repr, sorted(some)[:5])) or "none" for some in (ours - theirs, theirs - ours))
        known = f"{other.name or 'one'} lacks {lacks} of {first.name or 'the first'}'s, and has others: {has}"
        raise ArgumentError(f"members of an ensemble must know the same classes by name; {known}")
    return np.array([other.labels.index(label) for label in labels])


def _common_task(members: Sequence[Classifier]) -> ClassifyTask:
    """One or several classes an image; each member's threshold is a probability, and so is their mean."""
    kinds = {member.task.multilabel for member in members}
    if len(kinds) > 1:
        raise ArgumentError.of("members", "models of one task", "some of one class an image and some of several")
    return ClassifyTask(kinds.pop(), float(np.mean([member.task.threshold for member in members])))

"""Recognition, 1:K: who of a gallery is on images?"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from striate.errors import Problem
from striate.faces import Gallery
from striate.results import Candidates, Liveness
from striate.tasks.classifier import OnBad
from striate.tasks.faces_recogniser import Looked, OnImages, Recogniser, Sighting
from striate.tasks.faces_small import small_remark
from striate.tasks.images import answer_images


@dataclass(frozen=True)
class Person:
    """One face, and whose it may be.

    Attributes:
        sighting: where it is.
        candidates: people of the gallery; None for a face that is not live: nobody is looked up.
    """

    sighting: Sighting
    candidates: Candidates | None

    @property
    def answer(self) -> Candidates | Liveness:
        """Who it may be, or that it is not live."""
        return self.sighting.liveness if self.candidates is None else self.candidates

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; null is what is not known of a face that is not live."""
        nothing: dict[str, Any] = {"recognised": None, "threshold": None, "candidates": []}
        return self.sighting.to_dict() | (self.candidates.to_dict() if self.candidates else nothing)


@dataclass(frozen=True)
class Identified:
    """An image file and who is on it: nobody where no face was found."""

    path: str
    people: tuple[Person, ...]

    @property
    def remark(self) -> str:
        """That faces on it are narrow; empty if none is."""
        return small_remark(person.sighting.face for person in self.people if person.sighting.face)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"path": self.path, "people": [person.to_dict() for person in self.people]}


def identify_people(
    recogniser: Recogniser,
    gallery: Gallery,
    paths: Iterable[str | Path],
    *,
    top: int = 5,
    threshold: float | None = None,
    skip_bad: bool = False,
    on_images: OnImages | None = None,
) -> tuple[list[Identified], list[Problem]]:
    """Who is on image files; all faces are looked up at once.

    Args:
        recogniser: finds and encodes the faces.
        gallery: of its encoder.
        paths: see `striate.tasks.images.find_images`.
        top: how many people to name for each face.
        threshold: τ; None takes `recognition_threshold`.
        skip_bad: go on without files that can't be read.
        on_images: hears how many of how many are done.

    Returns:
        the answers, in order, and the files that were skipped.

    Raises:
        DataError: a path does not exist; or files can't be read, all of them listed.
        ArgumentError: there is no threshold.
        GalleryError: the gallery is damaged.
    """
    limit = recognition_threshold(recogniser, gallery) if threshold is None else threshold

    def look(files: Sequence[Path], on_bad: OnBad) -> list[Looked]:
        names = [str(path) for path in files]
        return list(recogniser.look_at(names, on_bad=lambda name, e: on_bad(Path(name), e), on_images=on_images))

    looked, bad = answer_images(paths, look, skip_bad=skip_bad)
    return list(_look_up(gallery, [one for _, one in looked], top, limit)), bad


def recognition_threshold(recogniser: Recogniser, gallery: Gallery) -> float:
    """τ of a gallery, or of the encoder where the gallery has none.

    Raises:
        ArgumentError: neither has one.
    """
    return recogniser.threshold if gallery.threshold is None else gallery.threshold


def _look_up(gallery: Gallery, looked: Sequence[Looked], top: int, threshold: float) -> Iterator[Identified]:
    encodings = [s.encoding for one in looked for s in one.sightings if not s.refused]
    found = iter(gallery.identify(np.stack(encodings), top=top, threshold=threshold) if encodings else ())
    for one in looked:
        yield Identified(one.path, tuple(Person(s, None if s.refused else next(found)) for s in one.sightings))

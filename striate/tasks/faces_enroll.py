"""Enrol people: the encodings of their images go into a gallery, the images don't."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from striate.errors import ImageError, Problem
from striate.faces import Gallery
from striate.tasks.faces_people import PersonsImage
from striate.tasks.faces_recogniser import Looked, OnImages, Recogniser
from striate.tasks.faces_verify import obstacle

_AT_ONCE = 32  # images in a transaction: what came before a crash stays enrolled


@dataclass(frozen=True)
class Enrolment:
    """What came of enrolling images.

    Attributes:
        added: how many images are new in the gallery.
        known: how many it had already.
        refused: images that were not enrolled, and why: no face, not live, broken.
        several: images with more than one face, of which one was enrolled, and how many.
        remarks: images with a narrow face, and what of it.
    """

    added: int
    known: int
    refused: tuple[Problem, ...]
    several: Mapping[str, int]
    remarks: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        refused = [{"path": problem.path, "why": problem.message} for problem in self.refused]
        several = [{"path": path, "faces_found": count} for path, count in self.several.items()]
        remarks = [{"path": path, "remark": remark} for path, remark in self.remarks.items()]
        counts = {"added": self.added, "known": self.known}
        return {**counts, "refused": refused, "several_faces": several, "remarks": remarks}


def open_gallery(recogniser: Recogniser, folder: str | Path) -> Gallery:
    """The gallery of a folder for this recogniser's encodings, which is made if nothing is there.

    Raises:
        GalleryError: it holds encodings of another encoder, or is damaged.
    """
    return Gallery.open(folder, encoder=recogniser.encoder.identity, dim=recogniser.encoder.dim)


def enroll_people(
    recogniser: Recogniser,
    gallery: Gallery,
    images: Sequence[PersonsImage],
    *,
    on_images: OnImages | None = None,
) -> Enrolment:
    """Add the images of people to a gallery; what can't be enrolled is listed, and the others are.

    A gallery without a threshold takes the encoder's; another one stays, until `Gallery.set_threshold` changes it.

    Args:
        recogniser: finds and encodes the face of each image; its choice has to leave one.
        gallery: of its encoder.
        images: whom each shows.
        on_images: hears how many of how many are done.

    Raises:
        ArgumentError: a name can't be stored.
        GalleryError: the gallery is damaged, or stays busy.

    Example:
        >>> recogniser = Recogniser.open("dlib_face", device="cpu")
        >>> with open_gallery(recogniser, "staff") as gallery:
        ...     enroll_people(recogniser, gallery, [])
        Enrolment(added=0, known=0, refused=(), several={}, remarks={})
    """
    if gallery.threshold is None and recogniser.encoder.threshold is not None:
        gallery.set_threshold(recogniser.encoder.threshold)
    refused: list[Problem] = []
    several: dict[str, int] = {}
    remarks: dict[str, str] = {}
    added = sound = 0
    for some in _chunks(_sound(recogniser, images, refused, on_images)):
        names, looked = zip(*some, strict=True)
        encodings = np.stack([one.sightings[0].encoding for one in looked])
        added += gallery.enroll_many(names, encodings, [bytes.fromhex(one.digest) for one in looked])
        sound += len(some)
        several |= {one.path: count for one in looked if (count := one.sightings[0].faces_found) > 1}
        remarks |= {one.path: remark for one in looked if (remark := one.sightings[0].remark)}
    return Enrolment(added, sound - added, tuple(refused), several, remarks)


def _sound(
    recogniser: Recogniser,
    images: Sequence[PersonsImage],
    refused: list[Problem],
    on_images: OnImages | None,
) -> Iterator[tuple[str, Looked]]:
    """Names and what was encoded; an image without a face to enrol goes to the refused."""
    names = {str(image.path): image.name for image in images}

    def on_bad(path: str, error: ImageError) -> None:
        refused.append(Problem.of(path, error))

    for looked in recogniser.look_at(names, on_bad=on_bad, on_images=on_images):
        if why := obstacle(looked.sightings[0] if looked.sightings else None):
            refused.append(Problem(looked.path, why))
        else:
            yield names[looked.path], looked


def _chunks(items: Iterable[tuple[str, Looked]]) -> Iterator[list[tuple[str, Looked]]]:
    rest = iter(items)
    while some := list(islice(rest, _AT_ONCE)):
        yield some

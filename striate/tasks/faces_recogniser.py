"""Recogniser: images in, the encodings of the faces on them out, or of the whole images where no faces are meant."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.data import Pixels, read_image
from striate.errors import ArgumentError, ShapeError
from striate.faces import Choose, Encoder, FaceFinder, LivenessChecker, largest
from striate.results import Face, Liveness
from striate.tasks.classifier import Image
from striate.tasks.faces_photographs import Load, OnBad, from_disk, photographs
from striate.tasks.faces_small import small_remark
from striate.training import Device

EMBEDDED = "dlib_face"
OnImages = Callable[[int, int], None]  # how many of how many images are done


@dataclass(frozen=True, eq=False)
class Sighting:
    """What was encoded of an image.

    Attributes:
        face: where it was found; None stands for the whole image.
        encoding: float32 (D,), of length 1.
        liveness: whether it stood before the camera itself, if that was checked.
        faces_found: on its image, among which it was chosen; 0 where none are looked for.
    """

    face: Face | None
    encoding: NDArray[np.float32] = field(repr=False)
    liveness: Liveness
    faces_found: int = 0

    @property
    def refused(self) -> bool:
        """Whether it was checked, and is not live."""
        return self.liveness.live is False

    @property
    def remark(self) -> str:
        """That its face is narrow; empty if it isn't."""
        return small_remark([self.face] if self.face else [])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; without the encoding, which identifies a person."""
        face = self.face.to_dict() if self.face else None
        return {"face": face, "faces_found": self.faces_found, **self.liveness.to_dict(), "remark": self.remark or None}


class Looked(NamedTuple):
    """An image file and what was encoded of it: nothing where no face was found."""

    path: str
    digest: str
    sightings: tuple[Sighting, ...]


class Recogniser:
    """Finds, chooses, aligns, checks and encodes faces, many images at once.

    Args:
        encoder: what turns them to encodings; one without a canonical face takes whole images of anything.
        finder: finds faces; None where the encoder takes whole images.
        choose: which faces of an image count: `largest`, `most_central` or `every` of `striate.faces`.
        checker: says of each whether it is live; None doesn't check.

    Raises:
        ArgumentError: an encoder of faces without a finder, liveness of what is no face, or `choose` is no function.

    Example:
        >>> recogniser = Recogniser.open("dlib_face", device="cpu")
        >>> recogniser.look([np.zeros((100, 100, 3), np.uint8)])
        [()]
    """

    def __init__(
        self,
        encoder: Encoder,
        *,
        finder: FaceFinder | None = None,
        choose: Choose = largest,
        checker: LivenessChecker | None = None,
    ):
        if encoder.canonical is not None and finder is None:
            raise ArgumentError.of("finder", f"given: {encoder.name} encodes faces that were found", finder)
        if encoder.canonical is None and checker is not None:
            raise ArgumentError(f"checker must be None: liveness is of faces; {encoder.name} encodes whole images")
        if not callable(choose):
            raise ArgumentError.of("choose", "a function of faces, such as `striate.faces.every`", choose)
        self.encoder, self.finder, self.choose, self.checker = encoder, finder, choose, checker

    @classmethod
    def open(
        cls,
        encoder: str | Path = EMBEDDED,
        *,
        choose: Choose = largest,
        checker: LivenessChecker | None = None,
        device: Device = "auto",
    ) -> "Recogniser":
        """One with all that its encoder needs.

        Args:
            encoder: as in `Encoder.open`.
            choose: which faces of an image count.
            checker: says of each whether it is live, such as `LivenessChecker.open()`; None doesn't check.
            device: where it computes.

        Raises:
            MissingExtraError, WeightsError, ModelFileError, ArgumentError: as `Encoder.open` and `FaceFinder.open`.
        """
        opened = Encoder.open(encoder, device=device)
        finder = None if opened.canonical is None else FaceFinder.open(device=device)
        return cls(opened, finder=finder, choose=choose, checker=checker)

    def checked_by(self, checker: LivenessChecker) -> "Recogniser":
        """This one, with another checker of liveness.

        Raises:
            ArgumentError: it encodes whole images, not faces.
        """
        return Recogniser(self.encoder, finder=self.finder, choose=self.choose, checker=checker)

    @property
    def notices(self) -> tuple[str, ...]:
        """What to tell a person once: the licences of the weights."""
        parts = (self.encoder, self.finder, self.checker)
        return tuple(part.notice for part in parts if part is not None and part.notice)

    @property
    def threshold(self) -> float:
        """τ of the encoder.

        Raises:
            ArgumentError: nobody calibrated it.
        """
        if self.encoder.threshold is None:
            raise ArgumentError(
                f"the encoder {self.encoder.name} has no threshold: `striate faces calibrate PAIRS DATA --encoder "
                f"{self.encoder.name} --out encoder.json` measures one on pairs, then give --encoder encoder.json"
            )
        return self.encoder.threshold

    def look(self, images: Sequence[Image]) -> list[tuple[Sighting, ...]]:
        """What is on images, all of them at once.

        Args:
            images: paths of image files, or uint8 arrays (H, W, C).

        Returns:
            the chosen faces of each, or the whole image; nothing where no face was found.

        Raises:
            ImageError: a file can't be read.
            ShapeError: an array is no image.
        """
        return self._look([self._pixels(image) for image in images])

    def look_at(
        self,
        paths: Collection[str],
        *,
        load: Load = from_disk,
        on_bad: OnBad | None = None,
        on_images: OnImages | None = None,
    ) -> Iterator[Looked]:
        """What is on image files, no more in memory than two batches.

        Args:
            paths: their names, as `load` knows them.
            load: reads one.
            on_bad: told of each that can't be read, which is then left out.
            on_images: hears how many of how many are done.

        Raises:
            ImageError: one can't be read, and nobody is told.
        """
        done = 0
        for batch in photographs(paths, self._channels, load=load, on_bad=on_bad):
            for photograph, sightings in zip(batch, self._look([p.pixels for p in batch]), strict=True):
                yield Looked(photograph.path, photograph.digest, sightings)
            done += len(batch)
            if on_images:
                on_images(done, len(paths))

    @property
    def _channels(self) -> int:
        return self.encoder.preset.channels

    def _pixels(self, image: Image) -> Pixels:
        if not isinstance(image, np.ndarray):
            return read_image(image, channels=self._channels)
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (1, 3, 4) or 0 in image.shape:
            raise ShapeError.of("image", "uint8 (H, W, 1, 3 or 4)", f"{image.dtype} {image.shape}")
        return image

    def _look(self, images: Sequence[Pixels]) -> list[tuple[Sighting, ...]]:
        """The network sees the faces of all images together."""
        if self.finder is None or self.encoder.canonical is None:
            encodings = self.encoder.encode(images)
            return [(Sighting(None, encoding, Liveness.not_checked()),) for encoding in encodings]
        found = self.finder.find(images)
        chosen = [self.choose(faces, image.shape[:2]) for faces, image in zip(found, images, strict=True)]
        pairs = [(image, face) for image, faces in zip(images, chosen, strict=True) for face in faces]
        encodings = self.encoder.encode(self.encoder.canonical.chip(image, face) for image, face in pairs)
        seen = iter(zip(encodings, self._check(pairs), strict=True))
        return [
            tuple(Sighting(face, *next(seen), faces_found=len(all_faces)) for face in faces)
            for faces, all_faces in zip(chosen, found, strict=True)
        ]

    def _check(self, pairs: Sequence[tuple[Pixels, Face]]) -> list[Liveness]:
        """Of faces on images."""
        if self.checker is None:
            return [Liveness.not_checked()] * len(pairs)
        return self.checker.check([image for image, _ in pairs], [face for _, face in pairs])

"""Draw who was found: two images that were compared, and images of people who were looked for."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from striate.data import Pixels, read_image, write_image
from striate.draw import draw_faces
from striate.draw.boxes import draw_note
from striate.draw.faces import answer_text
from striate.results import Candidates, Liveness, Match
from striate.tasks.classifier import Image
from striate.tasks.faces_identify import Identified
from striate.tasks.faces_recogniser import Sighting
from striate.tasks.faces_verify import Verified
from striate.tasks.picture_files import picture_files, refuse_drawing_over

_MOST_HEIGHT, _GAP = 720, 8  # pixels of a picture of two


def draw_verified(path: str | Path, images: tuple[Image, Image], verified: Verified) -> None:
    """Write two images side by side, the compared faces and the answer on both.

    Args:
        path: a PNG or another image file to write.
        images: what was compared.
        verified: what came of it.

    Raises:
        OutputError: the file can't be written, or an image would be drawn over.
        ArgumentError: a suffix of no image.
    """
    refuse_drawing_over([Path(path)], [image for image in images if not isinstance(image, np.ndarray)])
    answers = [verified.match or obstacle for obstacle in verified.obstacles]
    drawn = [
        _draw_one(image if isinstance(image, np.ndarray) else read_image(image), sighting, answer)
        for image, sighting, answer in zip(images, verified.sightings, answers, strict=True)
    ]
    write_image(path, _side_by_side(drawn))


def draw_identified(answers: Sequence[Identified], folder: str | Path) -> None:
    """Write each image with the names of its faces as a PNG into a folder, which is made.

    Raises:
        OutputError: the folder can't be made, a file can't be written, or an image would be drawn over.
    """
    pictures = picture_files([answer.path for answer in answers], folder)
    for picture, answer in zip(pictures, answers, strict=True):
        pixels = read_image(answer.path)
        faces = [person.sighting.face for person in answer.people if person.sighting.face]
        if faces:
            write_image(picture, draw_faces(pixels, faces, [person.answer for person in answer.people]))
        else:
            write_image(picture, _noted(pixels, answer.people[0].answer if answer.people else "no face found"))


def _draw_one(pixels: Pixels, sighting: Sighting | None, answer: Match | str) -> Pixels:
    if sighting is None or sighting.face is None:
        return _noted(pixels, answer)
    if isinstance(answer, Match):
        return draw_faces(pixels, [sighting.face], [answer])
    return draw_faces(pixels, [sighting.face], [sighting.liveness] if sighting.refused else [])


def _noted(pixels: Pixels, answer: Match | Candidates | Liveness | str) -> Pixels:
    """A whole image and what is said of it."""
    canvas = draw_faces(pixels, [])
    draw_note(canvas, answer if isinstance(answer, str) else answer_text(answer))
    return canvas


def _side_by_side(pictures: Sequence[Pixels]) -> Pixels:
    """RGB pictures as high as the lowest of them, with a white line between."""
    height = min(_MOST_HEIGHT, *(picture.shape[0] for picture in pictures))
    scaled = [
        cv2.resize(p, (max(1, round(p.shape[1] * height / p.shape[0])), height), interpolation=cv2.INTER_AREA)
        for p in pictures
    ]
    gap = np.full((height, _GAP, 3), 255, np.uint8)
    return np.concatenate([scaled[0], gap, *scaled[1:]], axis=1)

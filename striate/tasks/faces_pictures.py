"""Draw who was found: two images that were compared, and images of people who were looked for."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from striate.data import Pixels, read_image, write_image
from striate.draw import draw_faces
from striate.draw.boxes import draw_note
from striate.draw.faces import answer_text
from striate.draw.pixels import as_rgb, pad, rescale, side_by_side
from striate.results import Candidates, Face, Liveness, Match
from striate.tasks.classifier import Image
from striate.tasks.faces_identify import Identified
from striate.tasks.faces_recogniser import Sighting
from striate.tasks.faces_verify import Verified
from striate.tasks.picture_files import drawing_files, refuse_drawing_over

_LEAST = 320  # pixels a side, on which every label is whole
_MOST_HEIGHT, _MOST_WIDTH, _GAP = 720, 1280, 8  # pixels of each of two pictures, and between them


def draw_verified(path: str | Path, images: tuple[Image, Image], verified: Verified) -> None:
    """Write two images side by side, brought to one height, the compared faces and the answer on both.

    Args:
        path: a PNG or another image file to write.
        images: what was compared.
        verified: what came of it.

    Raises:
        OutputError: the file can't be written, or an image would be drawn over.
        ArgumentError: a suffix of no image.
    """
    refuse_drawing_over([Path(path)], [image for image in images if not isinstance(image, np.ndarray)])
    pixels = [image if isinstance(image, np.ndarray) else read_image(image) for image in images]
    answers = [verified.match or obstacle for obstacle in verified.obstacles]
    left, right = map(_draw_one, pixels, _scales_of_pair(pixels), verified.sightings, answers)
    write_image(path, side_by_side(left, right, gap=_GAP))


def draw_identified(answers: Sequence[Identified], out: str | Path) -> None:
    """Write each image with the names of its faces on it; small ones are enlarged until these can be read.

    Args:
        answers: what was found.
        out: see `drawing_files`.

    Raises:
        ArgumentError: a picture for several images.
        OutputError: the folder can't be made, a file can't be written, or an image would be drawn over.
    """
    images = [answer.path for answer in answers]
    for picture, answer in zip(drawing_files(images, out), answers, strict=True):
        pixels = read_image(answer.path)
        scale = _scale_of_one(pixels)
        faces = [_scaled(person.sighting.face, scale) for person in answer.people if person.sighting.face]
        canvas = _canvas(pixels, scale)
        if faces:
            write_image(picture, draw_faces(canvas, faces, [person.answer for person in answer.people]))
        else:
            write_image(picture, _noted(canvas, answer.people[0].answer if answer.people else "no face found"))


def _draw_one(pixels: Pixels, scale: float, sighting: Sighting | None, answer: Match | str) -> Pixels:
    canvas = _canvas(pixels, scale)
    if sighting is None or sighting.face is None:
        return _noted(canvas, answer)
    face = _scaled(sighting.face, scale)
    if isinstance(answer, Match):
        return draw_faces(canvas, [face], [answer])
    return draw_faces(canvas, [face], [sighting.liveness] if sighting.refused else [])


def _noted(canvas: Pixels, answer: Match | Candidates | Liveness | str) -> Pixels:
    """A whole image and what is said of it."""
    draw_note(canvas, answer if isinstance(answer, str) else answer_text(answer))
    return canvas


def _scale_of_one(pixels: Pixels) -> float:
    """How many times as large an image is drawn: once, if it is not too small."""
    height, width = pixels.shape[:2]
    return float(max(1.0, min(_LEAST / min(height, width), _MOST_WIDTH / max(height, width))))


def _scales_of_pair(images: Sequence[Pixels]) -> list[float]:
    """Those that bring images to the height of the highest, within bounds, or to the greatest width."""
    sizes_hw = [image.shape[:2] for image in images]
    height = max(_LEAST, *(max(h, _LEAST * h / w) for h, w in sizes_hw))
    return [min(min(height, _MOST_HEIGHT) / h, _MOST_WIDTH / w) for h, w in sizes_hw]


def _scaled(face: Face, scale: float) -> Face:
    left, top, right, bottom = (scale * edge for edge in face.xyxy)
    return Face((left, top, right, bottom), face.confidence, tuple((scale * x, scale * y) for x, y in face.xy))


def _canvas(pixels: Pixels, scale: float) -> Pixels:
    """The image so many times as large, on white where it is too narrow or low to write on; RGB."""
    shown = rescale(as_rgb(pixels), scale)
    return pad(shown, (_LEAST, _LEAST))

"""Faces on an image: their boxes and points, and who they are."""

from collections.abc import Sequence

import numpy as np

from striate.draw.boxes import NOTHING, draw_boxes, line_width, with_number
from striate.draw.class_colours import WHITE, Colour, class_colour
from striate.draw.pixels import Pixels, as_rgb
from striate.draw.points import draw_disc
from striate.draw.text import percent
from striate.errors import ShapeError
from striate.results import Candidates, Face, Liveness, Match

Answer = Match | Candidates | Liveness | None
YES, NO = class_colour(0), class_colour(1)  # blue and orange, which the colour-blind can tell apart


def draw_faces(image: Pixels, faces: Sequence[Face], answers: Sequence[Answer] = (), *, scale: float = 1.0) -> Pixels:
    """The image with a box around each face, dots on its points, and a label; the first faces lie on top.

    Of candidates the label says who is recognised and how far they are, of a match whether it is the same person and
    how far they are, of liveness how likely it is; where nothing was asked, how sure the finder is. What is
    recognised, the same or live is blue; who is not recognised or was not checked grey; the rest orange.

    Args:
        image: (H, W) or (H, W, C) of uint8; grey, RGB, or RGB and alpha, which shows white below.
        faces: in pixels of the image; what reaches out of it is cut off.
        answers: one for each face, or none.
        scale: of lines and letters, beside what suits the image's size.

    Returns:
        (H, W, 3) of uint8, a copy.

    Raises:
        ShapeError, ArgumentError: the image is not one, or the answers are not as many.

    Example:
        >>> points = ((30.0, 30.0), (50.0, 30.0), (40.0, 40.0), (32.0, 50.0), (48.0, 50.0))
        >>> picture = draw_faces(np.zeros((80, 80), np.uint8), [Face((20, 20, 60, 60), 0.9, points)])
        >>> picture[30, 30], picture[40, 19]
        (array([  0, 114, 178], dtype=uint8), array([  0, 114, 178], dtype=uint8))
    """
    canvas = as_rgb(image)
    if answers and len(answers) != len(faces):
        raise ShapeError.of("answers", f"one for each of {len(faces)} faces", len(answers))
    labels = [_label(face, answer) for face, answer in zip(faces, answers or [None] * len(faces), strict=True)]
    boxes = np.array([face.xyxy for face in faces], np.float64).reshape(-1, 4)
    draw_boxes(canvas, boxes, [text for text, _ in labels], [colour for _, colour in labels], scale)
    radius = line_width(canvas, scale)
    for face, (_, colour) in zip(reversed(faces), reversed(labels), strict=True):
        for xy in face.xy:
            draw_disc(canvas, xy, radius + 1, WHITE)
            draw_disc(canvas, xy, radius, colour)
    return canvas


def answer_text(answer: Match | Candidates | Liveness) -> str:
    """What is written of an answer.

    Example:
        >>> answer_text(Candidates((), threshold=0.6))
        'not recognised'
    """
    return _answer_label(answer)[0]


def _label(face: Face, answer: Answer) -> tuple[str, Colour]:
    """What is written at a face, and in which colour."""
    return (percent(face.confidence, 0), YES) if answer is None else _answer_label(answer)


def _answer_label(answer: Match | Candidates | Liveness) -> tuple[str, Colour]:
    if isinstance(answer, Match):
        return with_number("same" if answer.same else "different", _far(answer.distance)), YES if answer.same else NO
    if isinstance(answer, Candidates):
        return _who(answer)
    if answer.probability is None:
        return str(answer), NOTHING
    return with_number(str(answer), percent(answer.probability, 0)), YES if answer.live else NO


def _who(answer: Candidates) -> tuple[str, Colour]:
    if answer.recognised:
        return with_number(answer.recognised.name, _far(answer.recognised.distance)), YES
    text = "not recognised"
    return with_number(text, _far(answer.ranked[0].distance)) if answer.ranked else text, NOTHING


def _far(distance: float) -> str:
    return f"{distance:.2f}"

"""Boxes on an image: what was found, each in its class's colour, and what should have been."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from striate.draw.class_colours import BLACK, WHITE, Colour, class_colour
from striate.draw.fonts import writable
from striate.draw.lettering import chip
from striate.draw.pixels import Pixels, as_rgb
from striate.draw.text import percent, shorten
from striate.errors import ShapeError
from striate.results import Detections, Localization

Floats = npt.NDArray[np.float64]
Edges = tuple[int, int, int, int]  # left, top, right, bottom in whole pixels
COLUMNS = 28  # of a label; what is longer ends in …
NOTHING: Colour = (70, 70, 70)  # ground of a label that belongs to no class


def draw_detections(image: Pixels, detections: Detections, *, scale: float = 1.0) -> Pixels:
    """The image with a box around each object, its class and how sure the network is; the surest lie on top.

    Lines run around the boxes, in a colour that the colour-blind can tell from others and that is always the same for a
    class, with a white rim. Labels keep inside the image and out of each other's way where there is room.

    Args:
        image: (H, W) or (H, W, C) of uint8; grey, RGB, or RGB and alpha, which shows white below.
        detections: in pixels of the image; what reaches out of it is cut off.
        scale: of lines and letters, beside what suits the image's size.

    Returns:
        (H, W, 3) of uint8, a copy.

    Raises:
        ShapeError, ArgumentError: the image is not one.

    Example:
        >>> found = Detections(np.array([[20, 20, 60, 50]]), np.array([0.9]), np.array([0]), ("car",))
        >>> picture = draw_detections(np.zeros((64, 96), np.uint8), found)
        >>> picture.shape, picture[40, 19]
        ((64, 96, 3), array([  0, 114, 178], dtype=uint8))
    """
    canvas = as_rgb(image)
    seen = detections[np.argsort(detections.confidence, kind="stable")[::-1]]
    texts = [with_number(name, percent(p, 0)) for name, p in zip(seen.labels, seen.confidence.tolist(), strict=True)]
    draw_boxes(canvas, seen.xyxy, texts, [class_colour(i) for i in seen.class_id.tolist()], scale)
    return canvas


def draw_boxes(
    canvas: Pixels, xyxy: Floats, texts: Sequence[str], colours: Sequence[Colour], scale: float = 1.0
) -> None:
    """Draw boxes with a text at each on an image (H, W, 3); the first lie on top.

    Args:
        canvas: drawn on.
        xyxy: (N, 4) in its pixels; boxes outside of it are not seen.
        texts, colours: one for each box.
        scale: of lines and letters, beside what suits the image's size.
    """
    pen, seen = _pen(canvas, scale), np.flatnonzero(_meets(canvas, xyxy)).tolist()
    for i in reversed(seen):
        _draw_box(canvas, xyxy[i], colours[i], pen)
    taken: list[Edges] = []
    for i in seen:
        taken.append(_draw_label(canvas, xyxy[i], texts[i], colours[i], pen, taken))


def draw_outlines(image: Pixels, detections: Detections) -> Pixels:
    """The image with a thin line around each object in its class's colour and nothing written: for very many.

    Args, Returns, Raises: as `draw_detections`.
    """
    canvas = as_rgb(image)
    seen, width = detections[_meets(canvas, detections.xyxy)], line_width(canvas)
    for i in np.argsort(seen.confidence, kind="stable"):
        for side in _sides(canvas, seen.xyxy[i], width, width):
            side[:] = class_colour(int(seen.class_id[i]))
    return canvas


def draw_truth(image: Pixels, xyxy: npt.ArrayLike, labels: Sequence[str] = (), *, scale: float = 1.0) -> Pixels:
    """The image with dashed boxes in black and white: where objects are, whatever was found.

    Args:
        image: as for `draw_detections`.
        xyxy: (N, 4) in pixels of the image.
        labels: one for each box, or none.
        scale: of lines and letters, beside what suits the image's size.

    Returns:
        (H, W, 3) of uint8, a copy.

    Raises:
        ShapeError, ArgumentError: the image is not one; these are no boxes, or the labels are not as many.

    Example:
        >>> draw_truth(np.full((64, 96), 90, np.uint8), [[20, 20, 60, 50]])[19, 19:25, 0]
        array([255, 255, 255, 255,   0,   0], dtype=uint8)
    """
    canvas, boxes = as_rgb(image), np.asarray(xyxy, np.float64).reshape(-1, 4)
    if labels and len(labels) != len(boxes):
        raise ShapeError.of("labels", f"one for each of {len(boxes)} boxes", len(labels))
    pen, seen = _pen(canvas, scale), _meets(canvas, boxes)
    for box in boxes[seen]:
        _draw_dashes(canvas, box, pen.width)
    taken: list[Edges] = []
    for i in np.flatnonzero(seen).tolist() if labels else ():
        taken.append(_draw_label(canvas, boxes[i], shorten(writable(labels[i]), COLUMNS), WHITE, pen, taken))
    return canvas


def draw_localization(image: Pixels, localization: Localization, class_id: int = 0) -> Pixels:
    """The image with the box around its object and what that is, or a note that there is none.

    Args:
        image: as for `draw_detections`.
        localization: in pixels of the image.
        class_id: number of its class, which chooses the colour.

    Returns:
        (H, W, 3) of uint8, a copy.

    Raises:
        ShapeError, ArgumentError: the image is not one.
    """
    canvas = as_rgb(image)
    if not localization.found:
        draw_note(canvas, f"nothing found ({percent(localization.presence, 0)})")
        return canvas
    classes, xyxy = localization.classes, np.array([localization.xyxy])
    sure = localization.presence * classes.probability
    found = Detections(xyxy, np.array([sure]), np.array([class_id]), (classes.label,))
    return draw_detections(canvas, found)


def draw_note(canvas: Pixels, text: str) -> None:
    """Write into the upper left corner of an image (H, W, 3)."""
    _paste(canvas, chip(text, _pen(canvas).letters, NOTHING), 0, 0)


def line_width(image: Pixels, scale: float = 1.0) -> int:
    """Pixels of a line that suits an image: 1 up to about 450 pixels a side, 2 up to 750, …"""
    return max(1, round(scale * math.sqrt(image.shape[0] * image.shape[1]) / 300))


class _Pen(NamedTuple):
    """Width of lines, and height of letters, in pixels."""

    width: int
    letters: int


def _pen(image: Pixels, scale: float = 1.0) -> _Pen:
    height, width = image.shape[:2]
    letters = max(10.0, min(math.sqrt(height * width) / 38, width / COLUMNS))  # a whole label on a narrow image, too
    return _Pen(line_width(image, scale), round(scale * letters))


def _meets(canvas: Pixels, xyxy: Floats) -> npt.NDArray[np.bool_]:
    """(N, 4) -> (N,) whether some of each box is on the image."""
    height, width = canvas.shape[:2]
    return np.asarray((xyxy[:, :2] < (width, height)).all(axis=1) & (xyxy[:, 2:] > 0).all(axis=1))


def with_number(label: str, number: str) -> str:
    """With a mark between that keeps the number in its place behind a label that runs from right to left."""
    return f"{shorten(writable(label), COLUMNS)}\N{LEFT-TO-RIGHT MARK} {number}"


def _draw_box(canvas: Pixels, box: Floats, colour: Colour, pen: _Pen) -> None:
    for side in _sides(canvas, box, pen.width + 1, pen.width + 1):
        side[:] = WHITE
    for side in _sides(canvas, box, pen.width, pen.width):
        side[:] = colour


def _draw_dashes(canvas: Pixels, box: Floats, width: int) -> None:
    for side in _sides(canvas, box, width, width):
        side[:] = BLACK
        side[:, np.arange(side.shape[1]) % (8 * width) < 4 * width] = WHITE


def _sides(canvas: Pixels, box: Floats, margin: int, width: int) -> Iterator[Pixels]:
    """The pixels of lines around the box, so far outside of it and so wide; as views (width, length, 3)."""
    left, top, right, bottom = _edges(canvas, box, margin)
    if left < right and top < bottom:
        yield canvas[top : top + width, left:right]
        yield canvas[max(0, bottom - width) : bottom, left:right]
        yield canvas[top:bottom, left : left + width].swapaxes(0, 1)
        yield canvas[top:bottom, max(0, right - width) : right].swapaxes(0, 1)


def _edges(canvas: Pixels, box: Floats, margin: int) -> Edges:
    """The box in whole pixels with a margin around it, cut off at the image's edges."""
    height, width = canvas.shape[:2]
    whole = np.round(box) + (-margin, -margin, margin, margin)
    left, top, right, bottom = np.clip(whole, 0, (width, height, width, height)).astype(int).tolist()
    return left, top, right, bottom


def _draw_label(canvas: Pixels, box: Floats, text: str, colour: Colour, pen: _Pen, taken: list[Edges]) -> Edges:
    """Write at the box's upper left, or at the next corner where nothing is written yet; where it was written."""
    plate = chip(text, pen.letters, colour)
    height, width = plate.shape[:2]
    left, top, right, bottom = _edges(canvas, box, pen.width)
    below, above = bottom, top - height
    corners = [(left, above), (left, below), (right - width, above), (right - width, below), (left, top)]
    places = [_inside(canvas, x, y, width, height) for x, y in corners]
    free = (place for place in places if not any(_overlap(place, other) for other in taken))
    place = next(free, places[0])
    _paste(canvas, plate, place[0], place[1])
    return place


def _inside(canvas: Pixels, x: int, y: int, width: int, height: int) -> Edges:
    """So large a plate, moved until it is inside of the image; its beginning at least."""
    left = max(0, min(x, canvas.shape[1] - width))
    top = max(0, min(y, canvas.shape[0] - height))
    return left, top, left + width, top + height


def _overlap(a: Edges, b: Edges) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _paste(canvas: Pixels, plate: Pixels, left: int, top: int) -> None:
    seen = canvas[top : top + plate.shape[0], left : left + plate.shape[1]]
    seen[:] = plate[: seen.shape[0], : seen.shape[1]]

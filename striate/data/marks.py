"""What the readers of all formats of boxes and points hand on, and the rules that every box must keep.

Inside striate a box is left, top, right, bottom in pixels of the upright image, and a point is x, y. Coordinates are
continuous: an image of width W spans [0, W], and its first pixel's centre stands at 0.5. They are decimals with six
places, a millionth of a pixel, so that what is read, written in another format and read again is the same to the bit.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from striate.data.records import PartName
from striate.data.stores import FileStore
from striate.data.table import PART_NAMES
from striate.errors import Problem

Box = tuple[float, float, float, float]  # left, top, right, bottom
Point = tuple[float, float, int]  # x, y, visibility: 0 not marked, 1 marked but hidden, 2 seen
DECIMALS = 6
ROUNDING = 0.02  # pixels: what the two decimals of a COCO file, or the six of a YOLO file, leave of an edge
UNMARKED: Point = (math.nan, math.nan, 0)


class Mark(NamedTuple):
    """One object as the data lists it.

    Attributes:
        label: name of its class.
        xyxy: its box; None where there are only points.
        points: one for each name of the data's points, or none.
        difficult, truncated: VOC's flags.
        crowd: the box holds many of its class together (COCO's iscrowd).
        line: in the file that lists it; 0 where there is none.
    """

    label: str
    xyxy: Box | None
    points: tuple[Point, ...] = ()
    difficult: bool = False
    truncated: bool = False
    crowd: bool = False
    line: int = 0


class MarkedImage(NamedTuple):
    """One image as the data lists it.

    Attributes:
        part: None where the data isn't divided.
        path: in the store.
        marks: what is marked on it; there may be nothing.
        declared_hw: height and width as the labels say; None where they don't.
        relative: boxes are shares of width and height, not pixels.
        source: the file that lists it.
        line: there; 0 where there is none.
        number: COCO's id of the image; None where there is none.
    """

    part: PartName | None
    path: str
    marks: tuple[Mark, ...]
    declared_hw: tuple[int, int] | None = None
    relative: bool = False
    source: str = ""
    line: int = 0
    number: int | None = None


@dataclass(frozen=True)
class MarkedTable:
    """All marked images of a data set, before a look at the images themselves.

    Attributes:
        kind: what the data is, in words.
        store: reads the images.
        images: of all parts.
        classes: in the data's own order; None where it lists none, and they are ordered as people count.
        category_ids: COCO's, of each of the classes.
        point_names: of the points of each mark.
        problems: what can't be used.
        remarks: what can be used, but should be known.
        unread: what the files hold and striate doesn't keep: its name, and how many there are.
        points_only: whether it was read for its points, of one object an image at most, and not for boxes.
    """

    kind: str
    store: FileStore
    images: tuple[MarkedImage, ...]
    classes: tuple[str, ...] | None = None
    category_ids: tuple[int, ...] = ()
    point_names: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    remarks: tuple[Problem, ...] = ()
    unread: Mapping[str, int] = field(default_factory=dict)
    points_only: bool = False


class Settled(NamedTuple):
    """A box that was held against its image.

    Attributes:
        xyxy: in pixels, inside of the image.
        wrong: why it can't be used; empty if it can.
        remark: what was changed, if that is worth a word.
    """

    xyxy: Box
    wrong: str = ""
    remark: str = ""


def settle_box(xyxy: Box, size_hw: tuple[int, int]) -> Settled:
    """Hold a box against its image.

    A box that reaches out of the image is clipped, with a remark unless that is rounding. One that lies outside
    altogether, has no area, swapped corners or a coordinate that is no number is wrong.

    Args:
        xyxy: in pixels.
        size_hw: of the image.

    Example:
        >>> settle_box((-5, 1, 30, 9), (10, 20))
        Settled(xyxy=(0.0, 1.0, 20.0, 9.0), wrong='', remark='reaches 10 pixels out of the image of 20x10: clipped')
        >>> settle_box((3, 9, 8, 4), (10, 20)).wrong
        'its corners are swapped: top 9, bottom 4'
    """
    if not all(map(math.isfinite, xyxy)):
        return Settled(xyxy, f"a coordinate is no number: {_words(xyxy)}")
    left, top, right, bottom = xyxy = rounded(xyxy)
    height, width = size_hw
    if right < left or bottom < top:
        ends = f"left {left:g}, right {right:g}" if right < left else f"top {top:g}, bottom {bottom:g}"
        return Settled(xyxy, f"its corners are swapped: {ends}")
    if right == left or bottom == top:
        return Settled(xyxy, f"it has no area: {_words(xyxy)}")
    if right <= 0 or bottom <= 0 or left >= width or top >= height:
        return Settled(xyxy, f"it lies outside the image of {width}x{height}: {_words(xyxy)}")
    inside = (max(left, 0.0), max(top, 0.0), min(right, float(width)), min(bottom, float(height)))
    out = max(abs(a - b) for a, b in zip(xyxy, inside, strict=True))
    remark = f"reaches {out:g} pixels out of the image of {width}x{height}: clipped" if out > ROUNDING else ""
    return Settled(inside, remark=remark)


def rounded(xyxy: Box) -> Box:
    """To a millionth of a pixel, the nearest float to that decimal.

    Example:
        >>> rounded((0.1 + 0.2, 1, 2, 3))
        (0.3, 1.0, 2.0, 3.0)
    """
    left, top, right, bottom = (round(float(v), DECIMALS) for v in xyxy)
    return left, top, right, bottom


def parse_number(text: str) -> float | None:
    """A number as files write it, NaN and infinity too; None if it is something else.

    Example:
        >>> parse_number(" 12.50 "), parse_number("nan"), parse_number("1_000"), parse_number("")
        (12.5, nan, None, None)
    """
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def part_in(path: str) -> PartName | None:
    """The part that a path names, by the last of its words that does.

    Example:
        >>> part_in("annotations/instances_train2017.json"), part_in("valid/images/training.jpg"), part_in("all.json")
        ('train', 'train', None)
    """
    words = [word for word in re.split(r"[\W\d_]+", path.casefold()) if word in PART_NAMES]
    return PART_NAMES[words[-1]] if words else None


def folder_part(path: str) -> PartName | None:
    """The part that one of a file's folders is named for, the innermost first.

    Example:
        >>> folder_part("valid/images/training.jpg"), folder_part("train2017/1.jpg"), folder_part("a/1.jpg")
        ('val', 'train', None)
    """
    folders = path.casefold().split("/")[:-1]
    named = (PART_NAMES.get(folder.rstrip("0123456789")) for folder in reversed(folders))
    return next((part for part in named if part), None)


def _words(xyxy: Box) -> str:
    left, top, right, bottom = xyxy
    return f"left {left:g}, top {top:g}, right {right:g}, bottom {bottom:g}"

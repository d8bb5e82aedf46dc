"""Write a data set of boxes or points in another format; what the format can't hold is said."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path, PurePosixPath
from typing import get_args

from striate.data.find_marks import LAYOUT_FOLDERS
from striate.data.gather_marks import GatheredMarks, gather_marks
from striate.data.image_index import stem_of
from striate.data.mark_writers import PLACES, WRITERS, Export, MarkFormat, points_fit_a_table
from striate.data.marks import Mark
from striate.data.records import PartName
from striate.data.shard_writer import new_folder
from striate.data.table import natural_key
from striate.errors import ArgumentError, DataError, OutputError, Problem

Watch = Callable[[int, int], None]  # (images done, images in all)


@dataclass(frozen=True)
class Converted:
    """What was written.

    Attributes:
        folder: where.
        images: how many each part has.
        boxes: how many there are in all.
        lost: what is not in what was written, or only as a field of striate's own, in words.
        remarks: what was noticed in reading, such as boxes that were clipped.
        skipped: what was left out (only with `skip_bad`).
    """

    folder: Path
    images: dict[PartName, int]
    boxes: int
    lost: tuple[str, ...]
    remarks: tuple[Problem, ...]
    skipped: tuple[Problem, ...]


def convert_marks(
    data: str | Path,
    out: str | Path,
    to: MarkFormat,
    *,
    skip_bad: bool = False,
    on_images: Watch | None = None,
) -> Converted:
    r"""Write a data set of boxes or points as "coco", "voc", "yolo" or "csv", with a copy of every image.

    Read again it gives the same parts, boxes, points and flags to the bit, but for what `lost` names. The images' bytes
    are not touched. The folder appears when all is written; if anything fails there is none.

    Args:
        data: what `open_boxes` or `open_points` takes.
        out: a folder that doesn't exist yet or is empty, outside of the data.
        to: the format.
        skip_bad: leave out images of which something can't be used.
        on_images: called now and then with the images that are written and those to write.

    Raises:
        DataError: bad data, with file and line; or points alone for a format without points.
        ArgumentError: no such format, or a folder inside of the data.
        OutputError: the folder holds something, or can't be written to.

    Example:
        >>> import numpy as np
        >>> from striate.data import write_image
        >>> write_image("1.png", np.zeros((40, 60), np.uint8))
        >>> _ = Path("boxes.csv").write_text("path,label,x0,y0,x1,y1\n1.png,ant,10,5,30,20\n")
        >>> convert_marks("boxes.csv", "y", "yolo").boxes
        1
        >>> Path("y/labels/train/1.txt").read_text()
        '0 0.33333333 0.31250000 0.33333333 0.37500000\n'
    """
    if to not in get_args(MarkFormat):
        raise ArgumentError.of("to", " or ".join(get_args(MarkFormat)), to)
    out, data = Path(out), Path(data)
    _refuse_place(out, data)
    gathered = gather_marks(data, points=None, skip_bad=skip_bad)
    _refuse_format(gathered, to)
    names = _names({image.path for image in gathered.images})
    with new_folder(out) as folder:
        _copy_images(gathered, folder, names, PLACES[to], on_images)
        WRITERS[to](Export(folder, gathered, names))
    counts = Counter(image.part for image in gathered.images if image.part)
    boxes = sum(mark.xyxy is not None for image in gathered.images for mark in image.marks)
    return Converted(out, dict(counts), boxes, tuple(_lost(gathered, to)), gathered.remarks, gathered.problems)


def _refuse_place(out: Path, data: Path) -> None:
    if data.is_dir() and out.resolve().is_relative_to(data.resolve()):  # it would be taken for a part of it
        raise ArgumentError.of("out", f"a folder outside of the data {data}", str(out))
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise OutputError(f"{out} is there already; what is converted goes into a new folder")


def _refuse_format(gathered: GatheredMarks, to: MarkFormat) -> None:
    if not gathered.classes and to in ("voc", "yolo"):
        raise DataError(f"{gathered.table.kind}: {to} has no place for points; coco and csv have")
    names = (*gathered.classes, *gathered.table.point_names, *(image.path for image in gathered.images))
    odd = [name for name in names if any(ord(letter) < 32 for letter in name)]
    if odd and to in ("voc", "csv"):
        raise DataError(f"{odd[0]!r} has a control character in its name, which {to} can't hold")


def _names(paths: Iterable[str]) -> dict[str, str]:
    """New names for the images: without the folders of the old layout, as long as all differ even without suffix.

    Example:
        >>> _names(["train/1.jpg", "val/1.jpg", "val/2.jpg", "3.jpg", "3.png"])
        {'3.jpg': '3.jpg', '3.png': '3-2.png', 'train/1.jpg': 'train/1.jpg', 'val/1.jpg': 'val/1.jpg',
         'val/2.jpg': '2.jpg'}
    """
    alike = Counter(stem_of(_bare_name(path)).casefold() for path in set(paths))
    names: dict[str, str] = {}
    taken = set[str]()
    for path in sorted(set(paths)):
        stem, suffix = stem_of(path), PurePosixPath(path).suffix
        bare = _bare_name(path)
        short = [bare] if alike[stem_of(bare).casefold()] == 1 else []
        numbered = (f"{stem}-{number}{suffix}" for number in count(2))
        names[path] = next(n for n in chain(short, [path], numbered) if stem_of(n).casefold() not in taken)
        taken.add(stem_of(names[path]).casefold())
    return names


def _bare_name(path: str) -> str:
    folders = path.split("/")
    while len(folders) > 1 and folders[0].casefold().rstrip("0123456789") in LAYOUT_FOLDERS:
        folders.pop(0)
    return "/".join(folders)


def _copy_images(
    gathered: GatheredMarks, folder: Path, names: dict[str, str], place: str, on_images: Watch | None
) -> None:
    store = gathered.table.store
    for done, image in enumerate(gathered.images, start=1):
        data = store.read(image.path)
        if hashlib.sha256(data).hexdigest() != gathered.checked[image.path].digest:
            raise DataError(f"{image.path} was changed while it was read")
        target = folder / place.format(part=image.part, name=names[image.path])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        if on_images and (done % 64 == 0 or done == len(gathered.images)):
            on_images(done, len(gathered.images))


def _lost(gathered: GatheredMarks, to: MarkFormat) -> Iterator[str]:
    """What can't be read back as it was."""
    marks = [mark for image in gathered.images for mark in image.marks]
    yield from (f"{number} times: {name}" for name, number in gathered.unread.items())
    if gathered.table.kind.startswith("COCO"):
        yield "the ids of annotations" if to == "coco" else "COCO's ids of images, classes and annotations"
    yield from _lost_flags(marks, to)
    if points := sum(bool(mark.points) for mark in marks):
        if to in ("voc", "yolo") or (to == "csv" and not points_fit_a_table(gathered)):
            several = " (a row holds those of one object)" if to == "csv" else ""
            yield f"the points of {points} boxes{several}"
        if to == "csv" and (bare := sum(bool(m.points) and not any(v for *_, v in m.points) for m in marks)):
            yield f"that {bare} objects are there, of which no point is marked"
        if to == "coco" and (bare := sum(mark.xyxy is None for mark in marks)):
            yield f"that {bare} objects have no box: COCO wants one, and got the bounds of the points"
    used = tuple(sorted({mark.label for mark in marks}, key=natural_key))
    if to in ("voc", "csv") and gathered.classes and gathered.classes != used:
        yield f"the order of the classes, and those without a box: {', '.join(gathered.classes[:20])}"


def _lost_flags(marks: Iterable[Mark], to: MarkFormat) -> Iterator[str]:
    flags = Counter(flag for mark in marks for flag in ("difficult", "truncated", "crowd") if getattr(mark, flag))
    own = {"coco": ("difficult", "truncated"), "voc": ("crowd",), "yolo": (), "csv": ()}[to]
    for flag, number in flags.items():
        if to == "yolo":
            yield f"that {number} boxes are {flag}"
        elif flag in own:
            yield f"for other programs: that {number} boxes are {flag}, which stands in a field of striate's own"

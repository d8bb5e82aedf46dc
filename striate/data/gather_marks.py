"""Read the labels of a data set, look at every image once, and hold every box and point against its image."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from striate.data.find_marks import find_marks
from striate.data.fingerprint import fingerprint
from striate.data.marks import Box, Mark, MarkedImage, MarkedTable, settle_box
from striate.data.open import check_all
from striate.data.records import Checked
from striate.data.stores import is_text
from striate.data.table import Row, class_names
from striate.errors import DataError, Problem


class GatheredMarks(NamedTuple):
    """A data set of boxes or points that was read and checked, as it is divided by itself.

    Attributes:
        table: what the labels say.
        classes: names, in their order.
        category_ids: COCO's id of each class, else 1, 2, …
        images: the good ones, with boxes in pixels, inside of the image.
        checked: what a reading of each image told, by path.
        problems: what had to be left out.
        remarks: what is used, but should be known.
        unread: what the files hold and striate doesn't keep: its name, and how many there are.
    """

    table: MarkedTable
    classes: tuple[str, ...]
    category_ids: tuple[int, ...]
    images: tuple[MarkedImage, ...]
    checked: dict[str, Checked]
    problems: tuple[Problem, ...]
    remarks: tuple[Problem, ...]
    unread: dict[str, int]

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each image, by path."""
        return {path: checked.digest for path, checked in self.checked.items()}

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, over every image's part, path, marks and content, in whatever order they come."""
        rows = (Row(i.part, i.path, tuple(json.dumps(mark[:-1]) for mark in i.marks)) for i in self.images)
        return fingerprint(rows, self.digests)


def gather_marks(
    path: str | Path, *, points: bool | None, skip_bad: bool = False, classes: Sequence[str] | None = None
) -> GatheredMarks:
    """Read what lies at `path`; arguments and errors are `open_boxes`'s and `open_points`'s.

    Args:
        path: a folder, a zip, or the JSON, YAML or CSV itself.
        points: read points; else boxes; None reads boxes where there are any, else points.
        skip_bad: leave out images of which something can't be used.
        classes: a model's labels.
    """
    table = find_marks(Path(path), points=points)
    settled = _Settled(table)
    names = _class_names(table, classes)
    problems = (*table.problems, *settled.problems)
    if problems and not skip_bad:
        raise DataError(f"{len(problems)} of the labels and images in {path} can't be used", problems)
    if not settled.images:
        raise DataError(f"no image in {path} can be used", problems)
    if not table.points_only and not any(image.marks for image in settled.images):
        raise DataError(f"not one box in {path}", problems)
    images = tuple(_in_train(image) for image in settled.images)
    remarks = (*table.remarks, *settled.remarks, *_twin_remarks(images, settled.checked), *_untrained(images, names))
    ids = dict(zip(table.classes or (), table.category_ids, strict=False))
    known = len(ids) > 0 and all(name in ids for name in names)
    category_ids = tuple(ids[name] for name in names) if known else tuple(range(1, len(names) + 1))
    unread = {name: count for name, count in {**table.unread, **settled.unread}.items() if count}
    return GatheredMarks(table, names, category_ids, images, settled.checked, problems, remarks, unread)


class _Settled:
    """All images of a table held against their pixels: those that are good, and what is to be said."""

    def __init__(self, table: MarkedTable):
        self.points = table.points_only
        self.images: list[MarkedImage] = []
        self.remarks: list[Problem] = []
        self.unread: Counter[str] = Counter()
        rows = [Row(None, path, ()) for path in dict.fromkeys(image.path for image in table.images)]
        _, self.checked, broken = check_all(table.store, rows)
        self.problems = list(broken)
        divided = any(image.part for image in table.images)
        for number, image in enumerate(table.images, start=1):
            if image.path in self.checked:
                self.settle(image._replace(number=number if image.number is None else image.number), divided)
        used = {image.path for image in self.images}
        self.checked = {path: checked for path, checked in self.checked.items() if path in used}

    def settle(self, image: MarkedImage, divided: bool) -> None:
        """Hold one image's marks against its size."""
        size_hw = self.checked[image.path].size_hw
        before = len(self.problems)
        if divided and image.part is None:
            self.problems.append(Problem(image.source or image.path, f"{image.path}: in no part, as others are"))
        if image.declared_hw and image.declared_hw != size_hw:
            self.problems.append(Problem(image.source, _size_words(image, size_hw), image.line))
        marks = tuple(self.one_object(image) if self.points else self.boxes(image, size_hw))
        for mark in marks:
            self.check_points(image, mark, size_hw)
        if len(self.problems) == before:
            self.images.append(image._replace(marks=marks, relative=False))

    def boxes(self, image: MarkedImage, size_hw: tuple[int, int]) -> Iterator[Mark]:
        """The marks with their boxes in pixels, clipped."""
        seen = set[tuple[str, Box]]()
        for mark in image.marks:
            if mark.xyxy is None:
                self.unread["points without a box"] += 1
                continue
            xyxy, wrong, remark = settle_box(in_pixels(mark.xyxy, size_hw) if image.relative else mark.xyxy, size_hw)
            if (mark.label, xyxy) in seen:
                remark = remark or "the same box stands there twice"
            seen.add((mark.label, xyxy))
            if wrong or remark:
                said = Problem(image.source, f"{mark.label} on {image.path}: {wrong or remark}", mark.line)
                (self.problems if wrong else self.remarks).append(said)
            yield mark._replace(xyxy=xyxy)

    def one_object(self, image: MarkedImage) -> Iterator[Mark]:
        """The one mark that has points, if the object is there."""
        marks = [mark for mark in image.marks if mark.points]
        self.unread["objects without points"] += len(image.marks) - len(marks)
        if len(marks) > 1:
            reason = f"{image.path}: {len(marks)} objects with points, where one an image is read; cut them out first"
            self.problems.append(Problem(image.source, reason, image.line))
        return iter(marks[:1])

    def check_points(self, image: MarkedImage, mark: Mark, size_hw: tuple[int, int]) -> None:
        """Points may lie outside, as those of a face that is cut off; they must be numbers."""
        marked = [(x, y) for x, y, visibility in mark.points if visibility]
        where = Problem(image.source, f"{image.path}: ", mark.line)
        if not all(math.isfinite(x) and math.isfinite(y) for x, y in marked):
            self.problems.append(where._replace(message=f"{image.path}: a point's coordinate is no number"))
        elif outside := sum(not (0 <= x <= size_hw[1] and 0 <= y <= size_hw[0]) for x, y in marked):
            reason = f"{image.path}: {outside} of its points lie outside the image of {size_hw[1]}x{size_hw[0]}"
            self.remarks.append(where._replace(message=reason))


def in_pixels(shares: Box, size_hw: tuple[int, int]) -> Box:
    """A box whose coordinates are shares of width and height, in pixels."""
    height, width = size_hw
    left, top, right, bottom = shares
    return left * width, top * height, right * width, bottom * height


def _size_words(image: MarkedImage, size_hw: tuple[int, int]) -> str:
    height, width = image.declared_hw or (0, 0)
    turned = "; the image is turned by EXIF, its labels aren't" if size_hw == (width, height) else ""
    return f"{image.path}: the labels are for {width}x{height}, but the image is {size_hw[1]}x{size_hw[0]}{turned}"


def _in_train(image: MarkedImage) -> MarkedImage:
    """What isn't divided is train."""
    return image._replace(part=image.part or "train")


def _class_names(table: MarkedTable, given: Sequence[str] | None) -> tuple[str, ...]:
    """The data's own names, in its own order if it has one, or those given, which must hold them all."""
    found = {mark.label for image in table.images for mark in image.marks if mark.xyxy}
    if odd := [name for name in (*found, *(table.classes or ()), *table.point_names) if not is_text(name)]:
        raise DataError(f"a name that is no text: {odd[0]!r}")
    if table.points_only:
        return ()
    return table.classes if given is None and table.classes else class_names(found, given)


def _untrained(images: Iterable[MarkedImage], names: Sequence[str]) -> Iterator[Problem]:
    """Classes of which there is nothing to train on."""
    trained = {mark.label for image in images if image.part == "train" for mark in image.marks}
    if trained and (bare := [name for name in names if name not in trained]):
        yield Problem("train", f"no box of {', '.join(bare[:10])}{f' … ({len(bare)} classes)' if bare[10:] else ''}")


def _twin_remarks(images: Iterable[MarkedImage], checked: dict[str, Checked]) -> Iterator[Problem]:
    """Images that are the same while their marks are not."""
    groups: dict[str, list[MarkedImage]] = defaultdict(list)
    for image in images:
        groups[checked[image.path].digest].append(image)
    for first, *others in groups.values():
        for other in others:
            if {mark[:-1] for mark in first.marks} != {mark[:-1] for mark in other.marks}:
                yield Problem(other.path, f"the same image as {first.path}, with other labels")

"""COCO's JSON: instances and person keypoints, crowds included.

COCO's box is left, top, width, height on continuous coordinates. Its points are the indices of pixels, whose centres
stand half a pixel further. T.-Y. Lin et al., "Microsoft COCO: Common Objects in Context", 2014.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from striate.data.image_index import ImageIndex
from striate.data.json_elements import JsonElement, read_json
from striate.data.marks import DECIMALS, UNMARKED, Box, Mark, MarkedImage, MarkedTable, Point, part_in
from striate.data.records import PartName
from striate.data.stores import FileStore, Listing
from striate.data.table import class_name
from striate.errors import DataError, ImageError, Problem

LISTS = ("images", "annotations", "categories")
KNOWN = {
    "image": {"id", "file_name", "width", "height"},
    "annotation": {"id", "image_id", "category_id", "bbox", "iscrowd", "area", "keypoints", "num_keypoints"}
    | {"difficult", "truncated"},  # striate writes them, so that what VOC tells isn't lost
    "category": {"id", "name", "keypoints"},
}


def is_coco(store: FileStore, name: str, *, points: bool) -> bool:
    """Whether a JSON file is COCO's, with boxes (an empty list is fine) or with points."""
    if not name.lower().endswith(".json"):
        return False
    try:
        data = store.read(name)
    except ImageError:
        return False
    wanted = b'"keypoints"' in data if points else b'"caption"' not in data and b'"segments_info"' not in data
    return wanted and all(f'"{key}"'.encode() in data for key in LISTS)


def read_coco(store: FileStore, listing: Listing, names: Sequence[str], *, points: bool) -> MarkedTable:
    """The images of one JSON file, or of one for each part.

    A file's part is the word train, val or test in its name or in that of its folder. Images are looked for at
    `file_name` from the JSON's folder, else anywhere under a path that ends so.

    Args:
        store: holds the files and the images.
        listing: of the store.
        names: of the JSON files.
        points: read what has points, of which there may be one set of names; else boxes.

    Raises:
        DataError: not COCO's JSON, or several files for one part.
    """
    index = ImageIndex(listing)
    files = [_File(store, index, name, part) for name, part in _parts(names, points=points)]
    images = tuple(image for f in files for image in f.marked())
    classes, category_ids = _merge_categories(files)
    return MarkedTable(
        kind="COCO keypoints" if points else "COCO",
        store=store,
        images=images,
        classes=classes,
        category_ids=category_ids,
        point_names=_merge_points(files),
        problems=tuple(p for f in files for p in f.problems),
        remarks=index.remarks,
        unread=sum((f.unread for f in files), Counter[str]()),
        points_only=points,
    )


def _parts(names: Sequence[str], *, points: bool) -> list[tuple[str, PartName | None]]:
    """One file for each part; of COCO's own two for one part the one that is named for what is wanted."""
    found: dict[PartName | None, list[str]] = {}
    for name in names:
        found.setdefault(part_in(name), []).append(name)
    word = "keypoints" if points else "instances"
    chosen: list[tuple[str, PartName | None]] = []
    for part, same in found.items():
        named = [n for n in same if word in n.casefold()] if len(same) > 1 else same
        if len(named) != 1:
            raise DataError(f"several COCO files for {part or 'data without parts'}: {', '.join(same)}; name one")
        chosen.append((named[0], part))
    if len(chosen) > 1 and None in found:
        raise DataError(f"{found[None][0]} names no part, while others do: {', '.join(names)}")
    return chosen


class _File:
    """One JSON file: what was found in it, and what was wrong with it."""

    def __init__(self, store: FileStore, index: ImageIndex, name: str, part: PartName | None):
        self.name, self.part, self.index = name, part, index
        self.problems: list[Problem] = []
        self.unread: Counter[str] = Counter()
        try:
            document = read_json(store.read(name), name)
        except ImageError as e:
            raise DataError(f"{name}: {e}") from e
        for key in LISTS:
            if not isinstance(document.get(key), list):
                raise DataError(f"{name} has no list {key!r}: COCO's files have {', '.join(LISTS)}")
        self.unread.update(f"{name}: {key}" for key in document.keys() - set(LISTS) - {"info", "licenses"})
        self.categories = self._with_ids(document["categories"], "category")
        self.images = self._with_ids(document["images"], "image")
        self.annotations = document["annotations"]
        self.classes: dict[Hashable, str] = {}
        self.points: dict[Hashable, tuple[str, ...]] = {}
        for id_, element in self.categories.items():
            self._read_category(id_, element)

    def wrong(self, line: int, reason: str) -> None:
        self.problems.append(Problem(self.name, reason, line))

    def _with_ids(self, elements: Iterable[JsonElement], kind: str) -> dict[Hashable, JsonElement]:
        found: dict[Hashable, JsonElement] = {}
        for element in elements:
            id_ = element.value.get("id") if isinstance(element.value, dict) else None
            if not _is_id(id_):
                self.wrong(element.line, f"{kind} without an id")
            elif id_ in found:
                self.wrong(element.line, f"{kind} {id_!r} stands on line {found[id_].line} already")
            else:
                found[id_] = element
                self._count_unread(kind, element.value)
        return found

    def _count_unread(self, kind: str, value: dict[str, Any]) -> None:
        self.unread.update(f"{kind}'s {key}" for key in value.keys() - KNOWN[kind] if value[key] not in (None, [], ""))

    def _read_category(self, id_: Hashable, element: JsonElement) -> None:
        name, points = element.value.get("name"), element.value.get("keypoints") or []
        if not isinstance(name, str) or not class_name(name):
            self.wrong(element.line, f"category {id_!r} without a name")
        elif class_name(name) in self.classes.values():
            self.wrong(element.line, f"two categories are named {name!r}")
        elif not isinstance(points, list) or not all(isinstance(p, str) and p for p in points):
            self.wrong(element.line, f"category {id_!r}: keypoints must be a list of names")
        else:
            self.classes[id_] = class_name(name)
            self.points[id_] = tuple(points)

    def marked(self) -> list[MarkedImage]:
        """All images that were found, with their marks."""
        bad = set[Hashable]()  # images with a mark that can't be used
        marks: dict[Hashable, list[Mark]] = {}
        first_line: dict[Hashable, int] = {}
        for element in self.annotations:
            value = element.value if isinstance(element.value, dict) else {}
            reason = self._trouble(value, first_line)
            if reason:
                self.wrong(element.line, f"annotation {value.get('id')!r}: {reason}")
                bad.update([value["image_id"]] if _is_id(value.get("image_id")) else [])
                continue
            first_line[value["id"]] = element.line
            self._count_unread("annotation", value)
            self._count_area(value)
            marks.setdefault(value["image_id"], []).append(self._mark(value, element.line))
        images: dict[str, MarkedImage] = {}
        for number, (id_, element) in enumerate(self.images.items(), start=1):
            image = self._image(id_, element, number, tuple(marks.get(id_, ())))
            if image and image.path in images:
                line = images[image.path].line
                self.wrong(element.line, f"image {id_!r}: {image.path} stands on line {line} already")
            elif image and id_ not in bad:
                images[image.path] = image
        return list(images.values())

    def _trouble(self, value: dict[str, Any], first_line: dict[Hashable, int]) -> str:
        """What is wrong with an annotation itself; empty if nothing is."""
        id_, image, category, box = (value.get(key) for key in ("id", "image_id", "category_id", "bbox"))
        if not _is_id(id_):
            return "it has no id"
        if id_ in first_line:
            return f"stands on line {first_line[id_]} already"
        if not _is_id(image) or image not in self.images:
            return f"there is no image {image!r}"
        if not _is_id(category) or category not in self.classes:
            return f"there is no category {category!r}"
        if not _are_numbers(box, 4):
            return f"bbox must be four numbers, left, top, width, height, got {box!r}"
        points = value.get("keypoints")
        if points and not _are_numbers(points, 3 * len(self.points[category])):
            return f"keypoints must be {3 * len(self.points[category])} numbers, x, y, visibility of each point"
        return ""

    def _count_area(self, value: dict[str, Any]) -> None:
        """An area that isn't the box's is that of an outline, which is COCO's measure of small and large."""
        area, (_, _, width, height) = value.get("area"), value["bbox"]
        if _are_numbers([area], 1) and abs(area - width * height) > 0.01 * width * height + 1:
            self.unread["annotation's area, where it isn't that of the box"] += 1

    def _mark(self, value: dict[str, Any], line: int) -> Mark:
        left, top, width, height = map(float, value["bbox"])
        box: Box = (left, top, left + width, top + height)
        flat = value.get("keypoints") or []
        points = tuple(_point(*flat[i : i + 3]) for i in range(0, len(flat), 3))
        difficult, truncated, crowd = (bool(value.get(key)) for key in ("difficult", "truncated", "iscrowd"))
        return Mark(self.classes[value["category_id"]], box, points, difficult, truncated, crowd, line)

    def _image(self, id_: Hashable, element: JsonElement, number: int, marks: tuple[Mark, ...]) -> MarkedImage | None:
        written, width, height = (element.value.get(key) for key in ("file_name", "width", "height"))
        if not isinstance(written, str) or not written.strip():
            self.wrong(element.line, f"image {id_!r} without a file_name")
            return None
        found = self.index.find(written, self.name)
        if len(found) > 1:  # a name that is in train/ and in val/
            found = [path for path in found if part_in(path.rpartition("/")[0]) == self.part] or found
        if len(found) != 1:
            reason = f"there are several: {', '.join(found[:3])}" if found else "no such file"
            self.wrong(element.line, f"image {id_!r}: {written!r}: {reason}")
            return None
        declared = (int(height), int(width)) if _are_numbers([height, width], 2) and height and width else None
        number = id_ if isinstance(id_, int) else number
        return MarkedImage(self.part, found[0], marks, declared, False, self.name, element.line, number)


def _point(x: float, y: float, visibility: float) -> Point:
    if not visibility:
        return UNMARKED
    return round(x + 0.5, DECIMALS), round(y + 0.5, DECIMALS), 1 if visibility == 1 else 2


def _merge_categories(files: Sequence[_File]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Classes in the order of their ids, and the ids where all files have the same; else 1, 2, …"""
    classes: dict[str, Hashable] = {}
    same = True
    for f in files:
        for id_, name in f.classes.items():
            same &= classes.setdefault(name, id_) == id_ and isinstance(id_, int)
    ids = [id_ for id_ in classes.values() if isinstance(id_, int)]
    if not same or len(set(ids)) < len(classes):
        return tuple(classes), tuple(range(1, len(classes) + 1))
    ordered = sorted(classes, key=lambda name: ids[list(classes).index(name)])
    return tuple(ordered), tuple(sorted(ids))


def _merge_points(files: Sequence[_File]) -> tuple[str, ...]:
    found = {names for f in files for names in f.points.values() if names}
    if len(found) > 1:
        first, second = sorted(found)[:2]
        raise DataError(f"several sets of points, of which striate reads one: {first[:3]}… and {second[:3]}…")
    return next(iter(found), ())


def _is_id(value: object) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)


def _are_numbers(values: object, count: int) -> bool:
    """Whether this is a list of so many numbers; true and false are none."""
    return isinstance(values, list) and len(values) == count and all(type(v) in (int, float) for v in values)

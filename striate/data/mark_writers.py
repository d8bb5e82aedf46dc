"""Write boxes and points in each format, so that reading them again gives the same to the bit."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import escape

from striate.data.box_csv import FLAGS
from striate.data.gather_marks import GatheredMarks, in_pixels
from striate.data.image_index import stem_of
from striate.data.marks import DECIMALS, Box, Mark, MarkedImage, Point, settle_box
from striate.data.yolo import bounds

MarkFormat = Literal["coco", "voc", "yolo", "csv"]


@dataclass(frozen=True)
class Export:
    """What is to be written where.

    Attributes:
        folder: a new one.
        gathered: the data.
        names: of the images by path; all differ, even without their suffix.
    """

    folder: Path
    gathered: GatheredMarks
    names: Mapping[str, str]

    @property
    def parts(self) -> dict[str, list[MarkedImage]]:
        """The images by part."""
        found: dict[str, list[MarkedImage]] = {}
        for image in self.gathered.images:
            found.setdefault(str(image.part), []).append(image)
        return found

    def size_hw(self, image: MarkedImage) -> tuple[int, int]:
        """Of an image in pixels."""
        return self.gathered.checked[image.path].size_hw

    def write(self, path: str, text: str) -> None:
        """A text file in the folder, in UTF-8."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())


def write_coco(export: Export) -> None:
    """`annotations/instances_train.json` and so on, images in `train/`; what COCO has no field for gets one."""
    keypoints = any(mark.points for image in export.gathered.images for mark in image.marks)
    numbers = count(1)
    for part, images in export.parts.items():
        ids = _image_numbers(images)
        document = {
            "images": [_coco_image(export, image, id_) for image, id_ in zip(images, ids, strict=True)],
            "annotations": [
                _coco_annotation(export, mark, id_, next(numbers))
                for image, id_ in zip(images, ids, strict=True)
                for mark in image.marks
            ],
            "categories": _coco_categories(export.gathered),
        }
        name = f"annotations/{'person_keypoints' if keypoints else 'instances'}_{part}.json"
        export.write(name, _json_lines(document))


def write_voc(export: Export) -> None:
    """`Annotations/ JPEGImages/ ImageSets/Main/`."""
    for part, images in export.parts.items():
        for image in images:
            export.write(f"Annotations/{stem_of(export.names[image.path])}.xml", _voc_xml(export, image))
        ids = "".join(f"{stem_of(export.names[image.path])}\n" for image in images)
        export.write(f"ImageSets/Main/{part}.txt", ids)


def write_yolo(export: Export) -> None:
    """`images/train/`, `labels/train/` and so on, and `data.yaml`."""
    import yaml  # type: ignore[import-untyped]

    index = {name: i for i, name in enumerate(export.gathered.classes)}
    for part, images in export.parts.items():
        for image in images:
            lines = (f"{index[m.label]} {_shares(m.xyxy, export.size_hw(image))}\n" for m in image.marks if m.xyxy)
            export.write(f"labels/{part}/{stem_of(export.names[image.path])}.txt", "".join(lines))
    settings = {part: f"images/{part}" for part in export.parts} | {"names": dict(enumerate(export.gathered.classes))}
    export.write("data.yaml", yaml.safe_dump(settings, allow_unicode=True, sort_keys=False))


def write_csv(export: Export) -> None:
    """`boxes.csv`, and `points.csv` where no image shows several objects with points; images in `images/train/` …"""
    marks = [mark for image in export.gathered.images for mark in image.marks]
    if any(mark.xyxy for mark in marks):
        export.write("boxes.csv", _box_table(export, [f for f in FLAGS if any(getattr(m, f) for m in marks)]))
    if points_fit_a_table(export.gathered):
        export.write("points.csv", _point_table(export))


def points_fit_a_table(gathered: GatheredMarks) -> bool:
    """Whether there are points, of one object an image at most, which is what a row can hold."""
    several = any(sum(bool(mark.points) for mark in image.marks) > 1 for image in gathered.images)
    return bool(gathered.table.point_names) and not several


WRITERS: dict[MarkFormat, Callable[[Export], None]] = {
    "coco": write_coco,
    "voc": write_voc,
    "yolo": write_yolo,
    "csv": write_csv,
}
PLACES: dict[MarkFormat, str] = {  # of the images
    "coco": "{part}/{name}",
    "voc": "JPEGImages/{name}",
    "yolo": "images/{part}/{name}",
    "csv": "images/{part}/{name}",
}


def _number(value: float) -> int | float:
    """Whole numbers without a point."""
    return int(value) if value.is_integer() else value


def _json_lines(document: Mapping[str, list[dict[str, Any]]]) -> str:
    """With an element a line, so that a line's number says which."""
    lists = (
        f"{json.dumps(key)}: [\n" + ",\n".join(json.dumps(element, ensure_ascii=False) for element in elements) + "\n]"
        for key, elements in document.items()
    )
    return "{" + ",\n".join(lists) + "}\n"


def _image_numbers(images: list[MarkedImage]) -> list[int]:
    """COCO's ids where they differ, as they do unless some of them were words."""
    numbers = [image.number for image in images if image.number is not None]
    return numbers if len(set(numbers)) == len(images) else list(range(1, len(images) + 1))


def _coco_image(export: Export, image: MarkedImage, id_: int) -> dict[str, Any]:
    height, width = export.size_hw(image)
    return {"id": id_, "file_name": export.names[image.path], "width": width, "height": height}


def _coco_categories(gathered: GatheredMarks) -> list[dict[str, Any]]:
    names, ids = gathered.classes or ("object",), gathered.category_ids or (1,)
    pointed = {mark.label for image in gathered.images for mark in image.marks if mark.points}
    points = {"keypoints": list(gathered.table.point_names)} if gathered.table.point_names else {}
    return [
        {"id": id_, "name": name, **(points if name in pointed or not gathered.classes else {})}
        for id_, name in zip(ids, names, strict=True)
    ]


def _coco_annotation(export: Export, mark: Mark, image: int, number: int) -> dict[str, Any]:
    gathered = export.gathered
    category = dict(zip(gathered.classes, gathered.category_ids, strict=True)).get(mark.label, 1)
    left, top, right, bottom = mark.xyxy or points_bounds(mark)
    width, height = round(right - left, DECIMALS), round(bottom - top, DECIMALS)
    flat = [value for x, y, v in mark.points for value in _coco_point(x, y, v)]
    points = {"keypoints": flat, "num_keypoints": sum(v > 0 for *_, v in mark.points)} if mark.points else {}
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "bbox": [_number(value) for value in (left, top, width, height)],
        "area": _number(round(width * height, DECIMALS)),
        "iscrowd": int(mark.crowd),
        **points,
        **{flag: 1 for flag in ("difficult", "truncated") if getattr(mark, flag)},
    }


def _coco_point(x: float, y: float, visibility: int) -> tuple[int | float, int | float, int]:
    """COCO gives the index of a pixel, whose centre is half a pixel further."""
    if not visibility:
        return 0, 0, 0
    return _number(round(x - 0.5, DECIMALS)), _number(round(y - 0.5, DECIMALS)), visibility


def points_bounds(mark: Mark) -> Box:
    """The bounds of the points that are marked, where there is no box."""
    xy = [(x, y) for x, y, visibility in mark.points if visibility] or [(0.0, 0.0)]
    xs, ys = zip(*xy, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _voc_xml(export: Export, image: MarkedImage) -> str:
    """Text by hand: no attributes, one way to indent."""
    height, width = export.size_hw(image)
    depth = 1 if export.gathered.checked[image.path].mode == "grey" else 3
    name = export.names[image.path]
    objects = "".join(_voc_object(mark) for mark in image.marks if mark.xyxy)
    size = f"<width>{width}</width><height>{height}</height><depth>{depth}</depth>"
    return f"<annotation>\n  <filename>{_xml(name)}</filename>\n  <size>{size}</size>\n{objects}</annotation>\n"


def _voc_object(mark: Mark) -> str:
    left, top, right, bottom = mark.xyxy or (0.0, 0.0, 0.0, 0.0)
    corners = (round(left + 1, DECIMALS), round(top + 1, DECIMALS), right, bottom)
    named = zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True)
    box = "".join(f"<{tag}>{_plain(value)}</{tag}>" for tag, value in named)
    flags = {"truncated": mark.truncated, "difficult": mark.difficult} | ({"crowd": True} if mark.crowd else {})
    lines = [
        f"<name>{_xml(mark.label)}</name>",
        *(f"<{tag}>{int(value)}</{tag}>" for tag, value in flags.items()),
        f"<bndbox>{box}</bndbox>",
    ]
    return "  <object>\n" + "".join(f"    {line}\n" for line in lines) + "  </object>\n"


def _xml(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


def _shares(xyxy: Box, size_hw: tuple[int, int]) -> str:
    """The box in YOLO's numbers, with the fewest decimals, six at least, that give the same box when they are read."""
    height, width = size_hw
    left, top, right, bottom = xyxy
    shares = ((left + right) / 2 / width, (top + bottom) / 2 / height, (right - left) / width, (bottom - top) / height)
    for decimals in range(6, 17):
        words = [f"{share:.{decimals}f}" for share in shares]
        if settle_box(in_pixels(bounds([float(word) for word in words]), size_hw), size_hw).xyxy == xyxy:
            break
    return " ".join(words)


def _box_table(export: Export, flags: list[str]) -> str:
    rows: list[list[object]] = [["path", "label", "x0", "y0", "x1", "y1", "part", *flags]]
    for image in export.gathered.images:
        path = PLACES["csv"].format(part=image.part, name=export.names[image.path])
        boxes = [mark for mark in image.marks if mark.xyxy]
        rows += [
            [path, m.label, *map(_plain, m.xyxy or ()), image.part, *(int(getattr(m, flag)) for flag in flags)]
            for m in boxes
        ]
        if not boxes:
            rows.append([path, *[""] * 5, image.part, *[""] * len(flags)])
    return _csv_text(rows)


def _point_table(export: Export) -> str:
    """With columns for the visibility only where a point is hidden."""
    names = export.gathered.table.point_names
    pointed = [(image, next((m.points for m in image.marks if m.points), ())) for image in export.gathered.images]
    axes = "xyv" if any(v == 1 for _, points in pointed for *_, v in points) else "xy"
    rows: list[list[object]] = [["path", *(f"{name}_{axis}" for name in names for axis in axes), "part"]]
    for image, points in pointed:
        path = PLACES["csv"].format(part=image.part, name=export.names[image.path])
        cells = [cell for point in points for cell in _point_cells(point)[: len(axes)]]
        rows.append([path, *(cells or [""] * (len(names) * len(axes))), image.part])
    return _csv_text(rows)


def _point_cells(point: Point) -> tuple[str, str, str]:
    x, y, visibility = point
    return (_plain(x), _plain(y), str(visibility)) if visibility else ("", "", "")


def _plain(value: float) -> str:
    """Without a point where it is whole, and never as 1e-06."""
    return str(int(value)) if value.is_integer() else f"{value:.{DECIMALS}f}".rstrip("0")


def _csv_text(rows: list[list[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()

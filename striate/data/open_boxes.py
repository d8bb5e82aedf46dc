"""Open a data set of boxes or points: items in train, val and test."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from striate.data.boxes import BoxDataset, BoxItem, MarkedDataset, MarkedItem, MarkedPart, PointDataset, PointItem
from striate.data.fingerprint import find_twins
from striate.data.gather_marks import GatheredMarks, gather_marks
from striate.data.marks import UNMARKED, Mark, MarkedImage
from striate.data.open import PART_ORDER, modes_of, sizes_of
from striate.data.records import Item, Part, PartName, Twins
from striate.data.split import VAL_SHARE, cut_val
from striate.errors import ArgumentError, DataError


def open_boxes(
    path: str | Path,
    *,
    seed: int = 0,
    val_share: float = VAL_SHARE,
    skip_bad: bool = False,
    classes: Sequence[str] | None = None,
) -> BoxDataset:
    r"""Open a data set of boxes: COCO, Pascal VOC, YOLO or CSV; look at every image, hold every box against it.

    Boxes that reach out of their image are clipped, which `remarks` says. What can't be used is a problem with file and
    line: a box outside its image, without an area, with swapped corners or NaN; an unknown class; an id or a path that
    stands twice; an image that is missing, broken or of another size than the labels say.

    Args:
        path: a folder, a zip, or the JSON, YAML or CSV itself.
        seed: of the cut of a val part.
        val_share: of the training images, in [0, 1), where the data has no val part; 0 cuts nothing.
        skip_bad: leave out images of which something can't be used, and list why in `skipped`, instead of raising.
        classes: a model's labels, in their order; the data may then lack some, but not have others.

    Raises:
        DataError: no such data, or problems (all are listed).
        ArgumentError: `val_share` is out of range.

    Example:
        >>> from striate.data import write_image
        >>> for name in ("1.png", "2.png"):
        ...     write_image(name, np.full((40, 60), int(name[0]), np.uint8))
        >>> _ = Path("boxes.csv").write_text("path,label,x0,y0,x1,y1\n1.png,ant,10,5,30,20\n2.png,,,,,\n")
        >>> dataset = open_boxes("boxes.csv", val_share=0)
        >>> dataset.classes, [item.xyxy.tolist() for item in dataset.parts["train"].items]
        (('ant',), [[[10.0, 5.0, 30.0, 20.0]], []])
    """
    gathered = gather_marks(path, points=False, skip_bad=skip_bad, classes=classes)
    index = {name: i for i, name in enumerate(gathered.classes)}
    divided = _Divided(gathered, index, share=val_share, seed=seed)
    parts = {
        name: MarkedPart(tuple(_box_item(image, gathered, index) for image in images), gathered.table.store)
        for name, images in divided.parts.items()
    }
    return _dataset(path, gathered, divided, parts)


def open_points(
    path: str | Path, *, seed: int = 0, val_share: float = VAL_SHARE, skip_bad: bool = False
) -> PointDataset:
    r"""Open a data set of points, of one object an image at most: COCO's keypoints or a CSV.

    Points may lie outside of their image, which `remarks` says; a coordinate that is no number can't be used.

    Args:
        path: a folder, a zip, or the JSON or CSV itself.
        seed: of the cut of a val part.
        val_share: of the training images, in [0, 1), where the data has no val part; 0 cuts nothing.
        skip_bad: leave out images of which something can't be used, and list why in `skipped`, instead of raising.

    Raises:
        DataError: no such data, or problems (all are listed, with file and line).
        ArgumentError: `val_share` is out of range.

    Example:
        >>> from striate.data import write_image
        >>> for name in ("1.png", "2.png"):
        ...     write_image(name, np.full((40, 60), int(name[0]), np.uint8))
        >>> table = "path,left_eye_x,left_eye_y,right_eye_x,right_eye_y\n1.png,20,10,40.5,10\n2.png,,,,\n"
        >>> _ = Path("points.csv").write_text(table)
        >>> dataset = open_points("points.csv", val_share=0)
        >>> dataset.point_names, dataset.pairs, [item.present for item in dataset.parts["train"].items]
        (('left_eye', 'right_eye'), ((0, 1),), [True, False])
    """
    gathered = gather_marks(path, points=True, skip_bad=skip_bad)
    divided = _Divided(gathered, {}, share=val_share, seed=seed)
    parts = {
        name: MarkedPart(tuple(_point_item(image, gathered) for image in images), gathered.table.store)
        for name, images in divided.parts.items()
    }
    return _dataset(path, gathered, divided, parts)


def _dataset(
    path: str | Path,
    gathered: GatheredMarks,
    divided: "_Divided",
    parts: dict[PartName, MarkedPart[MarkedItem]],
) -> MarkedDataset[MarkedItem]:
    return MarkedDataset(
        root=str(path),
        kind=gathered.table.kind,
        classes=gathered.classes,
        parts=parts,
        category_ids=gathered.category_ids,
        point_names=gathered.table.point_names,
        cut_seed=divided.cut_seed,
        skipped=gathered.problems,
        remarks=gathered.remarks,
        unread=gathered.unread,
        twins=divided.twins,
        fingerprint=gathered.fingerprint,
        sizes=sizes_of(gathered.checked.values()),
        modes=modes_of(gathered.checked.values()),
    )


class _Divided:
    """Images by part, val cut out of train where there is none.

    Attributes:
        parts: in the order train, val, test, those that there are.
        cut_seed: of the cut; None where the parts are the data's own.
        twins: the same image several times.
    """

    def __init__(self, gathered: GatheredMarks, index: Mapping[str, int], *, share: float, seed: int):
        if not 0 <= share < 1:
            raise ArgumentError.of("val_share", "in [0, 1)", share)
        digests = gathered.digests
        found = {name: tuple(i for i in gathered.images if i.part == name) for name in PART_ORDER}
        self.cut_seed = seed if found["train"] and not found["val"] and share > 0 else None
        if self.cut_seed is not None:
            train = found["train"]
            held_back = _held_back(train, digests, index, gathered.classes, share=share, seed=seed)
            found["train"] = tuple(image for image in train if image.path not in held_back)
            found["val"] = tuple(image for image in train if image.path in held_back)
        self.parts: dict[PartName, tuple[MarkedImage, ...]] = {name: images for name, images in found.items() if images}
        shown = {
            name: Part(tuple(Item(i.path, _shown(i, index)) for i in images), gathered.table.store)
            for name, images in self.parts.items()
        }
        self.twins: tuple[Twins, ...] = find_twins(shown, digests)


def _held_back(
    images: Sequence[MarkedImage],
    digests: Mapping[str, str],
    index: Mapping[str, int],
    classes: Sequence[str],
    *,
    share: float,
    seed: int,
) -> set[str]:
    """Paths of the val part: by `cut_val`, an image counting for its rarest class; what is there once is trained on."""
    count = Counter(label for image in images for label in _shown(image, index))
    strata = {i.path: min(_shown(i, index), key=lambda label: (count[label], label), default=-1) for i in images}
    contents: dict[int, set[str]] = {}
    for image in images:
        contents.setdefault(strata[image.path], set()).add(digests[image.path])
    several = [image for image in images if len(contents[strata[image.path]]) > 1]
    items = [Item(i.path, (strata[i.path],) if strata[i.path] >= 0 else ()) for i in several]
    _, held_back = cut_val(items, [digests[i.path] for i in items], classes, share=share, seed=seed)
    if not held_back:
        raise DataError("at least two different images of one class are needed, or a val part of the data's own")
    return {item.path for item in held_back}


def _shown(image: MarkedImage, index: Mapping[str, int]) -> tuple[int, ...]:
    """The classes on an image, rising, each once; 0 where the one object with points is there."""
    return tuple(sorted({index.get(mark.label, 0) for mark in image.marks}))


def _box_item(image: MarkedImage, gathered: GatheredMarks, index: Mapping[str, int]) -> BoxItem:
    marks, count = image.marks, len(gathered.table.point_names)
    points = [mark.points or (UNMARKED,) * count for mark in marks]
    flat = np.array(points, dtype=np.float64).reshape(len(marks), count, 3)
    return BoxItem(
        path=image.path,
        size_hw=gathered.checked[image.path].size_hw,
        xyxy=np.array([mark.xyxy for mark in marks], dtype=np.float64).reshape(-1, 4),
        labels=np.array([index[mark.label] for mark in marks], dtype=np.int64),
        difficult=np.array([mark.difficult for mark in marks], dtype=np.bool_),
        truncated=np.array([mark.truncated for mark in marks], dtype=np.bool_),
        crowd=np.array([mark.crowd for mark in marks], dtype=np.bool_),
        points=flat[..., :2],
        visibility=flat[..., 2].astype(np.int64),
        number=image.number or 0,
    )


def _point_item(image: MarkedImage, gathered: GatheredMarks) -> PointItem:
    (mark,) = image.marks or (Mark("", None, (UNMARKED,) * len(gathered.table.point_names)),)
    points = np.array(mark.points, dtype=np.float64).reshape(-1, 3)
    return PointItem(
        path=image.path,
        size_hw=gathered.checked[image.path].size_hw,
        present=bool(image.marks),
        xy=points[:, :2],
        visibility=points[:, 2].astype(np.int64),
        number=image.number or 0,
    )

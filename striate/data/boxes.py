"""What a data set of boxes or points is once it is opened: items in parts, as in records.py."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from striate.data.distort import Distortion
from striate.data.records import Dataset, Item, Opened, Part, PartName, Pixels, Sizes, Store, Twins
from striate.errors import Problem, ShapeError
from striate.ops.geometry import mirrors

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class BoxItem:
    """One image and the boxes on it. N may be 0: an image on which there is nothing is as good as any other.

    Attributes:
        path: its name in the store.
        size_hw: height and width in pixels, upright.
        xyxy: (N, 4) left, top, right, bottom in continuous pixels: the image spans 0, 0 to width, height, and the first
            pixel's centre stands at 0.5, 0.5. Every box lies inside and has an area.
        labels: (N,) indices into the classes. 0 is a class.
        difficult: (N,) hard to tell, which evaluators leave out (VOC).
        truncated: (N,) the object goes on outside of the box (VOC).
        crowd: (N,) the box holds many of its class (COCO), which evaluators leave out.
        points: (N, P, 2) x and y, NaN where not marked; P is 0 where the data has none.
        visibility: (N, P) 0 not marked, 1 hidden, 2 seen.
        number: COCO's id of the image, else its place among all images, from 1.

    Raises:
        ShapeError: they don't fit each other.

    Example:
        >>> item = BoxItem("a.jpg", (60, 80), np.array([[10.0, 20, 30, 40]]), np.array([0]))
        >>> len(item), item.difficult, item.points.shape
        (1, array([False]), (1, 0, 2))
    """

    path: str
    size_hw: tuple[int, int]
    xyxy: Floats
    labels: Integers
    difficult: Flags = field(default_factory=lambda: np.zeros(0, np.bool_))
    truncated: Flags = field(default_factory=lambda: np.zeros(0, np.bool_))
    crowd: Flags = field(default_factory=lambda: np.zeros(0, np.bool_))
    points: Floats = field(default_factory=lambda: np.zeros((0, 0, 2)))
    visibility: Integers = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    number: int = 0

    def __post_init__(self) -> None:
        count = len(self.labels)
        if self.xyxy.shape != (count, 4):
            raise ShapeError.of("xyxy", f"a box for each of {count} labels, shape ({count}, 4)", self.xyxy.shape)
        for name in ("difficult", "truncated", "crowd", "points", "visibility"):
            values = getattr(self, name)
            if len(values) == 0 < count:  # not given
                object.__setattr__(self, name, np.zeros((count, *values.shape[1:]), values.dtype))
            elif len(values) != count:
                raise ShapeError.of(name, f"one for each of {count} labels", values.shape)
        if self.visibility.shape != self.points.shape[:2] or self.points.shape[2:] != (2,):
            raise ShapeError.of(
                "points", "(N, P, 2) with visibility (N, P)", (self.points.shape, self.visibility.shape)
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def ignored(self) -> Flags:
        """(N,) crowds and difficult ones: nobody learns from them, and they count neither as found nor as missed."""
        return self.crowd | self.difficult

    def moved(self, distortion: Distortion, *, pairs: Pairs = (), least_visible: float = 0.25) -> "BoxItem":
        """The item in the picture that a distortion makes; boxes that are hardly seen any more are dropped.

        Args:
            distortion: of this image.
            pairs: points that trade places in a mirror, as `MarkedDataset.pairs`.
            least_visible: share of a box's area that has to be seen.

        Example:
            >>> from striate.ops import geometry
            >>> item = BoxItem("a.jpg", (60, 80), np.array([[10.0, 20, 30, 40]]), np.array([2]))
            >>> seen = item.moved(Distortion(geometry.mirror(80), (60, 80), (60, 80), (0,)))
            >>> seen.xyxy, seen.labels
            (array([[50., 20., 70., 40.]]), array([2]))
        """
        xyxy, kept = distortion.boxes(self.xyxy, least_visible=least_visible)
        points, visibility = _move_points(distortion, self.points[kept], self.visibility[kept], pairs)
        return replace(
            self,
            size_hw=distortion.size_hw,
            xyxy=xyxy,
            labels=self.labels[kept],
            difficult=self.difficult[kept],
            truncated=self.truncated[kept],
            crowd=self.crowd[kept],
            points=points,
            visibility=visibility,
        )


@dataclass(frozen=True, eq=False)
class PointItem:
    """One image and the points of the one object on it, which may not be there.

    Attributes:
        path: its name in the store.
        size_hw: height and width in pixels, upright.
        present: whether the object is there.
        xy: (P, 2) x and y in continuous pixels, NaN where not marked; they may lie outside the image.
        visibility: (P,) 0 not marked, 1 hidden, 2 seen.
        number: COCO's id of the image, else its place among all images, from 1.

    Raises:
        ShapeError: they don't fit each other.
    """

    path: str
    size_hw: tuple[int, int]
    present: bool
    xy: Floats
    visibility: Integers
    number: int = 0

    def __post_init__(self) -> None:
        if self.xy.shape != (*self.visibility.shape, 2) or self.visibility.ndim != 1:
            raise ShapeError.of("xy", "(P, 2) with visibility (P,)", (self.xy.shape, self.visibility.shape))

    def moved(self, distortion: Distortion, *, pairs: Pairs = ()) -> "PointItem":
        """The item in the picture that a distortion makes; points may fall outside of it.

        Args:
            distortion: of this image.
            pairs: points that trade places in a mirror, as `MarkedDataset.pairs`.

        Example:
            >>> from striate.ops import geometry
            >>> eyes = PointItem("a.jpg", (60, 80), True, np.array([[30.0, 20], [50, 20]]), np.array([2, 1]))
            >>> seen = eyes.moved(Distortion(geometry.mirror(80), (60, 80), (60, 80), (0,)), pairs=((0, 1),))
            >>> seen.xy.tolist(), seen.visibility.tolist()
            ([[30.0, 20.0], [50.0, 20.0]], [1, 2])
        """
        xy, visibility = _move_points(distortion, self.xy, self.visibility, pairs)
        return replace(self, size_hw=distortion.size_hw, xy=xy, visibility=visibility)


MarkedItem = TypeVar("MarkedItem", BoxItem, PointItem)


@dataclass(frozen=True)
class MarkedPart(Generic[MarkedItem]):
    """The items of one part (train, val or test) and the store that reads them. It can be pickled."""

    items: Sequence[MarkedItem]
    store: Store = field(repr=False)

    def __len__(self) -> int:
        return len(self.items)

    def load(self, index: int, channels: int = 3, at_least_hw: tuple[int, int] | None = None) -> Pixels:
        """The uint8 pixels (H, W, C) of the item at `index`."""
        return self.store.load(self.items[index].path, channels, at_least_hw)


@dataclass(frozen=True)
class MarkedDataset(Opened, Generic[MarkedItem]):
    """A data set of boxes or points that was opened and checked.

    Attributes:
        root: where it was opened.
        kind: what it is, in words: "COCO", "Pascal VOC", "YOLO", "CSV of boxes", "CSV of points", …
        classes: names; labels are indices into them. None for points alone.
        parts: by name, in the order train, val, test, those that there are.
        category_ids: COCO's id of each class, else 1, 2, …
        point_names: of the points, in their order.
        cut_seed: the seed by which val was cut out of train; None where the parts are the data's own.
        skipped: what was left out (only with `skip_bad`), with file and line.
        remarks: what is used, but should be known, such as boxes that were clipped.
        unread: what the files hold and striate doesn't keep: its name, and how many there are.
        twins: images whose content is the same, within and across parts.
        fingerprint: SHA-256 over parts, paths, marks and contents, in hexadecimal; independent of `cut_seed`.
        sizes: of the images.
        modes: how many images are "grey", "colour", "alpha", "palette" or "cmyk".
    """

    root: str
    kind: str
    classes: tuple[str, ...]
    parts: dict[PartName, MarkedPart[MarkedItem]]
    category_ids: tuple[int, ...] = ()
    point_names: tuple[str, ...] = ()
    cut_seed: int | None = None
    skipped: tuple[Problem, ...] = ()
    remarks: tuple[Problem, ...] = ()
    unread: dict[str, int] = field(default_factory=dict)
    twins: tuple[Twins, ...] = ()
    fingerprint: str = ""
    sizes: Sizes | None = None
    modes: dict[str, int] = field(default_factory=dict)

    @property
    def pairs(self) -> Pairs:
        """Indices of points that are named alike but for left and right, which trade places in a mirror."""
        return point_pairs(self.point_names)

    @property
    def images(self) -> Dataset:
        """The same as a set of images that each show any number of classes."""
        parts = {
            name: Part(tuple(Item(i.path, classes_shown(i)) for i in part.items), part.store)
            for name, part in self.parts.items()
        }
        return Dataset(
            root=self.root,
            kind=self.kind,
            classes=self.classes,
            parts=parts,
            multilabel=True,
            cut_seed=self.cut_seed,
            skipped=self.skipped,
            twins=self.twins,
            fingerprint=self.fingerprint,
            sizes=self.sizes,
            modes=self.modes,
        )


BoxPart = MarkedPart[BoxItem]
BoxDataset = MarkedDataset[BoxItem]
PointPart = MarkedPart[PointItem]
PointDataset = MarkedDataset[PointItem]


def classes_shown(item: BoxItem | PointItem) -> tuple[int, ...]:
    """The classes on an image, rising, each once; none for points."""
    return tuple(sorted(set(item.labels.tolist()))) if isinstance(item, BoxItem) else ()


def point_pairs(names: Sequence[str]) -> Pairs:
    """Indices of names that differ by left and right alone, or by l and r as a word of its own.

    Example:
        >>> point_pairs(["left_eye", "right_eye", "nose", "mouth_left", "mouth_right"])
        ((0, 1), (3, 4))
        >>> point_pairs(["Leye", "eye L", "eye R", "leftover"])
        ((1, 2),)
    """
    at = {name: i for i, name in enumerate(names)}
    swapped = ((i, at.get(_other_side(name), i)) for i, name in enumerate(names))
    return tuple((i, j) for i, j in swapped if i < j)


_SIDES = {"left": "right", "Left": "Right", "LEFT": "RIGHT", "l": "r", "L": "R"}
_SIDES |= {right: left for left, right in _SIDES.items()}
_SIDE = re.compile(r"[Ll]eft|LEFT|[Rr]ight|RIGHT|(?<![A-Za-z])[LlRr](?![A-Za-z])")


def _other_side(name: str) -> str:
    return _SIDE.sub(lambda found: _SIDES[found[0]], name)


def _move_points(distortion: Distortion, xy: Floats, visibility: Integers, pairs: Pairs) -> tuple[Floats, Integers]:
    """(..., P, 2) and (..., P), both in the order that a mirror leaves."""
    order = np.arange(visibility.shape[-1])
    if mirrors(distortion.geometry):
        for left, right in pairs:
            order[[left, right]] = right, left
    return distortion.points(xy, pairs=pairs), visibility[..., order]

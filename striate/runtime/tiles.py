"""Large images in overlapping tiles: small objects keep their pixels, and each is found once."""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from striate.data.records import Pixels
from striate.errors import ArgumentError, ShapeError
from striate.ops import batched_nms
from striate.results import Detections

Predict = Callable[[Sequence[Pixels]], list[Detections]]
TileBox = tuple[int, int, int, int]
Floats = NDArray[np.float64]

_AT_ONCE = 8  # tiles that are handed to the predictor together
_MARGIN = 0.1  # of a box's side, and a pixel at least: what ends so near an inner border may have been cut by it


def tile_boxes(size_hw: tuple[int, int], tile_hw: tuple[int, int], overlap: int) -> list[TileBox]:
    """Tiles of one size that cover an image, spread evenly; no more of them than are needed.

    What is not wider and not higher than `overlap` lies whole in one of them at least.

    Args:
        size_hw: of the image.
        tile_hw: of the tiles; where the image is smaller, so are they.
        overlap: the least that neighbours share, in pixels, 0 to below the tile's sides.

    Returns:
        Left, top, right, bottom of each, row by row.

    Raises:
        ArgumentError: a number is out of range.

    Example:
        >>> tile_boxes((400, 1000), (400, 400), 50)
        [(0, 0, 400, 400), (300, 0, 700, 400), (600, 0, 1000, 400)]
    """
    if min(size_hw) < 1 or min(tile_hw) < 1:
        raise ArgumentError.of("size_hw and tile_hw", "at least 1", (size_hw, tile_hw))
    if not 0 <= overlap < min(tile_hw):
        raise ArgumentError.of("overlap", f"0 to below the tile's sides {tile_hw}", overlap)
    rows, columns = (_starts(size, tile, overlap) for size, tile in zip(size_hw, tile_hw, strict=True))
    height, width = (min(size, tile) for size, tile in zip(size_hw, tile_hw, strict=True))
    return [(left, top, left + width, top + height) for top, left in product(rows, columns)]


def detect_tiled(
    predict: Predict, image: Pixels, tile_hw: tuple[int, int], overlap: int, iou_threshold: float = 0.5
) -> Detections:
    """Find the objects of a large image tile by tile.

    An object that a tile cuts is found whole in the next one; the cut box is dropped. Where no tile holds it whole, the
    parts are put together. Then the best of the boxes that overlap stay, for each class on its own. So whatever is not
    larger than `overlap` is found as if the image was looked at in one piece, at the tiles' scale.

    Args:
        predict: finds objects in some images, in pixels of each.
        image: uint8 (H, W, C).
        tile_hw: size of the tiles.
        overlap: how wide and high the objects are, at most, that should not be put together from parts, in pixels.
            Tiles share a fifth more, as boxes count as cut that end near a border.
        iou_threshold: boxes that overlap by more are of one object, 0 to below 1.

    Returns:
        In pixels of the image, the surest first.

    Raises:
        ArgumentError: a number is out of range.
        ShapeError: not an image, or not one answer for each tile.

    Example:
        >>> def white(image):  # finds the hull of what is white
        ...     rows, columns = np.nonzero(image[..., 0])
        ...     if not len(rows):
        ...         return Detections.empty()
        ...     hull = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        ...     return Detections(np.array([hull]), np.ones(1), np.zeros(1), ("white",))
        >>> image = np.zeros((400, 1000, 3), np.uint8)
        >>> image[100:140, 380:420] = 255
        >>> detect_tiled(lambda images: [white(i) for i in images], image, (400, 400), overlap=50).xyxy
        array([[380., 100., 420., 140.]])
    """
    if not 0 <= iou_threshold < 1:
        raise ArgumentError.of("iou_threshold", "0 to below 1", iou_threshold)
    if image.dtype != np.uint8 or image.ndim != 3 or 0 in image.shape:
        raise ShapeError.of("image", "uint8 (H, W, C)", f"{image.dtype} {image.shape}")
    shared = overlap + 2 * max(1, math.ceil(_MARGIN * overlap))
    if not 0 <= overlap < shared < min(tile_hw):
        raise ArgumentError.of("overlap", f"at least 0, and with a tenth more on each side below {tile_hw}", overlap)
    height, width = image.shape[:2]
    tiles = tile_boxes((height, width), tile_hw, shared)
    seen = _Seen.of(list(_by_tile(predict, image, tiles)), tiles, (width, height))
    return _surest(_join(seen, iou_threshold), iou_threshold)


class _Seen(NamedTuple):
    """What was found in all tiles, in pixels of the image: N boxes.

    Attributes:
        found: the boxes, and what they are.
        tiles: (N, 4) the tile that each was found in.
        cut: (N,) whether a box ends near a border of its tile beyond which the image goes on.
    """

    found: Detections
    tiles: Floats
    cut: NDArray[np.bool_]

    @classmethod
    def of(cls, found: list[Detections], tiles: list[TileBox], size_wh: tuple[int, int]) -> "_Seen":
        counts = [len(one) for one in found]
        where = np.repeat(np.array(tiles, dtype=np.float64), counts, axis=0)  # (N, 4)
        together = _concatenate(found)
        low, high = np.tile(where[:, :2], 2), np.tile(where[:, 2:], 2)
        boxes = np.clip(together.xyxy + low, low, high)
        inner = where != (0, 0, *size_wh)  # (N, 4)
        margin = np.tile(np.maximum(1, _MARGIN * (boxes[:, 2:] - boxes[:, :2])), 2)  # (N, 4)
        cut = (inner & (np.abs(boxes - where) < margin)).any(axis=1)
        return cls(_with_boxes(together, boxes), where, cut)

    def take(self, index: NDArray[np.integer]) -> "_Seen":
        return _Seen(self.found[index], self.tiles[index], self.cut[index])


def _starts(size: int, tile: int, overlap: int) -> list[int]:
    """Where tiles begin along one axis."""
    room = max(0, size - tile)
    steps = -(-room // (tile - overlap))
    return [room * i // max(1, steps) for i in range(steps + 1)]


def _by_tile(predict: Predict, image: Pixels, tiles: list[TileBox]) -> Iterator[Detections]:
    """The answers, tile by tile; a few tiles are looked at together, and none is copied."""
    for start in range(0, len(tiles), _AT_ONCE):
        some = tiles[start : start + _AT_ONCE]
        answers = predict([image[top:bottom, left:right] for left, top, right, bottom in some])
        if len(answers) != len(some):
            raise ShapeError.of("predict", f"a function with an answer for each of {len(some)} images", len(answers))
        yield from answers


def _join(seen: _Seen, iou_threshold: float) -> Detections:
    """Whole boxes, and what cut ones tell beyond them."""
    whole, cut = seen.take(np.flatnonzero(~seen.cut)), seen.take(np.flatnonzero(seen.cut))
    known = np.array([_same(cut, i, whole, iou_threshold).any() for i in range(len(cut.found))], dtype=np.bool_)
    rest = cut.take(np.flatnonzero(~known))
    parts = [rest.take(group) for group in _groups(rest, iou_threshold)]
    return _concatenate([whole.found, *(_hull(part.found) for part in parts)])


def _same(one: _Seen, index: int, others: _Seen, iou_threshold: float) -> NDArray[np.bool_]:
    """Which boxes are of the same object as one of another tile: they overlap so much within what both tiles see."""
    tile, class_id = one.tiles[index], one.found.class_id[index]
    both = _common(tile, others.tiles)  # (N, 4)
    a, b = _common(one.found.xyxy[index], both), _common(others.found.xyxy, both)
    shared = _area(_common(a, b))
    enough = shared > iou_threshold * (_area(a) + _area(b) - shared)
    return np.asarray(enough & (others.tiles != tile).any(axis=1) & (others.found.class_id == class_id))


def _groups(cut: _Seen, iou_threshold: float) -> list[NDArray[np.int64]]:
    """Indices of the boxes that hang together as parts of one object."""
    group = np.arange(len(cut.found))
    for i in range(len(group)):
        group[np.isin(group, group[_same(cut, i, cut, iou_threshold)])] = group[i]
    return [np.flatnonzero(group == number) for number in np.unique(group)]


def _hull(parts: Detections) -> Detections:
    """One box around all parts, as sure as the surest."""
    best = parts[int(parts.confidence.argmax())]
    return _with_boxes(best, np.array([[*parts.xyxy[:, :2].min(axis=0), *parts.xyxy[:, 2:].max(axis=0)]]))


def _surest(found: Detections, iou_threshold: float) -> Detections:
    boxes, scores, ids = (torch.tensor(v) for v in (found.xyxy, found.confidence, found.class_id))
    return found[batched_nms(boxes, scores, ids, iou_threshold).numpy()]


def _common(a: Floats, b: Floats) -> Floats:
    """What two boxes (..., 4) share; where that is nothing, a box with swapped corners."""
    return np.concatenate([np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., 2:], b[..., 2:])], axis=-1)


def _area(boxes: Floats) -> Floats:
    return np.asarray((boxes[..., 2:] - boxes[..., :2]).clip(min=0).prod(axis=-1))


def _concatenate(found: list[Detections]) -> Detections:
    if not found:
        return Detections.empty()
    labels = tuple(label for one in found for label in one.labels)
    boxes, scores = np.concatenate([f.xyxy for f in found]), np.concatenate([f.confidence for f in found])
    return Detections(boxes, scores, np.concatenate([f.class_id for f in found]), labels)


def _with_boxes(found: Detections, boxes: Floats) -> Detections:
    return Detections(boxes, found.confidence, found.class_id, found.labels)

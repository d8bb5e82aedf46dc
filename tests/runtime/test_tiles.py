"""Tiles: every small object is whole in one, and tiled detection equals that of the whole image."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.errors import ArgumentError, ShapeError
from striate.ops import batched_nms, box_iou
from striate.results import Detections
from striate.runtime import detect_tiled, tile_boxes

SIZE_HW, TILE_HW, OVERLAP = (3000, 4000), (640, 640), 120
NAMES = ("cell", "plate", "dust")


@pytest.fixture(scope="module")
def places():
    """An image (3000, 4000, 4) whose every pixel tells where it stands, so that a tile knows its place."""
    y, x = np.mgrid[: SIZE_HW[0], : SIZE_HW[1]].astype(np.uint16)
    return np.stack([x & 255, x >> 8, y & 255, y >> 8], axis=-1).astype(np.uint8)


class Exact:
    """Sees of every object what is in the picture, if that is a pixel wide and high and a share of it at least.

    With `shake`, edges are off by about that share of the sides.
    """

    def __init__(self, objects: Detections, shake: float = 0.0, least: float = 0.0):
        self.objects, self.shake, self.least, self.pixels = objects, shake, least, 0
        self.rng = np.random.default_rng(0)

    def __call__(self, images):
        self.pixels = max(self.pixels, sum(i.shape[0] * i.shape[1] for i in images))
        return [self._look(image) for image in images]

    def _look(self, image):
        x_low, x_high, y_low, y_high = image[0, 0].astype(int).tolist()
        corner, size = (x_low + 256 * x_high, y_low + 256 * y_high), (image.shape[1], image.shape[0])
        boxes = np.clip(self.objects.xyxy - np.tile(corner, 2), 0, np.tile(size, 2))
        shown, whole = boxes[:, 2:] - boxes[:, :2], self.objects.xyxy[:, 2:] - self.objects.xyxy[:, :2]
        enough = shown.prod(axis=1) >= self.least * whole.prod(axis=1)
        visible = np.flatnonzero(enough & (shown.min(axis=1, initial=np.inf) >= 1))
        seen = self.objects[visible]
        sides = np.tile(boxes[visible, 2:] - boxes[visible, :2], 2)
        boxes = np.sort((boxes[visible] + sides * self.rng.normal(0, 1, sides.shape) * self.shake).reshape(-1, 2, 2), 1)
        return Detections(boxes.reshape(-1, 4), seen.confidence, seen.class_id, seen.labels)


def objects(boxes, classes=None, scores=None):
    classes = np.zeros(len(boxes), int) if classes is None else np.asarray(classes)
    scores = np.linspace(0.9, 0.1, len(boxes)) if scores is None else np.asarray(scores)
    return Detections(np.asarray(boxes, float).reshape(-1, 4), scores, classes, [NAMES[i] for i in classes])


def best(found: Detections, iou_threshold=0.5):
    """What the suppression of one look at the whole image leaves."""
    values = (torch.tensor(v) for v in (found.xyxy, found.confidence, found.class_id))
    return found[batched_nms(*values, iou_threshold).numpy()]


def assert_equal(a: Detections, b: Detections):
    np.testing.assert_allclose(a.xyxy, b.xyxy, atol=1e-9)
    assert (a.confidence.tolist(), a.class_id.tolist(), a.labels) == (
        b.confidence.tolist(),
        b.class_id.tolist(),
        b.labels,
    )


def drawn_objects(largest: float, most: int = 40):
    """Boxes anywhere in the image, also upon and within one another, that cross or touch borders of tiles."""
    rows = st.tuples(
        st.floats(0, SIZE_HW[1] - 2), st.floats(0, SIZE_HW[0] - 2), st.floats(2, largest), st.floats(2, largest),
        st.integers(0, 2),
    )  # fmt: skip
    return st.lists(rows, max_size=most).map(_as_objects)


def _as_objects(rows):
    if not rows:
        return Detections.empty()
    left, top, width, height, classes = np.array(rows).T
    boxes = np.stack([left, top, (left + width).clip(max=SIZE_HW[1]), (top + height).clip(max=SIZE_HW[0])], axis=1)
    return objects(boxes, classes.astype(int))


@settings(max_examples=60, deadline=None)
@given(found=drawn_objects(OVERLAP))
def test_tiled_equals_untiled_on_objects_smaller_than_the_overlap(places, found):
    assert_equal(detect_tiled(Exact(found), places, TILE_HW, OVERLAP), best(Exact(found)([places])[0]))


@settings(max_examples=40, deadline=None)
@given(left=st.floats(0, 3990), top=st.floats(0, 2990), width=st.floats(4, 4000), height=st.floats(4, 3000))
def test_one_object_of_any_size_is_found_once_and_whole(places, left, top, width, height):
    found = objects([[left, top, min(left + width, 4000), min(top + height, 3000)]])
    assert_equal(detect_tiled(Exact(found), places, TILE_HW, OVERLAP), found)


def test_a_crowded_image(places):
    rng = np.random.default_rng(1)
    corners = rng.uniform(0, (3880, 2880), (2000, 2))
    found = objects(np.concatenate([corners, corners + rng.uniform(5, OVERLAP, (2000, 2))], axis=1),
                    rng.integers(0, 3, 2000))  # fmt: skip
    assert_equal(detect_tiled(Exact(found), places, TILE_HW, OVERLAP), best(found))


@pytest.mark.parametrize("largest", [OVERLAP, 400])
def test_a_detector_that_is_not_exact_finds_objects_once(places, largest):
    """Edges are off by 3 % of the sides; a fifth of an object is enough to be found."""
    rng, boxes = np.random.default_rng(0), torch.zeros(0, 4)
    while len(boxes) < 150:
        sides = rng.uniform(20, largest, 2)
        corner = rng.uniform(0, np.array(SIZE_HW[::-1]) - sides)
        box = torch.tensor([[*corner, *(corner + sides)]])
        if not box_iou(box, boxes).gt(0.01).any():
            boxes = torch.cat([boxes, box])
    detector = Exact(objects(boxes.numpy()), shake=0.03, least=0.2)
    tiled = detect_tiled(detector, places, TILE_HW, OVERLAP)
    assert len(tiled) == 150  # one suppression alone leaves 170 and 223
    assert box_iou(boxes, torch.tensor(tiled.xyxy)).amax(dim=1).min() > 0.5


def test_classes_are_kept_apart_and_a_tile_is_believed(places):
    across = [[500, 100, 640, 200], [510, 100, 640, 200]]  # both cross the first tile's border
    assert len(detect_tiled(Exact(objects(across, [0, 1])), places, TILE_HW, OVERLAP)) == 2
    assert len(detect_tiled(Exact(objects(across, [0, 0])), places, TILE_HW, OVERLAP)) == 1


def test_memory_is_bounded(places):
    detector = Exact(Detections.empty())
    assert len(detect_tiled(detector, places, TILE_HW, OVERLAP)) == 0
    assert detector.pixels <= 8 * 640 * 640


def overlaps_of(edges):
    return [a_end - b_start for (_, a_end), (b_start, _) in pairwise(edges)]


@given(
    size_hw=st.tuples(st.integers(1, 900), st.integers(1, 900)),
    tile_hw=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    share=st.floats(0, 0.9),
)
@settings(deadline=None)
def test_tiles_cover_the_image_share_enough_and_are_as_few_as_can_be(size_hw, tile_hw, share):
    overlap = int(share * min(tile_hw))
    tiles = tile_boxes(size_hw, tile_hw, overlap)
    assert len({(right - left, bottom - top) for left, top, right, bottom in tiles}) == 1
    for axis, size, tile in ((0, size_hw[1], tile_hw[1]), (1, size_hw[0], tile_hw[0])):
        edges = sorted({(box[axis], box[axis + 2]) for box in tiles})
        assert (edges[0][0], edges[-1][1]) == (0, size)
        assert all(end - start == min(size, tile) for start, end in edges)
        assert min(overlaps_of(edges), default=overlap) >= overlap
        assert len(edges) == 1 or len(edges) * tile - (len(edges) - 1) * overlap < size + tile - overlap


@pytest.mark.parametrize(
    ("size_hw", "tile_hw", "overlap", "count"),
    [
        ((10, 10), (20, 20), 5, 1),  # smaller than a tile
        ((20, 20), (20, 20), 5, 1),  # just one
        ((20, 21), (20, 20), 5, 2),  # one pixel more
        ((1, 1), (1, 1), 0, 1),
        ((20, 40), (20, 20), 0, 2),  # they touch
        ((3000, 4000), (640, 640), 120, 6 * 8),
    ],
)
def test_how_many_tiles(size_hw, tile_hw, overlap, count):
    assert len(tile_boxes(size_hw, tile_hw, overlap)) == count


def test_bad_arguments(places):
    for bad in (((0, 5), (5, 5), 0), ((5, 5), (0, 5), 0), ((5, 5), (5, 5), 5), ((5, 5), (5, 5), -1)):
        with pytest.raises(ArgumentError):
            tile_boxes(*bad)
    exact = Exact(Detections.empty())
    with pytest.raises(ArgumentError, match=r"overlap must be at least 0, .* below \(640, 640\), got 533"):
        detect_tiled(exact, places, TILE_HW, 533)
    with pytest.raises(ArgumentError, match="iou_threshold"):
        detect_tiled(exact, places, TILE_HW, OVERLAP, iou_threshold=1.0)
    with pytest.raises(ShapeError, match="image"):
        detect_tiled(exact, places[..., 0], TILE_HW, OVERLAP)
    with pytest.raises(ShapeError, match="an answer for each of 8 images, got 0"):
        detect_tiled(lambda images: [], places, TILE_HW, OVERLAP)

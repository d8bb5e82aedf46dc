"""Target volumes against a hand-made image, number by number; places, codes and back; anchors from data."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.errors import ArgumentError, ShapeError
from striate.ops import assign, box_iou, kmeans_anchors, read_volume, shape_iou, target_volume
from striate.ops import box_codes as codes

# An image of 300 x 300 pixels in 3 x 3 cells of 100. Classes: 0 pedestrian, 1 car, 2 motorcycle.
IMAGE = {"size_hw": (300, 300), "grid_hw": (3, 3)}
LEFT_CAR = (15.0, 130.0, 105.0, 180.0)  # midpoint (60, 155): row 1, column 0; 90 wide, 50 high
RIGHT_CAR = (195.0, 105.0, 285.0, 155.0)  # midpoint (240, 130), .4 and .3 of its cell
PEDESTRIAN = (130.0, 160.0, 170.0, 300.0)  # midpoint (150, 230): row 2, column 1; 40 wide, 140 high
WIDE_CAR = (80.0, 210.0, 220.0, 260.0)  # midpoint (150, 235): the same cell; 140 wide, 50 high
TALL, WIDE = (50.0, 150.0), (150.0, 60.0)
ANCHORS = torch.tensor([TALL, WIDE])


def tensor(rows) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float32).reshape(-1, 4)


def test_the_documents_volume_of_3x3x8():
    target = target_volume(tensor([LEFT_CAR, RIGHT_CAR]), torch.tensor([1, 1]), 3, **IMAGE)
    expected = torch.zeros(3, 3, 8)
    #                             pc  bx   by    bh   bw   c1 c2 c3
    expected[1, 0] = torch.tensor([1, 0.6, 0.55, 0.5, 0.9, 0, 1, 0])
    expected[1, 2] = torch.tensor([1, 0.4, 0.30, 0.5, 0.9, 0, 1, 0])
    torch.testing.assert_close(target.volume, expected)
    assert target.assignment.collisions == 0


def test_the_documents_volume_of_3x3x2x8():
    """A pedestrian before a car, with their midpoints in one cell: each has the anchor of its shape."""
    boxes, ids = tensor([WIDE_CAR, PEDESTRIAN]), torch.tensor([1, 0])
    target = target_volume(boxes, ids, 3, anchors_wh=ANCHORS, **IMAGE)
    expected = torch.zeros(3, 3, 2, 8)
    expected[2, 1, 0] = torch.tensor([1, 0.5, 0.30, 1.4, 0.4, 1, 0, 0])
    expected[2, 1, 1] = torch.tensor([1, 0.5, 0.35, 0.5, 1.4, 0, 1, 0])
    torch.testing.assert_close(target.volume, expected)
    assert target.assignment.anchor.tolist() == [1, 0]
    assert target.volume.reshape(3, 3, 16).shape == (3, 3, 16)
    without = target_volume(boxes[:1], ids[:1], 3, anchors_wh=ANCHORS, **IMAGE)
    expected[2, 1, 0] = 0  # the car's half stays as it was
    torch.testing.assert_close(without.volume, expected)


def test_one_object_in_the_whole_image():
    """A grid of one cell: the documents' y = [1, .5, .7, .3, .4, 0, 1, 0] in an image from (0, 0) to (1, 1)."""
    car = tensor([(0.3 * 200, 0.55 * 100, 0.7 * 200, 0.85 * 100)])
    target = target_volume(car, torch.tensor([1]), 3, size_hw=(100, 200), grid_hw=(1, 1))
    torch.testing.assert_close(target.volume[0, 0], torch.tensor([1, 0.5, 0.7, 0.3, 0.4, 0, 1, 0]))
    nothing = target_volume(tensor([]), torch.zeros(0).long(), 3, size_hw=(100, 200), grid_hw=(1, 1))
    assert nothing.volume.tolist() == [[[0.0] * 8]]


@pytest.mark.parametrize(
    ("grid_hw", "anchors", "shape"),
    [((19, 19), 0, (19, 19, 8)), ((19, 19), 5, (19, 19, 5, 8)), ((2, 5), 1, (2, 5, 1, 8))],
)
def test_finer_grids(grid_hw, anchors, shape):
    shapes = torch.rand(anchors, 2) * 50 + 10 if anchors else None
    boxes = tensor([LEFT_CAR, PEDESTRIAN])
    target = target_volume(boxes, torch.tensor([1, 0]), 3, size_hw=(300, 300), grid_hw=grid_hw, anchors_wh=shapes)
    assert target.volume.shape == shape
    assert target.volume[..., 0].sum() == 2
    if anchors:
        assert (target.volume.reshape(*grid_hw, -1)).shape == (*grid_hw, 8 * anchors)


def test_collisions_are_told():
    """Of three objects in one cell and two anchors, and of two with one shape, the first of the list stays."""
    crowd = tensor([PEDESTRIAN, WIDE_CAR, (132, 165, 172, 295), LEFT_CAR])
    target = target_volume(crowd, torch.tensor([0, 1, 2, 1]), 3, anchors_wh=ANCHORS, **IMAGE)
    assert target.assignment.collides.tolist() == [False, False, True, False]
    assert target.assignment.collisions == 1
    assert target.volume[..., 0].sum() == 3
    assert target.volume[2, 1, 0].argmax() in (0, 3)
    assert target.volume[2, 1, 0, 5:].tolist() == [1, 0, 0]
    single = target_volume(crowd, torch.tensor([0, 1, 2, 1]), 3, **IMAGE)
    assert single.assignment.collides.tolist() == [False, True, True, False]


# midpoint x and y, in an image of 300 x 300; column and row
MIDPOINTS = [
    ((50, 50), (0, 0)),
    ((100, 100), (1, 1)),  # on a corner of four cells: the right and lower one
    ((99.99, 200), (0, 2)),
    ((300, 0), (2, 0)),  # on the image's edge
    ((300, 300), (2, 2)),
    ((0, 0), (0, 0)),
]


@pytest.mark.parametrize(("middle", "place"), MIDPOINTS)
def test_the_cell_of_a_midpoint(middle, place):
    x, y = middle
    found = assign(tensor([(x - 5, y - 5, x + 5, y + 5)]), **IMAGE)
    assert (found.column.item(), found.row.item()) == place
    assert found.cells_xy.tolist() == [list(place)]


def test_of_equal_anchors_the_first():
    twice = torch.tensor([(10.0, 10.0), WIDE, WIDE])
    assert assign(tensor([WIDE_CAR]), anchors_wh=twice, **IMAGE).anchor.tolist() == [1]


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ([(10, 10, 10, 20)], "boxes with an area"),  # empty
        ([(20, 10, 10, 20)], "boxes with an area"),  # swapped
        ([(-50, 10, 10, 20)], "midpoint in the image"),
        ([(10, 10, 20, float("nan"))], "boxes with an area"),
        ([(10, 10, 20, 20), (290, 290, 320, 320)], "midpoint in the image.*290"),  # the second
    ],
)
def test_boxes_that_have_no_place(boxes, message):
    with pytest.raises(ArgumentError, match=message):
        assign(tensor(boxes), **IMAGE)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"xyxy": torch.zeros(4)}, ShapeError, "xyxy must be a list of boxes"),
        ({"class_ids": torch.tensor([3])}, ArgumentError, r"class_ids must be in \[0, 3\)"),
        ({"class_ids": torch.tensor([-1])}, ArgumentError, "class_ids"),
        ({"class_ids": torch.tensor([0, 1])}, ShapeError, "class_ids must be one for each of 1 boxes"),
        ({"anchors_wh": torch.zeros(0, 2)}, ShapeError, "anchors_wh must be a list"),
        ({"anchors_wh": torch.tensor([[10, -1]])}, ArgumentError, "anchors_wh must be above 0"),
        ({"grid_hw": (0, 3)}, ArgumentError, "grid_hw must be at least"),
    ],
)
def test_what_is_refused(changed, error, message):
    arguments = {"xyxy": tensor([LEFT_CAR]), "class_ids": torch.tensor([1]), "num_classes": 3, **IMAGE}
    with pytest.raises(error, match=message):
        target_volume(**(arguments | changed))


fraction = st.floats(0.02, 0.98)
in_image = st.tuples(fraction, fraction, st.floats(0.02, 1), st.floats(0.02, 1)).map(
    lambda p: (300 * (p[0] - p[2] / 2), 200 * (p[1] - p[3] / 2), 300 * (p[0] + p[2] / 2), 200 * (p[1] + p[3] / 2))
)
image_boxes = st.lists(in_image, max_size=5).map(tensor)
anchor_sets = st.none() | st.lists(st.tuples(st.floats(5, 200), st.floats(5, 200)), min_size=1, max_size=4).map(
    torch.tensor
)


@settings(deadline=None, max_examples=60)
@given(image_boxes, st.tuples(st.integers(1, 6), st.integers(1, 6)), anchor_sets)
def test_a_volume_read_back_holds_what_did_not_collide(boxes, grid_hw, anchors):
    ids = torch.arange(len(boxes)) % 4
    target = target_volume(boxes, ids, 4, size_hw=(200, 300), grid_hw=grid_hw, anchors_wh=anchors)
    xyxy, scores, class_ids = read_volume(target.volume, size_hw=(200, 300))
    found = target.assignment
    kept = (~found.collides).nonzero()[:, 0].tolist()
    in_order = sorted(kept, key=lambda i: (found.row[i].item(), found.column[i].item(), found.anchor[i].item()))
    torch.testing.assert_close(xyxy, boxes[in_order], atol=1e-3, rtol=1e-4)
    assert class_ids.tolist() == ids[in_order].tolist()
    assert (scores == 1).all()
    middles = target.volume[target.volume[..., 0] > 0][:, 1:3]
    assert ((middles > -1e-5) & (middles < 1 + 1e-5)).all()
    places = torch.stack([found.row, found.column, found.anchor], dim=1)[kept]
    assert len(places.unique(dim=0)) == len(kept)


def test_reading_leaves_out_what_is_unlikely():
    volume = target_volume(tensor([LEFT_CAR, RIGHT_CAR]), torch.tensor([1, 2]), 3, **IMAGE).volume
    volume[1, 0, 0] = 0.6  # the documents discard up to .6
    assert read_volume(volume, size_hw=(300, 300))[2].tolist() == [2]
    for shape in ((3, 8), (2, 3, 3, 2, 8), (3, 3, 5)):
        with pytest.raises(ShapeError, match="volume must be of shape"):
            read_volume(torch.zeros(shape), size_hw=(300, 300))


@settings(deadline=None)
@given(image_boxes, anchor_sets.filter(lambda anchors: anchors is not None))
def test_codes_and_back(boxes, anchors):
    cell_wh = (300 / 5, 200 / 4)
    found = assign(boxes, size_hw=(200, 300), grid_hw=(4, 5), anchors_wh=anchors)
    own = anchors[found.anchor]
    linear = codes.encode_linear(boxes, found.cells_xy, cell_wh)
    torch.testing.assert_close(codes.decode_linear(linear, found.cells_xy, cell_wh), boxes, atol=1e-3, rtol=1e-4)
    exponential = codes.encode_exponential(boxes, found.cells_xy, cell_wh, own)
    back = codes.decode_exponential(exponential, found.cells_xy, cell_wh, own)
    torch.testing.assert_close(back, boxes, atol=0.01, rtol=1e-4)  # a midpoint on an edge moves 1e-4 cells
    squared = codes.encode_squared(boxes, found.cells_xy, cell_wh, own)
    within = ((boxes[:, 2:] - boxes[:, :2]) / own).amax(dim=1) < 3.9
    back = codes.decode_squared(squared, found.cells_xy, cell_wh, own)
    torch.testing.assert_close(back[within], boxes[within], atol=0.05, rtol=1e-3)


def test_whole_volumes_are_read_like_single_boxes():
    raw, anchors, cell_wh = torch.randn(2, 3, 5, 2, 4), ANCHORS, (20.0, 30.0)
    cells = codes.grid_cells((3, 5))
    assert cells.shape == (3, 5, 1, 2)
    linear = codes.decode_linear(raw, cells, cell_wh)
    for decode in (codes.decode_exponential, codes.decode_squared):
        volume = decode(raw, cells, cell_wh, anchors)  # (2, 3, 5, 2, 4)
        for n, row, column, a in [(0, 0, 0, 0), (1, 2, 4, 1), (0, 1, 3, 1)]:
            place = torch.tensor([column, row])
            single = decode(raw[n, row, column, a], place, cell_wh, anchors[a])
            torch.testing.assert_close(volume[n, row, column, a], single)
            single = codes.decode_linear(raw[n, row, column, a], place, cell_wh)
            torch.testing.assert_close(linear[n, row, column, a], single)


def test_codes_by_their_formulas():
    t, cell, anchor = torch.tensor([0.3, -1.2, 0.5, -0.25]), torch.tensor([2, 1]), torch.tensor([30.0, 12.0])
    sigmoid = 1 / (1 + np.exp(-t.numpy()))
    x, y, w, h = (2 + sigmoid[0]) * 20, (1 + sigmoid[1]) * 10, 30 * np.exp(0.5), 12 * np.exp(-0.25)
    expected = torch.tensor([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    torch.testing.assert_close(codes.decode_exponential(t, cell, (20, 10), anchor), expected.float())
    x, y = (2 + 2 * sigmoid[0] - 0.5) * 20, (1 + 2 * sigmoid[1] - 0.5) * 10
    w, h = 30 * (2 * sigmoid[2]) ** 2, 12 * (2 * sigmoid[3]) ** 2
    expected = torch.tensor([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    torch.testing.assert_close(codes.decode_squared(t, cell, (20, 10), anchor), expected.float())


def test_codes_of_a_wild_network_are_finite():
    wild = torch.full((1, 4), 1e4).requires_grad_()
    for decode in (codes.decode_exponential, codes.decode_squared):
        box = decode(wild, torch.tensor([[0, 0]]), (20, 20), ANCHORS[:1])
        assert torch.isfinite(box).all()
        assert torch.isfinite(torch.autograd.grad(box.sum(), wild)[0]).all()


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(1, 99), st.floats(1, 99)), min_size=1, max_size=5))
def test_shapes_are_boxes_at_one_corner(shapes):
    sizes = torch.tensor(shapes, dtype=torch.float64)
    boxes = torch.cat([torch.zeros_like(sizes), sizes], dim=1)
    torch.testing.assert_close(shape_iou(sizes, sizes), box_iou(boxes, boxes))


def clumps(rng, centres, each=60):
    return np.concatenate([centre * np.exp(rng.normal(0, 0.1, (each, 2))) for centre in np.array(centres)])


def test_anchors_find_the_shapes_of_the_data():
    """Clumps of three shapes, of which the small one would hardly count by a squared distance."""
    rng, centres = np.random.default_rng(0), [(6.0, 12.0), (40.0, 40.0), (200.0, 90.0)]
    sizes = clumps(rng, centres)
    chosen = kmeans_anchors(sizes, 3)
    np.testing.assert_allclose(chosen.wh, centres, rtol=0.05)
    slow = [
        max(min(w, a) * min(h, b) / (w * h + a * b - min(w, a) * min(h, b)) for a, b in chosen.wh) for w, h in sizes
    ]
    assert chosen.mean_iou == pytest.approx(np.mean(slow))
    assert kmeans_anchors(sizes, 3) == chosen
    assert kmeans_anchors(sizes[::-1], 3).mean_iou == pytest.approx(chosen.mean_iou)


def test_more_anchors_fit_better_and_all_fit_wholly():
    sizes = np.random.default_rng(1).uniform(10, 100, (30, 2))
    fits = [kmeans_anchors(sizes, k, seed=3).mean_iou for k in (1, 2, 5, 9)]
    assert fits == sorted(fits)
    exact = kmeans_anchors(sizes, 30)
    assert exact.mean_iou == pytest.approx(1)
    np.testing.assert_allclose(sorted(exact.wh), sorted(sizes.tolist()))
    areas = [w * h for w, h in exact.wh]
    assert areas == sorted(areas)


def test_one_size_many_times():
    assert kmeans_anchors([[5, 6]] * 10, 1).wh == ((5.0, 6.0),)
    near = kmeans_anchors([[5, 6], [5, 6 + 1e-14]], 2)
    assert near.mean_iou == pytest.approx(1)


@pytest.mark.parametrize(
    ("sizes", "k", "error", "message"),
    [
        ([[5, 6], [5, 6]], 2, ArgumentError, "k must be from 1 to the 1 different sizes"),
        ([[5, 6]], 0, ArgumentError, "k must be"),
        (np.zeros((0, 2)), 1, ArgumentError, "the 0 different sizes"),
        ([[5, 0]], 1, ArgumentError, "above 0"),
        ([[5, float("nan")]], 1, ArgumentError, "finite"),
        ([5, 6], 1, ShapeError, "widths and heights"),
    ],
)
def test_sizes_that_give_no_anchors(sizes, k, error, message):
    with pytest.raises(error, match=message):
        kmeans_anchors(sizes, k)

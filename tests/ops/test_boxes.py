"""Boxes against figures by hand, a slow rewrite with pixels counted, and their algebra."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.errors import ShapeError
from striate.ops import boxes as b

coordinate = st.floats(-100, 100, width=32)
side = st.one_of(st.just(0.0), st.floats(0.125, 100, width=32))
box = st.tuples(coordinate, coordinate, side, side).map(lambda p: (p[0], p[1], p[0] + p[2], p[1] + p[3]))
solid_box = st.tuples(coordinate, coordinate, st.floats(0.5, 100), st.floats(0.5, 100)).map(
    lambda p: (p[0], p[1], p[0] + p[2], p[1] + p[3])
)


def tensor(rows) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64).reshape(-1, 4)


some = st.lists(box, max_size=6).map(tensor)
some_solid = st.lists(solid_box, min_size=1, max_size=4).map(tensor)
MEASURES = (b.paired_iou, b.paired_giou, b.paired_ciou)


# first box, second box, IoU, generalised IoU
PAIRS = [
    ((0, 0, 10, 10), (0, 0, 10, 10), 1.0, 1.0),  # identical
    ((0, 0, 10, 10), (0, 0, 5, 10), 0.5, 0.5),  # nested, on a side
    ((0, 0, 10, 10), (4, 4, 6, 6), 0.04, 0.04),  # nested, in the middle
    ((0, 0, 10, 10), (5, 0, 15, 10), 1 / 3, 1 / 3),  # half over
    ((0, 0, 10, 10), (5, 5, 15, 15), 25 / 175, 25 / 175 - 50 / 225),  # at a corner: the hull has empty corners
    ((0, 0, 10, 10), (10, 0, 20, 10), 0.0, 0.0),  # touching
    ((0, 0, 10, 10), (10, 10, 20, 20), 0.0, -0.5),  # touching at a corner
    ((0, 0, 10, 10), (30, 0, 40, 10), 0.0, -0.5),  # apart
    ((0, 0, 10, 10), (5, 5, 5, 5), 0.0, 0.0),  # an empty one inside
    ((5, 5, 5, 5), (5, 5, 5, 5), 0.0, 0.0),  # both empty, at one point
    ((5, 0, 5, 10), (5, 0, 5, 10), 0.0, 0.0),  # lines
    ((10, 10, 0, 0), (0, 0, 10, 10), 0.0, 0.0),  # swapped corners count as empty
]


@pytest.mark.parametrize(("first", "second", "iou", "giou"), PAIRS)
def test_figures_by_hand(first, second, iou, giou):
    one, other = tensor([first]), tensor([second])
    assert b.box_iou(one, other).item() == pytest.approx(iou, abs=1e-12)
    assert b.paired_iou(one, other).item() == pytest.approx(iou, abs=1e-12)
    if first[0] <= first[2]:
        assert b.paired_giou(one, other).item() == pytest.approx(giou, abs=1e-12)


def test_iou_counts_pixels():
    rng = torch.Generator().manual_seed(0)
    corners = torch.randint(0, 12, (30, 2, 2), generator=rng).sort(dim=1).values.reshape(30, 4)
    y, x = torch.meshgrid(torch.arange(12) + 0.5, torch.arange(12) + 0.5, indexing="ij")
    masks = [((x > l) & (x < r) & (y > t) & (y < d)) for l, t, r, d in corners.tolist()]  # noqa: E741
    slow = [[float((m & n).sum()) / max(1, int((m | n).sum())) for n in masks] for m in masks]
    torch.testing.assert_close(b.box_iou(corners, corners), torch.tensor(slow))


@pytest.mark.parametrize("second", [(0, 0, 2, 1), (4, 3, 6, 4), (1, 0, 4, 2)])
def test_complete_iou_by_its_formula(second):
    first = (0.0, 0.0, 2.0, 3.0)
    left, top, right, bottom = second
    iou = b.paired_iou(tensor([first]), tensor([second])).item()
    distance = ((left + right) / 2 - 1) ** 2 + ((top + bottom) / 2 - 1.5) ** 2
    diagonal = max(2, right) ** 2 + max(3, bottom) ** 2
    shape = 4 / math.pi**2 * (math.atan((right - left) / (bottom - top)) - math.atan(2 / 3)) ** 2
    expected = iou - distance / diagonal - shape**2 / (1 - iou + shape)
    assert b.paired_ciou(tensor([first]), tensor([second])).item() == pytest.approx(expected)


@settings(deadline=None)
@given(some, some)
def test_symmetry_and_bounds(first, second):
    table = b.box_iou(first, second)
    assert table.shape == (len(first), len(second))
    assert torch.equal(table, b.box_iou(second, first).T)
    assert ((table >= 0) & (table <= 1)).all()
    for measure, least in zip(MEASURES, (0, -1, -2), strict=True):
        values = measure(first[:, None], second)
        torch.testing.assert_close(values, measure(second[:, None], first).T)
        assert ((values >= least) & (values <= 1 + 1e-9)).all()


@settings(deadline=None)
@given(some_solid)
def test_equal_boxes_overlap_wholly(boxes):
    for measure in MEASURES:
        torch.testing.assert_close(measure(boxes, boxes), torch.ones(len(boxes), dtype=boxes.dtype))
    assert (b.box_iou(boxes, boxes).diagonal() == 1).all()


@settings(deadline=None)
@given(some_solid, some_solid, coordinate, coordinate, st.floats(0.25, 4))
def test_neither_place_nor_unit_matters(first, second, x, y, factor):
    shift = torch.tensor([x, y, x, y])
    for measure in MEASURES:
        before = measure(first[:, None], second)
        torch.testing.assert_close(measure((first + shift)[:, None] * factor, (second + shift) * factor), before)


@settings(deadline=None)
@given(some, some)
def test_gradients_are_finite(first, second):
    for measure in MEASURES:
        one, other = first.float().requires_grad_(), second.float().requires_grad_()
        value = measure(one[:, None], other).sum()
        value.backward()
        assert torch.isfinite(value)
        assert torch.isfinite(one.grad).all()
        assert torch.isfinite(other.grad).all()


@pytest.mark.parametrize("measure", MEASURES[:2])
def test_gradients(measure):
    first = tensor([(0, 0, 4, 4), (1, 0, 3, 9)]).requires_grad_()
    second = tensor([(1, 1, 6, 5), (9, 9, 12, 10)]).requires_grad_()
    torch.autograd.gradcheck(measure, (first, second))


def test_a_distant_box_has_a_slope_to_come_nearer():
    target = tensor([(0, 0, 10, 10)])
    for measure in MEASURES[1:]:
        guess = tensor([(40, 0, 45, 20)]).requires_grad_()
        steps = torch.optim.Adam([guess], lr=0.3)
        for _ in range(500):
            steps.zero_grad()
            (1 - measure(guess, target)).sum().backward()
            steps.step()
        assert b.paired_iou(guess, target).item() > 0.9


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 300))
def test_blocks_are_the_table(block):
    first, second = torch.rand(37, 2).repeat(1, 2), torch.rand(29, 2).repeat(1, 2)
    first[:, 2:] += torch.rand(37, 2)
    second[:, 2:] += torch.rand(29, 2)
    whole, previous = b.paired_iou(first[:, None], second), b._BLOCK
    b._BLOCK = block
    try:
        table, rows = b.box_iou(first, second), list(b.iou_blocks(first, second))
    finally:
        b._BLOCK = previous
    torch.testing.assert_close(table, whole)
    torch.testing.assert_close(torch.cat([part for _, part in rows]), whole)
    assert [i for taken, _ in rows for i in range(taken.start, taken.stop)] == list(range(37))


def test_a_large_table_has_gradients():
    first = (torch.rand(600, 2).repeat(1, 2) + torch.tensor([0, 0, 0.5, 0.5])).requires_grad_()
    (slope,) = torch.autograd.grad(b.box_iou(first, first.detach()).sum(), first)
    (expected,) = torch.autograd.grad(b.paired_iou(first[:, None], first.detach()).sum(), first)
    torch.testing.assert_close(slope, expected)


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        (torch.int64, torch.int64, torch.float32),
        (torch.float16, torch.float16, torch.float32),  # 300 x 300 is more than float16 holds
        (torch.float32, torch.float64, torch.float64),
        (torch.int32, torch.bfloat16, torch.float32),
    ],
)
def test_precision(first, second, result):
    large = torch.tensor([[0, 0, 300, 300]])
    table = b.box_iou(large.to(first), large.to(second))
    assert table.dtype == result
    assert table.item() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(("rows", "columns"), [(0, 0), (0, 3), (3, 0)])
def test_empty_lists(rows, columns):
    first, second = torch.zeros(rows, 4), torch.zeros(columns, 4)
    assert b.box_iou(first, second).shape == (rows, columns)
    assert sum(part.numel() for _, part in b.iou_blocks(first, second)) == 0
    for convert in (b.xyxy_to_xywh, b.xywh_to_xyxy, b.xyxy_to_cxcywh, b.cxcywh_to_xyxy):
        assert convert(first).shape == (rows, 4)


@settings(deadline=None)
@given(some)
def test_conversions_and_back(boxes):
    torch.testing.assert_close(b.xywh_to_xyxy(b.xyxy_to_xywh(boxes)), boxes)
    torch.testing.assert_close(b.cxcywh_to_xyxy(b.xyxy_to_cxcywh(boxes)), boxes)
    sides = b.xyxy_to_xywh(boxes)[:, 2:]
    torch.testing.assert_close(b.box_area(boxes), sides.prod(dim=1))
    torch.testing.assert_close(b.xyxy_to_cxcywh(boxes)[:, 2:], sides)


@settings(deadline=None)
@given(some, st.floats(1, 80), st.floats(1, 80))
def test_clipping_is_the_part_inside(boxes, height, width):
    clipped = b.clip_boxes(boxes, (height, width))
    frame = torch.tensor([[0, 0, width, height]], dtype=torch.float64)
    assert (b.box_area(clipped) <= b.box_area(boxes) + 1e-9).all()
    torch.testing.assert_close(b.clip_boxes(clipped, (height, width)), clipped)
    union = b.box_area(boxes) + b.box_area(frame) - b.box_area(clipped)
    torch.testing.assert_close(b.box_iou(boxes, frame)[:, 0], b.box_area(clipped) / union)


@pytest.mark.parametrize("shape", [(4,), (3, 5), (2, 2, 4)])
def test_what_is_no_list_of_boxes(shape):
    with pytest.raises(ShapeError, match=r"a_xyxy must be a list of boxes, shape \(N, 4\)"):
        b.box_iou(torch.zeros(shape), torch.zeros(1, 4))


def test_what_are_no_boxes():
    with pytest.raises(ShapeError, match="b_xyxy must be boxes"):
        b.paired_giou(torch.zeros(2, 4), torch.zeros(2, 3))
    with pytest.raises(ShapeError, match="xywh must be boxes"):
        b.xywh_to_xyxy(torch.zeros(2, 5))

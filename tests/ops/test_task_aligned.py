"""Task-aligned assignment against a slow rewrite, and objects that are hard to place."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.ops import box_iou
from striate.ops.task_aligned import align

PAD = [-1.0, 0, 0, 0, 0]


def lattice(side: int, step: float) -> torch.Tensor:
    middles = (torch.arange(side) + 0.5) * step
    return torch.cartesian_prod(middles, middles).flip(1)


def slow(scores, boxes, points, rows, *, least_side, places, a, b):
    """One image, loop by loop: place -> (object, share)."""
    metric, overlap = {}, {}
    for m, (label, left, top, right, bottom) in enumerate(rows.tolist()):
        if label < 0 or right <= left or bottom <= top:
            continue
        half_w, half_h = max(right - left, least_side) / 2, max(bottom - top, least_side) / 2
        x, y = (left + right) / 2, (top + bottom) / 2
        inside = [p for p, (px, py) in enumerate(points.tolist()) if abs(px - x) < half_w and abs(py - y) < half_h]
        values = {}
        for p in inside:
            iou = box_iou(rows[m : m + 1, 1:], boxes[p : p + 1]).item()
            values[p] = scores[p, int(label)].item() ** a * iou**b, iou
        for p in sorted(values, key=lambda p: -values[p][0])[:places]:
            metric[m, p], overlap[m, p] = values[p]
    owner = {}
    for m, p in metric:
        if p not in owner or overlap[m, p] > overlap[owner[p], p]:
            owner[p] = m
    best = {m: max([metric[m, p] for p in owner if owner[p] == m], default=0) for m in range(len(rows))}
    return {p: (m, metric[m, p] / best[m] if best[m] else 0.0) for p, m in owner.items()}


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 6), st.integers(1, 6), st.sampled_from([0.0, 8.0]))
def test_against_a_slow_rewrite(seed, objects, places, least_side):
    torch.manual_seed(seed)
    points = lattice(5, 8.0)
    n, p, k = 2, len(points), 3
    reach = torch.rand(n, p, 4, dtype=torch.float64) * 15 + 1
    boxes = torch.cat([points - reach[..., :2], points + reach[..., 2:]], dim=-1)
    corner, sides = torch.rand(n, objects, 2) * 30, torch.rand(n, objects, 2) * 20
    rows = torch.cat([torch.randint(-1, k, (n, objects, 1)), corner, corner + sides], dim=2).double()
    scores = torch.rand(n, p, k, dtype=torch.float64)
    found = align(scores, boxes, points, rows, least_side=least_side, places=places)
    for i in range(n):
        expected = slow(scores[i], boxes[i], points, rows[i], least_side=least_side, places=places, a=0.5, b=6.0)
        shares = torch.zeros(p, dtype=torch.float64)
        for place, (target, share) in expected.items():
            shares[place] = share
            assert found.target[i, place] == target
        torch.testing.assert_close(found.share[i], shares)


def place_of(rows, **options):
    """Shares of the four places of an image of 16 x 16 pixels, each with a box of its own cell."""
    points = lattice(2, 8.0)
    boxes = torch.cat([points - 4, points + 4], dim=1)[None]
    return align(torch.full((1, 4, 2), 0.5), boxes, points, torch.tensor(rows).reshape(1, -1, 5), **options)


# targets, options, shares
PLACES = [
    ([], {}, [0, 0, 0, 0]),  # no rows at all
    ([PAD], {}, [0, 0, 0, 0]),
    ([[0.0, 0, 0, 8, 8]], {}, [1, 0, 0, 0]),
    ([[1.0, 0, 0, 16, 16]], {}, [1, 1, 1, 1]),  # all four are equally good
    ([[1.0, 0, 0, 13, 15]], {"places": 1}, [1, 0, 0, 0]),
    ([[0.0, 0, 0, 3, 3]], {}, [0, 0, 0, 0]),  # holds no place's middle
    ([[0.0, 0, 0, 3, 3]], {"least_side": 8.0}, [1, 0, 0, 0]),
    ([[0.0, 0, 0, 8, 8], [1.0, 0, 0, 8, 8]], {}, [1, 0, 0, 0]),  # one box twice: the first has it
    ([[0.0, 0, 0, 16, 16], [1.0, 0, 0, 8, 8]], {}, [1, 1, 1, 1]),  # one in the other: the tighter box wins its place
    ([[0.0, 5, 5, 5, 9]], {"least_side": 8.0}, [0, 0, 0, 0]),  # empty
    ([[0.0, 9, 9, 5, 5]], {"least_side": 8.0}, [0, 0, 0, 0]),  # swapped
    ([[0.0, 100, 100, 120, 120]], {}, [0, 0, 0, 0]),  # outside
]


@pytest.mark.parametrize(("rows", "options", "shares"), PLACES)
def test_places(rows, options, shares):
    found = place_of(rows, **options)
    assert found.share[0].tolist() == shares
    if len(rows) == 2 and rows[0] != rows[1] and sum(shares) == 4:
        assert found.target[0].tolist() == [1, 0, 0, 0]


def test_a_hopeless_box_leaves_no_nan():
    """Overlaps so small that their sixth power is nothing."""
    points = torch.tensor([[50.0, 50.0]])
    far = torch.tensor([[[0.0, 0, 1e-4, 1e-4]]])
    found = align(torch.zeros(1, 1, 1), far, points, torch.tensor([[[0.0, 0, 0, 100, 100]]]))
    assert found.share.tolist() == [[0.0]]

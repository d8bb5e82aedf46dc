"""Suppression against a slow loop over pairs, over boxes of every kind; what it does with ties, classes and nothing."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.errors import ArgumentError, ShapeError
from striate.ops import box_iou, gaussian_decay, linear_decay, soft_nms
from striate.ops.near_boxes import NearBoxes
from striate.ops.nms import batched_nms, nms

THRESHOLDS = (0.0, 0.05, 0.2, 0.5, 0.75, 0.95, 1.0)


def slow_nms(boxes, scores, threshold, or_equal=False, class_ids=None):
    iou, kept = box_iou(boxes, boxes), []
    limit = torch.tensor(threshold, dtype=iou.dtype)
    for i in sorted(range(len(boxes)), key=lambda i: (-scores[i].item(), i)):
        rivals = [k for k in kept if class_ids is None or class_ids[k] == class_ids[i]]
        if not any(iou[k, i] > limit or (or_equal and iou[k, i] == limit) for k in rivals):
            kept.append(i)
    return kept


def fast_slow_nms(boxes, scores, threshold):
    """The slow loop, one row at a time: for many boxes."""
    order = torch.sort(scores, descending=True, stable=True).indices
    left, kept = boxes[order], []
    while len(order):
        kept.append(int(order[0]))
        stays = box_iou(left[:1], left[1:])[0] <= threshold
        order, left = order[1:][stays], left[1:][stays]
    return kept


def random_boxes(n, rng, *, extent=1000.0, sides=(5.0, 300.0)):
    shape = np.exp(rng.uniform(*np.log(sides), (n, 1)) + rng.normal(0, 0.4, (n, 2)))
    centre = rng.uniform(0, extent, (n, 2))
    return torch.from_numpy(np.concatenate([centre - shape / 2, centre + shape / 2], axis=1).astype(np.float32))


cell = st.integers(0, 6)
boxes = st.lists(st.tuples(cell, cell, cell, cell), max_size=14).map(lambda r: torch.tensor(r).reshape(-1, 4).float())


@settings(deadline=None, max_examples=200)
@given(boxes, st.data(), st.sampled_from(THRESHOLDS), st.booleans())
def test_equal_to_a_slow_loop(found, data, threshold, or_equal):
    scores = torch.tensor(
        data.draw(st.lists(st.sampled_from((0.2, 0.5, 0.9)), min_size=len(found), max_size=len(found)))
    )
    ids = torch.tensor(data.draw(st.lists(st.integers(-1, 1), min_size=len(found), max_size=len(found)))).long()
    or_equal = or_equal and threshold > 0
    assert nms(found, scores, threshold, or_equal=or_equal).tolist() == slow_nms(found, scores, threshold, or_equal)
    by_class = batched_nms(found, scores, ids, threshold, or_equal=or_equal)
    assert by_class.tolist() == slow_nms(found, scores, threshold, or_equal, ids)


# what the boxes are like: how far they are spread, and their sides
KINDS = {
    "spread": {},
    "one size": {"sides": (50.0, 51.0)},
    "a heap": {"extent": 50.0, "sides": (90.0, 110.0)},
    "nearly the same": {"extent": 2.0, "sides": (100.0, 101.0)},
    "a few huge among tiny": {"sides": (0.01, 5000.0)},
    "far apart": {"extent": 1e6, "sides": (0.5, 2.0)},
}


@pytest.mark.parametrize("threshold", [0.0, 0.08, 0.3, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("kind", KINDS)
def test_equal_to_a_slow_loop_for_many_boxes(kind, threshold):
    rng = np.random.default_rng(1)
    found = random_boxes(1500, rng, **KINDS[kind])
    scores = torch.from_numpy(rng.integers(0, 500, 1500).astype(np.float32))  # with ties
    assert nms(found, scores, threshold).tolist() == fast_slow_nms(found, scores, threshold)


def test_equal_to_a_slow_loop_where_whole_chunks_lie_in_one_place(monkeypatch):
    """Scores fall from clump to clump: earlier chunks say nothing about later ones, which must be halved."""
    import sys

    monkeypatch.setattr(sys.modules["striate.ops.nms"], "_MOST_IN_CHUNK", 5000)
    rng = np.random.default_rng(2)
    found = random_boxes(2000, rng, extent=10.0, sides=(40.0, 60.0))
    found[:, [0, 2]] += 500 * torch.arange(8).repeat_interleave(250)[:, None]
    scores = torch.linspace(1, 0, 2000)
    assert nms(found, scores, 0.6).tolist() == fast_slow_nms(found, scores, 0.6)


@pytest.mark.parametrize("count", [10_000, 100_000])
def test_many_boxes_in_a_heap_and_spread(count):
    rng = np.random.default_rng(3)
    found = torch.cat([random_boxes(count // 2, rng, extent=20.0, sides=(90, 110)), random_boxes(count // 2, rng)])
    found[count // 2 :] += 500
    scores = torch.rand(count)
    kept = nms(found, scores, 0.5)
    assert (scores[kept].diff() <= 0).all()
    if count == 10_000:
        assert kept.tolist() == fast_slow_nms(found, scores, 0.5)
    else:  # what stays overlaps nothing better; of what went, a sample overlaps something better
        overlaps = box_iou(found[kept[::40]], found[kept])
        assert ((overlaps > 0.5).sum(dim=1) == 1).all()
        gone = torch.ones(count, dtype=torch.bool)
        gone[kept] = False
        sample = gone.nonzero()[::100, 0]
        rivals = (box_iou(found[sample], found[kept]) > 0.5) & (scores[kept] >= scores[sample, None])
        assert rivals.any(dim=1).all()


def test_the_course_documents_figures():
    """pc up to .6 goes first; then the best stays, and what overlaps it by .5 or more goes: two cars."""
    pc = torch.tensor([0.8, 0.7, 0.9, 0.6, 0.7, 0.3])
    cars = torch.tensor(
        [[0, 0, 4, 2], [1, 0, 5, 2], [10, 0, 14, 2], [10, 0, 14, 3], [10, 0, 12, 2], [20, 0, 24, 2]]
    ).float()
    likely = (pc > 0.6).nonzero()[:, 0]
    kept = likely[nms(cars[likely], pc[likely], 0.5, or_equal=True)]
    assert kept.tolist() == [2, 0]
    assert likely[nms(cars[likely], pc[likely], 0.5)].tolist() == [2, 0, 4]  # an IoU of just .5 stays


# first box, second, whether an IoU above .5 drops the second
PAIRS = [
    ((0, 0, 10, 10), (0, 0, 10, 10), True),  # identical
    ((0, 0, 10, 10), (0, 0, 10, 6), True),  # nested
    ((0, 0, 10, 10), (4, 4, 6, 6), False),  # nested, small
    ((0, 0, 10, 10), (10, 0, 20, 10), False),  # touching
    ((0, 0, 10, 10), (0, 0, 10, 5), False),  # by just the threshold
    ((0, 0, 10, 10), (5, 5, 5, 5), False),  # empty
    ((5, 5, 5, 5), (5, 5, 5, 5), False),  # both empty
]


@pytest.mark.parametrize(("first", "second", "dropped"), PAIRS)
def test_pairs(first, second, dropped):
    kept = nms(torch.tensor([first, second]).float(), torch.tensor([0.9, 0.8]), 0.5)
    assert kept.tolist() == ([0] if dropped else [0, 1])


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64, torch.int64])
def test_a_threshold_is_met_exactly_in_every_precision(dtype):
    pair = torch.tensor([[0, 0, 10, 1], [0, 0, 3, 1]]).to(dtype)
    assert nms(pair, torch.tensor([0.9, 0.8]), 0.3).tolist() == [0, 1]
    assert nms(pair, torch.tensor([0.9, 0.8]), 0.3, or_equal=True).tolist() == [0]


def test_of_equal_scores_the_lower_index_wins():
    same = torch.tensor([[0.0, 0, 10, 10]]).repeat(1000, 1)
    assert nms(same, torch.ones(1000), 0.5).tolist() == [0]
    apart = same + 20 * torch.arange(1000)[:, None]
    assert nms(apart, torch.ones(1000), 0.5).tolist() == list(range(1000))


def test_nothing():
    kept = nms(torch.zeros(0, 4), torch.zeros(0), 0.5)
    assert kept.shape == (0,)
    assert kept.dtype == torch.int64
    indices, scores = soft_nms(torch.zeros(0, 4), torch.zeros(0), gaussian_decay())
    assert indices.shape == scores.shape == (0,)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((torch.zeros(2, 5), torch.zeros(2), 0.5), ShapeError, "boxes_xyxy must be a list of boxes"),
        ((torch.zeros(2, 4), torch.zeros(3), 0.5), ShapeError, "scores must be one for each of 2 boxes"),
        ((torch.zeros(2, 4), torch.zeros(2), 1.5), ArgumentError, "iou_threshold must be in"),
        ((torch.zeros(2, 4), torch.zeros(2), float("nan")), ArgumentError, "iou_threshold must be in"),
        ((torch.zeros(2, 4), torch.tensor([0, float("nan")]), 0.5), ArgumentError, "scores must be finite numbers; 1"),
        (
            (torch.full((1, 4), float("inf")), torch.zeros(1), 0.5),
            ArgumentError,
            "boxes_xyxy must be finite numbers; 4",
        ),
    ],
)
def test_what_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        nms(*arguments)


def test_or_equal_needs_a_threshold():
    with pytest.raises(ArgumentError, match="above 0 with or_equal"):
        nms(torch.zeros(1, 4), torch.zeros(1), 0.0, or_equal=True)
    with pytest.raises(ArgumentError, match="class_ids must be integers"):
        batched_nms(torch.zeros(1, 4), torch.zeros(1), torch.zeros(1), 0.5)


@given(st.integers(0, 2**32 - 1), st.sampled_from(THRESHOLDS), st.sampled_from(sorted(KINDS)))
@settings(deadline=None, max_examples=60)
def test_near_boxes_miss_no_pair(seed, threshold, kind):
    rng = np.random.default_rng(seed)
    found = random_boxes(40, rng, **KINDS[kind])
    groups = rng.integers(0, 3, 40)
    among = rng.random(40) < 0.8
    stretches = NearBoxes(found.double().numpy(), groups, threshold).near(np.arange(0, 40, 2), among)
    pieces = list(stretches.expand(7))
    pairs = {(int(i), int(j)) for queries, near in pieces for i, j in zip(queries, near, strict=True)}
    assert len(pairs) == stretches.pairs  # none twice
    over = (box_iou(found, found) > threshold).numpy() & (groups[:, None] == groups)
    wanted = {(i, j) for i, j in zip(*(side.tolist() for side in np.nonzero(over)), strict=True) if i % 2 == 0}
    assert {(i, j) for i, j in wanted if among[j]} <= pairs
    assert all(among[j] and groups[i] == groups[j] for i, j in pairs)


def slow_soft_nms(found, scores, decay, least):
    left, kept = dict(enumerate(scores.tolist())), []
    while left and max(left.values()) >= least:
        best = min(left, key=lambda i: (-left[i], i))
        kept.append((best, left.pop(best)))
        for i in left:
            left[i] *= decay(box_iou(found[best : best + 1], found[i : i + 1]).item())
    return kept


@pytest.mark.parametrize(
    ("decay", "slow"),
    [
        (gaussian_decay(0.5), lambda iou: np.exp(-(iou**2) / 0.5)),
        (linear_decay(0.3), lambda iou: 1 - iou if iou >= 0.3 else 1.0),
    ],
)
def test_soft_suppression_equals_a_slow_loop(decay, slow):
    rng = np.random.default_rng(4)
    found = random_boxes(60, rng, extent=150.0).double()
    scores = torch.from_numpy(rng.random(60))
    indices, lowered = soft_nms(found, scores, decay, least_score=0.05)
    expected = slow_soft_nms(found, scores, slow, 0.05)
    assert indices.tolist() == [i for i, _ in expected]
    assert 10 < len(expected) < 60
    np.testing.assert_allclose(lowered.numpy(), [s for _, s in expected])


def test_soft_suppression_by_class_and_ties():
    same = torch.tensor([[0.0, 0, 10, 10]]).repeat(3, 1)
    indices, lowered = soft_nms(same, torch.tensor([0.5, 0.5, 0.5]), linear_decay(), class_ids=torch.tensor([0, 1, 0]))
    assert indices.tolist() == [0, 1]  # the third overlaps the first wholly
    assert lowered.tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    "call",
    [
        lambda: gaussian_decay(0),
        lambda: linear_decay(2),
        lambda: soft_nms(torch.zeros(1, 4), torch.tensor([-1.0]), linear_decay()),
    ],
)
def test_what_soft_suppression_refuses(call):
    with pytest.raises(ArgumentError):
        call()

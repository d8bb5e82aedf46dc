"""Weighted boxes fusion against a slow loop; its edge cases; what it must do with looks that are the same."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.errors import ArgumentError, ShapeError
from striate.ops import BestBoxes, box_iou
from striate.ops.fuse_boxes import fuse_boxes


def look(*rows):
    """Rows of a class, a score and a box."""
    table = torch.tensor(rows, dtype=torch.float64).reshape(-1, 6)
    return BestBoxes(table[:, 2:], table[:, 1], table[:, 0].long())


def told(fused):
    """The same rows again."""
    rows = zip(fused.class_ids.tolist(), fused.scores.tolist(), fused.xyxy.tolist(), strict=True)
    return [(class_id, score, *box) for class_id, score, box in rows]


def slow_fusion(looks, threshold):
    """Lists of members, whose mean is made anew each time."""
    rows = [(score, box, c, v) for v, seen in enumerate(looks) for c, score, *box in told(seen)]
    clusters = []
    for score, box, c, v in sorted(rows, key=lambda row: (-row[0], row[1][::-1])):
        best, most = None, threshold
        for cluster in clusters:
            if cluster[0][2] != c or any(member[3] == v for member in cluster):
                continue
            iou = overlap(box, mean(cluster))
            if iou > most:
                best, most = cluster, iou
        if best is None:
            clusters.append([(score, box, c, v)])
        else:
            best.append((score, box, c, v))
    return sorted((k[0][2], sum(m[0] for m in k) / len(looks), *mean(k)) for k in clusters)


def mean(cluster):
    weight = sum(member[0] for member in cluster)
    return [sum(member[0] * member[1][i] for member in cluster) / weight for i in range(4)]


def overlap(a, b):
    return float(box_iou(torch.tensor([a], dtype=torch.float64), torch.tensor([b], dtype=torch.float64)))


def noisy_looks(rng, looks, objects, shift):
    """Each sees most of the same objects, a little elsewhere."""
    corner, sides = rng.uniform(0, 100, (objects, 2)), rng.uniform(5, 30, (objects, 2))
    classes = rng.integers(0, 2, (objects, 1))
    seen = []
    for _ in range(looks):
        boxes = np.concatenate([corner, corner + sides], axis=1) + rng.normal(0, shift, (objects, 4))
        rows = np.concatenate([classes, rng.uniform(0.01, 1, (objects, 1)), boxes], axis=1)
        seen.append(look(*rows[rng.random(objects) < 0.8].tolist()))
    return seen


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.55, 0.9])
@pytest.mark.parametrize(("looks", "objects", "shift"), [(1, 20, 1), (2, 40, 1), (4, 40, 2), (3, 60, 4)])
def test_equal_to_a_slow_loop(looks, objects, shift, threshold):
    seen = noisy_looks(np.random.default_rng(objects), looks, objects, shift)
    fused = fuse_boxes(seen, threshold)
    assert np.array(sorted(told(fused))) == pytest.approx(np.array(slow_fusion(seen, threshold)), abs=1e-9)
    assert (fused.scores[:-1] >= fused.scores[1:]).all()


NOTHING = look()
BOX, FAR = (0, 0, 10, 10), (50, 50, 60, 60)
CASES = {  # looks; what comes of them
    "nothing": ([NOTHING, NOTHING], []),
    "one look": ([look((0, 0.5, *BOX), (1, 0.7, *FAR))], [(1, 0.7, *FAR), (0, 0.5, *BOX)]),
    "seen by one of two": ([look((0, 0.5, *BOX)), NOTHING], [(0, 0.25, *BOX)]),
    "identical": ([look((0, 0.5, *BOX)), look((0, 0.5, *BOX))], [(0, 0.5, *BOX)]),
    "weighted by scores": ([look((0, 0.75, *BOX)), look((0, 0.25, 0, 0, 10, 8))], [(0, 0.5, 0, 0, 10, 9.5)]),
    "apart": ([look((0, 0.5, *BOX)), look((0, 0.25, *FAR))], [(0, 0.25, *BOX), (0, 0.125, *FAR)]),
    "touching": (
        [look((0, 0.5, *BOX)), look((0, 0.25, 10, 0, 20, 10))],
        [(0, 0.25, *BOX), (0, 0.125, 10, 0, 20, 10)],
    ),
    "other classes": ([look((0, 0.5, *BOX)), look((1, 0.25, *BOX))], [(0, 0.25, *BOX), (1, 0.125, *BOX)]),
    "nested, IoU .5": (
        [look((0, 0.5, *BOX)), look((0, 0.25, 0, 0, 10, 5))],
        [(0, 0.25, *BOX), (0, 0.125, 0, 0, 10, 5)],
    ),
    "IoU of just the threshold, .55": (
        [look((0, 0.5, 0, 0, 20, 20)), look((0, 0.25, 0, 0, 20, 11))],
        [(0, 0.25, 0, 0, 20, 20), (0, 0.125, 0, 0, 20, 11)],
    ),
    "two of one look on one object": (
        [look((0, 0.5, *BOX), (0, 0.25, *BOX))],
        [(0, 0.5, *BOX), (0, 0.25, *BOX)],
    ),
    "two of one look, one of another": (
        [look((0, 0.5, *BOX), (0, 0.25, *BOX)), look((0, 0.75, *BOX))],
        [(0, 0.625, *BOX), (0, 0.125, *BOX)],
    ),
    "empty boxes": (
        [look((0, 0.5, 5, 5, 5, 9)), look((0, 0.25, 5, 5, 5, 9))],
        [(0, 0.25, 5, 5, 5, 9), (0, 0.125, 5, 5, 5, 9)],
    ),
    "equal scores: the lower class first": (
        [look((3, 0.5, *BOX), (1, 0.5, *FAR), (2, 0.5, *BOX))],
        [(1, 0.5, *FAR), (2, 0.5, *BOX), (3, 0.5, *BOX)],
    ),
}


@pytest.mark.parametrize(("looks", "wanted"), CASES.values(), ids=CASES)
def test_edge_cases(looks, wanted):
    assert told(fuse_boxes(looks)) == wanted


def test_the_best_of_several_is_joined():
    """Not the surest one that overlaps enough."""
    first = look((0, 0.9, 0, 0, 10, 10), (0, 0.8, 0, 1, 10, 11))
    fused = fuse_boxes([first, look((0, 0.5, 0, 1, 10, 11))])
    assert [round(score, 6) for score in fused.scores.tolist()] == [0.65, 0.45]


def test_float32_and_integer_classes_of_any_kind():
    seen = BestBoxes(torch.tensor([[0.0, 0, 10, 10]]), torch.tensor([0.5]), torch.tensor([1], dtype=torch.int32))
    fused = fuse_boxes([seen, seen])
    assert (fused.xyxy.dtype, fused.scores.dtype, fused.class_ids.dtype) == (torch.float64, torch.float64, torch.int64)


corner, side = st.integers(0, 20), st.integers(1, 12)
row = st.tuples(st.integers(0, 1), st.integers(1, 100), corner, corner, side, side)
found = st.lists(row, max_size=8).map(
    lambda rows: look(*((c, score / 100, x, y, x + w, y + h) for c, score, x, y, w, h in rows))
)


@settings(deadline=None)
@given(found, st.integers(1, 5), st.sampled_from((0.0, 0.55, 0.9)))
def test_looks_that_are_the_same_are_the_look(seen, times, threshold):
    fused = fuse_boxes([seen] * times, threshold)
    assert fused.scores.tolist() == pytest.approx(sorted(seen.scores.tolist(), reverse=True))
    rounded = [sorted((row[0], round(row[1], 9), *row[2:]) for row in told(boxes)) for boxes in (fused, seen)]
    assert rounded[0] == rounded[1]


@settings(deadline=None)
@given(st.lists(found, min_size=2, max_size=4), st.randoms())
def test_the_order_of_looks_does_not_matter(looks, chance):
    """Where no two boxes are equal in all."""
    looks = [
        BestBoxes(seen.xyxy, (seen.scores + 1e-6 * v + 1e-7 * torch.arange(len(seen.scores))), seen.class_ids)
        for v, seen in enumerate(looks)
    ]
    other = looks.copy()
    chance.shuffle(other)
    assert told(fuse_boxes(other)) == told(fuse_boxes(looks))


@settings(deadline=None)
@given(st.lists(found, min_size=1, max_size=4))
def test_scores_are_shared_out(looks):
    """The sum of all scores over the number of looks stays; no score is above 1; boxes stay within what was seen."""
    fused = fuse_boxes(looks)
    assert float(fused.scores.sum()) == pytest.approx(sum(float(seen.scores.sum()) for seen in looks) / len(looks))
    assert (fused.scores <= 1).all()
    assert ((fused.xyxy >= 0) & (fused.xyxy <= 32)).all()


BAD = {
    "no looks": ([], 0.5, "looks must be at least one"),
    "threshold": ([NOTHING], 1.0, r"iou_threshold must be in \[0, 1\), got 1.0"),
    "threshold that is no number": ([NOTHING], float("nan"), "iou_threshold"),
    "not boxes": ([BestBoxes(torch.zeros(1, 3), torch.ones(1), torch.zeros(1))], 0.5, "xyxy"),
    "too few scores": ([BestBoxes(torch.zeros(1, 4), torch.ones(0), torch.zeros(1))], 0.5, "scores"),
    "too few classes": ([BestBoxes(torch.zeros(1, 4), torch.ones(1), torch.zeros(2))], 0.5, "class_ids"),
    "a box that is not finite": ([look((0, 0.5, 0, 0, float("nan"), 1))], 0.5, "xyxy must be finite"),
    "a score that is not finite": ([look((0, float("inf"), *BOX))], 0.5, "scores"),
    "a score of 0": ([look((0, 0.0, *BOX))], 0.5, "scores must be finite and above 0"),
}


@pytest.mark.parametrize(("looks", "threshold", "message"), BAD.values(), ids=BAD)
def test_bad_input(looks, threshold, message):
    with pytest.raises((ArgumentError, ShapeError), match=message):
        fuse_boxes(looks, threshold)

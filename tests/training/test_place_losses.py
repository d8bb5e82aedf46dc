"""The cost of boxes and points, against NumPy image by image, and where its gradient goes."""

import numpy as np
import pytest
import torch

from striate.ops import paired_ciou
from striate.training import place_cost, points_cost, squared_place_cost, squared_points_cost

SIZE_HW = (60, 100)
PLACES, POINTS = (squared_place_cost, place_cost), (squared_points_cost, points_cost)


def places(seed=0, n=6, classes=3, present=0.6):
    """Answers (N, 5+K) and rows (N, 5)."""
    rng = np.random.default_rng(seed)
    left_top, sides = rng.uniform(0, 40, (n, 2)), rng.uniform(5, 20, (n, 2))
    rows = np.column_stack([rng.integers(0, classes, n), left_top, left_top + sides])
    rows[rng.random(n) >= present] = [-1, 0, 0, 0, 0]
    return torch.from_numpy(rng.normal(0, 1, (n, 5 + classes))), torch.from_numpy(rows)


def points(seed=0, n=6, count=4, present=0.6):
    """Answers (N, 1 + 2P) and rows (N, 1 + 3P); some points are not marked, and none where there is no object."""
    rng = np.random.default_rng(seed)
    there = rng.random(n) < present
    counts = (rng.random((n, count, 1)) < 0.7) & there[:, None, None]
    marks = np.concatenate([rng.uniform(-10, 110, (n, count, 2)) * counts, counts], axis=2)
    rows = np.concatenate([there[:, None], marks.reshape(n, -1)], axis=1)
    return torch.from_numpy(rng.normal(0, 1, (n, 1 + 2 * count))), torch.from_numpy(rows.astype(np.float64))


def logistic(x):
    return 1 / (1 + np.exp(-x))


def presence_cost(answer, there):
    return -np.log(logistic(answer) if there else 1 - logistic(answer))


def slow_squared_place(answer, row):
    height, width = SIZE_HW
    class_id, left, top, right, bottom = row
    if class_id < 0:
        return answer[0] ** 2
    y = [1, (left + right) / 2 / width, (top + bottom) / 2 / height, (bottom - top) / height, (right - left) / width]
    y += [float(i == class_id) for i in range(len(answer) - 5)]
    return sum((a - b) ** 2 for a, b in zip(answer, y, strict=True))


def slow_place(answer, row):
    height, width = SIZE_HW
    class_id, left, top, right, bottom = row
    cost = presence_cost(answer[0], class_id >= 0)
    if class_id < 0:
        return cost
    bx, by, bh, bw = logistic(answer[1:5])
    box = [(bx - bw / 2) * width, (by - bh / 2) * height, (bx + bw / 2) * width, (by + bh / 2) * height]
    wanted = [(left + right) / 2 / width, (top + bottom) / 2 / height, (bottom - top) / height, (right - left) / width]
    overlap = 1 - paired_ciou(torch.tensor([box]), torch.tensor(row[None, 1:])).item()  # tested in tests/ops
    powers = np.exp(answer[5:])
    distance = np.abs(np.array([bx, by, bh, bw]) - wanted).sum()
    return cost + overlap + distance - np.log(powers[int(class_id)] / powers.sum())


def slow_squared_points(answer, row):
    cost = (answer[0] - row[0]) ** 2
    for i, (x, y, counts) in enumerate(row[1:].reshape(-1, 3)):
        if counts:
            cost += (answer[1 + 2 * i] - x / SIZE_HW[1]) ** 2 + (answer[2 + 2 * i] - y / SIZE_HW[0]) ** 2
    return cost


def slow_points(answer, row):
    off = []
    for i, (x, y, counts) in enumerate(row[1:].reshape(-1, 3)):
        if counts:
            off.append(abs(answer[1 + 2 * i] + 0.5 - x / SIZE_HW[1]) + abs(answer[2 + 2 * i] + 0.5 - y / SIZE_HW[0]))
    return presence_cost(answer[0], row[0]) + 10 * (np.mean(off) if off else 0)


SLOW = [
    (squared_place_cost, slow_squared_place, places),
    (place_cost, slow_place, places),
    (squared_points_cost, slow_squared_points, points),
    (points_cost, slow_points, points),
]


@pytest.mark.parametrize(("cost", "slow", "make"), SLOW)
@pytest.mark.parametrize("present", [0.0, 0.6, 1.0])
def test_equals_a_slow_rewrite(cost, slow, make, present):
    for seed in range(5):
        answers, rows = make(seed, present=present)
        wanted = np.mean([slow(a, r) for a, r in zip(answers.numpy(), rows.numpy(), strict=True)])
        assert cost(answers, rows, size_hw=SIZE_HW).item() == pytest.approx(wanted, rel=1e-5)


def make_for(cost, **options):
    return places(**options) if cost in PLACES else points(**options)


def as_wide_as_true(answers, rows):
    """Boxes of the true ratio of sides: CIoU holds one of its factors fixed, which then is of no effect."""
    height, width = SIZE_HW
    left, top, right, bottom = rows[:, 1:].clamp(min=1e-3).unbind(dim=1)
    share = answers[:, 4].sigmoid() * 0.3
    answers[:, 3] = (
        (share * width / height * ((bottom - top) / (right - left)).nan_to_num(1.0)).clamp(0.01, 0.99).logit()
    )
    answers[:, 4] = share.logit()
    return answers


@pytest.mark.parametrize(("cost", "slow", "make"), SLOW)
@pytest.mark.parametrize("seed", range(3))
def test_gradients(cost, slow, make, seed):
    """Against differences of the slow rewrite in float64: the cost itself is float32."""
    answers, rows = make(seed, n=2, present=0.8)
    if cost is place_cost:
        answers = as_wide_as_true(answers, rows)
    cost(answers.requires_grad_(), rows, size_hw=SIZE_HW).backward()
    step = 1e-6
    for i, (answer, row) in enumerate(zip(answers.detach().numpy(), rows.numpy(), strict=True)):
        for j, direction in enumerate(np.eye(len(answer)) * step):
            difference = (slow(answer + direction, row) - slow(answer - direction, row)) / (2 * step)
            assert answers.grad[i, j].item() == pytest.approx(difference / 2, rel=1e-3, abs=1e-5), (i, j)


@pytest.mark.parametrize("cost", [*PLACES, *POINTS])
def test_what_is_absent_teaches_presence_alone(cost):
    answers, rows = make_for(cost, seed=1)
    absent = rows[:, 0] < 0 if cost in PLACES else rows[:, 0] == 0
    assert 0 < absent.sum() < len(rows)
    cost(answers.requires_grad_(), rows, size_hw=SIZE_HW).backward()
    assert not answers.grad[absent, 1:].any()
    assert answers.grad[:, 0].all()
    assert answers.grad[~absent, 1:].any(dim=1).all()


@pytest.mark.parametrize("cost", POINTS)
def test_a_point_that_is_not_marked_teaches_nothing(cost):
    answers, rows = points(present=1.0)
    cost(answers.requires_grad_(), rows, size_hw=SIZE_HW).backward()
    counts = rows[:, 3::3].bool()
    taught = answers.grad[:, 1:].reshape(len(rows), -1, 2).any(dim=2)
    assert not counts.all()
    assert torch.equal(taught, counts)


@pytest.mark.parametrize("cost", [*PLACES, *POINTS])
def test_a_batch_without_any_object(cost):
    answers, rows = make_for(cost, present=0.0)
    found = cost(answers.requires_grad_(), rows, size_hw=SIZE_HW)
    found.backward()
    assert torch.isfinite(found)
    assert not answers.grad[:, 1:].any()


@pytest.mark.parametrize("cost", [*PLACES, *POINTS])
@pytest.mark.parametrize("scale", [1e4, -1e4, 0.0])
@pytest.mark.parametrize("present", [0.0, 1.0])
def test_finite_at_the_extremes(cost, scale, present):
    """Boxes without an area, probabilities of 0 and 1."""
    answers, rows = make_for(cost, present=present)
    answers = torch.full_like(answers, scale, dtype=torch.float32).requires_grad_()
    found = cost(answers, rows.float(), size_hw=SIZE_HW)
    found.backward()
    assert torch.isfinite(found)
    assert torch.isfinite(answers.grad).all()


@pytest.mark.parametrize("cost", [*PLACES, *POINTS])
def test_half_precision_answers_cost_float32(cost):
    """As autocast gives them: squares of bfloat16 would be coarse."""
    answers, rows = make_for(cost)
    half = answers.bfloat16()
    found = cost(half, rows.float(), size_hw=SIZE_HW)
    assert found.dtype == torch.float32
    assert found == cost(half.float(), rows.float(), size_hw=SIZE_HW)

"""Numbers between answer, box and points: there and back, and the two forms against the formulas."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.ops import place_targets, read_place, read_points

sides = st.integers(8, 2000)
shares = st.floats(0, 1)


@st.composite
def rows_and_size(draw):
    """(N, 5) with some rows of nothing, K, and the size of the images."""
    height, width, classes = draw(sides), draw(sides), draw(st.integers(1, 6))
    rows = []
    for _ in range(draw(st.integers(1, 5))):
        x, y = sorted((draw(shares), draw(shares))), sorted((draw(shares), draw(shares)))
        class_id = draw(st.integers(-1, classes - 1))
        box = [x[0] * width, y[0] * height, x[1] * width, y[1] * height]
        rows.append([class_id, *box] if class_id >= 0 else [-1, 0, 0, 0, 0])
    return torch.tensor(rows, dtype=torch.float64), classes, (height, width)


@given(rows_and_size())
def test_there_and_back(drawn):
    rows, classes, size_hw = drawn
    place = read_place(place_targets(rows, classes, size_hw), size_hw, linear=True)
    there = rows[:, 0] >= 0
    torch.testing.assert_close(place.presence, there.double())
    torch.testing.assert_close(place.xyxy[there], rows[there, 1:], rtol=0, atol=1e-9 * max(size_hw))
    assert place.classes[there].argmax(dim=1).tolist() == rows[there, 0].tolist()
    assert (place.classes.sum(dim=1) == there).all()


@given(rows_and_size())
def test_targets_are_the_documents_y(drawn):
    """pc, bx, by, bh, bw, c1 … cK row by row; what stands in the row of an absent object does not matter."""
    rows, classes, (height, width) = drawn
    rows[rows[:, 0] < 0, 1:] = 7.0
    for row, y in zip(rows.tolist(), place_targets(rows, classes, (height, width)).tolist(), strict=True):
        class_id, left, top, right, bottom = row
        if class_id < 0:
            assert y == [0.0] * (5 + classes)
            continue
        box = [(left + right) / 2 / width, (top + bottom) / 2 / height, (bottom - top) / height, (right - left) / width]
        assert y == pytest.approx([1.0, *box, *(float(i == class_id) for i in range(classes))])


def test_the_logistic_form():
    answers = torch.randn(4, 7, dtype=torch.float64)
    place = read_place(answers, (60, 100), linear=False)
    numbers = 1 / (1 + np.exp(-answers.numpy()[:, :5]))
    powers = np.exp(answers.numpy()[:, 5:])
    np.testing.assert_allclose(place.presence, numbers[:, 0])
    np.testing.assert_allclose(place.classes, powers / powers.sum(axis=1, keepdims=True))
    bx, by, bh, bw = numbers[:, 1:].T
    left, right, top, bottom = bx - bw / 2, bx + bw / 2, by - bh / 2, by + bh / 2
    np.testing.assert_allclose(place.xyxy, np.stack([left * 100, top * 60, right * 100, bottom * 60], axis=1))


@pytest.mark.parametrize("value", [1e4, -1e4])
def test_the_logistic_form_at_the_extremes(value):
    place = read_place(torch.full((1, 7), value), (60, 100), linear=False)
    assert all(torch.isfinite(part).all() for part in place)
    assert 0 <= place.presence.item() <= 1


@pytest.mark.parametrize(
    ("linear", "numbers", "presence", "xy"),
    [
        (True, [1.0, 0.25, 0.5, 1.5, -0.5], 1.0, [[50, 50], [300, -50]]),  # points may lie outside
        (False, [0.0, -0.25, 0.0, 1.0, -1.0], 0.5, [[50, 50], [300, -50]]),
        (False, [0.0, 0.0, 0.0, 0.0, 0.0], 0.5, [[100, 50], [100, 50]]),  # begins in the middle
    ],
)
def test_points(linear, numbers, presence, xy):
    found, points = read_points(torch.tensor([numbers]), (100, 200), linear=linear)
    assert (found.item(), points[0].tolist()) == (presence, xy)


def test_nothing_at_all():
    assert place_targets(torch.zeros(0, 5), 3, (10, 10)).shape == (0, 8)
    assert read_place(torch.zeros(0, 8), (10, 10), linear=True).xyxy.shape == (0, 4)
    assert read_points(torch.zeros(2, 1), (10, 10), linear=True)[1].shape == (2, 0, 2)

import numpy as np
import pytest

from striate.errors import ShapeError
from striate.ops import Field, WindowGrid, window_boxes

GRID = WindowGrid(size=(14, 20), fields=(Field(14, 2, 7.0), Field(26, 4, 9.0)))


@pytest.mark.parametrize(
    ("sizes", "counts"),
    [
        ((14, 20), (1, 1)),  # a window and no more
        ((15, 23), (1, 1)),  # what is left over makes none
        ((16, 24), (2, 2)),
        ((28, 100), (8, 21)),
    ],
)
def test_whole_windows_are_counted(sizes, counts):
    assert GRID.counts(sizes) == counts
    assert len(GRID.boxes(counts)) == counts[0] * counts[1]
    assert all(a <= b for a, b in zip(GRID.extent(counts), sizes, strict=True))
    assert GRID.boxes(counts)[-1, [3, 2]].tolist() == list(GRID.extent(counts))


def test_boxes_go_row_by_row():
    boxes = GRID.boxes((2, 3)).reshape(2, 3, 4)
    assert boxes[1, 2].tolist() == [8, 2, 28, 16]
    assert window_boxes(np.array([], dtype=np.int64), np.array([1]), (5, 5)).shape == (0, 4)


def test_a_field_beyond_the_window_is_not_exact():
    assert not GRID.exact
    assert WindowGrid((14,), (Field(14, 2, 7.0),)).exact
    assert not WindowGrid((14,), (Field(14, 2, 6.5),)).exact  # it sees padding on one side


@pytest.mark.parametrize("sizes", [(13, 20), (14, 19), (0, 20), (14,), (14, 20, 20)])
def test_smaller_inputs_are_refused(sizes):
    with pytest.raises(ShapeError, match=r"at least as large as a window, \(14, 20\)"):
        GRID.counts(sizes)

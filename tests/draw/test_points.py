import numpy as np
import pytest

from striate.draw import draw_landmarks, draw_true_points
from striate.draw.class_colours import class_colour
from striate.errors import ShapeError
from striate.results import Landmarks

IMAGE = np.zeros((60, 80), np.uint8)


def test_a_dot_on_each_point():
    picture = draw_landmarks(IMAGE, Landmarks(0.9, ("a", "b", "outside"), ((20.5, 30.5), (60.0, 10.0), (1e9, -1e9))))
    assert picture.shape == (60, 80, 3)
    for i, (x, y) in enumerate([(20.5, 30.5), (60, 10)]):
        rows, columns = np.nonzero((picture == class_colour(i)).all(axis=2))
        assert columns.mean() + 0.5 == pytest.approx(x, abs=0.6)
        assert rows.mean() + 0.5 == pytest.approx(y, abs=0.6)
    assert not (picture == class_colour(2)).all(axis=2).any()


def test_nothing_found():
    picture = draw_landmarks(IMAGE, Landmarks(0.1, ("a",), ((20.0, 30.0),)))
    assert picture[:8].any()
    assert not picture[20:].any()


def test_rings_around_true_points():
    picture = draw_true_points(IMAGE, [(20.5, 30.5), (np.nan, np.nan)])
    rows, columns = np.nonzero(picture.any(axis=2))
    assert (columns.mean(), rows.mean()) == pytest.approx((20, 30), abs=0.6)
    assert not picture[30, 20].any()  # the point itself stays to be seen
    assert not draw_true_points(IMAGE, np.zeros((0, 2))).any()


def test_bad_input():
    with pytest.raises(ShapeError, match=r"xy must be a list of points, shape \(P, 2\)"):
        draw_true_points(IMAGE, [1.0, 2.0])
    with pytest.raises(ShapeError, match="image must be of shape"):
        draw_landmarks(np.zeros((8, 8, 2), np.uint8), Landmarks(0.9, ("a",), ((1.0, 2.0),)))

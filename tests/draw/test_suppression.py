import numpy as np
import pytest

from striate.draw import draw_detections, draw_outlines, suppression_picture
from striate.draw.class_colours import class_colour
from striate.errors import ShapeError
from striate.results import Detections

BOXES = np.array([[10.0, 30, 40, 60], [14, 30, 44, 60], [60, 30, 90, 60]])
FOUND = Detections(BOXES, np.array([0.9, 0.8, 0.7]), np.array([0, 0, 1]), ("a", "a", "b"))


@pytest.mark.parametrize("shape", [(80, 100), (80, 100, 3), (80, 100, 4)])
def test_all_on_the_left_and_the_kept_on_the_right(shape):
    image = np.full(shape, 90, np.uint8)
    picture = suppression_picture(image, FOUND, np.array([0, 2]))
    assert picture.shape == (80, 202, 3)
    assert (picture[:, :100] == draw_outlines(image, FOUND)).all()
    assert (picture[:, 100:102] == 255).all()
    assert (picture[:, 102:] == draw_detections(image, FOUND[np.array([0, 2])])).all()


def test_outlines():
    picture = draw_outlines(np.zeros((80, 100), np.uint8), FOUND)
    assert (picture[45, [9, 13, 40, 44]] == class_colour(0)).all()
    assert (picture[45, [59, 90]] == class_colour(1)).all()
    assert not picture[:29].any()  # nothing is written
    assert not draw_outlines(np.zeros((80, 100), np.uint8), Detections.empty()).any()


def test_nothing_kept():
    assert suppression_picture(np.zeros((9, 9), np.uint8), Detections.empty(), np.zeros(0, int)).shape == (9, 19, 3)


def test_bad_input():
    with pytest.raises(ShapeError, match="image must be of shape"):
        suppression_picture(np.zeros((8, 8, 2), np.uint8), FOUND, np.array([0]))

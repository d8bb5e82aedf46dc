from types import SimpleNamespace

import numpy as np
import pytest

from striate.draw import CloseUp, close_up, cumulative_error, precision_recall
from striate.errors import ArgumentError, ShapeError
from striate.results import Detections


def curve(label, n=3, precision=(1.0, 0.8, 0.0)):
    return SimpleNamespace(label=label, n=n, ap50=float(np.mean(precision)), precision=precision)


def test_precision_recall(texts):
    seen = texts(precision_recall([curve("cat $1$"), curve("犬", precision=(0.0,) * 3), curve("none", n=0)]))
    assert "cat $1$: AP 60.0\N{NO-BREAK SPACE}%" in seen
    assert "犬: AP 0.0\N{NO-BREAK SPACE}%" in seen
    assert not any("none" in text for text in seen)


def test_many_classes_have_a_mean(texts):
    seen = texts(precision_recall([curve(f"class {i}") for i in range(40)]))
    assert "mean" in seen
    assert not any("class" in text for text in seen)


def test_cumulative_error(texts):
    assert "75.0\N{NO-BREAK SPACE}% up to 10\N{NO-BREAK SPACE}%" in texts(cumulative_error([0.02, 0.05, 0.1, 3.0]))
    assert "100.0\N{NO-BREAK SPACE}% up to 20\N{NO-BREAK SPACE}%" in texts(cumulative_error([0.0], limit=0.2))


def view(xyxy, image=None, **marks):
    image = np.full((80, 120, 3), 90, np.uint8) if image is None else image
    return CloseUp(image, np.array(xyxy, np.float64), "cat", "missed", "a/b.png", **marks)


@pytest.mark.parametrize(
    "box", [(30, 30, 50, 50), (0, 0, 5, 5), (100, 60, 120, 80), (40, 40, 40, 40), (-500, -500, 900, 900)]
)
@pytest.mark.parametrize("shape", [(80, 120), (80, 120, 4), (1, 1, 3), (3000, 900, 3)])
def test_any_close_up(box, shape):
    assert close_up(view(box, np.full(shape, 90, np.uint8))).shape == (320, 320, 3)


def test_close_up_shows_the_box_in_the_middle():
    """A black box of 20 pixels a side is seen at 160 of 320, and its lines run along its edges."""
    image = np.full((80, 120, 3), 200, np.uint8)
    image[30:50, 60:80] = 0
    box = np.array([[60.0, 30, 80, 50]])
    rows, columns = np.nonzero((close_up(view(box[0], image)) == 0).all(axis=2))
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (80, 80, 240, 240)
    drawn = close_up(view(box[0], image, found=Detections(box, np.array([0.9]), np.array([0]), ("cat",))))
    rows, columns = np.nonzero((drawn == (0, 114, 178)).all(axis=2))
    assert (columns.min(), columns.max() + 1, rows.max() + 1) == (78, 242, 242)


def test_bad_input():
    with pytest.raises(ArgumentError, match="classes must be at least one with objects"):
        precision_recall([curve("a", n=0)])
    with pytest.raises(ArgumentError, match="errors must be one for each of at least one image"):
        cumulative_error([])
    with pytest.raises(ArgumentError, match="errors must be one for each"):
        cumulative_error([np.nan])
    with pytest.raises(ShapeError, match="image must be of shape"):
        close_up(view((0, 0, 1, 1), np.zeros((8, 8, 2), np.uint8)))

from pathlib import Path

import numpy as np
import pytest

from striate.data import open_boxes, write_image
from striate.errors import ArgumentError
from striate.results import Detections
from striate.tasks.detection_views import mistake_views

BOX = np.array([[4.0, 4, 24, 24]])


@pytest.fixture
def part():
    """A box on the first image, a difficult one on the second, nothing on the third."""
    for i in range(3):
        write_image(Path(f"{i}.png"), np.full((40, 60, 1), 80 * i, np.uint8))
    rows = "0.png,ant,4,4,24,24,0\n1.png,ant,4,4,24,24,1\n2.png,,,,,,\n"
    Path("boxes.csv").write_text("path,label,x0,y0,x1,y1,difficult\n" + rows)
    return open_boxes("boxes.csv", val_share=0).parts["train"]


def found(*confidence):
    """So sure on each image, always in one place; None for nothing found."""
    nothing = Detections.empty()
    return [nothing if c is None else Detections(BOX, np.array([c]), np.array([0]), ("ant",)) for c in confidence]


@pytest.mark.parametrize(
    ("confidence", "misses", "alarms"),
    [
        ((0.9, 0.9, None), 0, 0),
        ((None, None, None), 1, 0),
        ((0.5, 0.5, 0.5), 1, 0),  # not above the threshold
        ((0.9, None, 0.9), 0, 1),
        ((None, 0.9, 0.9), 1, 1),
    ],
)
def test_a_place_for_each_mistake(part, confidence, misses, alarms):
    views = mistake_views(part.items, part.load, found(*confidence), ("ant",), 0.5, 18)
    assert [view.remark == "missed" for view in views] == [True] * misses + [False] * alarms


def test_no_more_than_asked_for(part):
    assert len(mistake_views(part.items, part.load, found(None, 0.9, 0.9), ("ant",), 0.5, 0)) == 0


def test_bad_input(part):
    with pytest.raises(ArgumentError, match="detections must be one for each of 3 images"):
        mistake_views(part.items, part.load, found(0.9), ("ant",), 0.5, 18)

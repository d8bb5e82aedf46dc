from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data import open_boxes, write_image
from striate.errors import ArgumentError, OutputError
from striate.results import Detections
from striate.tasks import draw_detection_mistakes

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
    assert draw_detection_mistakes(part, found(*confidence), ("ant",), 0.5, "page.png") == (misses, alarms)
    assert Path("page.png").exists() == bool(misses + alarms)
    if misses + alarms:
        with Image.open("page.png") as page:
            assert page.width == 2 * (176 * (misses + alarms) + 16)


def test_bad_input(part):
    with pytest.raises(ArgumentError, match="detections must be one for each of 3 images"):
        draw_detection_mistakes(part, found(0.9), ("ant",), 0.5, "page.png")
    with pytest.raises(OutputError):
        draw_detection_mistakes(part, found(None, None, None), ("ant",), 0.5, "nowhere/page.png")

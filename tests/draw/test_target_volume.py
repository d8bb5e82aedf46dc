import io

import numpy as np
import pytest
from PIL import Image

from striate.draw import target_volume_png
from striate.errors import ArgumentError, ShapeError

IMAGE = np.full((120, 120, 3), 90, np.uint8)
CAR, PERSON = [25.0, 75, 75, 105], [40.0, 45, 60, 115]
OPTIONS = {"grid_hw": (3, 3), "anchors_wh": [[20, 60], [50, 30]]}


def drawn(monkeypatch, *arguments, **options):
    """What is written on the page, and the page."""
    from striate.draw import target_volume

    figures = []
    to_png = target_volume.to_png
    monkeypatch.setattr(target_volume, "to_png", lambda figure: figures.append(figure) or to_png(figure))
    page = target_volume_png(*arguments, **options)
    return [text.get_text() for axes in figures[0].axes for text in axes.texts], page


def test_the_numbers_are_those_of_the_volume(monkeypatch):
    """A car that lies, and a person that stands, in the middle cell of the last row; a second car collides."""
    texts, page = drawn(
        monkeypatch, IMAGE, [CAR, PERSON, CAR], [1, 0, 1], ("person", "car $1$", "motorcycle"), **OPTIONS
    )
    assert texts[:8] == ["pc", "bx", "by", "bh", "bw", "c1", "c2", "c3"]
    assert texts[8:17] == ["car $1$: cell 2, 1, anchor 1", "1", "0.25", "0.25", "0.75", "1.25", "0", "1", "0"]
    assert texts[17:26] == ["person: cell 2, 1, anchor 0", "1", "0.25", "0.00", "1.75", "0.50", "1", "0", "0"]
    assert texts[26] == "car $1$: cell 2, 1, anchor 1 is taken, it is left out"
    assert texts[27] == "the other 16 places of 3×3×2×8: pc = 0, the rest does not count"
    assert texts[28:] == ["anchor 0", "anchor 1"]
    assert Image.open(io.BytesIO(page)).format == "PNG"


@pytest.mark.parametrize("shape", [(120, 120), (120, 900, 4), (900, 120, 1)])
@pytest.mark.parametrize("grid_hw", [(1, 1), (3, 5)])
def test_any_image_and_grid(shape, grid_hw):
    page = target_volume_png(np.zeros(shape, np.uint8), [CAR], [0], ["car"], grid_hw=grid_hw, anchors_wh=[[9, 9]])
    assert Image.open(io.BytesIO(page)).format == "PNG"


def test_bad_input():
    with pytest.raises(ArgumentError, match="xyxy must be at least one box"):
        target_volume_png(IMAGE, [], [], ["car"], **OPTIONS)
    with pytest.raises(ArgumentError, match="class_ids must be"):
        target_volume_png(IMAGE, [CAR], [3], ["car"], **OPTIONS)
    with pytest.raises(ShapeError, match="image must be of shape"):
        target_volume_png(np.zeros((8, 8, 2), np.uint8), [CAR], [0], ["car"], **OPTIONS)

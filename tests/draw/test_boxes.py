from itertools import combinations

import numpy as np
import pytest

from striate.draw import draw_detections, draw_localization, draw_truth
from striate.draw.boxes import line_width
from striate.draw.class_colours import class_colour, ink_on, luminance
from striate.draw.lettering import chip
from striate.errors import ArgumentError, ShapeError
from striate.results import Classes, Detections, Localization


def found(*xyxy, confidence=None, classes=None, labels=None):
    n = len(xyxy)
    return Detections(
        np.array(xyxy, np.float64).reshape(-1, 4),
        np.full(n, 0.9) if confidence is None else np.array(confidence),
        np.zeros(n, int) if classes is None else np.array(classes),
        ("car",) * n if labels is None else labels,
    )


def coloured(picture, colour):
    """Left, top, right, bottom of the pixels of a colour."""
    y, x = np.nonzero((picture == colour).all(axis=2))
    return x.min(), y.min(), x.max() + 1, y.max() + 1


@pytest.mark.parametrize("shape", [(120, 160), (120, 160, 1), (120, 160, 3), (120, 160, 4)])
def test_lines_run_around_the_box(shape):
    image = np.full(shape, 200, np.uint8)
    before = image.copy()
    picture = draw_detections(image, found((30, 40, 90, 100)))
    assert picture.shape == (120, 160, 3)
    assert (image == before).all()
    inside = picture[41:99, 31:89]
    assert (inside == inside[0, 0]).all()
    assert (picture[60:80, 29] == class_colour(0)).all()
    assert (picture[60:80, 90] == class_colour(0)).all()
    assert (picture[39, 60:80] == class_colour(0)).all()
    assert (picture[100, 60:80] == class_colour(0)).all()
    assert (picture[101, 60:80] == 255).all()  # the rim


def test_lines_suit_the_image():
    assert [line_width(np.zeros((side, side), np.uint8)) for side in (1, 300, 640, 3000)] == [1, 1, 2, 10]


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 160, 120),  # all of it
        (-500, -500, 900, 900),  # more than all of it: its lines run along the edges
        (150, 110, 400, 400),
        (-40, 30, 10, 60),
        (50, 50, 50, 50),  # without an area
        (50.4, 50, 50.6, 90),
        (1e9, 1e9, 2e9, 2e9),  # outside
        (-1e300, -1e300, 1e300, 1e300),
    ],
)
@pytest.mark.parametrize("size_hw", [(120, 160), (1, 1), (5, 300)])
def test_any_box_on_any_image(box, size_hw):
    image = np.zeros((*size_hw, 3), np.uint8)
    assert draw_detections(image, found(box)).shape == image.shape
    assert draw_truth(image, [box], ["car"]).shape == image.shape


def test_what_is_outside_leaves_no_trace():
    image = np.full((120, 160, 3), 9, np.uint8)
    assert (draw_detections(image, found((300, 10, 400, 50), (-9, -9, 0, 0))) == image).all()
    assert (draw_truth(image, [(300, 10, 400, 50)], ["car"]) == image).all()
    assert (draw_detections(image, Detections.empty()) == image).all()
    assert (draw_truth(image, np.zeros((0, 4))) == image).all()


@pytest.mark.parametrize("box", [(0, 0, 40, 30), (280, 0, 300, 20), (0, 180, 30, 200), (280, 190, 300, 200)])
def test_labels_stay_inside(box):
    picture = draw_detections(np.zeros((200, 300, 3), np.uint8), found(box, labels=("a long name of a class",)))
    plate = chip("a long name of a class\N{LEFT-TO-RIGHT MARK} 90\N{NO-BREAK SPACE}%", 10, class_colour(0))
    wide = plate.shape[1]
    rows, columns = 200 - plate.shape[0] + 1, 300 - wide + 1
    assert any(
        (picture[y : y + plate.shape[0], x : x + wide] == plate).all() for y in range(rows) for x in range(columns)
    )


def test_labels_keep_out_of_each_others_way():
    """Two boxes in one place: the surer one has its label above, the other below."""
    boxes = found((60, 60, 160, 120), (60, 60, 160, 120), confidence=[0.6, 0.9], classes=[0, 1])
    picture = draw_detections(np.zeros((200, 300, 3), np.uint8), boxes)
    assert coloured(picture, class_colour(1))[1] < 59
    assert coloured(picture, class_colour(0))[3] > 121
    assert (picture[59, 100] == class_colour(1)).all()  # and its line on top


@pytest.mark.parametrize("label", ["猫", "قطة", "🐈", "<b>$x$", "a\udce9\x00", "", "z" * 200, "\u202egnikael"])
def test_any_label(label):
    picture = draw_detections(np.zeros((200, 300, 3), np.uint8), found((20, 50, 90, 100), labels=(label,)))
    left, top, right, bottom = coloured(picture, class_colour(0))
    assert (left, bottom) == (19, 101)
    assert top < 49
    assert right <= 300


def test_larger_lines_and_letters():
    plain, large = (draw_detections(np.zeros((200, 300), np.uint8), found((60, 90, 160, 120)), scale=s) for s in (1, 3))
    assert (large != 0).any(axis=2).sum() > 3 * (plain != 0).any(axis=2).sum()


def test_truth_is_dashed():
    picture = draw_truth(np.full((100, 100), 90, np.uint8), [(20, 20, 80, 60)])
    line = picture[19, 19:81, 0]
    assert set(line) == {0, 255}
    assert abs(int((line == 0).sum()) - int((line == 255).sum())) <= 4
    assert (picture[20:60, 20:80] == 90).all()


def test_localization():
    image, classes = np.zeros((120, 160), np.uint8), Classes(("bus", "car"), (0.7, 0.3))
    there = draw_localization(image, Localization(0.9, (30.0, 40, 90, 100), classes), 1)
    assert (there[60, 29] == class_colour(1)).all()
    nothing = draw_localization(image, Localization(0.2, (30.0, 40, 90, 100), classes))
    assert not nothing[40:].any()  # only a note in the corner
    assert nothing[:10, :10].any()


def test_colours_of_classes():
    """The first six differ even in lightness or in what the colour-blind see; twelve are all different."""
    colours = [class_colour(i) for i in range(12)]
    assert len(set(colours)) == 12
    assert class_colour(12) == class_colour(0)
    for colour in colours:
        light, ink = luminance(colour), luminance(ink_on(colour))
        assert (max(light, ink) + 0.05) / (min(light, ink) + 0.05) >= 4.5  # WCAG AA
    assert all(np.abs(np.subtract(a, b)).max() > 40 for a, b in combinations(colours[:6], 2))


def test_bad_input():
    with pytest.raises(ShapeError, match="image must be of shape"):
        draw_detections(np.zeros((8, 8, 2), np.uint8), Detections.empty())
    with pytest.raises(ArgumentError, match="image must be of dtype uint8"):
        draw_truth(np.zeros((8, 8)), [])
    with pytest.raises(ShapeError, match="labels must be one for each of 1 boxes, got 2"):
        draw_truth(np.zeros((8, 8), np.uint8), [(0, 0, 1, 1)], ["a", "b"])

import numpy as np
import pytest

from striate.draw import draw_faces
from striate.draw.boxes import NOTHING
from striate.draw.class_colours import class_colour
from striate.errors import ShapeError
from striate.results import Candidate, Candidates, Face, Liveness, Match

IMAGE = np.zeros((120, 160), np.uint8)
POINTS = ((60.5, 50.5), (90.5, 50.5), (75.5, 65.5), (64.5, 80.5), (86.5, 80.5))
FACE = Face((50.0, 30.0, 100.0, 95.0), 0.99, POINTS)
BLUE, ORANGE = class_colour(0), class_colour(1)

# An answer, the colour of its face, and what is written there.
ANSWERS = [
    (None, BLUE),
    (Match(0.4, 0.6), BLUE),
    (Match(0.7, 0.6), ORANGE),
    (Candidates((Candidate("Ada", 0.4), Candidate("Bob", 0.9)), 0.6), BLUE),
    (Candidates((Candidate("Bob", 0.9),), 0.6), NOTHING),
    (Candidates((), 0.6), NOTHING),
    (Liveness(True, 0.9), BLUE),
    (Liveness(False, 0.1), ORANGE),
    (Liveness.not_checked(), NOTHING),
]


@pytest.mark.parametrize(("answer", "colour"), ANSWERS)
def test_each_answer_in_its_colour(answer, colour):
    picture = draw_faces(IMAGE, [FACE], [answer])
    assert tuple(picture[60, 49]) == colour  # the box's left side
    assert all(tuple(picture[int(y), int(x)]) == colour for x, y in POINTS)


def test_what_is_written():
    from striate.draw.faces import _label

    texts = [_label(FACE, answer)[0].replace("\N{LEFT-TO-RIGHT MARK}", "") for answer, _ in ANSWERS]
    assert [t.replace("\N{NO-BREAK SPACE}", " ") for t in texts] == [
        "99 %",
        "same 0.40",
        "different 0.70",
        "Ada 0.40",
        "not recognised 0.90",
        "not recognised",
        "live 90 %",
        "not live 10 %",
        "not checked",
    ]


def test_no_face_changes_nothing():
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    np.testing.assert_array_equal(draw_faces(image, []), image)


def test_what_lies_outside_of_the_image():
    far = Face((-500.0, -500.0, -400.0, -400.0), 0.9, ((-450.0, -450.0),) * 5)
    assert not draw_faces(IMAGE, [far]).any()
    partly = Face((-20.0, -20.0, 30.0, 30.0), 0.9, ((5.0, 5.0),) * 5)
    assert draw_faces(IMAGE, [partly, FACE]).any()


def test_bad_input():
    with pytest.raises(ShapeError, match="answers must be one for each of 1 faces, got 2"):
        draw_faces(IMAGE, [FACE], [None, None])
    with pytest.raises(ShapeError, match="image must be of shape"):
        draw_faces(np.zeros((8, 8, 2), np.uint8), [FACE])

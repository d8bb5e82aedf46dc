import pytest

from striate.faces import every, largest, most_central
from striate.results import Face


def face(left, top, right, bottom):
    return Face((left, top, right, bottom), 0.9, ((0.0, 0.0),) * 5)


SMALL_CENTRAL, LARGE, SMALL = face(45, 95, 55, 105), face(0, 0, 40, 40), face(80, 0, 90, 10)


# faces, and which of them are meant on an image of 200 x 100 pixels
@pytest.mark.parametrize(
    ("choose", "faces", "meant"),
    [
        (every, [LARGE, SMALL], (LARGE, SMALL)),
        (largest, [SMALL, LARGE, SMALL_CENTRAL], (LARGE,)),
        (most_central, [LARGE, SMALL, SMALL_CENTRAL], (SMALL_CENTRAL,)),
        (largest, [LARGE, face(60, 0, 100, 40)], (LARGE,)),  # equally large
        (most_central, [face(0, 0, 20, 20), face(80, 0, 100, 20)], (face(0, 0, 20, 20),)),  # equally far
        (every, [], ()),
        (largest, [], ()),
        (most_central, [], ()),
    ],
)
def test_which_face_is_meant(choose, faces, meant):
    assert choose(faces, (200, 100)) == meant

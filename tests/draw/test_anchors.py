import io

import numpy as np
import pytest
from PIL import Image

from striate.draw import anchors_png
from striate.errors import ShapeError


@pytest.mark.parametrize(("boxes", "anchors"), [(1, 1), (30, 9), (40_000, 2)])
def test_any_number(boxes, anchors):
    rng = np.random.default_rng(0)
    sizes = rng.uniform(0.5, 900, (boxes, 2))
    page = anchors_png(sizes, rng.integers(0, anchors, boxes), sizes[:anchors], 0.8)
    assert Image.open(io.BytesIO(page)).size == (2 * 880, 2 * 440)


def test_bad_input():
    with pytest.raises(ShapeError, match=r"of shapes \(N, 2\), \(N,\) and \(A, 2\)"):
        anchors_png([[1, 2]], [0, 0], [[1, 2]], 1.0)

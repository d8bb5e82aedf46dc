import numpy as np
import pytest

from striate.errors import ArgumentError
from striate.preset import Preset
from striate.tasks.window_level import window_level

SQUARE = Preset(size_hw=(32, 32))


@pytest.mark.parametrize(
    ("image_hw", "size", "stride", "counts"),
    [
        ((32, 32), 32, 4, (1, 1)),  # one window and no more
        ((33, 32), 32, 4, (2, 1)),  # the last row hangs over the end
        ((36, 40), 32, 4, (2, 3)),
        ((36, 40), 16, 4, (6, 7)),  # rescaled by two: the stride is the image's
        ((64, 64), 64, 64, (1, 1)),
        ((10, 500), 32, 32, (1, 16)),  # an image smaller than a window
        ((1, 1), 32, 4, (1, 1)),
        ((40, 40), 32, 3, (4, 4)),
    ],
)
def test_windows_cover_the_image_at_every_stride(image_hw, size, stride, counts):
    level = window_level(image_hw, SQUARE, size, stride=stride)
    assert level.counts == counts
    seen = np.zeros(image_hw, dtype=bool)
    for left, top, right, bottom in level.boxes():
        assert 0 <= left < right <= image_hw[1]
        assert 0 <= top < bottom <= image_hw[0]
        seen[round(top) : round(bottom), round(left) : round(right)] = True
    assert seen.all()


def test_own_strides_grow_with_the_windows():
    level = window_level((128, 256), SQUARE, 64, own_stride_hw=(4, 8))
    assert np.diff(np.unique(level.boxes()[:, 1])).tolist() == [8.0] * 8
    assert np.diff(np.unique(level.boxes()[:, 0])).tolist() == [16.0] * 12


def test_fractions_of_a_pixel_are_rounded_and_boxes_say_so():
    level = window_level((96, 96), Preset(size_hw=(30, 30)), 48, stride=5)  # a stride of 3.125 rescaled
    assert level.left.tolist()[:5] == [0, 3, 6, 9, 12]
    assert level.boxes()[1].tolist() == [3 * 1.6, 0.0, 33 * 1.6, 48.0]
    assert window_level((64, 64), SQUARE, 64, stride=1).counts == (1, 1)
    assert window_level((66, 64), SQUARE, 64, stride=1).counts == (2, 1)  # 0, 0.5 and 1 are two places


def test_windows_have_the_shape_of_the_input():
    level = window_level((100, 300), Preset(size_hw=(16, 48)), 32, own_stride_hw=(16, 48))
    assert level.boxes()[0].tolist() == [0, 0, 96, 32]
    assert level.boxes(slice(1, 2), slice(2, 3)).tolist() == [[192, 32, 288, 64]]
    assert level.boxes()[-1].tolist() == [288, 96, 300, 100]  # cut off at the edges


def test_images_that_would_not_fit_memory_are_refused():
    with pytest.raises(ArgumentError, match="size must be at least about 20 for an image of 4000x3000"):
        window_level((3000, 4000), SQUARE, 8, own_stride_hw=(4, 4))
    window_level((3000, 4000), SQUARE, 20, own_stride_hw=(4, 4))

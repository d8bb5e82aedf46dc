import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from striate.errors import ArgumentError, ShapeError
from striate.ops import output_size, pad_amounts

small = st.integers(1, 6)


# What the documents print: A3, A4, A8, A9, B7's ceil mode.
@pytest.mark.parametrize(
    ("n", "f", "options", "expected"),
    [
        (6, 3, {}, 4),
        (6, 3, {"padding": 1}, 6),
        (6, 3, {"padding": "same"}, 6),
        (6, 5, {"padding": "same"}, 6),
        (6, 4, {"padding": "same"}, 6),  # even filter: asymmetric
        (6, 3, {"padding": "full"}, 8),
        (6, 3, {"padding": (0, 2)}, 6),
        (7, 3, {"stride": 2}, 3),
        (39, 3, {}, 37),
        (37, 5, {"stride": 2}, 17),
        (17, 5, {"stride": 2}, 7),
        (227, 11, {"stride": 4}, 55),
        (224, 3, {"stride": 2, "padding": "same"}, 112),
        (112, 3, {"stride": 2, "ceil": True}, 56),
        (3, 1, {"stride": 3, "ceil": True}, 1),  # a second window would start outside
        (2, 3, {"stride": 2, "ceil": True}, 1),  # a single window may hang over the end
        (7, 3, {"dilation": 3}, 1),  # just fits
    ],
)
def test_known_sizes(n, f, options, expected):
    assert output_size(n, f, **options) == expected


@pytest.mark.parametrize(
    ("f", "expected"), [(1, (0, 0)), (2, (0, 1)), (3, (1, 1)), (4, (1, 2)), (5, (2, 2)), (7, (3, 3))]
)
def test_same_puts_the_odd_pixel_last(f, expected):
    assert pad_amounts(28, f, padding="same") == expected


@settings(deadline=None)
@given(n=st.integers(1, 40), f=small, stride=small, dilation=small, ceil=st.booleans(), data=st.data())
def test_equals_torch_pooling(n, f, stride, dilation, ceil, data):
    padding = data.draw(st.integers(0, f // 2))
    try:
        x = torch.zeros(1, 1, n, device="meta")
        expected = F.max_pool1d(x, f, stride, padding, dilation, ceil_mode=ceil).shape[-1]
    except RuntimeError:
        expected = 0
    if expected < 1:
        with pytest.raises(ShapeError):
            output_size(n, f, stride=stride, padding=padding, dilation=dilation, ceil=ceil)
    else:
        assert output_size(n, f, stride=stride, padding=padding, dilation=dilation, ceil=ceil) == expected


@settings(deadline=None)
@given(n=st.integers(1, 40), f=small, stride=small, dilation=small)
def test_same_is_the_least_padding_that_gives_every_stride_an_output(n, f, stride, dilation):
    before, after = pad_amounts(n, f, stride, "same", dilation)
    assert output_size(n, f, stride=stride, padding="same", dilation=dilation) == -(-n // stride)
    assert 0 <= after - before <= 1
    if before + after:  # with one zero less, a window is lost
        span = (f - 1) * dilation + 1
        assert len(range(0, n + before + after - 1 - span + 1, stride)) == -(-n // stride) - 1


@settings(deadline=None)
@given(n=st.integers(1, 40), f=small, dilation=small)
def test_full_touches_everywhere(n, f, dilation):
    span = (f - 1) * dilation + 1
    assert output_size(n, f, padding="full", dilation=dilation) == n + span - 1


@pytest.mark.parametrize(
    ("n", "f", "options", "message"),
    [
        (0, 3, {}, "n must be an integer of at least 1, got 0"),
        (6, 0, {}, "f must be an integer of at least 1, got 0"),
        (6, 3, {"stride": 0}, "stride must be"),
        (6, 3, {"dilation": 0}, "dilation must be"),
        (6, 3, {"padding": -1}, "padding must be"),
        (6, 3, {"padding": (1, -1)}, "padding must be"),
        (6, 3, {"padding": "half"}, "padding must be 'valid', 'same', 'full'"),
        (6, 3, {"padding": (1, 1, 1)}, "padding must be"),
        (6, 3, {"padding": 0.5}, "padding must be"),
        (6, 3, {"padding": True}, "padding must be"),
        (6.0, 3, {}, "n must be"),
    ],
)
def test_bad_arguments(n, f, options, message):
    with pytest.raises(ArgumentError, match=message):
        output_size(n, f, **options)


def test_a_filter_that_does_not_fit_says_so():
    with pytest.raises(ShapeError, match=r"spans 5 does not fit an input of 2 with padding \(1, 1\)"):
        output_size(2, 3, dilation=2, padding=1)

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import tensor
from torch.nn import functional as F

from striate.errors import ArgumentError, ShapeError
from striate.ops import avg_pool, global_pool, max_pool

EXAMPLE = tensor([[1, 3, 2, 1], [2, 9, 1, 1], [1, 3, 2, 3], [5, 6, 1, 2]])


def test_a9_document_example():
    assert max_pool(EXAMPLE, 2).tolist() == [[9, 2], [6, 3]]
    assert avg_pool(EXAMPLE, 2).tolist() == [[3.75, 1.25], [3.75, 2]]
    assert global_pool(EXAMPLE) == EXAMPLE.double().mean()


def test_7x7x1000_collapses_to_1000_and_channels_stay_apart():
    x = torch.rand(2, 1000, 7, 7)
    assert torch.allclose(global_pool(x), x.flatten(2).mean(-1))
    x = torch.rand(5, 8, 8)
    assert torch.equal(max_pool(x, 2), torch.stack([max_pool(channel, 2) for channel in x]))


def test_same_padded_pooling_of_stride_one_keeps_the_size():
    x = -torch.rand(192, 28, 28) - 1  # all negative: a zero of padding would win
    y = max_pool(x, 3, stride=1, padding="same")
    assert y.shape == x.shape
    assert torch.equal(y, F.max_pool2d(x, 3, 1, 1))


@settings(deadline=None, max_examples=60)
@given(n=st.integers(2, 12), f=st.integers(1, 4), stride=st.integers(1, 4), ceil=st.booleans(), data=st.data())
def test_equals_torch(n, f, stride, ceil, data):
    padding = data.draw(st.integers(0, f // 2))
    x = torch.rand(2, 3, n, n + 1, dtype=torch.float64) - 0.5
    if n + 2 * padding < f:
        return
    options = {"stride": stride, "padding": padding}
    assert torch.equal(max_pool(x, f, ceil=ceil, **options), F.max_pool2d(x, f, ceil_mode=ceil, **options))
    expected = F.avg_pool2d(x, f, ceil_mode=ceil, count_include_pad=False, **options)
    assert torch.allclose(avg_pool(x, f, ceil=ceil, **options), expected)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_every_dimension(dims):
    x = torch.rand(2, *(6,) * dims)
    assert max_pool(x, 3, dims=dims).shape == (2, *(2,) * dims)
    assert torch.allclose(avg_pool(torch.ones_like(x), 3, padding="same", dims=dims), torch.ones(2, *(2,) * dims))
    assert global_pool(x, dims=dims).shape == (2,)


def test_pooling_what_is_empty_or_infinite():
    assert max_pool(torch.zeros(0, 4, 4), 2).shape == (0, 2, 2)
    assert avg_pool(torch.full((2, 2), torch.inf), 2).item() == torch.inf
    assert max_pool(torch.full((2, 2), -torch.inf), 2).item() == -torch.inf
    assert max_pool(tensor([[1.0, torch.nan]]), 1).isnan().tolist() == [[False, True]]


@pytest.mark.parametrize(
    ("f", "options", "error", "message"),
    [
        (5, {}, ShapeError, "spans 5 does not fit an input of 4"),
        (0, {}, ArgumentError, "f must be"),
        (2, {"stride": 0}, ArgumentError, "stride must be"),
        (2, {"padding": 2}, ArgumentError, "padding must be smaller than the window, 2"),
        (2, {"dims": 4}, ArgumentError, "dims must be"),
        (2, {"dims": 3}, ShapeError, "x must be of at least 3 axes"),
    ],
)
def test_bad_arguments(f, options, error, message):
    with pytest.raises(error, match=message):
        max_pool(EXAMPLE, f, **options)
    with pytest.raises(error, match=message):
        avg_pool(EXAMPLE, f, **options)

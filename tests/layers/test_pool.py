"""Pooling layers against the documents' figures and scikit-image's blocks."""

import numpy as np
import pytest
import torch
from skimage.measure import block_reduce

from striate.layers import GlobalAvgPool, avg_pool, grid_pool, max_pool
from striate.ops.size import output_size

SQUARE = torch.tensor([[[[1.0, 3, 2, 1], [2, 9, 1, 1], [1, 3, 2, 3], [5, 6, 1, 2]]]])


def test_the_documents_example() -> None:
    assert max_pool(2, 2)(SQUARE).squeeze().tolist() == [[9, 2], [6, 3]]
    assert avg_pool(2, 2)(SQUARE).squeeze().tolist() == [[3.75, 1.25], [3.75, 2]]


@pytest.mark.parametrize(("make", "reduce"), [(max_pool, np.max), (avg_pool, np.mean)])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_pools_equal_blocks(make, reduce, dims: int) -> None:
    x = torch.randn(2, 3, *[6] * dims)
    expected = block_reduce(x.numpy(), (1, 1, *[2] * dims), reduce)
    np.testing.assert_allclose(make(dims, 2)(x).numpy(), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "ceil"),
    [(3, 2, 1, False), (3, 2, 0, True), (3, 1, 1, False), (2, None, 0, False), (2, None, 0, True)],
)
@pytest.mark.parametrize("make", [max_pool, avg_pool])
@pytest.mark.parametrize("n", [7, 8, 13])
def test_sizes_follow_the_one_arithmetic(make, n: int, kernel: int, stride: int | None, padding: int, ceil: bool):
    size = output_size(n, kernel, stride=stride or kernel, padding=padding, ceil=ceil)
    assert make(1, kernel, stride, padding=padding, ceil=ceil)(torch.zeros(1, 1, n)).shape == (1, 1, size)


def test_same_padded_pooling_keeps_the_size_and_padding_never_wins() -> None:
    x = -torch.rand(1, 2, 28, 28) - 1
    y = max_pool(2, 3, 1, padding=1)(x)
    assert y.shape == x.shape
    assert y.max() < -1


def test_pools_have_no_parameters() -> None:
    for pool in (max_pool(2, 2), avg_pool(2, 2), grid_pool(2, 7), GlobalAvgPool()):
        assert not list(pool.parameters())


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_global_average(dims: int) -> None:
    x = torch.randn(2, 3, *(5, 4, 3)[:dims])
    np.testing.assert_allclose(GlobalAvgPool()(x), x.numpy().reshape(2, 3, -1).mean(-1), atol=1e-6)


def test_a_grid_of_the_inputs_own_size_is_the_input() -> None:
    x = torch.randn(1, 2, 7, 7)
    assert torch.equal(grid_pool(2, 7)(x), x)
    assert torch.equal(grid_pool(2, 7)(x[..., :1, :1]), x[..., :1, :1].expand(1, 2, 7, 7))


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_padding_that_does_not_count_leaves_a_constant_as_it_is(dims: int) -> None:
    ones = torch.ones(1, 2, *[5] * dims)
    assert torch.equal(avg_pool(dims, 3, 1, padding=1, count_padding=False)(ones), ones)
    assert avg_pool(dims, 3, 1, padding=1)(ones).flatten()[0] == pytest.approx((2 / 3) ** dims)


@pytest.mark.parametrize("count_padding", [True, False])
def test_a_window_larger_than_a_volume_is_filled_with_padding(count_padding: bool) -> None:
    x = torch.randn(2, 3, 2)
    signal = avg_pool(1, 3, 1, padding=1, count_padding=count_padding)(x)
    volume = avg_pool(3, 3, 1, padding=1, count_padding=count_padding)(x[..., None, None].expand(2, 3, 2, 1, 1))
    torch.testing.assert_close(volume[..., 0, 0], signal / 9 if count_padding else signal)

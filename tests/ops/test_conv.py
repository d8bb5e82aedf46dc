import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import tensor

from striate.errors import ArgumentError, ShapeError
from striate.ops import convolve, cross_correlate, edge_filter, flip_filter, max_pool, pad_amounts

IMAGE_6X6 = tensor(
    [
        [3, 0, 1, 2, 7, 4],
        [1, 5, 8, 9, 3, 1],
        [2, 7, 2, 5, 1, 3],
        [0, 1, 3, 1, 7, 8],
        [4, 2, 1, 6, 2, 8],
        [2, 4, 5, 2, 3, 9],
    ]
)
VERTICAL = tensor([[1, 0, -1]] * 3)


def slow_cross_correlate(x, w, stride, pads, dilation):
    """One volume (C, H, W), filters (K, C, f, f), by the definition."""
    (top, bottom), (left, right) = pads
    x = np.pad(x, ((0, 0), (top, bottom), (left, right)))
    f, g = w.shape[-2:]
    span_f, span_g = (f - 1) * dilation + 1, (g - 1) * dilation + 1
    rows = range(0, x.shape[1] - span_f + 1, stride)
    columns = range(0, x.shape[2] - span_g + 1, stride)
    y = np.zeros((len(w), len(rows), len(columns)))
    for k in range(len(w)):
        for i, r in enumerate(rows):
            for j, c in enumerate(columns):
                y[k, i, j] = (x[:, r : r + span_f : dilation, c : c + span_g : dilation] * w[k]).sum()
    return y


def test_a1_first_example():
    expected = [[-5, -4, 0, 8], [-10, -2, 2, 3], [0, -2, -4, -7], [-3, -2, -3, -16]]
    assert cross_correlate(IMAGE_6X6, VERTICAL).tolist() == expected


def test_a4_strided_example_without_its_misprints():
    image = tensor(
        [
            [2, 3, 7, 4, 6, 2, 9],
            [6, 6, 9, 8, 7, 4, 3],
            [3, 4, 8, 3, 8, 9, 7],
            [7, 8, 3, 6, 6, 3, 4],
            [4, 2, 1, 8, 3, 4, 6],
            [3, 2, 4, 1, 9, 8, 3],
            [0, 1, 3, 9, 2, 1, 4],
        ]
    )
    y = cross_correlate(image, tensor([[3, 4, 4], [1, 0, 2], [-1, 0, 3]]), stride=2)
    assert y.tolist() == [[91, 100, 88], [69, 91, 117], [44, 72, 74]]  # printed: 83 and 127


def test_a5_the_filter_is_flipped():
    w = tensor([[3, 4, 5], [1, 0, 2], [-1, 9, 7]])
    assert flip_filter(w).tolist() == [[7, 9, -1], [2, 0, 1], [5, 4, 3]]
    assert torch.equal(convolve(IMAGE_6X6, w), cross_correlate(IMAGE_6X6, flip_filter(w)))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**31), n=st.integers(3, 7), f=st.integers(1, 4), g=st.integers(1, 4))
def test_a5_convolution_is_associative_and_commutative(seed, n, f, g):
    generator = torch.Generator().manual_seed(seed)
    a, b, c = (torch.randint(-9, 10, (k, k), generator=generator).double() for k in (n, f, g))
    assert torch.equal(
        convolve(convolve(a, b, padding="full"), c, padding="full"),
        convolve(a, convolve(b, c, padding="full"), padding="full"),
    )
    assert torch.equal(convolve(a, b, padding="full"), convolve(b, a, padding="full"))


def test_a5_cross_correlation_is_not_associative():
    a, b, c = IMAGE_6X6, tensor([[1, 2], [3, 4]]), tensor([[0, 1], [-1, 5]])
    left = cross_correlate(cross_correlate(a, b, padding="full"), c, padding="full")
    right = cross_correlate(a, cross_correlate(b, c, padding="full"), padding="full")
    assert left.shape == right.shape
    assert not torch.equal(left, right)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("padding", ["valid", "full"])
def test_equals_scipy_in_every_dimension(dims, padding):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(9, 7, 8)[:dims]), rng.normal(size=(3, 2, 4)[:dims])
    y = cross_correlate(torch.from_numpy(x), torch.from_numpy(w), padding=padding, dims=dims)
    np.testing.assert_allclose(y, scipy.signal.correlate(x, w, padding), atol=1e-12)
    y = convolve(torch.from_numpy(x), torch.from_numpy(w), padding=padding, dims=dims)
    np.testing.assert_allclose(y, scipy.signal.convolve(x, w, padding), atol=1e-12)


@pytest.mark.parametrize("f", [2, 3, 4, 5])
def test_same_equals_ndimage_with_its_centre_moved_for_even_filters(f):
    rng = np.random.default_rng(f)
    x, w = rng.normal(size=(8, 9)), rng.normal(size=(f, f))
    y = cross_correlate(torch.from_numpy(x), torch.from_numpy(w), padding="same")
    # scipy's window of even size starts f // 2 before the pixel, ours (f - 1) // 2: the odd zero right and below
    origin = 0 if f % 2 else -1
    np.testing.assert_allclose(y, scipy.ndimage.correlate(x, w, mode="constant", origin=origin), atol=1e-12)


@pytest.mark.parametrize("padding", [0, 2, (0, 3), "same", "full"])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 2)])
def test_volumes_equal_the_definition(padding, stride, dilation):
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(3, 8, 11)), rng.normal(size=(2, 3, 3, 2))
    pads = [pad_amounts(n, f, stride, padding, dilation) for n, f in ((8, 3), (11, 2))]
    y = cross_correlate(torch.from_numpy(x), torch.from_numpy(w), stride=stride, padding=padding, dilation=dilation)
    np.testing.assert_allclose(y, slow_cross_correlate(x, w, stride, pads, dilation), atol=1e-12)


def test_a6_two_filters_of_27_numbers_give_4x4x2():
    image, filters = torch.rand(3, 6, 6), torch.rand(2, 3, 3, 3)
    y = cross_correlate(image, filters)
    assert y.shape == (2, 4, 4)
    assert torch.allclose(cross_correlate(image, filters[0]), y[0], atol=1e-5)
    assert y[1, 3, 2].item() == pytest.approx((image[:, 3:6, 2:5] * filters[1]).sum().item(), rel=1e-5)


# What the axes of x and filters mean: (x, filters, dims) -> y
@pytest.mark.parametrize(
    ("x", "filters", "dims", "y"),
    [
        ((6, 6), (3, 3), 2, (4, 4)),
        ((3, 6, 6), (3, 3), 2, (3, 4, 4)),  # each channel on its own
        ((5, 3, 6, 6), (3, 3), 2, (5, 3, 4, 4)),
        ((3, 6, 6), (3, 3, 3), 2, (4, 4)),  # one filter as deep as the volume
        ((5, 3, 6, 6), (3, 3, 3), 2, (5, 4, 4)),
        ((3, 6, 6), (2, 3, 3, 3), 2, (2, 4, 4)),
        ((5, 3, 6, 6), (2, 3, 3, 3), 2, (5, 2, 4, 4)),
        ((0, 3, 6, 6), (2, 3, 3, 3), 2, (0, 2, 4, 4)),  # an empty batch
        ((14,), (5,), 1, (10,)),
        ((1, 14), (16, 1, 5), 1, (16, 10)),  # F1
        ((16, 10), (32, 16, 5), 1, (32, 6)),
        ((1, 14, 14, 14), (16, 1, 5, 5, 5), 3, (16, 10, 10, 10)),  # F2
        ((4, 4, 4), (3, 3, 3), 3, (2, 2, 2)),
    ],
)
def test_shapes(x, filters, dims, y):
    assert cross_correlate(torch.zeros(x), torch.zeros(filters), dims=dims).shape == y


@pytest.mark.parametrize(
    ("x", "filters", "dims", "message"),
    [
        ((3, 6, 6), (2, 4, 3, 3), 2, "as many channels as the image, 3, got 4"),
        ((3, 6, 6), (1, 3, 3), 2, "as many channels as the image, 3, got 1"),
        ((6, 6), (3, 3, 3), 2, r"x must be \(C, \*S\)"),
        ((1, 1, 3, 6, 6), (2, 3, 3, 3), 2, r"x must be \(C, \*S\)"),
        ((6,), (3, 3), 2, "x must be of at least 2 axes"),
        ((6, 6), (3,), 2, "filters must be of 2 to 4 axes"),
        ((2, 6), (3, 3), 2, "spans 3 does not fit an input of 2"),
        ((0, 6), (3, 3), 2, "n must be"),
    ],
)
def test_shapes_that_do_not_fit(x, filters, dims, message):
    with pytest.raises(ArgumentError, match=message):
        cross_correlate(torch.zeros(x), torch.zeros(filters), dims=dims)


def test_channel_mismatch_is_a_shape_error_and_dims_are_one_to_three():
    with pytest.raises(ShapeError):
        cross_correlate(torch.zeros(3, 6, 6), torch.zeros(1, 1, 3, 3))
    with pytest.raises(ArgumentError, match="dims must be 1, 2 or 3, got 4"):
        cross_correlate(torch.zeros(6, 6), torch.zeros(3, 3), dims=4)


def test_a7_parameters_and_output_of_a_layer():
    w, b = torch.rand(10, 3, 3, 3), torch.rand(10)
    assert w.numel() + b.numel() == 280
    a = torch.relu(cross_correlate(torch.rand(3, 6, 6), w) + b[:, None, None])
    assert a.shape == (10, 4, 4)


def test_gradients_flow_to_image_and_filters():
    x = torch.rand(2, 5, 5, dtype=torch.float64, requires_grad=True)
    w = torch.rand(2, 2, 2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, w: cross_correlate(x, w, stride=2, padding="same"), (x, w))


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a11_shifting_the_input_by_the_stride_shifts_the_output(stride):
    x = torch.rand(1, 20, 24, dtype=torch.float64)
    shifted = x.roll((stride, 2 * stride), dims=(-2, -1))
    w = torch.rand(4, 1, 3, 3, dtype=torch.float64)
    for layer in (lambda v: cross_correlate(v, w, stride=stride), lambda v: max_pool(v, 3, stride=stride)):
        y, moved = layer(x), layer(shifted)
        torch.testing.assert_close(moved[..., 1:, 2:], y[..., :-1, :-2], rtol=1e-14, atol=0)  # sums in any order


def test_a11_a_vertical_edge_is_found_wherever_it_is():
    image = torch.zeros(8, 16)
    image[:, :6] = 10
    answer = cross_correlate(image, edge_filter("plain"))
    assert torch.equal(cross_correlate(image.roll(3, -1), edge_filter("plain"))[:, 5:], answer[:, 2:-3])

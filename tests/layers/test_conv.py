"""Convolutions against scipy's; SAME padding, norm and activation against TensorFlow's rule and numpy, written out."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import correlate
from torch import nn

from striate.errors import ArgumentError
from striate.layers import SamePad, along_axes, conv, conv_norm, sequential

SIDES = {1: (9,), 2: (9, 6), 3: (5, 6, 4)}


def slow_conv(x: np.ndarray, filters: np.ndarray, stride: int = 1) -> np.ndarray:
    """(C, *S), (K, C, *F) -> (K, *S'): window by window, without padding."""
    spans = [range(0, n - f + 1, stride) for n, f in zip(x.shape[1:], filters.shape[2:], strict=True)]
    out = np.zeros((len(filters), *map(len, spans)))
    for place in itertools.product(*map(enumerate, spans)):
        starts = [start for _, start in place]
        window = x[(slice(None), *(slice(a, a + f) for a, f in zip(starts, filters.shape[2:], strict=True)))]
        for k, weights in enumerate(filters):
            out[(k, *(i for i, _ in place))] = (window * weights).sum()
    return out


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_conv_equals_scipy(dims: int) -> None:
    layer = conv(dims, 2, 3, 3).double()
    x = torch.randn(1, 2, *SIDES[dims], dtype=torch.float64)
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    expected = [
        sum(correlate(x[0, c].numpy(), w[c], mode="constant") for c in range(2)) + b
        for w, b in zip(weight, bias, strict=True)
    ]
    np.testing.assert_allclose(layer(x)[0].detach().numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_depthwise_filters_each_channel_on_its_own(dims: int) -> None:
    layer = conv(dims, 3, 3, 3, groups=3, bias=False).double()
    x = torch.randn(1, 3, *SIDES[dims], dtype=torch.float64)
    expected = [correlate(x[0, c].numpy(), layer.weight[c, 0].detach().numpy(), mode="constant") for c in range(3)]
    assert layer.weight.shape == (3, 1, *[3] * dims)
    np.testing.assert_allclose(layer(x)[0].detach().numpy(), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("n", "kernel", "stride", "before", "after"),  # as TensorFlow's documentation of SAME gives them
    [
        (224, 3, 2, 0, 1),  # the stem of every EfficientNet: symmetric padding would shift all by a pixel
        (225, 3, 2, 1, 1),
        (14, 5, 2, 1, 2),
        (7, 5, 1, 2, 2),
        (6, 2, 1, 0, 1),
        (13, 6, 5, 1, 2),
        (4, 1, 2, 0, 0),  # a stride wider than the kernel needs no padding
        (1, 3, 2, 1, 1),  # one sample
    ],
)
def test_same_pad_amounts(n: int, kernel: int, stride: int, before: int, after: int) -> None:
    padded = SamePad(kernel, stride)(torch.ones(1, 1, n))
    assert padded[0, 0].tolist() == [0] * before + [1] * n + [0] * after


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 40), st.integers(1, 7), st.integers(1, 4), st.integers(1, 3))
def test_same_gives_one_output_per_stride(n: int, kernel: int, stride: int, dims: int) -> None:
    layer = conv_norm(dims, 1, 1, kernel, stride, padding="same")
    x = torch.zeros(1, 1, n, *[3] * (dims - 1))
    assert layer.eval()(x).shape[2:] == (-(-n // stride), *[-(-3 // stride)] * (dims - 1))


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 2), (4, 1), (2, 3)])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_same_conv_norm_equals_a_slow_one(dims: int, kernel: int, stride: int) -> None:
    layer = conv_norm(dims, 2, 3, kernel, stride, padding="same", activation=nn.ReLU, eps=1e-3).double()
    x = torch.randn(2, 2, *SIDES[dims], dtype=torch.float64)
    ends = []
    for n in SIDES[dims]:
        total = max((-(-n // stride) - 1) * stride + kernel - n, 0)
        ends.append((total // 2, total - total // 2))
    padded = np.pad(x.numpy(), [(0, 0), (0, 0), *ends])
    y = np.stack([slow_conv(image, layer.conv.weight.detach().numpy(), stride) for image in padded])
    axes = (0, *range(2, y.ndim))
    y = (y - y.mean(axes, keepdims=True)) / np.sqrt(y.var(axes, keepdims=True) + 1e-3)
    np.testing.assert_allclose(layer(x).detach().numpy(), np.maximum(y, 0), atol=1e-9)


def test_padding_that_a_convolution_can_do_itself_costs_no_copy() -> None:
    names = {
        padding: [name for name, _ in conv_norm(2, 1, 1, 3, padding=padding).named_children()]
        for padding in ("same", "half", 0)
    }
    assert names == {"same": ["conv", "norm"], "half": ["conv", "norm"], 0: ["conv", "norm"]}


@pytest.mark.parametrize("padding", ["half", "same"])
@pytest.mark.parametrize(
    ("dims", "kernels"), [(1, [(7,)]), (2, [(1, 7), (7, 1)]), (3, [(1, 1, 7), (1, 7, 1), (7, 1, 1)])]
)
def test_kernels_along_the_axes_see_what_the_whole_sees(
    dims: int, kernels: list[tuple[int, ...]], padding: str
) -> None:
    assert along_axes(dims, 7) == kernels
    rows = [conv_norm(dims, 1, 1, kernel, padding=padding).conv.double() for kernel in kernels]
    x = torch.randn(1, 1, *SIDES[dims], dtype=torch.float64)
    y, outer = x, torch.ones(1, dtype=torch.float64)
    for row in rows:
        y = row(y)
        outer = outer * row.weight[0, 0]  # (1, 7) and (7, 1) give (7, 7)
    expected = correlate(x[0, 0].numpy(), outer.detach().numpy(), mode="constant")
    np.testing.assert_allclose(y[0, 0].detach().numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("padding", ["same", "half"])
def test_even_and_uneven_kernels_with_stride(padding: str) -> None:
    layer = conv_norm(2, 1, 1, (2, 5), 2, padding=padding)
    shape = layer(torch.zeros(2, 1, 9, 6)).shape[2:]
    assert shape == {"same": (5, 3), "half": (4, 3)}[padding]


def test_a_kernel_of_other_axes_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"kernel must be one number, or one for each of 2 axes, got \(3,\)"):
        conv_norm(2, 1, 1, (3,))


def test_norm_takes_eps_and_momentum() -> None:
    norm = conv_norm(2, 1, 4, 3, eps=1e-3, momentum=0.01).norm
    assert (norm.eps, norm.momentum) == (1e-3, 0.01)


def test_parameters_of_ten_filters_do_not_depend_on_the_image() -> None:
    layer = conv(2, 3, 10, 3)
    assert sum(p.numel() for p in layer.parameters()) == 280
    assert layer(torch.zeros(1, 3, 8, 8)).shape[1] == layer(torch.zeros(1, 3, 50, 9)).shape[1] == 10


def test_same_conv_is_exported() -> None:
    layer = conv_norm(2, 3, 4, 3, 2, padding="same").eval()
    x = torch.randn(2, 3, 9, 8)
    program = torch.export.export(layer, (x,), dynamic_shapes=({0: torch.export.Dim("n")},))
    for batch in (x, torch.randn(5, 3, 9, 8)):
        torch.testing.assert_close(program.module()(batch), layer(batch))


def test_sequential_leaves_out_what_is_none() -> None:
    assert len(sequential(a=None, b=None)) == 0
    assert [name for name, _ in sequential(b=nn.ReLU(), a=None, c=nn.Identity()).named_children()] == ["b", "c"]

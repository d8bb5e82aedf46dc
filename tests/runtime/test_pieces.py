"""A long signal in pieces against one pass over all of it."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from striate.errors import ArgumentError, ShapeError
from striate.layers import GlobalAvgPool, conv, conv_norm, max_pool, sequential
from striate.models import Network, create_model, densify
from striate.runtime import cut_pieces, run_in_pieces


def unpadded():
    stages = {"conv": sequential(conv=conv(1, 2, 4, 5, padding=0), activation=nn.ReLU(), pool=max_pool(1, 2))}
    head = sequential(flatten=nn.Flatten(), dense=nn.Linear(4 * 6, 5), activation=nn.ReLU(), classifier=nn.Linear(5, 3))
    return densify(Network(stages, head), 16)


def padded():
    """Each stage pads and halves; the field is far larger than the window."""
    stages = {f"s{i}": conv_norm(1, c, 4, 5, 2, activation=nn.Tanh) for i, c in enumerate((2, 4, 4))}
    return densify(Network(stages, sequential(pool=GlobalAvgPool(), classifier=nn.Linear(4, 3))), 16)


def even():
    """Kernels of even sizes, one stride, as time series ResNets have them."""
    stages = {"s": sequential(a=conv(1, 2, 4, 8), b=nn.ReLU(), c=conv(1, 4, 4, 4))}
    return densify(Network(stages, sequential(pool=GlobalAvgPool(), classifier=nn.Linear(4, 3))), 15)


def same():
    """TensorFlow's padding, whose phase depends on the size."""
    stages = {f"s{i}": conv_norm(1, c, 4, 3, 2, padding="same", activation=nn.ReLU) for i, c in enumerate((2, 4))}
    return densify(Network(stages, sequential(flatten=nn.Flatten(), classifier=nn.Linear(4 * 3, 3))), 12)


NETWORKS = {make.__name__: make() for make in (unpadded, padded, even, same)}


@pytest.mark.parametrize("name", NETWORKS)
@given(st.integers(0, 90), st.integers(1, 30))
@settings(max_examples=25, deadline=None)
def test_pieces_are_one_pass(name, more, most):
    network = NETWORKS[name]
    signal = np.random.default_rng(more).normal(size=(2, network.windows.size[0] + more)).astype(np.float32)
    with torch.inference_mode():
        whole = network(torch.from_numpy(signal)[None])[0].numpy()
    scores = run_in_pieces(network, signal, most=most)
    assert scores.shape == whole.shape
    np.testing.assert_allclose(scores, whole, atol=2e-6)


def test_without_what_the_network_sees_beyond_it_would_not_be():
    network = NETWORKS["padded"]
    signal = np.random.default_rng(0).normal(size=(2, 200)).astype(np.float32)
    whole = run_in_pieces(network, signal)
    cut = run_in_pieces(network, signal[:, 64:])  # begins at a whole stride, with zeros before it
    assert np.abs(whole[:, 8:] - cut).max() > 1e-3
    np.testing.assert_allclose(whole[:, 16:], cut[:, 8:], atol=2e-6)  # and far from there with the same phase


@pytest.mark.parametrize("name", ["resnet18", "lenet5"])
def test_networks_of_the_zoo(name):
    torch.manual_seed(0)
    network = densify(create_model(name, dims=1, in_channels=1, num_classes=2).eval(), 64 if name == "resnet18" else 32)
    signal = np.random.default_rng(0).normal(size=(1, 700)).astype(np.float32)
    with torch.inference_mode():
        whole = network(torch.from_numpy(signal)[None])[0].numpy()
    np.testing.assert_allclose(run_in_pieces(network, signal, most=5), whole, atol=1e-5 * np.abs(whole).max())


def test_pieces_are_bounded():
    windows = NETWORKS["padded"].windows
    pieces = list(cut_pieces(windows, 100_000, most=50))
    longest = 49 * windows.stride[0] + windows.size[0] + windows.fields[0].size
    assert max(piece.stop - piece.start for piece in pieces) <= longest
    assert [piece.first for piece in pieces[1:]] == [piece.last for piece in pieces[:-1]]
    assert all(piece.start >= 0 and piece.stop <= 100_000 for piece in pieces)


def test_bad_input():
    network = NETWORKS["unpadded"]
    with pytest.raises(ShapeError, match="window"):
        run_in_pieces(network, np.zeros((2, 15), np.float32))
    with pytest.raises(ShapeError, match="signal"):
        run_in_pieces(network, np.zeros(20, np.float32))
    with pytest.raises(ArgumentError, match="most"):
        run_in_pieces(network, np.zeros((2, 20), np.float32), most=0)

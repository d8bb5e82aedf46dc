import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import ArgumentError
from striate.explain import Target, occlusion


def net(dims=2):
    torch.manual_seed(0)
    conv, pool = {1: (nn.Conv1d, nn.AdaptiveAvgPool1d), 2: (nn.Conv2d, nn.AdaptiveAvgPool2d)}[dims]
    return nn.Sequential(conv(2, 4, 3), nn.ReLU(inplace=True), nn.Dropout(0.5), pool(2), nn.Flatten(), nn.LazyLinear(3))


def by_brute_force(network, x, unit, window, stride, fill):
    """One window at a time, each position's mean over the windows that covered it."""
    network = network.eval()
    height, width = x.shape[2:]
    rows, columns = (
        sorted({*range(0, n - w + 1, s), n - w}) for n, w, s in zip((height, width), window, stride, strict=True)
    )
    drops = [[[] for _ in range(width)] for _ in range(height)]
    for top in rows:
        for left in columns:
            covered = x.clone()
            covered[:, :, top : top + window[0], left : left + window[1]] = fill
            drop = (network(x) - network(covered))[0, unit].item()
            for i in range(top, top + window[0]):
                for j in range(left, left + window[1]):
                    drops[i][j].append(drop)
    return torch.tensor([[np.mean(d) for d in row] for row in drops])


@pytest.mark.parametrize("batch_size", [1, 5, 100])
@pytest.mark.parametrize(
    ("window", "stride"),
    [
        ([3, 2], [2, 2]),
        ([1, 1], [1, 1]),
        ([9, 7], [1, 1]),  # the whole input
        ([4, 3], [3, 2]),  # the last windows end where the input does
    ],
)
def test_as_brute_force(window, stride, batch_size):
    network, x = net(), torch.rand(1, 2, 9, 7)
    network(x)  # the lazy layer's weights
    found = occlusion(network, x, Target(1), window=window, stride=stride, fill=0.3, batch_size=batch_size)
    torch.testing.assert_close(found[0].double(), by_brute_force(network, x, 1, window, stride, 0.3), atol=1e-6, rtol=0)


@pytest.mark.parametrize(("window", "stride"), [((3, 3), (2, 2)), ((5, 3), (2, 2)), ((3, 3), (3, 1))])
def test_as_captum_where_windows_fit(window, stride):
    attr = pytest.importorskip("captum.attr")
    network, x = net(), torch.rand(1, 2, 9, 9)
    network(x)
    network.eval()
    peer = attr.Occlusion(network).attribute(x, (2, *window), (2, *stride), baselines=0, target=2)
    found = occlusion(network, x, Target(2), window=window, stride=stride)
    torch.testing.assert_close(found[0], peer[0, 0].float(), atol=1e-6, rtol=0)


def test_signals_state_and_progress():
    network, x = net(1), torch.rand(1, 2, 11)
    network(x)
    told = []
    with torch.enable_grad():
        found = occlusion(
            network, x, Target(0), window=[4], stride=[2], batch_size=2, on_windows=lambda *a: told.append(a)
        )
    assert found.shape == (1, 11)
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert network.training
    assert network[2].training


@pytest.mark.parametrize(
    ("shape", "window", "stride", "batch_size", "message"),
    [
        ((2, 2, 9, 7), [3, 3], [1, 1], 1, "x must be one sample"),
        ((1, 2), [], [], 1, "x must be one sample"),
        ((1, 2, 9, 7), [3], [1, 1], 1, "window must be from 1"),
        ((1, 2, 9, 7), [3, 8], [1, 1], 1, "window must be from 1"),
        ((1, 2, 9, 7), [0, 3], [1, 1], 1, "window must be from 1"),
        ((1, 2, 9, 7), [3, 3], [4, 1], 1, "stride must be from 1"),
        ((1, 2, 9, 7), [3, 3], [0, 1], 1, "stride must be from 1"),
        ((1, 2, 9, 7), [3, 3], [1, 1], 0, "batch_size must be at least 1"),
    ],
)
def test_bad_input(shape, window, stride, batch_size, message):
    with pytest.raises(ArgumentError, match=message):
        occlusion(net(), torch.rand(shape), Target(0), window=window, stride=stride, batch_size=batch_size)

"""AlexNet's normalisation against the paper's sum, channel by channel, and against torch's."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from striate.layers import LRN


def slow_lrn(x: Tensor, n: int, alpha: float, beta: float, k: float) -> Tensor:
    channels, y = x.shape[1], torch.empty_like(x)
    for i in range(channels):
        first, last = max(0, i - n // 2), min(channels - 1, i + n // 2)
        squares = sum(x[:, j] ** 2 for j in range(first, last + 1))
        y[:, i] = x[:, i] / (k + alpha * squares) ** beta
    return y


@pytest.mark.parametrize("channels", [1, 4, 5, 12])  # fewer channels than neighbours, too
@pytest.mark.parametrize("size", [(6,), (3, 4), (2, 3, 2)])
def test_lrn_is_the_papers(channels: int, size: tuple[int, ...]) -> None:
    x = 30 * torch.randn(2, channels, *size, dtype=torch.float64)
    torch.testing.assert_close(LRN()(x), slow_lrn(x, 5, 1e-4, 0.75, 2))
    torch.testing.assert_close(LRN(3, 0.1, 0.5, 1)(x), slow_lrn(x, 3, 0.1, 0.5, 1))


def test_torch_divides_alpha_by_the_neighbours() -> None:
    x = 30 * torch.randn(2, 8, 3, 3)
    torch.testing.assert_close(LRN(5, 1e-4)(x), F.local_response_norm(x, 5, 5e-4, 0.75, 2))

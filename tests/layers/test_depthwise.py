"""Depthwise convolutions against `nn.Conv2d`, and where bfloat16 is left."""

import pytest
import torch
from torch import nn

from striate.layers import DepthwiseConv2d, conv

SHAPES = [(3, 1), (3, 2), (5, 1), (5, 2), (1, 1)]  # kernel, stride


def pair(kernel: int, stride: int) -> tuple[DepthwiseConv2d, nn.Conv2d]:
    ours = conv(2, 6, 6, kernel, stride, groups=6)
    theirs = nn.Conv2d(6, 6, kernel, stride, kernel // 2, groups=6)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


@pytest.mark.parametrize(("kernel", "stride"), SHAPES)
def test_equals_torch_with_its_gradients(kernel: int, stride: int) -> None:
    ours, theirs = pair(kernel, stride)
    x = torch.randn(2, 6, 9, 10)
    assert isinstance(ours, DepthwiseConv2d)
    assert torch.equal(ours(x), theirs(x))
    for layer in (ours, theirs):
        layer(x).square().sum().backward()
    assert torch.equal(ours.weight.grad, theirs.weight.grad)


@pytest.mark.parametrize(("kernel", "stride"), SHAPES)
def test_under_autocast_it_answers_in_bfloat16_and_learns_the_same(kernel: int, stride: int) -> None:
    ours, theirs = pair(kernel, stride)
    x = torch.randn(2, 6, 9, 10)
    answers, slopes = [], []
    for layer in (ours, theirs):
        seen = x.clone().requires_grad_()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = layer(seen)
        assert y.dtype == torch.bfloat16
        y.float().square().sum().backward()
        answers.append(y.float())
        slopes.append((seen.grad, layer.weight.grad))
    torch.testing.assert_close(answers[0], answers[1], rtol=0.02, atol=0.02)
    for ours_slope, their_slope in zip(*slopes, strict=True):
        assert torch.nn.functional.cosine_similarity(ours_slope.flatten(), their_slope.flatten(), dim=0) > 0.999


def test_computes_in_float32_only_what_is_slow_in_bfloat16(monkeypatch) -> None:
    seen = []
    plain = nn.Conv2d.forward
    monkeypatch.setattr(
        nn.Conv2d, "forward", lambda self, x: seen.append(torch.is_autocast_enabled("cpu")) or plain(self, x)
    )
    for kernel, stride in SHAPES:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            conv(2, 6, 6, kernel, stride, groups=6)(torch.randn(1, 6, 9, 9))
    assert seen == [True, False, False, False, True]
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.no_grad():
        conv(2, 6, 6, 5, 2, groups=6)(torch.randn(1, 6, 9, 9))
    assert seen[-1]


def test_only_of_images_and_of_every_channel_by_itself() -> None:
    kinds = [
        type(layer)
        for layer in (
            conv(1, 6, 6, 3, groups=6),
            conv(2, 6, 6, 3, groups=3),
            conv(2, 6, 12, 3, groups=6),
            conv(2, 1, 1, 3),
        )
    ]
    assert kinds == [nn.Conv1d, nn.Conv2d, nn.Conv2d, nn.Conv2d]

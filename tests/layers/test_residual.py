import pytest
import torch
from torch import nn

from striate.layers import Residual, inverted_residual, inverted_stage


def test_residual_adds_its_shortcut() -> None:
    x = torch.randn(2, 3)
    path = nn.Linear(3, 3)
    assert torch.equal(Residual(path, None)(x), path(x))
    assert torch.equal(Residual(path, nn.Identity())(x), path(x) + x)


@pytest.mark.parametrize(
    ("channels", "out", "stride", "joined"), [(8, 8, 1, True), (8, 16, 1, False), (8, 8, 2, False), (8, 16, 2, False)]
)
def test_the_shortcut_joins_equal_ends_only(channels: int, out: int, stride: int, joined: bool) -> None:
    block = inverted_residual(2, channels, out, 3, stride, expansion=6)
    assert (block.shortcut is not None) is joined
    assert block(torch.randn(2, channels, 9, 8)).shape == (2, out, -(-9 // stride), 8 // stride)


def test_a_block_whose_projection_is_zero_is_the_identity() -> None:
    block = inverted_residual(1, 4, 4, 3, 1, expansion=2).eval()
    nn.init.zeros_(block.path.project.norm.weight)
    x = torch.randn(2, 4, 7)
    assert torch.equal(block(x), x)


def test_expansion_one_has_no_first_convolution() -> None:
    block = inverted_residual(2, 32, 16, 3, 1, expansion=1)
    assert [name for name, _ in block.path.named_children()] == ["depthwise", "project"]


def test_only_the_first_block_of_a_stage_strides() -> None:
    stage = inverted_stage(2, 4, 8, 3, stride=2, expansion=2, blocks=3)
    assert [block.path.depthwise.conv.stride for block in stage] == [(2, 2), (1, 1), (1, 1)]
    assert stage(torch.randn(2, 4, 10, 10)).shape == (2, 8, 5, 5)

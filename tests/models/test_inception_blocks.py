import pytest
import torch
from torch import nn

from striate.models.inception_blocks import reduction_a, row, split


# A row of a kernel's axes sees what the square kernel sees, whatever the order.
@pytest.mark.parametrize("first_axis_first", [False, True])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_split_kernels_multiply_to_the_whole(dims: int, first_axis_first: bool) -> None:
    steps = split(dims, 7, 24, 32, first_axis_first=first_axis_first)
    kernels = torch.tensor([kernel for _, kernel in steps])
    assert kernels.prod(0).tolist() == [7] * dims
    assert [out for out, _ in steps] == ([24, 32, 32][:dims] if dims > 1 else [32])
    units = row(dims, 8, 1.0, (16, 1), *steps)
    assert units(torch.zeros(2, 8, *range(3, 3 + dims))).shape == (2, 32, *range(3, 3 + dims))


def test_a_row_of_one_is_the_unit_itself() -> None:
    unit = row(2, 8, 0.5, (32, 1))
    assert [name for name, _ in unit.named_children()] == ["conv", "norm", "activation"]
    assert (unit.conv.in_channels, unit.conv.out_channels, unit.norm.eps) == (8, 16, 1e-3)


# Table 1 of the paper: k, l, m and n of the three networks; the pooling brings the channels of the input.
@pytest.mark.parametrize(
    ("k_l_m_n", "channels", "out"),
    [((192, 224, 256, 384), 384, 1024), ((192, 192, 256, 384), 256, 896), ((256, 256, 384, 384), 320, 1088)],
)
def test_reduction_a(k_l_m_n: tuple[int, int, int, int], channels: int, out: int) -> None:
    with torch.device("meta"):
        block: nn.Module = reduction_a(*k_l_m_n, 2, channels, 1.0)
        assert block(torch.zeros(1, channels, 35, 35)).shape == (1, out, 17, 17)

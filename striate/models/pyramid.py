"""The feature pyramid: activations of several strides, each told what the others see.

Lin et al., Feature Pyramid Networks for Object Detection, 2016, arXiv:1612.03144; the way back down to coarse levels:
Liu et al., Path Aggregation Network for Instance Segmentation, 2018, arXiv:1803.01534.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.errors import ArgumentError
from striate.layers import conv_norm, sequential, trace

MOST_LEVELS, COARSEST = 3, 32


class Level(NamedTuple):
    """A stage whose activation is a level of a pyramid.

    Attributes:
        stage: its name.
        stride: pixels of the input from one sample to the next.
        channels: of its activation.
        reach: how many pixels of the input, a side, one sample sees.
    """

    stage: str
    stride: int
    channels: int
    reach: float


def choose_levels(stages: Mapping[str, nn.Module], size: Sequence[int]) -> list[Level]:
    """The stages that a pyramid stands on: up to three strides, the coarsest up to 32 pixels.

    Most networks have 8, 16 and 32. Of stages with one stride that is taken which sees most, of equals the first.

    Args:
        stages: in the order in which they run.
        size: an input's shape (C, H, W).

    Returns:
        the levels, the finest first.

    Raises:
        ArgumentError: no stage keeps the places of what it sees.

    Example:
        >>> from striate.models import create_model
        >>> choose_levels(create_model("efficientnet_lite0").stages, (3, 32, 32))[-1]
        Level(stage='stage7', stride=32, channels=320, reach=...)
    """
    best: dict[int, Level] = {}
    for level in _all_levels(stages, size):
        if level.stride <= COARSEST and (level.stride not in best or level.reach > best[level.stride].reach):
            best[level.stride] = level
    if not best:
        raise ArgumentError.of("head", "for a network whose stages give maps of at most every 32nd pixel", list(stages))
    return [best[stride] for stride in sorted(best)[-MOST_LEVELS:]]


def named_levels(stages: Mapping[str, nn.Module], size: Sequence[int], names: Sequence[str]) -> list[Level]:
    """The levels of these stages, the finest first; see `choose_levels`.

    Raises:
        ArgumentError: no such stage, one that does not keep the places of what it sees, or not from fine to coarse.
    """
    known = {level.stage: level for level in _all_levels(stages, size)}
    levels = [known[name] for name in names if name in known]
    strides = [level.stride for level in levels]
    if len(levels) < len(names) or strides != sorted(set(strides)):
        raise ArgumentError.of("levels", f"stages of growing strides ({', '.join(known)})", list(names))
    return levels


def _all_levels(stages: Mapping[str, nn.Module], size: Sequence[int]) -> list[Level]:
    """Every stage that keeps the places of what it sees, in the order in which they run."""
    records = trace(sequential(**stages), size, whole=list(stages))
    return [
        Level(record.name, int(record.fields[0].stride), record.output_shape[0], record.fields[0].size)
        for record in records
        if record.fields and record.fields[0].stride > 0
    ]


class Pyramid(nn.Module):
    """Levels of equal width that know of one another: from coarse to fine what is seen, then back where exactly.

    Args:
        levels: the finest first.
        width: channels of every level.
    """

    def __init__(self, levels: Sequence[Level], width: int):
        super().__init__()
        steps = range(len(levels) - 1)
        self.lateral = nn.ModuleList(conv_norm(2, level.channels, width, 1) for level in levels)
        self.finer = nn.ModuleList(separable(width) for _ in steps)
        self.shrink = nn.ModuleList(
            conv_norm(2, width, width, 3, coarse.stride // fine.stride, groups=width)
            for fine, coarse in pairwise(levels)
        )
        self.coarser = nn.ModuleList(separable(width) for _ in steps)

    def forward(self, activations: Sequence[Tensor]) -> list[Tensor]:
        """(N, C, H, W) of each level, the finest first -> (N, width, H, W) of each."""
        maps = [lateral(x) for lateral, x in zip(self.lateral, activations, strict=True)]
        for i in reversed(range(len(maps) - 1)):
            maps[i] = self.finer[i](maps[i] + F.interpolate(maps[i + 1], size=maps[i].shape[-2:]))
        for i in range(len(maps) - 1):
            shrunk = F.interpolate(self.shrink[i](maps[i]), size=maps[i + 1].shape[-2:])
            maps[i + 1] = self.coarser[i](maps[i + 1] + shrunk)
        return maps


def separable(width: int) -> nn.Sequential:
    """Each channel filtered by 5x5 on its own, then all mixed by 1x1: a wide view for little work.

    (N, width, H, W) -> the same shape.
    """
    return sequential(
        depthwise=conv_norm(2, width, width, 5, groups=width),
        pointwise=conv_norm(2, width, width, 1, activation=nn.ReLU),
    )


def grid_points(grid_hw: tuple[int, int], size_hw: tuple[int, int], stride: int, like: Tensor) -> Tensor:
    """The middles of a map's cells, (H·W, 2) x and y in pixels of the input, row by row.

    Cells are as far apart as the stride says and lie in the middle of the image; a map without padding has fewer than
    would cover it.

    Args:
        grid_hw, size_hw: of the map and of the input.
        stride: pixels from one cell to the next.
        like: whose kind and device they get.

    Example:
        >>> grid_points((2, 2), (32, 32), 16, like=torch.zeros(0)).tolist()
        [[8.0, 8.0], [24.0, 8.0], [8.0, 24.0], [24.0, 24.0]]
    """
    y, x = (
        torch.arange(count, dtype=like.dtype, device=like.device) * stride + (side - (count - 1) * stride) / 2
        for count, side in zip(grid_hw, size_hw, strict=True)
    )
    return torch.cartesian_prod(y, x).flip(1)

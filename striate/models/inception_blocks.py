"""What Inception networks are made of in common, v4 and the Inception-ResNets above all.

Szegedy et al., Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning, 2016,
arXiv:1602.07261. Every convolution is followed by batch norm (eps 1e-3) and ReLU; from v3 on, those of stride 2 have no
padding. Branches are named after their filters: conv3 has one of 3 samples a side, double3 two in a row.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal

from torch import nn

from striate.layers import Branches, along_axes, avg_pool, conv_norm, max_pool, scale_channels, sequential
from striate.layers.dims import Conv, Kernel
from striate.models.rename import Rename

Step = tuple[int, Kernel]  # channels out, samples along each side or axis
Block = Callable[[int, int, float], nn.Module]  # of dims, channels, width
Table = Mapping[str, Sequence[Block]]  # name of a stage -> its blocks

unit = partial(conv_norm, activation=nn.ReLU, eps=1e-3)


def row(
    dims: int, channels: int, width: float, *steps: Step, stride: int = 1, padding: int | Literal["half"] = "half"
) -> nn.Sequential:
    """Convolutions one after the other, or a single one: (N, channels, *S) -> (N, C', *S')

    Args:
        dims: number of spatial dimensions, 1 to 3.
        channels: of the input.
        width: factor of all channels but the input's.
        steps: channels and kernel of each convolution.
        stride, padding: of the last one; the others keep the size.

    Example:
        >>> import torch
        >>> row(2, 8, 1.0, (16, 1), (24, 3), stride=2, padding=0)(torch.zeros(1, 8, 7, 7)).shape
        torch.Size([1, 24, 3, 3])
    """
    *others, (last, last_kernel) = steps
    units = []
    for out, kernel in others:
        units.append(unit(dims, channels, scale_channels(out, width), kernel))
        channels = scale_channels(out, width)
    units.append(unit(dims, channels, scale_channels(last, width), last_kernel, stride, padding=padding))
    return units[0] if len(units) == 1 else nn.Sequential(*units)


def split(dims: int, kernel: int, between: int, out: int, *, first_axis_first: bool = False) -> list[Step]:
    """Steps along one axis each in place of one of `kernel` samples a side; `out` channels but after the first step.

    Example:
        >>> split(2, 7, 192, 256), split(2, 7, 192, 256, first_axis_first=True)
        ([(192, (1, 7)), (256, (7, 1))], [(192, (7, 1)), (256, (1, 7))])
        >>> split(1, 7, 192, 256)
        [(256, (7,))]
    """
    kernels = along_axes(dims, kernel)[:: -1 if first_axis_first else 1]
    return [(between if i == 0 and dims > 1 else out, along) for i, along in enumerate(kernels)]


def fan(dims: int, channels: int, width: float, out: int, *steps: Step) -> nn.Sequential:
    """A row that ends in one convolution along each axis, side by side: (N, channels, *S) -> (N, out * dims, *S)

    Args:
        dims, channels, width: as in `row`.
        out: channels of each of the convolutions at the end.
        steps: channels and kernel of those in the row before them.

    Example:
        >>> {name: end.conv.kernel_size for name, end in fan(2, 8, 1.0, 24, (16, 1)).split.named_children()}
        {'axis1': (1, 3), 'axis0': (3, 1)}
    """
    before = row(dims, channels, width, *steps)
    c_in, c_out = channels_after(before, channels), scale_channels(out, width)
    ends = {f"axis{dims - i}": unit(dims, c_in, c_out, kernel) for i, kernel in enumerate(along_axes(dims, 3), 1)}
    return sequential(row=before, split=Branches(**ends))


def channels_after(module: nn.Module, channels: int) -> int:
    """How many channels a row of layers makes of `channels`; those of branches add up.

    Example:
        >>> from striate.layers import conv
        >>> channels_after(Branches(conv=conv(2, 3, 5, 1), pool=max_pool(2, 3)), 3)
        8
    """
    if isinstance(module, Conv):
        return module.out_channels
    if isinstance(module, Branches):
        return sum(channels_after(branch, channels) for branch in module.children())
    for child in module.children():
        channels = channels_after(child, channels)
    return channels


def make_stages(stem: nn.Module, table: Table, dims: int, in_channels: int, width: float) -> dict[str, nn.Module]:
    """The stem, and a stage of blocks in a row for each row of the table, from (N, in_channels, *S) on."""
    stages, channels = {"stem": stem}, channels_after(stem, in_channels)
    for name, blocks in table.items():
        stages[name] = stage = nn.Sequential()
        for block in blocks:
            stage.append(block(dims, channels, width))
            channels = channels_after(stage[-1], channels)
    return stages


def first_units(dims: int, in_channels: int, width: float) -> list[nn.Module]:
    """The three convolutions that all three networks begin with: (N, in_channels, *S) -> (N, 64, *S / 2)"""
    narrow, wide = scale_channels(32, width), scale_channels(64, width)
    return [
        unit(dims, in_channels, narrow, 3, 2, padding=0),
        unit(dims, narrow, narrow, 3, padding=0),
        unit(dims, narrow, wide, 3),
    ]


def same_pool(dims: int) -> nn.Module:
    """Means of three samples a side, of as many at the edges as there are: (N, C, *S) -> (N, C, *S)"""
    return avg_pool(dims, 3, 1, padding=1, count_padding=False)


def reduction_a(k: int, l: int, m: int, n: int, dims: int, channels: int, width: float) -> Branches:  # noqa: E741
    """Figure 7, with the letters of its table 1: (N, channels, *S) -> (N, n + m + channels, *S / 2)"""
    make = partial(row, dims, channels, width, stride=2, padding=0)
    return Branches(conv3=make((n, 3)), double3=make((k, 1), (l, 3), (m, 3)), pool=max_pool(dims, 3, 2))


def rename_modules(modules: Mapping[str, str]) -> Rename:
    """A function from a tensor's published name to ours, where units are alike but for their norm's name, `bn`.

    Args:
        modules: their name of a module -> ours; what is in it has our names, the norm apart.

    Returns:
        The function; a name in no module of the table stays as it is.

    Example:
        >>> rename = rename_modules({"branch0": "conv1", "branch1": "conv3"})
        >>> rename("branch0.bn.weight"), rename("branch1.0.conv.weight"), rename("branch10.weight")
        ('conv1.norm.weight', 'conv3.0.conv.weight', 'branch10.weight')
    """

    def rename(key: str) -> str:
        parts = key.split(".")
        for n in range(len(parts) - 1, 0, -1):
            if ours := modules.get(".".join(parts[:n])):
                return ".".join([ours, *("norm" if part == "bn" else part for part in parts[n:])])
        return key

    return rename

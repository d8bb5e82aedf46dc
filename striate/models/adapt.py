"""Weights for RGB images, made to fit other numbers of channels and of dimensions.

Shapes: O channels out, C channels in, K the kernel's sides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from striate.errors import ArgumentError
from striate.layers.dims import Conv
from striate.preset import Preset

NewChannels = Literal["mean", "repeat"]


def adapt_weights(tensors: Mapping[str, Tensor], network: nn.Module, new_channels: NewChannels) -> dict[str, Tensor]:
    """Weights for RGB images, made to fit a network for other channels, for signals or for volumes.

    The first convolution's input channels become as many as the network's (`adapt_channels`). Kernels of two
    dimensions, and dense layers behind a grid of 7x7 cells or the like, get the network's dimensions (`adapt_kernel`).
    Tensors that fit, or that can't be made to, stay as they are.

    Args:
        tensors: by the network's own names.
        network: what they are for; it is not changed.
        new_channels: as in `adapt_channels`.

    Raises:
        ArgumentError: no such way.

    Example:
        >>> from striate.models import create_model
        >>> images, volumes = create_model("resnet20"), create_model("resnet20", dims=3, in_channels=1)
        >>> adapted = adapt_weights(images.state_dict(), volumes, "mean")
        >>> adapted["stages.stem.conv.weight"].shape
        torch.Size([16, 1, 3, 3, 3])
    """
    check_new_channels(new_channels)
    own = network.state_dict()
    first = next(f"{name}.weight" for name, module in network.named_modules() if isinstance(module, Conv))
    dims = own[first].ndim - 2
    adapted = dict(tensors)
    for name in own.keys() & tensors.keys():
        weight, shape = tensors[name], own[name].shape
        if name == first and weight.ndim == 4:
            weight = adapt_channels(weight, shape[1], new_channels)
        if weight.ndim == 4 and dims != 2:
            weight = adapt_kernel(weight, shape[2:])
        if weight.ndim == len(shape) == 2 and dims != 2:
            weight = adapt_dense(weight, shape[1], dims)
        if weight.shape[1:] == shape[1:]:  # otherwise it is reported as it came
            adapted[name] = weight
    return adapted


def adapt_channels(weight: Tensor, channels: int, new_channels: NewChannels) -> Tensor:
    """(O, C, *K) -> (O, channels, *K), with the same sum over the channels: a grey input gets the same answer.

    Args:
        weight: of a convolution.
        channels: how many it is to have.
        new_channels: "mean": every new channel has an equal share of the sum of the filters; "repeat": the new
            channels take the filters of red, green, blue, red, … in turn, and those that share one have equal parts
            of it. Of fewer channels than filters, each takes several.

    Example:
        >>> rgb = torch.tensor([1.0, 2, 6]).reshape(1, 3, 1)
        >>> [adapt_channels(rgb, 4, how).flatten().tolist() for how in ("mean", "repeat")]
        [[2.25, 2.25, 2.25, 2.25], [0.5, 2.0, 6.0, 0.5]]
    """
    if channels == weight.shape[1]:
        return weight
    shares = _shares(channels, weight.shape[1], new_channels).to(weight)
    return torch.einsum("oc...,nc->on...", weight, shares / shares.sum(0))


def adapt_kernel(weight: Tensor, kernel: Sequence[int]) -> Tensor:
    """(O, C, H, W) -> (O, C, *kernel): repeated in depth and divided by it, or summed over the height.

    A volume of equal slices then gets the image's answer, and a signal that of the image whose rows it is; away from
    the ends of the new axis, or the old one, where there is padding.

    Carreira and Zisserman, Quo Vadis, Action Recognition?, 2017, arXiv:1705.07750, section 2.1 (I3D).

    Args:
        weight: of a convolution.
        kernel: sides of the new one: (D, H, W) or (W,); others than that are left to the caller to refuse.

    Example:
        >>> filters = torch.tensor([[1.0, 2], [3, 4]]).reshape(1, 1, 2, 2)
        >>> adapt_kernel(filters, (2, 2, 2)).flatten().tolist()
        [0.5, 1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0]
        >>> adapt_kernel(filters, (2,)).flatten().tolist()
        [4.0, 6.0]
    """
    if len(kernel) == 1:
        return weight.sum(2)
    depth = kernel[0]
    return weight.unsqueeze(2).repeat(1, 1, depth, 1, 1) / depth


def adapt_dense(weight: Tensor, features: int, dims: int) -> Tensor:
    """(O, C * G * G) -> (O, features), the weights of each cell of a G x G grid as those of a kernel.

    Where the numbers fit no grid, or are equal, nothing is changed.

    Example:
        >>> adapt_dense(torch.ones(1, 5 * 7 * 7), 5 * 7, dims=1)[0, :3]
        tensor([7., 7., 7.])
    """
    fewer, more = sorted((weight.shape[1], features))
    grid = more // fewer if fewer else 0
    if grid < 2 or fewer * grid != more or weight.shape[1] % grid**2:
        return weight
    return adapt_kernel(weight.reshape(len(weight), -1, grid, grid), (grid,) * dims).flatten(1)


def adapted_preset(preset: Preset, in_channels: int, new_channels: NewChannels = "mean") -> Preset:
    """What a network expects of its input once its first convolution has other channels.

    Args:
        preset: of the published weights.
        in_channels: 1, 3 or 4.
        new_channels: as in `create_model`; a channel's mean, deviation and border are those of the channels whose
            filters it has: their average where it has several.

    Raises:
        ArgumentError: no such way, or a number of channels that images don't have.

    Example:
        >>> rgb = Preset(size_hw=(32, 32), mean=(120.0, 110.0, 100.0), std=(60.0, 50.0, 40.0))
        >>> adapted_preset(rgb, 1).mean, adapted_preset(rgb, 4, "repeat").mean
        ((110.0,), (120.0, 110.0, 100.0, 120.0))
    """
    check_new_channels(new_channels)
    if in_channels == preset.channels:
        return preset
    shares = _shares(in_channels, preset.channels, new_channels).to(torch.float64)

    def mix(values: tuple[float, ...]) -> tuple[float, ...]:
        return tuple((shares @ torch.tensor(values, dtype=torch.float64) / shares.sum(1)).tolist())

    return replace(
        preset,
        channels=in_channels,
        mean=mix(preset.mean),
        std=mix(preset.std),
        border=mix(preset.border),
        colour_pca=preset.colour_pca if in_channels >= 3 else (),
    )


def check_new_channels(new_channels: str) -> None:
    """Refuse a way to make new channels that doesn't exist.

    Raises:
        ArgumentError: no such way.
    """
    if new_channels not in get_args(NewChannels):
        raise ArgumentError.of("new_channels", "'mean' or 'repeat'", new_channels)


def _shares(new: int, old: int, new_channels: NewChannels) -> Tensor:
    """(new, old): 1 where a new channel takes part in an old one's filter."""
    if new_channels == "mean":
        return torch.ones(new, old)
    turns = torch.arange(max(new, old))
    shares = torch.zeros(new, old)
    shares[turns % new, turns % old] = 1
    return shares

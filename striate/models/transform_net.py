"""The image-transform network: a picture in, the same picture painted in a style out.

Johnson, Alahi and Fei-Fei, Perceptual Losses for Real-Time Style Transfer and Super-Resolution, 2016, arXiv:1603.08155,
and its supplement's table 1, with Ulyanov et al.'s instance norm (2016, arXiv:1607.08022), of which each style has a
scale and a shift of its own: Dumoulin, Shlens and Kudlur, A Learned Representation for Artistic Style, 2017,
arXiv:1610.07629. As there, mirrored borders and nearest-neighbour upsampling keep frames and checkerboards away.
Shapes: N images, K styles, C channels, H and W multiples of 4.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers import scale_channels, sequential
from striate.models.network import Network
from striate.models.registry import register

_BLOCKS = 5


class StyleNorm(nn.Module):
    """Instance norm with a scale and a shift for each of K styles, mixed for each image: (N, C, H, W) -> the same."""

    def __init__(self, styles: int, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(styles, channels))
        self.bias = nn.Parameter(torch.zeros(styles, channels))

    def forward(self, x: Tensor, mixture: Tensor) -> Tensor:
        """mixture: (N, K), how much of each style an image gets."""
        scale, shift = (mixture @ p.to(mixture.dtype) for p in (self.weight, self.bias))  # (N, C)
        alone = F.group_norm(x, x.shape[1])  # of one channel a group: F.instance_norm would leave channels last
        return alone * scale[..., None, None] + shift[..., None, None]


class Unit(nn.Module):
    """Convolution with mirrored borders, style norm and perhaps a ReLU: (N, c_in, H, W) -> (N, c_out, H', W').

    Args:
        styles: K.
        c_in, c_out: channels in and out.
        kernel, stride: of the convolution.
        upsample: how many times larger the input is made first.
        rectify: whether a ReLU follows.
    """

    def __init__(
        self,
        styles: int,
        c_in: int,
        c_out: int,
        kernel: int,
        stride: int = 1,
        *,
        upsample: int = 1,
        rectify: bool = True,
    ):
        super().__init__()
        self.conv = mirrored_conv(c_in, c_out, kernel, stride)
        self.norm = StyleNorm(styles, c_out)
        self.upsample, self.rectify = upsample, rectify

    def forward(self, x: Tensor, mixture: Tensor) -> Tensor:
        """mixture: (N, K)"""
        if self.upsample > 1:
            x = F.interpolate(x, scale_factor=self.upsample, mode="nearest")
        x = self.norm(self.conv(x), mixture)
        return F.relu(x) if self.rectify else x


class Block(nn.Module):
    """Two units that the input is added to, (N, C, H, W) -> the same; no ReLU after the addition."""

    def __init__(self, styles: int, channels: int):
        super().__init__()
        self.unit1 = Unit(styles, channels, channels, 3)
        self.unit2 = Unit(styles, channels, channels, 3, rectify=False)

    def forward(self, x: Tensor, mixture: Tensor) -> Tensor:
        """mixture: (N, K)"""
        y: Tensor = self.unit2(self.unit1(x, mixture), mixture)
        return x + y


class TransformNet(Network):
    """Pictures (N, 3, H, W) in [-1, 1] and styles -> pictures like them; the head gives the colours."""

    def forward(self, x: Tensor, mixture: Tensor | None = None) -> Tensor:
        """Paint.

        Args:
            x: (N, 3, H, W), H and W multiples of 4.
            mixture: (N, K), how much of each style, summing to 1; the first one if left out.
        """
        if mixture is None:
            mixture = x.new_zeros(len(x), self.styles)
            mixture[:, 0] = 1
        for stage in self.stages.values():
            x = stage(x, mixture)
        return torch.tanh(self.head(x))

    @property
    def styles(self) -> int:
        """K"""
        first = next(m for m in self.modules() if isinstance(m, StyleNorm))
        return len(first.weight)


def mirrored_conv(c_in: int, c_out: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """(N, c_in, H, W) -> (N, c_out, H / stride, W / stride)"""
    return nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, padding_mode="reflect")


def transform_net(
    wide: float, *, dims: int = 2, in_channels: int = 3, num_classes: int = 1, width: float = 1.0
) -> Network:
    """(N, 3, H, W) -> (N, 3, H, W)

    Args:
        wide: how many times wider than the paper's.
        dims: 2.
        in_channels: 3, in and out.
        num_classes: K, how many styles it paints.
        width: as in `create_model`; it comes on top of `wide`.
    """
    low, middle, high = (scale_channels(channels, wide * width) for channels in (32, 64, 128))
    stages: dict[str, nn.Module] = {
        "stem": Unit(num_classes, in_channels, low, 9),
        "down1": Unit(num_classes, low, middle, 3, 2),
        "down2": Unit(num_classes, middle, high, 3, 2),
    }
    stages |= {f"block{i}": Block(num_classes, high) for i in range(1, _BLOCKS + 1)}
    stages["up1"] = Unit(num_classes, high, middle, 3, upsample=2)
    stages["up2"] = Unit(num_classes, middle, low, 3, upsample=2)
    return TransformNet(stages, sequential(classifier=mirrored_conv(low, in_channels, 9)))


@register(transform_net, size=256, smallest=16, classes=1, dims=(2,), paints=True)
def transform_net_full(**options: Any) -> Network:
    """1,679,235 parameters for one style: as in the paper."""
    return transform_net(1.0, **options)


@register(transform_net, size=256, smallest=16, classes=1, dims=(2,), paints=True)
def transform_net_slim(**options: Any) -> Network:
    """Half as many channels: 424,899 parameters for one style, four times as fast."""
    return transform_net(0.5, **options)

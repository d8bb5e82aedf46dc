"""dlib's face network: a small residual network that answers 128 numbers, near for pictures of one person.

King, High Quality Face Recognition with Deep Metric Learning, 2017, dlib's blog; after He et al., 2015,
arXiv:1512.03385 (figure 5, left; option A, but that the shortcut averages). dlib trained it with batch norms; its file
has numbers per channel in their place, and so has this network.
Where a block strides, its convolution is not padded, and its sum may miss samples and channels: zeros at the end.
Descriptors are not normalised; dlib takes two for one person's where they are less than 0.6 apart.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers import (
    ChannelAffine,
    GlobalAvgPool,
    Residual,
    avg_pool,
    conv,
    max_pool,
    scale_channels,
    sequential,
)
from striate.models.network import Network, he_initialise
from striate.models.registry import register
from striate.models.rename import Rename, rename_layers

# Channels, blocks, and whether the first of them strides.
TABLE = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))


class PaddedResidual(nn.Module):
    """path(x) + shortcut(x), each with zeros at its ends where the other is larger.

    Args:
        path, shortcut: modules of any output shapes with as many dimensions.

    Example:
        >>> import torch
        >>> block = PaddedResidual(path=nn.MaxPool1d(2), shortcut=nn.Identity())
        >>> block(torch.tensor([[[1.0, 2, 3]]]))
        tensor([[[3., 2., 3.]]])
    """

    def __init__(self, path: nn.Module, shortcut: nn.Module):
        super().__init__()
        self.path, self.shortcut = path, shortcut

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C', *S')"""
        y, x = self.path(x), self.shortcut(x)
        return pad_to(y, x) + pad_to(x, y)


def pad_to(x: Tensor, other: Tensor) -> Tensor:
    """Zeros at the end of each axis along which `other` is larger."""
    missing = [max(0, theirs - ours) for ours, theirs in zip(x.shape, other.shape, strict=True)]
    return F.pad(x, [zeros for n in reversed(missing) for zeros in (0, n)]) if any(missing) else x


def conv_affine(
    dims: int, c_in: int, c_out: int, kernel: int, stride: int = 1, activation: nn.Module | None = None
) -> nn.Sequential:
    """(N, c_in, *S) -> (N, c_out, *S), or without padding at stride 2 (N, c_out, *(S - kernel) / 2 + 1)"""
    return sequential(
        conv=conv(dims, c_in, c_out, kernel, stride, padding=0 if stride > 1 else "half"),
        affine=ChannelAffine(c_out),
        activation=activation,
    )


def block(dims: int, channels: int, out: int, stride: int) -> nn.Sequential:
    """(N, channels, *S) -> (N, out, *S / stride); it has as many channels, unless it strides."""
    path = nn.Sequential(
        conv_affine(dims, channels, out, 3, stride, nn.ReLU()),
        conv_affine(dims, out, out, 3),
    )
    residual = Residual(path, nn.Identity()) if stride == 1 else PaddedResidual(path, avg_pool(dims, 2))
    return sequential(residual=residual, activation=nn.ReLU())


def dlib_face_network(*, dims: int = 2, in_channels: int = 3, num_classes: int = 128, width: float = 1.0) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)"""
    channels = scale_channels(32, width)
    stem = conv_affine(dims, in_channels, channels, 7, 2, nn.ReLU())
    stem.add_module("pool", max_pool(dims, 3, 2))
    stages: dict[str, nn.Module] = {"stem": stem}  # (N, 32, *S / 4)
    for number, (full_width, depth, strides) in enumerate(TABLE, 1):
        stage = nn.Sequential()
        for j in range(depth):
            out = scale_channels(full_width, width)
            stage.append(block(dims, channels, out, 2 if strides and j == 0 else 1))
            channels = out
        stages[f"stage{number}"] = stage  # (N, 32 to 256, *S / 4 to / 64)
    head = sequential(pool=GlobalAvgPool(), classifier=nn.Linear(channels, num_classes, bias=False))
    return he_initialise(Network(stages, head))


def dlib_names() -> Rename:
    """How the names that `read_dlib_weights` gives, which number all layers in one row, become ours.

    Example:
        >>> rename = dlib_names()
        >>> rename("conv1.bias"), rename("affine29.weight")
        ('stages.stem.conv.bias', 'stages.stage5.0.residual.path.1.affine.weight')
    """
    blocks = [f"stages.stage{number}.{j}" for number, (_, depth, _) in enumerate(TABLE, 1) for j in range(depth)]
    units = ["stages.stem", *(f"{block}.residual.path.{i}" for block in blocks for i in (0, 1))]
    layers = {f"{kind}{i}": f"{unit}.{kind}" for i, unit in enumerate(units, 1) for kind in ("conv", "affine")}
    return rename_layers(layers | {"fc1": "head.classifier"})


@register(dlib_face_network, size=150, smallest=103, classes=128, published={"dlib": dlib_names()})
def dlib_face(**options: Any) -> Network:
    """5,614,592 parameters; its classes are the numbers of a descriptor."""
    return dlib_face_network(**options)

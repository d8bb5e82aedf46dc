"""MiniFASNet: two small networks that tell a face before the camera from one on paper or a screen.

Minivision, Silent-Face-Anti-Spoofing, 2020; MobileFaceNet (Chen et al., 2018, arXiv:1804.07573, table 1) with most of
its channels pruned away, a different number in each block. What the authors trained it by, a branch that predicts the
Fourier spectrum, is not in it. Their networks see BGR; so that these see RGB as all others do, their first layer turns
the channels round.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from typing import Any

from torch import Tensor, nn

from striate.layers import GlobalAvgPool, Residual, conv_norm, scale_channels, sequential
from striate.models.network import Network, he_initialise
from striate.models.registry import register
from striate.models.rename import Rename, rename_layers

# Of each stage: the middle channels of the block that strides, channels out, middle channels of the residual blocks.
Table = tuple[tuple[int, int, tuple[int, ...]], ...]
V1: Table = ((103, 64, (13, 26, 13, 52)), (231, 128, (154, 52, 26, 52, 26, 26)), (308, 128, (26, 26)))
V2: Table = ((103, 64, (13, 13, 13, 13)), (231, 128, (231, 52, 26, 77, 26, 26)), (308, 128, (26, 26)))


class ReverseChannels(nn.Module):
    """RGB as BGR, and the other way round: (N, C, *S) -> (N, C, *S)."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C, *S)"""
        return x.flip(1)


class SqueezeExcite(nn.Module):
    """Each channel times a factor in (0, 1) that the means of all channels tell.

    Hu et al., Squeeze-and-Excitation Networks, 2017, arXiv:1709.01507 (figure 2), with a batch norm after each layer.

    Args:
        dims: number of spatial dimensions.
        channels: C.
        reduced: channels between.

    Example:
        >>> import torch
        >>> SqueezeExcite(2, 8, 2)(torch.ones(4, 8, 5, 5)).shape
        torch.Size([4, 8, 5, 5])
    """

    def __init__(self, dims: int, channels: int, reduced: int):
        super().__init__()
        self.gate = sequential(
            squeeze=conv_norm(dims, channels, reduced, 1, activation=nn.ReLU),
            excite=conv_norm(dims, reduced, channels, 1, activation=nn.Sigmoid),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C, *S)"""
        factors: Tensor = self.gate(x.mean(dim=tuple(range(2, x.ndim)), keepdim=True))  # (N, C, 1, …)
        return x * factors


def unit(dims: int, c_in: int, c_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, batch norm and PReLU: (N, c_in, *S) -> (N, c_out, *S / stride)"""
    return conv_norm(dims, c_in, c_out, kernel, stride, groups=groups, activation=lambda: nn.PReLU(c_out))


def block(
    dims: int, channels: int, middle: int, out: int, stride: int = 1, *, residual: bool = True, excite: bool = False
) -> Residual:
    """Expand by 1x1, filter each channel on its own, project by 1x1; (N, channels, *S) -> (N, out, *S / stride)"""
    path = sequential(
        expand=unit(dims, channels, middle, 1),
        depthwise=unit(dims, middle, middle, 3, stride, groups=middle),
        project=conv_norm(dims, middle, out, 1),
        excite=SqueezeExcite(dims, out, max(1, out // 4)) if excite else None,
    )
    return Residual(path, nn.Identity() if residual else None)


def minifasnet(
    table: Table,
    dropout: float,
    *,
    excite: bool = False,
    dims: int = 2,
    in_channels: int = 3,
    num_classes: int = 3,
    width: float = 1.0,
) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)"""
    channels, top, embedding = (scale_channels(c, width) for c in (32, 512, 128))
    stages: dict[str, nn.Module] = {
        "stem": sequential(
            reverse=ReverseChannels(),
            conv=unit(dims, in_channels, channels, 3, 2),
            depthwise=unit(dims, channels, channels, 3, groups=channels),
        )  # (N, 32, *S / 2)
    }
    for number, (expanded, full_out, middles) in enumerate(table, 1):
        out = scale_channels(full_out, width)
        stage = nn.Sequential(block(dims, channels, scale_channels(expanded, width), out, 2, residual=False))
        for i, middle in enumerate(middles, 1):
            last = i == len(middles)
            stage.append(block(dims, out, scale_channels(middle, width), out, excite=excite and last))
        stages[f"stage{number}"], channels = stage, out  # (N, 64 to 128, *S / 4 to / 16)
    stages["top"] = sequential(
        expand=unit(dims, channels, top, 1), depthwise=conv_norm(dims, top, top, 5, padding=0, groups=top)
    )  # (N, 512, *S / 16 - 4)
    head = sequential(
        pool=GlobalAvgPool(),  # of 80 pixels a side, one sample is left
        embedding=nn.Linear(top, embedding, bias=False),
        norm=nn.BatchNorm1d(embedding),
        dropout=nn.Dropout(dropout),
        classifier=nn.Linear(embedding, num_classes, bias=False),
    )
    return he_initialise(Network(stages, head))


def version1se(*, dims: int = 2, in_channels: int = 3, num_classes: int = 3, width: float = 1.0) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)"""
    return minifasnet(V1, 0.75, excite=True, dims=dims, in_channels=in_channels, num_classes=num_classes, width=width)


def version2(*, dims: int = 2, in_channels: int = 3, num_classes: int = 3, width: float = 1.0) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)"""
    return minifasnet(V2, 0.2, dims=dims, in_channels=in_channels, num_classes=num_classes, width=width)


def minivision_names() -> Rename:
    """How the authors' names become ours.

    Example:
        >>> rename = minivision_names()
        >>> rename("conv_23.conv_dw.prelu.weight"), rename("conv_4.model.5.se_module.bn1.bias")
        ('stages.stage1.0.path.depthwise.activation.weight', 'stages.stage2.6.path.excite.gate.squeeze.norm.bias')
    """
    blocks = {"conv_23": "stage1.0", "conv_34": "stage2.0", "conv_45": "stage3.0"}
    for number, (_, _, middles) in enumerate(V2, 1):
        blocks |= {f"conv_{number + 2}.model.{j}": f"stage{number}.{j + 1}" for j in range(len(middles))}
    units = {"conv1": "stem.conv", "conv2_dw": "stem.depthwise"}
    units |= {"conv_6_sep": "top.expand", "conv_6_dw": "top.depthwise"}
    layers = {"linear": "head.embedding", "bn": "head.norm", "prob": "head.classifier"}
    for theirs, ours in blocks.items():
        inner = {"conv": "expand", "conv_dw": "depthwise", "project": "project"}
        units |= {f"{theirs}.{name}": f"{ours}.path.{place}" for name, place in inner.items()}
        for i, name in enumerate(("squeeze", "excite"), 1):
            gate = f"stages.{ours}.path.excite.gate.{name}"
            layers |= {f"{theirs}.se_module.fc{i}": f"{gate}.conv", f"{theirs}.se_module.bn{i}": f"{gate}.norm"}
    inner = {"conv": "conv", "bn": "norm", "prelu": "activation"}
    for theirs, ours in units.items():
        layers |= {f"{theirs}.{name}": f"stages.{ours}.{layer}" for name, layer in inner.items()}
    return rename_layers(layers)


PUBLISHED = {"minivision": minivision_names()}


@register(version1se, size=80, smallest=65, classes=3, published=PUBLISHED)
def minifasnet_v1se(**options: Any) -> Network:
    """433,586 parameters."""
    return version1se(**options)


@register(version2, size=80, smallest=65, classes=3, published=PUBLISHED)
def minifasnet_v2(**options: Any) -> Network:
    """434,560 parameters."""
    return version2(**options)

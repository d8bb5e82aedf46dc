"""ResNet, and the plain network it is compared with.

He et al., Deep Residual Learning for Image Recognition, 2015, arXiv:1512.03385
(table 1: depths; figure 5: the two paths; section 4.1: shortcuts A, B and C).
The bottleneck strides in its 3-wide convolution, not in its first ("v1.5").
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from collections.abc import Callable
from typing import Any, Literal, get_args

from torch import Tensor, nn
from torch.nn import functional as F

from striate.errors import ArgumentError
from striate.layers import GlobalAvgPool, Residual, conv_norm, max_pool, scale_channels, sequential
from striate.layers.dims import Norm
from striate.models.network import Network, he_initialise
from striate.models.registry import register
from striate.models.rename import Rename, rename_layers

Letter = Literal["A", "B", "C"]
Shortcut = Letter | None  # None: the plain network
Path = Callable[[int, int, int, int], nn.Sequential]


def basic_path(dims: int, channels: int, width: int, stride: int) -> nn.Sequential:
    """(N, channels, *S) -> (N, width, *S / stride)"""
    return nn.Sequential(
        conv_norm(dims, channels, width, 3, stride, activation=nn.ReLU),
        conv_norm(dims, width, width, 3),
    )


def bottleneck_path(dims: int, channels: int, width: int, stride: int) -> nn.Sequential:
    """(N, channels, *S) -> (N, 4 * width, *S / stride)"""
    return nn.Sequential(
        conv_norm(dims, channels, width, 1, activation=nn.ReLU),
        conv_norm(dims, width, width, 3, stride, activation=nn.ReLU),
        conv_norm(dims, width, 4 * width, 1),
    )


class PadShortcut(nn.Module):
    """Option A: take every stride-th sample and put zeros for the new channels, half before the old ones, half after.

    Example:
        >>> import torch
        >>> PadShortcut(extra_channels=2, stride=2)(torch.tensor([[[1.0, 2, 3]]]))
        tensor([[[0., 0.],
                 [1., 3.],
                 [0., 0.]]])
    """

    def __init__(self, extra_channels: int, stride: int):
        super().__init__()
        self.before = extra_channels // 2
        self.after = extra_channels - self.before
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C + extra_channels, *S / stride)"""
        axes = x.ndim - 2
        every, every_nth = slice(None), slice(None, None, self.stride)
        x = x[(every, every, *[every_nth] * axes)]
        return F.pad(x, (0, 0) * axes + (self.before, self.after))


def make_shortcut(option: Shortcut, dims: int, channels: int, out: int, stride: int) -> nn.Module | None:
    """A pads and B projects where the shape changes; C projects everywhere."""
    if option is None:
        return None
    if option != "C" and stride == 1 and channels == out:
        return nn.Identity()
    if option == "A":
        return PadShortcut(out - channels, stride)
    return conv_norm(dims, channels, out, 1, stride)


def make_stage(
    path: Path, dims: int, channels: int, width: int, out: int, depth: int, stride: int, option: Shortcut
) -> nn.Sequential:
    """Blocks of relu(path(x) + shortcut(x)), of which the first strides: (N, channels, *S) -> (N, out, *S / stride)"""
    blocks = []
    for _ in range(depth):
        residual = Residual(path(dims, channels, width, stride), make_shortcut(option, dims, channels, out, stride))
        blocks.append(sequential(residual=residual, activation=nn.ReLU()))
        channels, stride = out, 1
    return nn.Sequential(*blocks)


def make_stages(
    path: Path, expansion: int, dims: int, channels: int, depths: tuple[int, ...], option: Shortcut
) -> dict[str, nn.Module]:
    """A stage for each depth, each but the first of half the size and twice the width, from (N, channels, *S) on."""
    stages: dict[str, nn.Module] = {}
    width = channels
    for number, depth in enumerate(depths, 1):
        stride = 1 if number == 1 else 2
        out = expansion * width
        stages[f"stage{number}"] = make_stage(path, dims, channels, width, out, depth, stride, option)
        channels, width = out, 2 * width
    return stages


def check_shortcut(shortcut: Shortcut, zero_last_norm: bool) -> None:
    """Refuse a shortcut that doesn't exist, and plain blocks that would start as zero.

    Raises:
        ArgumentError: which of the two.
    """
    if shortcut not in (*get_args(Letter), None):
        raise ArgumentError.of("shortcut", "'A', 'B', 'C' or None for the plain network", shortcut)
    if zero_last_norm and shortcut is None:
        raise ArgumentError.of("zero_last_norm", "False in a plain network, which nothing would pass", True)


def resnet(
    path: Path,
    expansion: int,
    depths: tuple[int, ...],
    *,
    dims: int = 2,
    in_channels: int = 3,
    num_classes: int = 1000,
    width: float = 1.0,
    shortcut: Shortcut = "B",
    zero_last_norm: bool = False,
) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)

    Args:
        path: makes a block's path.
        expansion: how many times wider than its path a block's output is.
        depths: blocks in each stage.
        dims, in_channels, num_classes, width: as in `create_model`.
        shortcut: "A", "B", "C", or None for the plain network.
        zero_last_norm: every block starts as the identity (Goyal et al., 2017, arXiv:1706.02677, section 5.1).

    Raises:
        ArgumentError: no such shortcut, or plain blocks that would start as zero.
    """
    check_shortcut(shortcut, zero_last_norm)
    channels = scale_channels(64, width)
    stem = conv_norm(dims, in_channels, channels, 7, 2, activation=nn.ReLU)
    stages: dict[str, nn.Module] = {"stem": nn.Sequential(stem, max_pool(dims, 3, 2, padding=1))}  # *S / 4
    stages |= make_stages(path, expansion, dims, channels, depths, shortcut)  # (N, 64 to 512 * expansion, *S / 32)
    features = expansion * channels * 2 ** (len(depths) - 1)
    head = sequential(pool=GlobalAvgPool(), classifier=nn.Linear(features, num_classes))
    network = he_initialise(Network(stages, head))
    if zero_last_norm:
        zero_last_norms(network)
    return network


def zero_last_norms(network: Network) -> None:
    """Let every block start as the identity."""
    for block in network.modules():
        if isinstance(block, Residual):
            *_, last = (module for module in block.path.modules() if isinstance(module, Norm))
            nn.init.zeros_(last.weight)


def plain(
    path: Path,
    depths: tuple[int, ...],
    *,
    dims: int = 2,
    in_channels: int = 3,
    num_classes: int = 1000,
    width: float = 1.0,
) -> Network:
    """A ResNet without its shortcuts: (N, in_channels, *S) -> (N, num_classes)"""
    return resnet(
        path, 1, depths, dims=dims, in_channels=in_channels, num_classes=num_classes, width=width, shortcut=None
    )


def published_blocks(depths: tuple[int, ...], classifier: str) -> Rename:
    """How the names of torchvision, which many follow, become ours.

    Args:
        depths: blocks in each stage, at least.
        classifier: their name of the last layer.

    Example:
        >>> rename = published_blocks((2, 2, 2, 2), classifier="fc")
        >>> rename("layer2.0.bn1.running_mean"), rename("layer2.0.downsample.0.weight")
        ('stages.stage2.0.residual.path.0.norm.running_mean', 'stages.stage2.0.residual.shortcut.conv.weight')
    """
    inner = {"downsample.0": "shortcut.conv", "downsample.1": "shortcut.norm"}
    for i in range(3):
        inner |= {f"conv{i + 1}": f"path.{i}.conv", f"bn{i + 1}": f"path.{i}.norm"}
    stem = "stages.stem.0" if len(depths) == 4 else "stages.stem"  # the large network's has a pooling, too
    layers = {"conv1": f"{stem}.conv", "bn1": f"{stem}.norm", classifier: "head.classifier"}
    for number, depth in enumerate(depths, 1):
        for j in range(depth):
            block = f"stages.stage{number}.{j}.residual"
            layers |= {f"layer{number}.{j}.{theirs}": f"{block}.{ours}" for theirs, ours in inner.items()}
    return rename_layers(layers)


TORCHVISION = {"torchvision": published_blocks((3, 8, 36, 3), classifier="fc")}  # up to the depth of resnet152


@register(resnet, published=TORCHVISION)
def resnet18(**options: Any) -> Network:
    """11,689,512 parameters."""
    return resnet(basic_path, 1, (2, 2, 2, 2), **options)


@register(resnet, published=TORCHVISION)
def resnet34(**options: Any) -> Network:
    """21,797,672 parameters."""
    return resnet(basic_path, 1, (3, 4, 6, 3), **options)


@register(resnet, published=TORCHVISION)
def resnet50(**options: Any) -> Network:
    """25,557,032 parameters."""
    return resnet(bottleneck_path, 4, (3, 4, 6, 3), **options)


@register(resnet, published=TORCHVISION)
def resnet101(**options: Any) -> Network:
    """44,549,160 parameters."""
    return resnet(bottleneck_path, 4, (3, 4, 23, 3), **options)


@register(resnet, published=TORCHVISION)
def resnet152(**options: Any) -> Network:
    """60,192,808 parameters."""
    return resnet(bottleneck_path, 4, (3, 8, 36, 3), **options)


@register(plain)
def plain18(**options: Any) -> Network:
    """11,515,688 parameters: resnet18 less its three projections."""
    return plain(basic_path, (2, 2, 2, 2), **options)


@register(plain)
def plain34(**options: Any) -> Network:
    """21,623,848 parameters: resnet34 less its three projections."""
    return plain(basic_path, (3, 4, 6, 3), **options)

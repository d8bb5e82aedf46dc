"""ResNet and its plain twin for small images: three stages, 16 to 64 channels wide, and any depth of 6n + 2 layers.

He et al., Deep Residual Learning for Image Recognition, 2015, arXiv:1512.03385 (section 4.2; shortcuts of option A).
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from typing import Any

from torch import nn

from striate.layers import GlobalAvgPool, conv_norm, scale_channels, sequential
from striate.models.network import Network, he_initialise
from striate.models.registry import register
from striate.models.rename import Rename
from striate.models.resnet import Shortcut, basic_path, check_shortcut, make_stages, published_blocks, zero_last_norms


def resnet_cifar(
    layers: int,
    *,
    dims: int = 2,
    in_channels: int = 3,
    num_classes: int = 10,
    width: float = 1.0,
    shortcut: Shortcut = "A",
    zero_last_norm: bool = False,
) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)

    Args:
        layers: 6n + 2: a convolution, n blocks of two in each of three stages, a dense layer.
        dims, in_channels, num_classes, width: as in `create_model`.
        shortcut: "A", "B", "C", or None for the plain network.
        zero_last_norm: every block starts as the identity (Goyal et al., 2017, arXiv:1706.02677, section 5.1).

    Raises:
        ArgumentError: no such shortcut, or plain blocks that would start as zero.
    """
    check_shortcut(shortcut, zero_last_norm)
    blocks, channels = (layers - 2) // 6, scale_channels(16, width)
    stages: dict[str, nn.Module] = {"stem": conv_norm(dims, in_channels, channels, 3, activation=nn.ReLU)}
    stages |= make_stages(basic_path, 1, dims, channels, (blocks,) * 3, shortcut)  # (N, 16, 32, 64, *S / 1, 2, 4)
    head = sequential(pool=GlobalAvgPool(), classifier=nn.Linear(4 * channels, num_classes))
    network = he_initialise(Network(stages, head))
    if zero_last_norm:
        zero_last_norms(network)
    return network


def plain_cifar(
    layers: int, *, dims: int = 2, in_channels: int = 3, num_classes: int = 10, width: float = 1.0
) -> Network:
    """A CIFAR ResNet without its shortcuts: (N, in_channels, *S) -> (N, num_classes)"""
    return resnet_cifar(layers, dims=dims, in_channels=in_channels, num_classes=num_classes, width=width, shortcut=None)


def akamaster_names(layers: int) -> Rename:
    """How the names of Yerlan Idelbayev's pytorch_resnet_cifar10 become ours.

    Example:
        >>> rename = akamaster_names(20)
        >>> rename("layer3.0.bn2.bias"), rename("linear.weight")
        ('stages.stage3.0.residual.path.1.norm.bias', 'head.classifier.weight')
    """
    return published_blocks(((layers - 2) // 6,) * 3, classifier="linear")


@register(resnet_cifar, size=32, smallest=4, classes=10, published={"akamaster": akamaster_names(20)})
def resnet20(**options: Any) -> Network:
    """269,722 parameters."""
    return resnet_cifar(20, **options)


@register(resnet_cifar, size=32, smallest=4, classes=10, published={"akamaster": akamaster_names(32)})
def resnet32(**options: Any) -> Network:
    """464,154 parameters."""
    return resnet_cifar(32, **options)


@register(resnet_cifar, size=32, smallest=4, classes=10, published={"akamaster": akamaster_names(44)})
def resnet44(**options: Any) -> Network:
    """658,586 parameters."""
    return resnet_cifar(44, **options)


@register(resnet_cifar, size=32, smallest=4, classes=10, published={"akamaster": akamaster_names(56)})
def resnet56(**options: Any) -> Network:
    """853,018 parameters."""
    return resnet_cifar(56, **options)


@register(resnet_cifar, size=32, smallest=4, classes=10, published={"akamaster": akamaster_names(110)})
def resnet110(**options: Any) -> Network:
    """1,727,962 parameters."""
    return resnet_cifar(110, **options)


@register(resnet_cifar, size=32, smallest=4, classes=10, published={"akamaster": akamaster_names(1202)})
def resnet1202(**options: Any) -> Network:
    """19,421,274 parameters."""
    return resnet_cifar(1202, **options)


@register(plain_cifar, size=32, smallest=4, classes=10)
def plain20(**options: Any) -> Network:
    """269,722 parameters, as many as resnet20, whose shortcuts have none."""
    return plain_cifar(20, **options)


@register(plain_cifar, size=32, smallest=4, classes=10)
def plain32(**options: Any) -> Network:
    """464,154 parameters, as many as resnet32, whose shortcuts have none."""
    return plain_cifar(32, **options)


@register(plain_cifar, size=32, smallest=4, classes=10)
def plain44(**options: Any) -> Network:
    """658,586 parameters, as many as resnet44, whose shortcuts have none."""
    return plain_cifar(44, **options)


@register(plain_cifar, size=32, smallest=4, classes=10)
def plain56(**options: Any) -> Network:
    """853,018 parameters, as many as resnet56, whose shortcuts have none."""
    return plain_cifar(56, **options)


@register(plain_cifar, size=32, smallest=4, classes=10)
def plain110(**options: Any) -> Network:
    """1,727,962 parameters, as many as resnet110, whose shortcuts have none."""
    return plain_cifar(110, **options)

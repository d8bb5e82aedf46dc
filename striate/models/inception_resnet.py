"""Inception-ResNet: residual blocks whose path is an Inception module.

Szegedy et al., Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning, 2016,
arXiv:1602.07261 (figures 10 to 19; section 3.3: the paths are scaled down before they are added). This is what the
weights were published of: a last C block without scale and ReLU in both; in v2, as its authors' code has it, v1's stem
and an Inception module in place of Inception v4's stem, twice as many blocks, other widths between them, and a 1x1
convolution on top; in v1, as Sandberg's FaceNet has it, an embedding of 512 numbers in front of the classifier.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from torch import nn

from striate.errors import ArgumentError
from striate.layers import Branches, GlobalAvgPool, Residual, conv, max_pool, scale_channels, sequential
from striate.models.inception_blocks import (
    Block,
    Table,
    channels_after,
    first_units,
    make_stages,
    reduction_a,
    rename_modules,
    row,
    same_pool,
    split,
    unit,
)
from striate.models.network import Network, he_initialise
from striate.models.registry import register
from striate.models.rename import Rename

Branched = Callable[[int, int, float], Branches]  # of dims, channels, width


def residual(
    branches: Branched,
    scale: float,
    dims: int,
    channels: int,
    width: float,
    *,
    relu: bool = True,
) -> nn.Sequential:
    """relu(x + scale * project(branches(x))), the last one without its ReLU: (N, channels, *S) -> (N, channels, *S)"""
    side_by_side = branches(dims, channels, width)
    project = conv(dims, channels_after(side_by_side, channels), channels, 1)
    path = sequential(branches=side_by_side, project=project)
    return sequential(residual=Residual(path, nn.Identity(), scale), activation=nn.ReLU() if relu else None)


def branches_a(a: int, b: int, c: int, dims: int, channels: int, width: float) -> Branches:
    """Figures 10 and 16, with the channels of the row of two 3x3: (N, channels, *S) -> (N, 64 + c, *S)"""
    make = partial(row, dims, channels, width)
    return Branches(conv1=make((32, 1)), conv3=make((32, 1), (32, 3)), double3=make((a, 1), (b, 3), (c, 3)))


def branches_factorised(
    kernel: int, single: int, a: int, b: int, c: int, dims: int, channels: int, width: float
) -> Branches:
    """Figures 11 and 17, and C in 13 and 19, with the channels of the 1x1 and of the row beside it."""
    make = partial(row, dims, channels, width)
    return Branches(conv1=make((single, 1)), **{f"conv{kernel}": make((a, 1), *split(dims, kernel, b, c))})


def reduction_b(narrow: int, a: int, b: int, dims: int, channels: int, width: float) -> Branches:
    """Figures 12 and 18: (N, channels, *S) -> (N, 384 + narrow + b + channels, *S / 2)"""
    make = partial(row, dims, channels, width, stride=2, padding=0)
    return Branches(
        conv3=make((256, 1), (384, 3)),
        conv3_narrow=make((256, 1), (narrow, 3)),
        double3=make((256, 1), (a, 3), (b, 3)),
        pool=max_pool(dims, 3, 2),
    )


def make_table(
    depths: tuple[int, int, int], a: Branched, reduce_a: Block, b: Branched, reduce_b: Block, c: Branched
) -> Table:
    """Figure 15: A, B and C blocks in such numbers, paths scaled, and one more C without scale and ReLU."""
    return {
        "inception_a": [partial(residual, a, 0.17)] * depths[0],
        "reduction_a": [reduce_a],
        "inception_b": [partial(residual, b, 0.10)] * depths[1],
        "reduction_b": [reduce_b],
        "inception_c": [*[partial(residual, c, 0.20)] * depths[2], partial(residual, c, 1.0, relu=False)],
    }


V1 = make_table(
    (5, 10, 5),
    partial(branches_a, 32, 32, 32),
    partial(reduction_a, 192, 192, 256, 384),
    partial(branches_factorised, 7, 128, 128, 128, 128),
    partial(reduction_b, 256, 256, 256),
    partial(branches_factorised, 3, 192, 192, 192, 192),
)
V2 = make_table(
    (10, 20, 9),
    partial(branches_a, 32, 48, 64),
    partial(reduction_a, 256, 256, 384, 384),
    partial(branches_factorised, 7, 192, 128, 160, 192),
    partial(reduction_b, 288, 288, 320),
    partial(branches_factorised, 3, 192, 192, 224, 256),
)


def first_stem(dims: int, in_channels: int, width: float) -> nn.Sequential:
    """What both stems begin with: (N, in_channels, *S) -> (N, 192, *S / 4)"""
    c64, c80, c192 = (scale_channels(c, width) for c in (64, 80, 192))
    return nn.Sequential(
        *first_units(dims, in_channels, width),
        max_pool(dims, 3, 2),
        unit(dims, c64, c80, 1),
        unit(dims, c80, c192, 3, padding=0),
    )


def stem_v1(dims: int, in_channels: int, width: float) -> nn.Sequential:
    """Figure 14: (N, in_channels, *S) -> (N, 256, *S / 8)"""
    c192, c256 = (scale_channels(c, width) for c in (192, 256))
    return first_stem(dims, in_channels, width).append(unit(dims, c192, c256, 3, 2, padding=0))


def stem_v2(dims: int, in_channels: int, width: float) -> nn.Sequential:
    """Not in the paper: (N, in_channels, *S) -> (N, 320, *S / 8)"""
    make = partial(row, dims, scale_channels(192, width), width)
    module = Branches(
        conv1=make((96, 1)),
        conv5=make((48, 1), (64, 5)),
        double3=make((64, 1), (96, 3), (96, 3)),
        pool=nn.Sequential(same_pool(dims), make((64, 1))),
    )
    return first_stem(dims, in_channels, width).append(max_pool(dims, 3, 2)).append(module)


def version1(
    *,
    dims: int = 2,
    in_channels: int = 3,
    num_classes: int = 8631,
    width: float = 1.0,
    embedding: int | None = 512,
) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)

    Args:
        dims, in_channels, num_classes, width: as in `create_model`.
        embedding: numbers, at width 1, of a dense layer with batch norm in front of the classifier; of length 1, they
            are FaceNet's description of a face. None: the paper's head.

    Raises:
        ArgumentError: an embedding of no numbers.
    """
    if embedding is not None and (isinstance(embedding, bool) or not isinstance(embedding, int) or embedding < 1):
        raise ArgumentError.of("embedding", "an integer of at least 1, or None for none", embedding)
    stages = make_stages(stem_v1(dims, in_channels, width), V1, dims, in_channels, width)
    channels = channels_after(nn.Sequential(*stages.values()), in_channels)  # (N, 1792, *S / 32)
    head = make_head(channels, num_classes, embedding and scale_channels(embedding, width))
    return he_initialise(Network(stages, head))


def make_head(channels: int, num_classes: int, embedding: int | None) -> nn.Sequential:
    """(N, channels, *S) -> (N, num_classes), by way of an embedding if there is one."""
    return sequential(
        pool=GlobalAvgPool(),
        dropout=nn.Dropout(0.6 if embedding else 0.2),
        embedding=nn.Linear(channels, embedding, bias=False) if embedding else None,
        norm=nn.BatchNorm1d(embedding, 1e-3) if embedding else None,
        classifier=nn.Linear(embedding or channels, num_classes),
    )


def version2(*, dims: int = 2, in_channels: int = 3, num_classes: int = 1000, width: float = 1.0) -> Network:
    """(N, in_channels, *S) -> (N, num_classes)"""
    stages = make_stages(stem_v2(dims, in_channels, width), V2, dims, in_channels, width)
    channels = channels_after(nn.Sequential(*stages.values()), in_channels)  # (N, 2080, *S / 32)
    top = scale_channels(1536, width)
    stages["top"] = unit(dims, channels, top, 1)
    return he_initialise(Network(stages, make_head(top, num_classes, None)))


def within(**branches: str) -> dict[str, str]:
    """Places in a residual block, by their names."""
    path = "residual.path"
    return {name: f"{path}.branches.{ours}" for name, ours in branches.items()} | {"conv2d": f"{path}.project"}


# stage -> their name of a module in its blocks -> ours
INNER = {
    "inception_a": within(branch0="conv1", branch1="conv3", branch2="double3"),
    "reduction_a": {"branch0": "conv3", "branch1": "double3"},
    "inception_b": within(branch0="conv1", branch1="conv7"),
    "reduction_b": {"branch0": "conv3", "branch1": "conv3_narrow", "branch2": "double3"},
    "inception_c": within(branch0="conv1", branch1="conv3"),
}


def published_names(table: Table, a_b_c: tuple[str, str, str], others: Mapping[str, str]) -> Rename:
    """How names that follow TensorFlow's, as both publishers' do, become ours.

    Args:
        table: the network's stages.
        a_b_c: their names of the rows of blocks.
        others: their name of a module that only one of the networks has -> ours.

    Example:
        >>> published_names(V1, ("a", "b", "c"), {})("b.9.branch1.2.bn.weight")
        'stages.inception_b.9.residual.path.branches.conv7.2.norm.weight'
    """
    layers = ("1a", "2a", "2b", "pooling", "3b", "4a")
    modules = {f"conv2d_{theirs}": f"stages.stem.{i}" for i, theirs in enumerate(layers)}
    blocks = {"mixed_6a": "reduction_a.0", "mixed_7a": "reduction_b.0"}
    for theirs, stage in zip(a_b_c, ("inception_a", "inception_b", "inception_c"), strict=True):
        blocks |= {f"{theirs}.{j}": f"{stage}.{j}" for j in range(len(table[stage]))}
    blocks["block8"] = f"inception_c.{len(table['inception_c']) - 1}"
    for theirs, ours in blocks.items():
        inner = INNER[ours.partition(".")[0]]
        modules |= {f"{theirs}.{name}": f"stages.{ours}.{place}" for name, place in inner.items()}
    return rename_modules(modules | dict(others))


def facenet_names() -> Rename:
    """How facenet-pytorch's names become ours.

    Example:
        >>> rename = facenet_names()
        >>> rename("repeat_1.4.conv2d.bias"), rename("last_bn.weight"), rename("logits.weight")
        ('stages.inception_a.4.residual.path.project.bias', 'head.norm.weight', 'head.classifier.weight')
    """
    others = {
        "conv2d_4b": "stages.stem.6",
        "last_linear": "head.embedding",
        "last_bn": "head.norm",
        "logits": "head.classifier",
    }
    return published_names(V1, ("repeat_1", "repeat_2", "repeat_3"), others)


def timm_names() -> Rename:
    """How timm's names become ours.

    Example:
        >>> rename = timm_names()
        >>> rename("block8.branch0.bn.bias"), rename("classif.weight")
        ('stages.inception_c.9.residual.path.branches.conv1.norm.bias', 'head.classifier.weight')
    """
    module = {"branch0": "conv1", "branch1": "conv5", "branch2": "double3", "branch3": "pool"}
    others = {f"mixed_5b.{theirs}": f"stages.stem.7.{ours}" for theirs, ours in module.items()}
    others |= {"conv2d_7b": "stages.top", "classif": "head.classifier"}
    return published_names(V2, ("repeat", "repeat_1", "repeat_2"), others)


@register(version1, size=160, smallest=75, classes=8631, published={"facenet-pytorch": facenet_names()})
def inception_resnet_v1(**options: Any) -> Network:
    """27,910,327 parameters for the 8,631 people of VGGFace2, of which 4,427,703 in the classifier."""
    return version1(**options)


@register(version2, size=299, smallest=75, published={"timm": timm_names()})
def inception_resnet_v2(**options: Any) -> Network:
    """55,843,464 parameters."""
    return version2(**options)

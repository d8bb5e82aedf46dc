"""MTCNN: three small networks that find faces and five points on each, every one stricter than the one before.

Zhang et al., Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks, 2016,
arXiv:1604.02878 (figure 2). The authors' networks activate by PReLU, and pool with partial windows at the ends. P-Net
has no dense layer: it looks at every other place of an image at once, through windows of 12 pixels. The cascade that
runs them is `striate.faces.FaceFinder`.
Shapes: N images or windows, H and W their sides.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from striate.layers import conv, sequential
from striate.models.published import MTCNN
from striate.models.rename import Rename, rename_layers
from striate.models.sources import PublishedFile
from striate.models.tensor_file import parse_tensors

WINDOW, STRIDE = 12, 2  # pixels: what one place of P-Net sees, and from one place to the next
NOTICE = MTCNN["onet"].notice.replace("mtcnn_onet", "mtcnn")  # of all three
MEAN, STD = 127.5, 128.0  # the networks see RGB as (x - MEAN) / STD


class FaceAnswers(NamedTuple):
    """What a network says of each window: (N, …), and for P-Net (N, …, H', W'), one at each place.

    Attributes:
        logits: (N, 2) of no face and a face.
        offsets: (N, 4): how far the face's left, top, right and bottom lie from the window's, in sides of the window.
        points: (N, 10): x of the five `FACE_POINTS`, then y, from the window's corner, in its sides; O-Net's alone.
    """

    logits: Tensor
    offsets: Tensor
    points: Tensor | None


class FaceNet(nn.Module):
    """One of the three networks: (N, 3, H, W) -> `FaceAnswers`.

    Args:
        features: (N, 3, H, W) -> (N, C) or (N, C, H', W').
        logits, offsets, points: the heads.
    """

    def __init__(self, features: nn.Module, logits: nn.Module, offsets: nn.Module, points: nn.Module | None = None):
        super().__init__()
        self.features, self.logits, self.offsets, self.points = features, logits, offsets, points

    def forward(self, x: Tensor) -> FaceAnswers:
        """(N, 3, H, W) -> answers"""
        x = self.features(x)
        return FaceAnswers(self.logits(x), self.offsets(x), self.points(x) if self.points else None)


class FlattenColumns(nn.Module):
    """(N, C, H, W) -> (N, C·W·H): column after column, as the authors' Matlab stores images.

    Example:
        >>> import torch
        >>> FlattenColumns()(torch.tensor([[[[1, 2], [3, 4]]]]))
        tensor([[1, 3, 2, 4]])
    """

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C·W·H)"""
        return x.transpose(2, 3).flatten(1)


def conv_prelu(c_in: int, c_out: int, kernel: int, pool: int = 0) -> nn.Sequential:
    """A convolution without padding, its activation, and a max pool of stride 2 with windows of `pool` samples."""
    return sequential(
        conv=conv(2, c_in, c_out, kernel, padding=0),
        activation=nn.PReLU(c_out),
        pool=nn.MaxPool2d(pool, 2, ceil_mode=True) if pool else None,
    )


def dense_prelu(c_in: int, c_out: int) -> nn.Sequential:
    """(N, C, H, W) of c_in numbers each -> (N, c_out)"""
    return sequential(flatten=FlattenColumns(), dense=nn.Linear(c_in, c_out), activation=nn.PReLU(c_out))


def p_net() -> FaceNet:
    """The proposal network: (N, 3, H, W) -> answers at every other pixel. 6,632 parameters.

    Example:
        >>> import torch
        >>> p_net()(torch.zeros(1, 3, 12, 32)).logits.shape
        torch.Size([1, 2, 1, 11])
    """
    features = sequential(
        conv1=conv_prelu(3, 10, 3, pool=2),  # (N, 10, H / 2 - 1, W / 2 - 1)
        conv2=conv_prelu(10, 16, 3),
        conv3=conv_prelu(16, 32, 3),  # (N, 32, H / 2 - 5, W / 2 - 5)
    )
    return FaceNet(features, conv(2, 32, 2, 1), conv(2, 32, 4, 1))


def r_net() -> FaceNet:
    """The refinement network: (N, 3, 24, 24) -> answers. 100,178 parameters."""
    features = sequential(
        conv1=conv_prelu(3, 28, 3, pool=3),  # (N, 28, 11, 11)
        conv2=conv_prelu(28, 48, 3, pool=3),  # (N, 48, 4, 4)
        conv3=conv_prelu(48, 64, 2),  # (N, 64, 3, 3)
        dense=dense_prelu(64 * 9, 128),
    )
    return FaceNet(features, nn.Linear(128, 2), nn.Linear(128, 4))


def o_net() -> FaceNet:
    """The output network: (N, 3, 48, 48) -> answers with points. 389,040 parameters."""
    features = sequential(
        conv1=conv_prelu(3, 32, 3, pool=3),  # (N, 32, 23, 23)
        conv2=conv_prelu(32, 64, 3, pool=3),  # (N, 64, 10, 10)
        conv3=conv_prelu(64, 64, 3, pool=2),  # (N, 64, 4, 4)
        conv4=conv_prelu(64, 128, 2),  # (N, 128, 3, 3)
        dense=dense_prelu(128 * 9, 256),
    )
    return FaceNet(features, nn.Linear(256, 2), nn.Linear(256, 4), nn.Linear(256, 10))


def published_names(convolutions: int) -> Rename:
    """How the names of the published tensors become ours, in a network of so many convolutions before its heads.

    Example:
        >>> rename = published_names(3)
        >>> rename("features.prelu4.weight"), rename("conv5_2.bias")
        ('features.dense.activation.weight', 'offsets.bias')
    """
    layers: dict[str, str] = {}
    for i in range(1, convolutions + 1):
        layers |= {f"features.conv{i}": f"features.conv{i}.conv", f"features.prelu{i}": f"features.conv{i}.activation"}
    dense = convolutions + 1
    layers |= {f"features.conv{dense}": "features.dense.dense", f"features.prelu{dense}": "features.dense.activation"}
    for number in (dense, dense + 1):  # P-Net has no dense layer, so its heads are the next ones
        layers |= {f"conv{number}_{i}": head for i, head in enumerate(("logits", "offsets", "points"), 1)}
    return rename_layers(layers)


class Mtcnn(NamedTuple):
    """The three networks, in the order in which they look."""

    p_net: FaceNet
    r_net: FaceNet
    o_net: FaceNet


def load_mtcnn() -> Mtcnn:
    """The networks with their published weights, in eval mode.

    Raises:
        WeightsError: the package that carries the weights is not installed, or its files are not the published ones.
    """
    return Mtcnn(
        _load(p_net(), MTCNN["pnet"], convolutions=3),
        _load(r_net(), MTCNN["rnet"], convolutions=3),
        _load(o_net(), MTCNN["onet"], convolutions=4),
    )


def _load(network: FaceNet, file: PublishedFile, convolutions: int) -> FaceNet:
    rename = published_names(convolutions)
    tensors = parse_tensors(file.read(), file.file_name)  # the bytes are the published ones, so they fit
    network.load_state_dict({rename(name): t for name, t in tensors.items()})
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's stubs
    return network.eval().requires_grad_(False)

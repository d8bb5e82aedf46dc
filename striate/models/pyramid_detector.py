"""The detector worth using: a feature pyramid, no anchors, one head for all levels.

Each cell of each level answers how likely an object of each class is there and how far it reaches to the left, top,
right and bottom (Tian et al., FCOS, 2019, arXiv:1904.01355). Classes and distances have layers of their own (Ge et al.,
YOLOX, 2021, arXiv:2107.08430), shared by all levels: of a few hundred images every object teaches all sizes. They
are normalised in groups of channels, whatever the level and however small the batch (Wu and He, arXiv:1803.08494).
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from striate.layers import conv, sequential
from striate.models.detector import RARE, Decoded, begin_at
from striate.models.network import Network
from striate.models.new_head import check_images, kept_stages
from striate.models.pyramid import Level, Pyramid, choose_levels, grid_points, named_levels

WIDTH, GROUPS = 96, 8
_FIRST_REACH = 2.0  # strides from a cell's middle to each side of its box before anything is learned
_MOST_REACH = 10.0  # its logarithm is at most this: an untrained network must not give infinite boxes


class PyramidAnswers(NamedTuple):
    """What a pyramid's detector answers for each of the P cells of all levels.

    Attributes:
        boxes: (N, P, 4) left, top, right, bottom in pixels of the input.
        logits: (N, P, K) of each class.
        points: (P, 2) x and y of the cells' middles in pixels of the input.
        cell: side of the finest level's cells in pixels.
    """

    boxes: Tensor
    logits: Tensor
    points: Tensor
    cell: int

    def decode(self) -> Decoded:
        """Boxes and scores."""
        return Decoded(self.boxes, self.logits.float().sigmoid())


class PyramidDetector(Network):
    """(N, C, H, W) -> `PyramidAnswers`.

    Args:
        stages: of the backbone, up to the coarsest level's.
        levels: the finest first.
        num_classes: K.
    """

    def __init__(self, stages: Mapping[str, nn.Module], levels: Sequence[Level], num_classes: int):
        super().__init__(stages, PyramidHead(levels, num_classes))
        self.levels = tuple(levels)

    def forward(self, x: Tensor) -> PyramidAnswers:  # type: ignore[override]
        """(N, C, H, W) -> boxes and logits of all cells."""
        activations = self.features(x)
        levels = [activations[level.stage] for level in self.levels]
        answers: PyramidAnswers = self.head(levels, (x.shape[-2], x.shape[-1]))
        return answers


class PyramidHead(nn.Module):
    """A feature pyramid, and what reads classes and distances from each level.

    Args:
        levels: the finest first.
        num_classes: K.
    """

    def __init__(self, levels: Sequence[Level], num_classes: int):
        super().__init__()
        self.strides = [level.stride for level in levels]
        self.pyramid = Pyramid(levels, WIDTH)
        self.class_layers, self.box_layers = _two_layers(), _two_layers()
        self.classifier, self.distances = nn.Conv2d(WIDTH, num_classes, 1), nn.Conv2d(WIDTH, 4, 1)
        begin_at(self.classifier, RARE)
        begin_at(self.distances, math.log(_FIRST_REACH))

    def forward(self, activations: Sequence[Tensor], size_hw: tuple[int, int]) -> PyramidAnswers:
        """Activations (N, C, H, W) of all levels and the input's size -> the answers of all cells."""
        maps = self.pyramid(activations)
        parts = [self._read(x, stride, size_hw) for x, stride in zip(maps, self.strides, strict=True)]
        boxes, logits, points = (torch.cat(part, dim=-2) for part in zip(*parts, strict=True))
        return PyramidAnswers(boxes, logits, points, self.strides[0])

    def _read(self, x: Tensor, stride: int, size_hw: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes, logits and points of one level's cells."""
        logits = self.classifier(self.class_layers(x)).flatten(2).mT  # (N, H·W, K)
        reach = self.distances(self.box_layers(x)).flatten(2).mT.float()  # (N, H·W, 4)
        points = grid_points((x.shape[-2], x.shape[-1]), size_hw, stride, like=reach)
        distances = reach.clamp(max=_MOST_REACH).exp() * stride
        boxes = torch.cat([points - distances[..., :2], points + distances[..., 2:]], dim=-1)
        return boxes, logits, points


def pyramid_detector(
    network: Network, num_classes: int, *, size: Sequence[int], levels: Sequence[str] = ()
) -> PyramidDetector:
    """Put a feature pyramid and a head that finds boxes in the place of a network's own head.

    Args:
        network: taken over; stages after the coarsest level are left out.
        num_classes: K.
        size: an input's shape (C, H, W), to learn strides and channels from.
        levels: the stages that the pyramid stands on, the finest first; none for those of `choose_levels`.

    Raises:
        ArgumentError: not a network for images, none of its stages keeps the places of what it sees, or wrong levels.

    Example:
        >>> from striate.models import create_model
        >>> network = create_model("resnet18", num_classes=3, head="pyramid")
        >>> [(level.stage, level.stride) for level in network.levels]
        [('stage2', 8), ('stage3', 16), ('stage4', 32)]
        >>> network(torch.zeros(1, 3, 64, 96)).logits.shape  # 8·12 + 4·6 + 2·3 cells
        torch.Size([1, 126, 3])
    """
    check_images(size)
    stages = kept_stages(network, None)
    found = named_levels(stages, size, levels) if levels else choose_levels(stages, size)
    detector = PyramidDetector(kept_stages(network, found[-1].stage), found, num_classes)
    detector.name, detector.choices = network.name, {"levels": [level.stage for level in found]}
    return detector


def _two_layers() -> nn.Sequential:
    """(N, WIDTH, H, W) -> the same shape."""
    return nn.Sequential(_layer(), _layer())


def _layer() -> nn.Sequential:
    filters = conv(2, WIDTH, WIDTH, 3, bias=False)
    return sequential(conv=filters, norm=nn.GroupNorm(GROUPS, WIDTH), activation=nn.ReLU())

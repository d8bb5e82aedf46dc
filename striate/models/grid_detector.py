"""The plain detector: a grid of cells with anchors, one scale, as the course documents tell it.

Redmon et al., You Only Look Once, 2015, arXiv:1506.02640; anchors and the exponential form: YOLO9000, 2016,
arXiv:1612.08242. Shapes: N images, C channels, *S height and width, H x W cells, A anchors, K classes.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn

from striate.errors import ArgumentError
from striate.layers import sequential
from striate.models.detector import RARE, Decoded, begin_at
from striate.models.network import Network
from striate.models.new_head import check_images, kept_stages, output_channels
from striate.ops.box_codes import decode_exponential, decode_linear, grid_cells

BoxForm = Literal["linear", "exponential"]


class Volume(NamedTuple):
    """What a grid's detector answers.

    Attributes:
        raw: (N, H, W, A, 5+K) in each place pc, four numbers of the box, c1 … cK. In the linear form they are meant
            as they are, in the exponential form pc and c are logits.
        size_hw: of the network's input, in pixels.
        anchors_wh: (A, 2) in pixels.
        form: how the box is written, see `striate.ops.box_codes`.
    """

    raw: Tensor
    size_hw: tuple[int, int]
    anchors_wh: Tensor
    form: BoxForm

    @property
    def grid_hw(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return self.raw.shape[1], self.raw.shape[2]

    @property
    def cell_wh(self) -> tuple[float, float]:
        """A cell's width and height in pixels."""
        return self.size_hw[1] / self.raw.shape[2], self.size_hw[0] / self.raw.shape[1]

    def decode(self) -> Decoded:
        """Boxes, and pc times c as each class's score."""
        raw = self.raw.float()
        cells, code = grid_cells(self.grid_hw).to(raw.device), raw[..., 1:5]
        if self.form == "linear":
            code = torch.cat([code[..., :2], code[..., 2:].clamp(min=0)], dim=-1)  # no sides below 0
            boxes = decode_linear(code, cells, self.cell_wh)
            scores = raw[..., :1].clamp(0, 1) * raw[..., 5:].clamp(0, 1)
        else:
            boxes = decode_exponential(code, cells, self.cell_wh, self.anchors_wh)
            scores = raw[..., :1].sigmoid() * raw[..., 5:].softmax(-1)
        return Decoded(boxes.flatten(1, 3), scores.flatten(1, 3))


class GridDetector(Network):
    """(N, C, *S) -> `Volume`: one 1x1 convolution over the last stage, whose samples are the cells.

    Args:
        stages: of the backbone.
        channels: of the last one.
        num_classes: K.
        anchors_wh: widths and heights in pixels; empty for one object a cell.
        form: how boxes are written.
    """

    def __init__(
        self,
        stages: Mapping[str, nn.Module],
        channels: int,
        num_classes: int,
        anchors_wh: Sequence[tuple[float, float]],
        form: BoxForm,
    ):
        per_cell = max(1, len(anchors_wh))  # objects, at most
        classifier = nn.Conv2d(channels, per_cell * (5 + num_classes), 1)
        super().__init__(stages, sequential(classifier=classifier))
        self.per_cell, self.anchors_wh, self.form = per_cell, tuple(anchors_wh), form
        begin_at(classifier, RARE if form == "exponential" else 0.0, slice(0, None, 5 + num_classes))

    def forward(self, x: Tensor) -> Volume:  # type: ignore[override]
        """(N, C, *S) -> the volume (N, H, W, A, 5+K)."""
        *_, last = self.features(x).values()
        size_hw = (x.shape[-2], x.shape[-1])
        raw: Tensor = self.head(last)  # (N, A·(5+K), H, W)
        raw = raw.reshape(len(x), self.per_cell, -1, *raw.shape[2:]).permute(0, 3, 4, 1, 2)  # (N, H, W, A, 5+K)
        cell_wh = (size_hw[1] / raw.shape[2], size_hw[0] / raw.shape[1])
        anchors_wh = torch.tensor(self.anchors_wh or (cell_wh,), device=x.device)
        return Volume(raw, size_hw, anchors_wh, self.form)


def grid_detector(
    network: Network,
    num_classes: int,
    *,
    size: Sequence[int],
    last_stage: str | None = None,
    anchors: Sequence[float] = (),
    form: BoxForm = "linear",
) -> GridDetector:
    """Put a grid of cells that find boxes in the place of a network's own head.

    Args:
        network: taken over.
        num_classes: K.
        size: an input's shape (C, H, W), to learn the channels of the last stage from.
        last_stage: the one whose samples are the cells; None takes the last.
        anchors: width, height, width … in pixels of the input (see `kmeans_anchors`); none for one object a cell.
        form: "linear" as the documents write boxes, or "exponential", by sigmoid and exponential.

    Raises:
        ArgumentError: no such stage or form, not a network for images, or anchors that are not pairs above 0.

    Example:
        >>> from striate.models import create_model
        >>> network = create_model("resnet18", num_classes=3, head="grid", anchors=[30, 60, 90, 40])
        >>> network(torch.zeros(1, 3, 96, 96)).raw.shape  # the documents' 3x3x2x8
        torch.Size([1, 3, 3, 2, 8])
    """
    check_images(size)
    if form not in get_args(BoxForm):
        raise ArgumentError.of("form", f"one of {', '.join(get_args(BoxForm))}", form)
    stages = kept_stages(network, last_stage)
    channels = output_channels(stages, size)
    detector = GridDetector(stages, channels, num_classes, _pairs(anchors), form)
    detector.name = network.name
    return detector


def _pairs(anchors: Sequence[float]) -> list[tuple[float, float]]:
    """Widths and heights from a flat list, as a model file holds it."""
    if len(anchors) % 2 or not all(0 < side < math.inf for side in anchors):
        raise ArgumentError.of("anchors", "width, height, width, height …, all above 0", list(anchors))
    return list(zip(map(float, anchors[::2]), map(float, anchors[1::2]), strict=True))

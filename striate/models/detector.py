"""What all detectors share: networks of images that answer with boxes."""

import math
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

# The logit of 1 %, an object's probability before anything is learned: of thousands of places few hold one.
# Lin et al., Focal Loss for Dense Object Detection, 2017, arXiv:1708.02002, section 4.1.
RARE = math.log(0.01 / 0.99)


class Decoded(NamedTuple):
    """What a detector found, before suppression.

    Attributes:
        boxes: (N, P, 4) left, top, right, bottom in pixels of the network's input; they may reach out of it.
        scores: (N, P, K) in [0, 1], of each class.
    """

    boxes: Tensor
    scores: Tensor


class Answers(Protocol):
    """What a detector answers: raw numbers, for the loss, that can be read as boxes."""

    def decode(self) -> Decoded:
        """Boxes and scores; they are finite, also those of a network that has not learned."""


@torch.no_grad()
def begin_at(layer: nn.Conv2d, value: float, channels: slice = slice(None)) -> None:
    """Give a layer small weights and a bias: it answers about `value` in these channels and about 0 in the others."""
    assert layer.bias is not None
    nn.init.normal_(layer.weight, std=0.01)
    nn.init.zeros_(layer.bias)
    layer.bias[channels] = value

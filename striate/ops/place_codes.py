"""What a network answers when it says where: numbers between answer, box and points.

The linear form is that of the course documents: pc, bx, by, bh, bw, c1 … cK, the image's corners at (0, 0) and (1, 1).
The logistic form has the same order; presence and box pass through the logistic function, classes through softmax.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from striate.ops.boxes import cxcywh_to_xyxy, xyxy_to_cxcywh


class Place(NamedTuple):
    """One object an image.

    Attributes:
        presence: (N,) pc.
        xyxy: (N, 4) in pixels of the network's input.
        classes: (N, K).
    """

    presence: Tensor
    xyxy: Tensor
    classes: Tensor


def place_targets(rows: Tensor, num_classes: int, size_hw: tuple[int, int]) -> Tensor:
    """The documents' y of images with one object or none.

    Args:
        rows: (N, 5) class, left, top, right, bottom in pixels; class -1 where there is nothing.
        num_classes: K.
        size_hw: of the images.

    Returns:
        (N, 5+K) pc, bx, by, bh, bw, c1 … cK; all 0 where there is nothing, and it means nothing but pc.

    Example:
        >>> place_targets(torch.tensor([[1.0, 20, 30, 60, 90], [-1, 0, 0, 0, 0]]), 3, (100, 100))
        tensor([[1.0000, 0.4000, 0.6000, 0.6000, 0.4000, 0.0000, 1.0000, 0.0000],
                [0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000]])
    """
    present = (rows[:, 0] >= 0).to(rows)
    cx, cy, w, h = (xyxy_to_cxcywh(rows[:, 1:]) / _sides(rows, size_hw)).unbind(dim=1)
    classes = (rows[:, :1] == torch.arange(num_classes, device=rows.device)).to(rows)  # (N, K)
    return present[:, None] * torch.cat([torch.stack([present, cx, cy, h, w], dim=1), classes], dim=1)


def read_place(answers: Tensor, size_hw: tuple[int, int], *, linear: bool) -> Place:
    """Answers (N, 5+K) -> presence, boxes in pixels, and classes.

    Example:
        >>> place = read_place(torch.tensor([[1.0, 0.4, 0.6, 0.6, 0.4, 0, 1, 0]]), (100, 100), linear=True)
        >>> place.xyxy.round()
        tensor([[20., 30., 60., 90.]])
    """
    five = answers[:, :5] if linear else answers[:, :5].sigmoid()
    bx, by, bh, bw = five[:, 1:].unbind(dim=1)
    boxes = torch.stack([bx, by, bw, bh], dim=1) * _sides(answers, size_hw)
    classes = answers[:, 5:] if linear else answers[:, 5:].softmax(dim=1)
    return Place(five[:, 0], cxcywh_to_xyxy(boxes), classes)


def read_points(answers: Tensor, size_hw: tuple[int, int], *, linear: bool) -> tuple[Tensor, Tensor]:
    """Answers (N, 1 + 2P) -> presence (N,) and points (N, P, 2) in pixels; they may lie outside of the image.

    In the linear form x and y run from 0 to 1 over the image; in the logistic form from -1/2 to 1/2, so that a network
    begins in the middle, and presence passes through the logistic function.

    Example:
        >>> read_points(torch.tensor([[0.0, -0.5, 0.25]]), (100, 200), linear=False)
        (tensor([0.5000]), tensor([[[ 0., 75.]]]))
    """
    presence, shares = answers[:, 0], answers[:, 1:].reshape(len(answers), -1, 2)
    points = (shares if linear else shares + 0.5) * _sides(answers, size_hw)[:2]
    return (presence if linear else presence.sigmoid()), points


def _sides(like: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """Width, height, width, height."""
    height, width = size_hw
    return like.new_tensor([width, height, width, height])

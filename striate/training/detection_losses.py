"""The cost of a detector's answers to a batch.

Targets are (N, M, 5): class, left, top, right, bottom in pixels of the network's input; class -1 is padding. Boxes
without area count as padding too, and for a grid those whose midpoint is outside the image.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.models.grid_detector import Volume
from striate.models.pyramid_detector import PyramidAnswers
from striate.ops.anchors import target_volume
from striate.ops.boxes import paired_ciou, xyxy_to_cxcywh
from striate.ops.task_aligned import align

BOX_WEIGHT = 2.5  # of where, against what


class VolumeTarget(NamedTuple):
    """What a grid's detector should answer for a batch.

    Attributes:
        volume: (N, H, W, A, 5+K) in the linear form.
        collisions: objects that got no place, as others of their cell and shape had it.
    """

    volume: Tensor
    collisions: int


def volume_target(answers: Volume, targets: Tensor) -> VolumeTarget:
    """Write the objects of a batch into volumes of the answers' shape, see `striate.ops.target_volume`."""
    found = [
        target_volume(
            rows[:, 1:],
            rows[:, 0].long(),
            num_classes=answers.raw.shape[-1] - 5,
            size_hw=answers.size_hw,
            grid_hw=answers.grid_hw,
            anchors_wh=answers.anchors_wh,
        )
        for rows in (image[_placed(image, answers.size_hw)] for image in targets)
    ]
    return VolumeTarget(torch.stack([t.volume for t in found]), sum(t.assignment.collisions for t in found))


def grid_loss(answers: Volume, targets: Tensor) -> Tensor:
    """The documents' cost of a grid: of all of y where pc is 1, of pc alone where pc is 0.

    In the linear form the squared difference of each number. In the exponential form, as in YOLO9000
    (arXiv:1612.08242): the logistic loss of pc, cross entropy of the classes, squared differences of the midpoint in
    cells and of the logarithm of the sides in anchors.

    Args:
        answers: of a `GridDetector`.
        targets: (N, M, 5), see above.

    Returns:
        J, a float32 scalar: a sum over places, a mean over images.

    Example:
        >>> answers = Volume(torch.zeros(1, 3, 3, 1, 8), (120, 120), torch.tensor([[40.0, 40.0]]), "linear")
        >>> car = torch.tensor([[[1.0, 25, 75, 75, 105]]])
        >>> grid_loss(answers, car).item()  # 1² + .25² + .25² + .75² + 1.25² + 1²
        4.25
    """
    raw, (volume, _) = answers.raw.float(), volume_target(answers, targets)
    full = volume[..., 0] > 0  # (N, H, W, A)
    if answers.form == "linear":
        presence = (raw[..., 0] - volume[..., 0]).square().sum()
        rest = (raw[full] - volume[full])[:, 1:].square().sum()
        return (presence + rest) / len(raw)
    presence = F.binary_cross_entropy_with_logits(raw[..., 0], volume[..., 0], reduction="sum")
    classes = F.cross_entropy(raw[full][:, 5:], volume[full][:, 5:], reduction="sum")
    anchors = answers.anchors_wh.expand(*full.shape, 2)[full]  # (objects, 2)
    sides = volume[full][:, [4, 3]] * anchors.new_tensor(answers.cell_wh)  # width and height in pixels
    middle = raw[full][:, 1:3].sigmoid() - volume[full][:, 1:3]
    shape = raw[full][:, 3:5] - (sides / anchors).log()
    return (presence + classes + middle.square().sum() + shape.square().sum()) / len(raw)


def pyramid_loss(answers: PyramidAnswers, targets: Tensor) -> Tensor:
    """The cost of a pyramid's answers: what by the quality focal loss, where by 1 - CIoU.

    A cell's score for the class of its object should be its share (`striate.ops.align`), all other scores 0. The
    logistic loss of each counts by the square of what is wanting, so that rare classes are heard among many easy places
    (Li et al., Generalized Focal Loss, 2020, arXiv:2006.04388); the sum is divided by that of the shares. The box of
    every object counts the same, however many cells it has.

    Args:
        answers: of a `PyramidDetector`.
        targets: (N, M, 5), see above.

    Returns:
        J, a float32 scalar.

    Example:
        >>> box, middle = torch.tensor([[[0.0, 0, 8, 8]]]), torch.tensor([[4.0, 4.0]])
        >>> sure = PyramidAnswers(box, torch.tensor([[[9.0]]]), middle, cell=8)
        >>> round(pyramid_loss(sure, torch.tensor([[[0.0, 0, 0, 8, 8]]])).item(), 3)
        0.0
    """
    logits, targets = answers.logits.float(), targets.float()
    scores = logits.sigmoid()
    target, share = align(scores, answers.boxes, answers.points, targets, least_side=answers.cell)
    image, place = (share > 0).nonzero(as_tuple=True)
    number, shares = target[image, place], share[image, place]
    own = targets[image, number]  # (C, 5) of the cells that have an object
    wanted = torch.zeros_like(logits).index_put((image, place, own[:, 0].long()), shares)
    logistic = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    what = ((wanted - scores).square() * logistic).sum() / share.sum().clamp(min=1)
    apart = 1 - paired_ciou(answers.boxes[image, place], own[:, 1:])  # (C,)
    where = _mean_over_objects(apart, shares, image * targets.shape[1] + number, targets[..., 0].numel())
    return what + BOX_WEIGHT * where


def _mean_over_objects(costs: Tensor, shares: Tensor, objects: Tensor, count: int) -> Tensor:
    """The mean over objects of the mean cost of an object's cells, weighted by their shares; 0 without any.

    Args:
        costs, shares: (C,) of each cell.
        objects: (C,) its object's number.
        count: numbers in use.
    """
    sums = costs.new_zeros(2, count).index_add(1, objects, torch.stack([costs * shares, shares]))
    sums = sums[:, sums[1] > 0]
    return (sums[0] / sums[1]).sum() / max(sums.shape[1], 1)


def _placed(rows: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """Marks of the rows (M, 5) that hold an object with an area and its midpoint in the image, (M,)."""
    boxes = xyxy_to_cxcywh(rows[:, 1:])
    middle, sides, limits = boxes[:, :2], boxes[:, 2:], boxes.new_tensor([size_hw[1], size_hw[0]])
    return (rows[:, 0] >= 0) & ((middle >= 0) & (middle <= limits) & (sides > 0)).all(dim=1)

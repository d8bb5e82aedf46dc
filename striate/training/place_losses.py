"""The cost J of networks that say where one object is, or its points: as in the course documents, and of today.

All are means over the images of a batch; places cost nothing where there is no object.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.ops import paired_ciou, place_targets, read_place, read_points

POINTS_WEIGHT = 10.0  # of the points' mean distance, a few hundredths of the image, beside presence


def squared_place_cost(answers: Tensor, rows: Tensor, *, size_hw: tuple[int, int]) -> Tensor:
    """The documents' loss: squared error over all of y where there is an object, over pc alone where there is none.

    Args:
        answers: (N, 5+K) in the linear form.
        rows: (N, 5) class, left, top, right, bottom in pixels; class -1 where there is nothing.
        size_hw: of the network's input.

    Returns:
        J, a float32 scalar.

    Example:
        >>> nothing = torch.tensor([[-1.0, 0, 0, 0, 0]])
        >>> squared_place_cost(torch.tensor([[0.5, 9, 9, 9, 9, 9]]), nothing, size_hw=(10, 10)).item()
        0.25
    """
    answers = answers.float()
    y = place_targets(rows, answers.shape[1] - 5, size_hw)
    errors = (answers - y).square()  # (N, 5+K)
    return (errors[:, 0] + y[:, 0] * errors[:, 1:].sum(dim=1)).mean()


def place_cost(answers: Tensor, rows: Tensor, *, size_hw: tuple[int, int]) -> Tensor:
    """Logistic loss of presence; where there is an object also 1 - CIoU, |box - truth| and the classes' cross-entropy.

    CIoU (Zheng et al. 2020, arXiv:1911.08287) is what is measured, and flat where boxes hardly meet; the distance in
    shares of the image leads there.

    Args:
        answers: (N, 5+K) in the logistic form.
        rows, size_hw: as in `squared_place_cost`.

    Returns:
        J, a float32 scalar.

    Example:
        >>> box = torch.tensor([[0.0, 25, 25, 75, 75]])
        >>> right = torch.tensor([[9.0, 0, 0, 0, 0, 9, -9]])  # sure; the middle, half as high and wide
        >>> place_cost(right, box, size_hw=(100, 100)).item() < 1e-3
        True
    """
    answers = answers.float()
    y = place_targets(rows, answers.shape[1] - 5, size_hw)
    cost = F.binary_cross_entropy_with_logits(answers[:, 0], y[:, 0], reduction="none")  # (N,)
    there = y[:, 0] > 0
    seen, wanted, placed = answers[there], y[there], read_place(answers[there], size_hw, linear=False)
    overlap = 1 - paired_ciou(placed.xyxy, rows[there, 1:])
    distance = (seen[:, 1:5].sigmoid() - wanted[:, 1:5]).abs().sum(dim=1)
    classes = F.cross_entropy(seen[:, 5:], wanted[:, 5:].argmax(dim=1), reduction="none")
    return (cost.sum() + (overlap + distance + classes).sum()) / len(answers)


def squared_points_cost(answers: Tensor, rows: Tensor, *, size_hw: tuple[int, int]) -> Tensor:
    """The documents' loss of landmarks: squared error of presence, and where there is an object of every marked point.

    Args:
        answers: (N, 1 + 2P) in the linear form.
        rows: (N, 1 + 3P) presence; of each point x and y in pixels, and 1 if it counts.
        size_hw: of the network's input.

    Returns:
        J, a float32 scalar.

    Example:
        >>> off = torch.tensor([[1.0, 5, 4, 1]])  # a tenth of the height
        >>> squared_points_cost(torch.tensor([[1.0, 0.5, 0.5]]), off, size_hw=(10, 10)).item()
        0.01...
    """
    answers = answers.float()
    errors = (answers[:, 0] - rows[:, 0]).square()
    shares, counts = _shares(answers, rows, size_hw, linear=True)
    return (errors + (shares.square() * counts).sum(dim=(1, 2))).mean()


def points_cost(answers: Tensor, rows: Tensor, *, size_hw: tuple[int, int]) -> Tensor:
    """Logistic loss of presence, and the mean distance |x| + |y| of the points that count, in shares of the image.

    Distances rather than their squares: of many nearly right points the last pixel is still worth something
    (Feng et al., Wing Loss, 2018, arXiv:1711.06753, section 3).

    Args:
        answers: (N, 1 + 2P) in the logistic form.
        rows, size_hw: as in `squared_points_cost`.

    Returns:
        J, a float32 scalar.

    Example:
        >>> points_cost(torch.tensor([[9.0, 0, 0]]), torch.tensor([[1.0, 5, 4, 1]]), size_hw=(10, 10)).item()
        1.000...
    """
    answers = answers.float()
    presence = F.binary_cross_entropy_with_logits(answers[:, 0], rows[:, 0])
    shares, counts = _shares(answers, rows, size_hw, linear=False)
    distances = (shares.abs() * counts).sum(dim=(1, 2)) / counts.sum(dim=(1, 2)).clamp(min=1)
    return presence + POINTS_WEIGHT * distances.mean()


def _shares(answers: Tensor, rows: Tensor, size_hw: tuple[int, int], *, linear: bool) -> tuple[Tensor, Tensor]:
    """How far points are off (N, P, 2), in shares of the image's sides, and which count (N, P, 1)."""
    marks = rows[:, 1:].reshape(len(rows), -1, 3)  # (N, P, 3)
    points = read_points(answers, size_hw, linear=linear)[1]
    sides = torch.tensor([size_hw[1], size_hw[0]], dtype=points.dtype, device=points.device)
    return (points - marks[..., :2]) / sides, marks[..., 2:]

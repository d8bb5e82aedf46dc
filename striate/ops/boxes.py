"""Boxes: conversions named by format, areas, and how much two boxes overlap.

A box is (..., 4) in one of three formats: xyxy (left, top, right, bottom), xywh (left, top, width, height) or cxcywh
(the centre, width, height). Coordinates are continuous pixels, or any other unit of length: y grows downwards, a box
from 10 to 20 is 10 wide. A box whose right is not right of its left, or whose bottom not below its top, is empty.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from striate.errors import ShapeError

_NO_AREA = 1e-12  # what is smaller counts as nothing, so that no share of it is taken
_NO_SIDE = 1e-6
_BLOCK = 1 << 18  # pairs that are looked at together: what they need stays in the processor's cache


def xyxy_to_xywh(xyxy: Tensor) -> Tensor:
    """Left, top, right, bottom (..., 4) to left, top, width, height.

    Example:
        >>> xyxy_to_xywh(torch.tensor([[10.0, 20, 30, 60]]))
        tensor([[10., 20., 20., 40.]])
    """
    left, top, right, bottom = _parts(xyxy, "xyxy")
    return torch.stack([left, top, right - left, bottom - top], dim=-1)


def xywh_to_xyxy(xywh: Tensor) -> Tensor:
    """Left, top, width, height (..., 4) to left, top, right, bottom.

    Example:
        >>> xywh_to_xyxy(torch.tensor([[10.0, 20, 20, 40]]))
        tensor([[10., 20., 30., 60.]])
    """
    left, top, width, height = _parts(xywh, "xywh")
    return torch.stack([left, top, left + width, top + height], dim=-1)


def xyxy_to_cxcywh(xyxy: Tensor) -> Tensor:
    """Left, top, right, bottom (..., 4) to the centre, width and height; integers become floats.

    Example:
        >>> xyxy_to_cxcywh(torch.tensor([[10.0, 20, 30, 60]]))
        tensor([[20., 40., 20., 40.]])
    """
    left, top, right, bottom = _parts(xyxy, "xyxy")
    return torch.stack([(left + right) / 2, (top + bottom) / 2, right - left, bottom - top], dim=-1)


def cxcywh_to_xyxy(cxcywh: Tensor) -> Tensor:
    """The centre, width and height (..., 4) to left, top, right, bottom; integers become floats.

    Example:
        >>> cxcywh_to_xyxy(torch.tensor([[20.0, 40, 20, 40]]))
        tensor([[10., 20., 30., 60.]])
    """
    x, y, width, height = _parts(cxcywh, "cxcywh")
    return torch.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], dim=-1)


def clip_boxes(xyxy: Tensor, size_hw: tuple[float, float]) -> Tensor:
    """The part of each box (..., 4) that lies inside an image of this height and width; outside ones become empty.

    Example:
        >>> clip_boxes(torch.tensor([[-5.0, 10, 50, 120], [150, 0, 160, 10]]), (100, 120))
        tensor([[  0.,  10.,  50., 100.],
                [120.,   0., 120.,  10.]])
    """
    left, top, right, bottom = _parts(xyxy, "xyxy")
    height, width = size_hw
    return torch.stack([left.clamp(0, width), top.clamp(0, height), right.clamp(0, width), bottom.clamp(0, height)], -1)


def box_area(xyxy: Tensor) -> Tensor:
    """The area of each box, (..., 4) to (...); 0 for empty ones.

    Example:
        >>> box_area(torch.tensor([[10.0, 20, 30, 60], [30, 20, 10, 60]]))
        tensor([800.,   0.])
    """
    left, top, right, bottom = _parts(xyxy, "xyxy")
    return (right - left).clamp(min=0) * (bottom - top).clamp(min=0)


def box_iou(a_xyxy: Tensor, b_xyxy: Tensor) -> Tensor:
    """How much every box of one list overlaps every box of another: intersection over union.

    Needs little more memory than its result, and is differentiable. `iou_blocks` needs not even that much.

    Args:
        a_xyxy: (N, 4) finite boxes. Integers are taken as floats of torch's default precision.
        b_xyxy: (M, 4) on the same device.

    Returns:
        (N, M) in [0, 1], symmetric in its arguments: 1 for equal boxes, 0 for those that only touch, for empty ones and
        for those whose union is below 1e-12.

    Raises:
        ShapeError: not two lists of boxes.

    Example:
        >>> box_iou(torch.tensor([[0, 0, 2, 2]]), torch.tensor([[0, 0, 2, 2], [1, 0, 3, 2], [2, 0, 4, 2]]))
        tensor([[1.0000, 0.3333, 0.0000]])
    """
    a, b = _as_lists(a_xyxy, b_xyxy)
    if len(a) * len(b) <= _BLOCK:
        return paired_iou(a[:, None], b)
    overlaps = a.new_empty(len(a), len(b))
    for rows, block in iou_blocks(a, b):
        overlaps[rows] = block
    return overlaps


def iou_blocks(a_xyxy: Tensor, b_xyxy: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """`box_iou` some rows at a time, for lists whose whole table nobody wants to hold.

    Args, Raises: as `box_iou`.

    Yields:
        Which boxes of `a_xyxy`, and their (rows, M) overlaps.

    Example:
        >>> boxes = torch.rand(1000, 2).repeat(1, 2) + torch.tensor([0, 0, 0.1, 0.1])
        >>> best = torch.empty(1000)
        >>> for rows, block in iou_blocks(boxes, boxes):
        ...     best[rows] = block.amax(dim=1)
        >>> best.min()
        tensor(1.)
    """
    a, b = _as_lists(a_xyxy, b_xyxy)
    b = b.T.contiguous().T  # all left sides in a row, and so on: half the time
    rows = max(1, _BLOCK // max(1, len(b)))
    for start in range(0, len(a), rows):
        taken = slice(start, min(start + rows, len(a)))
        yield taken, paired_iou(a[taken, None], b)


def paired_iou(a_xyxy: Tensor, b_xyxy: Tensor) -> Tensor:
    """Intersection over union of boxes pair by pair: (..., 4) and (..., 4), broadcast, to (...) in [0, 1].

    0 where either is empty or their union is below 1e-12; gradients are finite there too.

    Example:
        >>> paired_iou(torch.tensor([[0.0, 0, 2, 2]]), torch.tensor([[1.0, 0, 3, 2]]))
        tensor([0.3333])
    """
    a, b = _as_floats(a_xyxy, b_xyxy)
    shared, union = _shared_and_union(a, b)
    return _share(shared, union)


def paired_giou(a_xyxy: Tensor, b_xyxy: Tensor) -> Tensor:
    """Generalised IoU pair by pair: the IoU less the share of the pair's hull that neither box covers.

    Boxes that don't meet still have a slope towards each other. 1 - GIoU is a loss.

    Rezatofighi et al., Generalized Intersection over Union, 2019 (arXiv 1902.09630).

    Args:
        a_xyxy: (..., 4).
        b_xyxy: (..., 4), broadcast with `a_xyxy`.

    Returns:
        (...) in [-1, 1]: 1 for equal boxes. Empty boxes give finite values and gradients.

    Raises:
        ShapeError: not boxes.

    Example:
        >>> paired_giou(torch.tensor([[0.0, 0, 1, 1]]), torch.tensor([[0.0, 0, 1, 1], [3, 0, 4, 1]]))
        tensor([ 1.0000, -0.5000])
    """
    a, b = _as_floats(a_xyxy, b_xyxy)
    shared, union = _shared_and_union(a, b)
    width, height = _hull_sides(a, b)
    hull = width * height
    return _share(shared, union) - _share((hull - union).clamp(min=0), hull)


def paired_ciou(a_xyxy: Tensor, b_xyxy: Tensor) -> Tensor:
    """Complete IoU pair by pair: the IoU less what the centres are apart, and less how far the shapes differ.

    The distance of the centres is measured against the diagonal of the pair's hull, shapes are compared by the angle
    of their diagonals. 1 - CIoU is a loss.

    Zheng et al., Distance-IoU Loss, 2019 (arXiv 1911.08287). As there, the weight of the shape's term has no gradient.

    Args:
        a_xyxy: (..., 4).
        b_xyxy: (..., 4), broadcast with `a_xyxy`.

    Returns:
        (...) in [-2, 1]: 1 for equal boxes. Empty boxes give finite values and gradients: sides count as at least
        1e-6 when shapes are compared.

    Raises:
        ShapeError: not boxes.

    Example:
        >>> paired_ciou(torch.tensor([[0.0, 0, 1, 1]]), torch.tensor([[0.0, 0, 1, 1], [3, 0, 4, 1]]))
        tensor([ 1.0000, -0.5294])
    """
    a, b = _as_floats(a_xyxy, b_xyxy)
    iou = _share(*_shared_and_union(a, b))
    width, height = _hull_sides(a, b)
    apart = (a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]).square().sum(dim=-1) / 4
    shape = (_diagonal_angle(a) - _diagonal_angle(b)).square() * (4 / math.pi**2)  # in [0, 1]
    with torch.no_grad():
        weight = _share(shape, 1 - iou + shape)
    return iou - _share(apart, width.square() + height.square()) - weight * shape


def _shared_and_union(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """The areas of intersection and union of a pair."""
    (left, top, right, bottom), (b_left, b_top, b_right, b_bottom) = a.unbind(-1), b.unbind(-1)
    width = (torch.minimum(right, b_right) - torch.maximum(left, b_left)).clamp(min=0)
    height = (torch.minimum(bottom, b_bottom) - torch.maximum(top, b_top)).clamp(min=0)
    shared = width * height
    return shared, box_area(a) + box_area(b) - shared


def _hull_sides(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Width and height of the smallest box around a pair."""
    sides = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    return sides[..., 0].clamp(min=0), sides[..., 1].clamp(min=0)


def _diagonal_angle(boxes: Tensor) -> Tensor:
    sides = (boxes[..., 2:] - boxes[..., :2]).clamp(min=_NO_SIDE)
    return torch.atan2(sides[..., 0], sides[..., 1])


def _share(part: Tensor, whole: Tensor) -> Tensor:
    """`part / whole`, 0 where there is nothing to share; the divisor is safe there, for the gradient's sake."""
    something = whole > _NO_AREA
    return torch.where(something, part / torch.where(something, whole, 1.0), 0.0)


def _parts(boxes: Tensor, name: str) -> tuple[Tensor, ...]:
    if boxes.shape[-1:] != (4,):
        raise ShapeError.of(name, "boxes, shape (..., 4)", tuple(boxes.shape))
    return boxes.unbind(dim=-1)


def _as_lists(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    for name, boxes in (("a_xyxy", a), ("b_xyxy", b)):
        if boxes.ndim != 2 or boxes.shape[1] != 4:
            raise ShapeError.of(name, "a list of boxes, shape (N, 4)", tuple(boxes.shape))
    return _as_floats(a, b)


def _as_floats(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Both in one precision, at least float32: half precision can't hold the area of a large box."""
    for name, boxes in (("a_xyxy", a), ("b_xyxy", b)):
        _parts(boxes, name)
    both = torch.promote_types(a.dtype, b.dtype)
    if not both.is_floating_point:
        both = torch.get_default_dtype()
    precise = torch.promote_types(both, torch.float32)
    return a.to(precise), b.to(precise)

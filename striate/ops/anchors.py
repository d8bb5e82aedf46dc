"""Targets of a detector: which cell and anchor an object belongs to, and the volume of numbers that says so."""

from dataclasses import dataclass

import torch
from torch import Tensor

from striate.errors import ArgumentError, ShapeError
from striate.ops.box_codes import decode_linear, encode_linear, grid_cells
from striate.ops.boxes import box_area, xyxy_to_cxcywh


@dataclass(frozen=True, eq=False)
class Assignment:
    """Where the N objects of an image belong; int64, on the boxes' device.

    Attributes:
        row, column: (N,) of the cell that holds an object's midpoint.
        anchor: (N,) the anchor whose shape overlaps the object's most, 0 where there are no anchors.
        collides: (N,) marks of objects whose place an earlier one of the list has taken: they have no target.
    """

    row: Tensor
    column: Tensor
    anchor: Tensor
    collides: Tensor

    @property
    def collisions(self) -> int:
        """How many objects got no place."""
        return int(self.collides.sum())

    @property
    def cells_xy(self) -> Tensor:
        """(N, 2) column and row, as `striate.ops.box_codes` takes them."""
        return torch.stack([self.column, self.row], dim=1)


@dataclass(frozen=True, eq=False)
class Target:
    """What a network should answer for an image.

    Attributes:
        volume: (H, W, 5+K), or (H, W, A, 5+K) with anchors; in each place pc, bx, by, bh, bw, c1 … cK. Where pc is 0
            the rest is 0 too, and means nothing.
        assignment: of the objects, and which of them collide.
    """

    volume: Tensor
    assignment: Assignment


def shape_iou(a_wh: Tensor, b_wh: Tensor) -> Tensor:
    """Intersection over union of shapes laid on one another: widths and heights (N, 2) and (M, 2) to (N, M).

    Example:
        >>> shape_iou(torch.tensor([[2.0, 4.0]]), torch.tensor([[2.0, 4.0], [4.0, 2.0], [1.0, 2.0]]))
        tensor([[1.0000, 0.3333, 0.2500]])
    """
    shared = torch.minimum(a_wh[:, None], b_wh).prod(dim=2)  # (N, M)
    return shared / (a_wh.prod(dim=1)[:, None] + b_wh.prod(dim=1) - shared)


def assign(
    xyxy: Tensor, *, size_hw: tuple[int, int], grid_hw: tuple[int, int], anchors_wh: Tensor | None = None
) -> Assignment:
    """Give each object the cell that holds its midpoint, and there the anchor with the highest IoU of shapes.

    A midpoint on the line between two cells belongs to the right or lower one, on the image's edge to the last. Of
    equal anchors the first is taken. Of objects with one place, the first of the list gets it and the others collide.

    Redmon et al., You Only Look Once, 2015 (arXiv 1506.02640); anchors: YOLO9000, 2016 (arXiv 1612.08242).

    Args:
        xyxy: (N, 4) in pixels, none of them empty, their midpoints inside the image.
        size_hw: of the image, in pixels.
        grid_hw: rows and columns of cells, each at least 1.
        anchors_wh: (A, 2) widths and heights in pixels; None for one object a cell.

    Returns:
        The places, and which objects collide.

    Raises:
        ArgumentError: an empty box, or a midpoint outside the image; clip boxes and drop empty ones first.
        ShapeError: not a list of boxes, or not a list of anchors.

    Example:
        >>> boxes = torch.tensor([[40.0, 60, 60, 100], [35, 75, 65, 90], [45, 62, 55, 98]])
        >>> found = assign(boxes, size_hw=(100, 100), grid_hw=(3, 3), anchors_wh=torch.tensor([[20, 40], [30, 15]]))
        >>> found.row, found.column, found.anchor
        (tensor([2, 2, 2]), tensor([1, 1, 1]), tensor([0, 1, 0]))
        >>> found.collides
        tensor([False, False,  True])
    """
    _check_boxes(xyxy, size_hw)
    boxes, (rows, columns) = xyxy_to_cxcywh(xyxy), grid_hw
    if min(grid_hw) < 1:
        raise ArgumentError.of("grid_hw", "at least 1 row and 1 column", grid_hw)
    column = (boxes[:, 0] * columns / size_hw[1]).long().clamp(max=columns - 1)
    row = (boxes[:, 1] * rows / size_hw[0]).long().clamp(max=rows - 1)
    anchor, count = torch.zeros_like(row), 1
    if anchors_wh is not None:
        _check_anchors(anchors_wh)
        count = len(anchors_wh)
        anchor = _first_largest(shape_iou(boxes[:, 2:], anchors_wh.to(boxes)))
    places = ((row * columns + column) * count + anchor).tolist()
    first = {place: i for i, place in reversed(list(enumerate(places)))}
    collides = torch.tensor([first[place] != i for i, place in enumerate(places)], dtype=torch.bool, device=xyxy.device)
    return Assignment(row, column, anchor, collides)


def target_volume(
    xyxy: Tensor,
    class_ids: Tensor,
    num_classes: int,
    *,
    size_hw: tuple[int, int],
    grid_hw: tuple[int, int],
    anchors_wh: Tensor | None = None,
) -> Target:
    """The volume that the course documents train a detector on: 3x3x8 with three classes, 3x3x2x8 with two anchors.

    A grid of one cell is the target of one object in the whole image.

    Args:
        xyxy, size_hw, grid_hw, anchors_wh: as in `assign`.
        class_ids: (N,) int64 in [0, num_classes).
        num_classes: K; there is no class for the background.

    Returns:
        The volume in float32, and where the objects went: those that collide are not in the volume.

    Raises:
        ArgumentError: as `assign`, or a class id is out of range.
        ShapeError: as `assign`, or not one class id for each box.

    Example:
        >>> car = torch.tensor([[25.0, 75, 75, 105]])
        >>> target = target_volume(car, torch.tensor([1]), 3, size_hw=(120, 120), grid_hw=(3, 3))
        >>> target.volume.shape, target.volume[2, 1]
        (torch.Size([3, 3, 8]), tensor([1.0000, 0.2500, 0.2500, 0.7500, 1.2500, 0.0000, 1.0000, 0.0000]))
    """
    found = assign(xyxy, size_hw=size_hw, grid_hw=grid_hw, anchors_wh=anchors_wh)
    if tuple(class_ids.shape) != (len(xyxy),):
        raise ShapeError.of("class_ids", f"one for each of {len(xyxy)} boxes", tuple(class_ids.shape))
    if len(class_ids) and not (int(class_ids.min()) >= 0 and int(class_ids.max()) < num_classes):
        raise ArgumentError.of("class_ids", f"in [0, {num_classes})", sorted(set(class_ids.tolist())))
    anchors = 1 if anchors_wh is None else len(anchors_wh)
    volume = torch.zeros(*grid_hw, anchors, 5 + num_classes, device=xyxy.device)  # (H, W, A, 5+K)
    kept = ~found.collides
    place = found.row[kept], found.column[kept], found.anchor[kept]
    code = encode_linear(xyxy[kept], found.cells_xy[kept], _cell_wh(size_hw, grid_hw))
    volume[(*place, 0)] = 1.0
    volume[..., 1:5][place] = code.float()
    volume[(*place, 5 + class_ids[kept])] = 1.0
    return Target(volume[:, :, 0] if anchors_wh is None else volume, found)


def read_volume(
    volume: Tensor, *, size_hw: tuple[int, int], score_threshold: float = 0.6
) -> tuple[Tensor, Tensor, Tensor]:
    """The objects in a volume of the linear form, as `target_volume` writes it or a network answers.

    Args:
        volume: (H, W, 5+K), or (H, W, A, 5+K) with anchors, whose K is at least 1.
        size_hw: of the image, in pixels.
        score_threshold: places with pc up to this are left out; .6 in the course documents.

    Returns:
        Boxes (N, 4) in pixels, which may reach out of the image; pc (N,); and class ids (N,): the largest of c1 … cK.

    Raises:
        ShapeError: not a volume.

    Example:
        >>> car = torch.tensor([[25.0, 75, 75, 105]])
        >>> target = target_volume(car, torch.tensor([1]), 3, size_hw=(120, 120), grid_hw=(3, 3))
        >>> read_volume(target.volume, size_hw=(120, 120))
        (tensor([[ 25.,  75.,  75., 105.]]), tensor([1.]), tensor([1]))
    """
    if volume.ndim not in (3, 4) or volume.shape[-1] < 6:
        raise ShapeError.of("volume", "of shape (H, W, 5+K) or (H, W, A, 5+K)", tuple(volume.shape))
    full = volume[:, :, None] if volume.ndim == 3 else volume  # (H, W, A, 5+K)
    grid_hw = full.shape[0], full.shape[1]
    xyxy = decode_linear(full[..., 1:5], grid_cells(grid_hw).to(full), _cell_wh(size_hw, grid_hw))
    found = full[..., 0] > score_threshold
    return xyxy[found], full[..., 0][found], full[..., 5:][found].argmax(dim=-1)


def _cell_wh(size_hw: tuple[int, int], grid_hw: tuple[int, int]) -> tuple[float, float]:
    return size_hw[1] / grid_hw[1], size_hw[0] / grid_hw[0]


def _first_largest(table: Tensor) -> Tensor:
    """The first column of the largest value in each row; `argmax` may take any of them."""
    return (table == table.amax(dim=1, keepdim=True)).int().argmax(dim=1)


def _check_boxes(xyxy: Tensor, size_hw: tuple[int, int]) -> None:
    if xyxy.ndim != 2 or xyxy.shape[1] != 4:
        raise ShapeError.of("xyxy", "a list of boxes, shape (N, 4)", tuple(xyxy.shape))
    centres, limits = xyxy_to_cxcywh(xyxy)[:, :2], xyxy.new_tensor([size_hw[1], size_hw[0]])
    sound = (centres >= 0).all(dim=1) & (centres <= limits).all(dim=1) & (box_area(xyxy) > 0)
    if not bool(sound.all()):
        first = xyxy[~sound][0].tolist()
        raise ArgumentError.of("xyxy", f"boxes with an area and their midpoint in the image {size_hw}", first)


def _check_anchors(anchors_wh: Tensor) -> None:
    if anchors_wh.ndim != 2 or anchors_wh.shape[1] != 2 or not len(anchors_wh):
        raise ShapeError.of("anchors_wh", "a list of widths and heights, shape (A, 2)", tuple(anchors_wh.shape))
    if not bool((anchors_wh > 0).all()):
        raise ArgumentError.of("anchors_wh", "above 0", anchors_wh.tolist())

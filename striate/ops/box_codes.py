"""How a box is written as four numbers of a grid's cell, and read back.

All forms share what a cell is: an image is cut into a grid, and a box belongs to the cell that holds its midpoint.
Each function takes single boxes and whole volumes alike, by broadcasting: `cells_xy` (..., 2) holds the column and row
of each box's cell, `cell_wh` a cell's width and height in pixels, `anchors_wh` (..., 2) each box's anchor in pixels.
For a volume (N, H, W, A, 4) they are `grid_cells((H, W))`, of shape (H, W, 1, 2), and the A anchors, (A, 2).

| form | midpoint, in cells from the cell's corner | sides |
|---|---|---|
| linear (bx, by, bh, bw) | b | b cells, the height first; no anchor |
| exponential (tx, ty, tw, th) | σ(t), in (0, 1) | exp(t) anchors: YOLO 9000 (arXiv 1612.08242), YOLOv3 (1804.02767) |
| squared (tx, ty, tw, th) | 2σ(t) - 1/2, in (-1/2, 3/2) | (2σ(t))² anchors, below 4: later YOLOs |
"""

import torch
from torch import Tensor

from striate.ops.boxes import cxcywh_to_xyxy, xyxy_to_cxcywh

_EDGE = 1e-4  # a sigmoid never gives 0 or 1: midpoints on a cell's edge are encoded this far inside
_MOST_EXPONENT = 10.0  # an untrained network must not give infinite boxes


def grid_cells(grid_hw: tuple[int, int]) -> Tensor:
    """The column and row of every cell, (H, W, 1, 2): float32, to go with A anchors.

    Example:
        >>> grid_cells((3, 3))[2, 1]
        tensor([[1., 2.]])
    """
    height, width = grid_hw
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([columns, rows], dim=-1)[:, :, None].float()


def encode_linear(xyxy: Tensor, cells_xy: Tensor, cell_wh: tuple[float, float]) -> Tensor:
    """Boxes (..., 4) in pixels as (bx, by, bh, bw) in cells, as the course documents write them.

    The midpoint counts from its cell's upper left corner, so that bx and by are in [0, 1]; bh and bw may exceed 1.

    Example:
        >>> encode_linear(torch.tensor([30.0, 50, 70, 60]), torch.tensor([1, 1]), (100 / 3, 100 / 3))
        tensor([0.5000, 0.6500, 0.3000, 1.2000])
    """
    x, y, width, height = _in_cells(xyxy, cells_xy, cell_wh)
    return torch.stack([x, y, height, width], dim=-1)


def decode_linear(b: Tensor, cells_xy: Tensor, cell_wh: tuple[float, float]) -> Tensor:
    """Boxes in pixels from (bx, by, bh, bw) in cells: the inverse of `encode_linear`."""
    x, y, height, width = b.unbind(dim=-1)
    return _in_pixels(torch.stack([x, y], dim=-1), torch.stack([width, height], dim=-1), cells_xy, cell_wh)


def encode_exponential(xyxy: Tensor, cells_xy: Tensor, cell_wh: tuple[float, float], anchors_wh: Tensor) -> Tensor:
    """Boxes (..., 4) in pixels as (tx, ty, tw, th), with the midpoint at least 1e-4 within its cell.

    Example:
        >>> encode_exponential(torch.tensor([30.0, 50, 70, 60]), torch.tensor([1, 1]), (40, 40), torch.tensor([40, 10]))
        tensor([-1.0986, -0.5108,  0.0000,  0.0000])
    """
    x, y, width, height = _in_cells(xyxy, cells_xy, cell_wh)
    middle = torch.stack([x, y], dim=-1).clamp(_EDGE, 1 - _EDGE)
    sides = torch.stack([width, height], dim=-1) / _anchors_in_cells(anchors_wh, cell_wh)
    return torch.cat([torch.logit(middle), sides.log()], dim=-1)


def decode_exponential(t: Tensor, cells_xy: Tensor, cell_wh: tuple[float, float], anchors_wh: Tensor) -> Tensor:
    """Boxes in pixels from (tx, ty, tw, th): the midpoint by a sigmoid, the sides as exp(t) anchors, e^10 at most."""
    sides = t[..., 2:].clamp(max=_MOST_EXPONENT).exp() * _anchors_in_cells(anchors_wh, cell_wh)
    return _in_pixels(t[..., :2].sigmoid(), sides, cells_xy, cell_wh)


def encode_squared(xyxy: Tensor, cells_xy: Tensor, cell_wh: tuple[float, float], anchors_wh: Tensor) -> Tensor:
    """Boxes (..., 4) in pixels as (tx, ty, tw, th) of the squared form; what is out of its range comes to its edge."""
    x, y, width, height = _in_cells(xyxy, cells_xy, cell_wh)
    middle = (torch.stack([x, y], dim=-1) + 0.5) / 2
    sides = (torch.stack([width, height], dim=-1) / _anchors_in_cells(anchors_wh, cell_wh)).sqrt() / 2
    return torch.logit(torch.cat([middle, sides], dim=-1).clamp(_EDGE, 1 - _EDGE))


def decode_squared(t: Tensor, cells_xy: Tensor, cell_wh: tuple[float, float], anchors_wh: Tensor) -> Tensor:
    """Boxes in pixels from (tx, ty, tw, th): midpoints may reach half a cell beyond theirs, sides four anchors.

    Example:
        >>> decode_squared(torch.zeros(4), torch.tensor([1, 1]), (40, 40), torch.tensor([40, 10]))
        tensor([40., 55., 80., 65.])
    """
    doubled = 2 * t.sigmoid()
    sides = doubled[..., 2:].square() * _anchors_in_cells(anchors_wh, cell_wh)
    return _in_pixels(doubled[..., :2] - 0.5, sides, cells_xy, cell_wh)


def _in_cells(xyxy: Tensor, cells_xy: Tensor, cell_wh: tuple[float, float]) -> tuple[Tensor, ...]:
    """Midpoint from the cell's corner, width and height, all in cells."""
    cell = xyxy.new_tensor(cell_wh) if xyxy.is_floating_point() else torch.tensor(cell_wh)
    boxes = xyxy_to_cxcywh(xyxy)
    return (*(boxes[..., :2] / cell - cells_xy).unbind(dim=-1), *(boxes[..., 2:] / cell).unbind(dim=-1))


def _in_pixels(middle: Tensor, sides: Tensor, cells_xy: Tensor, cell_wh: tuple[float, float]) -> Tensor:
    """Boxes from midpoints and sides in cells."""
    cell = middle.new_tensor(cell_wh)
    return cxcywh_to_xyxy(torch.cat([(middle + cells_xy) * cell, sides * cell], dim=-1))


def _anchors_in_cells(anchors_wh: Tensor, cell_wh: tuple[float, float]) -> Tensor:
    return anchors_wh / torch.tensor(cell_wh, device=anchors_wh.device)

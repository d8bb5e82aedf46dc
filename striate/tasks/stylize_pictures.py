"""Pictures for style transfer: pixels as tensors and back, at the sizes that are worked at; colours that are kept."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from striate.data import Pixels
from striate.data.resample import resize_exactly
from striate.ops.colour import LUMA

_COARSEST = 160  # no size in turn has a long side below it


def fitting_size(size_hw: tuple[int, int], long_side: int, multiple: int) -> tuple[int, int]:
    """The size of a picture's shape whose long side is about this, each side a multiple and at least one.

    Example:
        >>> fitting_size((768, 1024), 500, 4)
        (376, 500)
    """
    height, width = (max(1, round(side * long_side / max(size_hw) / multiple)) * multiple for side in size_hw)
    return height, width


def sizes_in_turn(long_side: int, steps: int) -> list[tuple[int, int]]:
    """Coarse to fine: long sides, each twice the one before, and the steps at each, each half of those before.

    Example:
        >>> sizes_in_turn(256, 100), sizes_in_turn(768, 100)
        ([(256, 100)], [(192, 57), (384, 29), (768, 14)])
    """
    sides = [long_side]
    while sides[0] // 2 >= _COARSEST and len(sides) < steps:
        sides.insert(0, sides[0] // 2)
    shares = [2.0**-i for i in range(len(sides))]
    counts = [max(1, round(steps * share / sum(shares))) for share in shares]
    counts[0] += steps - sum(counts)
    return list(zip(sides, counts, strict=True))


def to_tensor(image: Pixels, size_hw: tuple[int, int], device: torch.device) -> Tensor:
    """uint8 (H, W, 3) -> (1, 3, H', W') in 0–1, antialiased."""
    height, width = image.shape[:2]
    seen = resize_exactly(image, (0, 0, width, height), size_hw, "bicubic")
    return torch.from_numpy(seen).to(device).permute(2, 0, 1)[None].contiguous().float() / 255


def to_pixels(picture: Tensor) -> Pixels:
    """(1, 3, H, W) in 0–1, what is beyond cut off -> uint8 (H, W, 3)."""
    values = picture.detach()[0].clamp(0, 1).mul(255).round().permute(1, 2, 0)
    return np.ascontiguousarray(values.to("cpu", torch.uint8).numpy())


def resized(picture: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """The picture (1, 3, H, W) at another size."""
    return F.interpolate(picture, size_hw, mode="bicubic", align_corners=False)


def luminance(picture: Tensor) -> Tensor:
    """(1, 3, H, W) -> (1, 1, H, W)"""
    weights = torch.tensor(LUMA, dtype=picture.dtype, device=picture.device)
    return (picture * weights.view(3, 1, 1)).sum(1, keepdim=True)


def grey(picture: Tensor) -> Tensor:
    """The picture without its colours, (1, 3, H, W)."""
    return luminance(picture).expand_as(picture).contiguous()


def grey_like(style: Tensor, content: Tensor) -> Tensor:
    """The style without its colours, as light and as rich in contrast as the content.

    Gatys et al., Preserving Color in Neural Artistic Style Transfer, 2016, arXiv:1606.05897, section 3.
    """
    ours, theirs = luminance(style), luminance(content)
    matched = (ours - ours.mean()) / ours.std().clamp(min=1e-6) * theirs.std() + theirs.mean()
    return matched.expand_as(style).contiguous()


def recoloured(picture: Tensor, content: Tensor) -> Tensor:
    """The picture's luminance with the content's colours: chrominance differs nowhere from the content's."""
    return content + luminance(picture) - luminance(content)

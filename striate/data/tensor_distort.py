"""Distortions of a whole batch at once, on whatever device its tensors are: `Distortion.network_input` of many.

What happens before the one interpolation differs from image to image (which part is seen, how far it is averaged) and
is done image by image in a few small steps. All the rest is done for the batch: one blur with taps of each image's own,
one interpolation with a grid of each one's own, one change of colours. The numbers that decide come from the very
functions that the image path asks (`striate.data.resample`), and values are rounded to bytes where it stores bytes.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.nn import functional as F

from striate.data.distort import Distortion
from striate.data.field import Field, pixel_weights
from striate.data.filter_matrix import filter_matrix
from striate.data.resample import Reduction, Window, reduction, whole_window
from striate.errors import ArgumentError, ShapeError
from striate.ops import colour as colours
from striate.ops import geometry
from striate.preset import Filter, Preset

_MODES: dict[Filter, str] = {"nearest": "nearest", "bilinear": "bilinear", "bicubic": "bicubic", "area": "bilinear"}


@torch.no_grad()
def distort_batch(images: Tensor | Sequence[Tensor], distortions: Sequence[Distortion], preset: Preset) -> Tensor:
    """What the network is given of each image, as `Distortion.network_input` of each, but for the last digits.

    Args:
        images: uint8 (N, C, H, W), or N tensors (C, H, W) of any sizes on one device.
        distortions: one for each image, of one `Pipeline` or all of `preset_distortion`.
        preset: its size, mean and std are used.

    Returns:
        float32 (N, C, h, w) of `preset.size_hw`, on the images' device; N may be 0.

    Raises:
        ShapeError: images that are not uint8 (C, H, W) with the preset's channels, another size than the distortion is
            for, or a distortion of another size or number of channels than the preset's.
        ArgumentError: not as many distortions as images, or distortions that interpolate differently.

    Example:
        >>> from striate.data import Mirror, Pipeline, Rotate
        >>> preset, pipeline, rng = Preset((32, 32)), Pipeline((Mirror(), Rotate(10))), np.random.default_rng(0)
        >>> images = torch.zeros(8, 3, 40, 50, dtype=torch.uint8)
        >>> distortions = [pipeline.sample(rng, (40, 50), preset) for _ in images]
        >>> distort_batch(images, distortions, preset).shape
        torch.Size([8, 3, 32, 32])
    """
    _check(images, distortions, preset)
    if not len(images):
        return torch.empty(0, preset.channels, *preset.size_hw, device=getattr(images, "device", None))
    with torch.autocast(images[0].device.type, enabled=False):  # half precision can't tell bytes apart
        seen = _coloured(_seen(images, distortions), distortions)
        for picture, distortion in zip(seen, distortions, strict=True):
            for left, top, right, bottom in distortion.erased:
                picture[:, top:bottom, left:right] = _planes(distortion.border, seen)
        return seen.sub_(_planes(preset.mean, seen)).div_(_planes(preset.std, seen))


def _seen(images: Tensor | Sequence[Tensor], distortions: Sequence[Distortion]) -> Tensor:
    """The pixels in their new places, whole numbers of 0 to 255 in float32 (N, C, h, w)."""
    first, bent, matrices = distortions[0], [], []
    seen = torch.empty(len(images), len(images[0]), *first.size_hw, device=images[0].device)
    for n, (image, distortion) in enumerate(zip(images, distortions, strict=True)):
        matrices.append(distortion.geometry_from(tuple(image.shape[1:])))
        straight = _straight(image, matrices[n], distortion)
        if straight is None:
            bent.append(n)
        else:
            seen[n] = straight
    if bent:
        seen[bent] = _warp([images[n] for n in bent], [matrices[n] for n in bent], [distortions[n] for n in bent])
    return seen


def _straight(image: Tensor, matrix: geometry.Matrix, distortion: Distortion) -> Tensor | None:
    """(C, h, w) by Pillow's antialiased filter, where the distortion asks for it and the matrix allows it."""
    if not distortion.exact or distortion.field is not None:
        return None
    mirrored = matrix[0, 0] < 0
    upright = geometry.mirror(distortion.size_hw[1]) @ matrix if mirrored else matrix
    window = whole_window(tuple(image.shape[1:]), upright, distortion.size_hw)
    if window is None:
        return None
    left, top, right, bottom = window.target_xyxy
    canvas = torch.empty(len(image), *distortion.size_hw, device=image.device)
    canvas[:] = _planes(np.rint(distortion.border), image)
    canvas[:, top:bottom, left:right] = _resize(image, window, distortion.filter)
    return canvas.flip(2) if mirrored else canvas


def _resize(image: Tensor, window: Window, filter: Filter) -> Tensor:
    """Rows first, kept as bytes in between, as Pillow does."""
    left, top, right, bottom = window.target_xyxy
    from_left, from_top, from_right, from_bottom = window.source_xyxy
    across = filter_matrix(image.shape[2], from_left, from_right, right - left, filter)
    down = filter_matrix(image.shape[1], from_top, from_bottom, bottom - top, filter)
    rows = _bytes(image.float() @ torch.from_numpy(across).to(image.device).T)  # (C, H, w)
    return _bytes(torch.from_numpy(down).to(image.device) @ rows)  # (C, h, w)


def _warp(images: list[Tensor], matrices: list[geometry.Matrix], distortions: list[Distortion]) -> Tensor:
    """(N, C, h, w): of each image the part that is seen, averaged and blurred so far that one interpolation will do."""
    size_hw, filter = distortions[0].size_hw, distortions[0].filter
    plans = [
        reduction(tuple(image.shape[1:]), matrix, size_hw, filter, distortion.field)
        for image, matrix, distortion in zip(images, matrices, distortions, strict=True)
    ]
    means = [_means(image, plan) for image, plan in zip(images, plans, strict=True)]
    blurred = _blur(means, plans)  # (N, C, H', W')
    border = _tensor([np.rint(d.border) for d in distortions], blurred)[..., None, None]  # (N, C, 1, 1)
    # Where there is no image there is nothing but border; grid_sample has zeros there, so it is what zero stands for.
    inside = blurred.sub_(border) * _within([(m.shape[1], m.shape[2]) for m in means], blurred)
    grid = _grid([p.matrix for p in plans], [d.field for d in distortions], blurred, size_hw)
    return _bytes(F.grid_sample(inside, grid, _MODES[filter], "zeros", align_corners=False) + border)


def _means(image: Tensor, plan: Reduction) -> Tensor:
    """The means of blocks of the part that is seen; the last blocks are filled up by repeating the edge."""
    part = image[:, plan.rows, plan.columns].float()
    width, height = plan.blocks_xy
    if plan.blocks_xy == (1, 1):
        return part
    filled = F.pad(part, (0, -part.shape[2] % width, 0, -part.shape[1] % height), "replicate")
    means = F.avg_pool2d(filled, (height, width))
    return _bytes(means) if plan.blocks_xy == (2, 2) else means.round_()  # OpenCV rounds halves up there, else to even


def _blur(means: list[Tensor], plans: list[Reduction]) -> Tensor:
    """(N, C, H', W') with H', W' the largest of all sides; what is beyond an image's own is of no meaning.

    Sums of shifted pictures in place of a convolution, which a GPU may compute with numbers of ten bits.
    """
    height, width = (max(m.shape[axis] for m in means) for axis in (1, 2))
    reach = max(len(taps) // 2 for p in plans for taps in (p.taps_x, p.taps_y))
    canvas = means[0].new_zeros(len(means), len(means[0]), height + 2 * reach, width + 2 * reach)
    for place, mean in zip(canvas, means, strict=True):
        framed = F.pad(mean, (reach,) * 4, "replicate")
        place[:, : framed.shape[1], : framed.shape[2]] = framed
    if reach == 0:
        return canvas
    rows = _slide(canvas, _taps([p.taps_y for p in plans], reach, canvas), 2)
    return _bytes(_slide(rows, _taps([p.taps_x for p in plans], reach, canvas), 3))


def _slide(canvas: Tensor, taps: Tensor, axis: int) -> Tensor:
    """The sum of as many shifted pictures as there are taps, shorter by what the shifts need."""
    length = canvas.shape[axis] - len(taps) + 1
    total = taps[0] * canvas.narrow(axis, 0, length)
    for k in range(1, len(taps)):
        total.addcmul_(taps[k], canvas.narrow(axis, k, length))
    return total


def _taps(taps: list[NDArray[np.float32]], reach: int, like: Tensor) -> Tensor:
    """(2 reach + 1, N, 1, 1, 1), shorter ones between zeros."""
    rows = [np.pad(t, reach - len(t) // 2) for t in taps]
    return _tensor(rows, like).t()[..., None, None, None]


def _within(sizes_hw: list[tuple[int, int]], canvas: Tensor) -> Tensor:
    """(N, 1, H', W'), whether there is an image."""
    height, width = _tensor(sizes_hw, canvas).T[..., None, None, None]  # (N, 1, 1, 1) each
    rows, columns = (torch.arange(side, device=canvas.device) for side in canvas.shape[2:])
    inside: Tensor = (rows[:, None] < height) & (columns < width)
    return inside


def _grid(
    matrices: list[geometry.Matrix], fields: list[Field | None], canvas: Tensor, size_hw: tuple[int, int]
) -> Tensor:
    """Where the centres of all pixels come from, (N, h, w, 2), the canvas spanning -1 to 1."""
    height, width = canvas.shape[2:]
    to_grid = geometry.translate(-1, -1) @ geometry.scale(2 / width, 2 / height)
    back = [(to_grid @ geometry.invert(m))[:2] for m in matrices]
    y, x = (torch.arange(side, device=canvas.device) + 0.5 for side in size_hw)
    along_x, along_y, start = _tensor(back, canvas).permute(2, 0, 1)[:, :, None, None]  # (N, 1, 1, 2) each
    grid: Tensor = along_x * x[:, None] + along_y * y[:, None, None] + start
    for spacing in {f.spacing for f in fields if f}:  # one, but for distortions of several pipelines
        bent = [n for n, f in enumerate(fields) if f and f.spacing == spacing]
        pulls = [f.pulls @ back[n][:, :2].T for n, f in enumerate(fields) if f and n in bent]
        down, across = (torch.from_numpy(pixel_weights(side, spacing)).to(grid) for side in size_hw)
        surface = down @ _tensor(pulls, canvas).permute(0, 3, 1, 2) @ across.T  # (M, 2, h, w)
        grid[bent] += surface.permute(0, 2, 3, 1)
    return grid


def _coloured(seen: Tensor, distortions: Sequence[Distortion]) -> Tensor:
    """Colours changed and clipped once, each picture's own mean grey put in."""
    if all(d.colour is None for d in distortions):
        return seen
    channels = seen.shape[1]
    still = np.eye(channels + 2)
    change = _tensor([still if d.colour is None else d.colour for d in distortions], seen)[..., None, None]
    mean_grey = (seen.mean(dim=(2, 3)) * _tensor(colours.grey_weights(channels), seen)).sum(1)[:, None, None, None]
    changed = change[:, :channels, -1] + mean_grey * change[:, :channels, -2]  # (N, C, 1, 1), see `colours.bind`
    for i in range(channels):
        changed = torch.addcmul(changed, change[:, :channels, i], seen[:, i : i + 1])
    return changed.clamp_(0, 255)


def _bytes(values: Tensor) -> Tensor:
    """What bytes would hold, halves rounded up."""
    return values.add_(0.5).floor_().clamp_(0, 255)


def _tensor(values: ArrayLike, like: Tensor) -> Tensor:
    """Small numbers, float32, where the pictures are."""
    return torch.from_numpy(np.asarray(values, dtype=np.float32)).to(like.device)


def _planes(values: ArrayLike, like: Tensor) -> Tensor:
    """A number a channel, (C, 1, 1)."""
    return _tensor(values, like)[:, None, None]


def _check(images: Tensor | Sequence[Tensor], distortions: Sequence[Distortion], preset: Preset) -> None:
    if len(images) != len(distortions):
        raise ArgumentError.of("distortions", f"{len(images)}, one for each image", len(distortions))
    channels = preset.channels
    for image in images:
        if image.dtype != torch.uint8 or image.ndim != 3 or len(image) != channels or 0 in image.shape:
            raise ShapeError.of("images", f"uint8 ({channels}, H, W) each", f"{image.dtype} {tuple(image.shape)}")
    for one in distortions:
        colour_channels = channels if one.colour is None else len(one.colour) - 2
        if (one.size_hw, len(one.border), colour_channels) != (preset.size_hw, channels, channels):
            found = one.size_hw, len(one.border), colour_channels
            raise ShapeError.of("distortions", f"to {preset.size_hw} in {channels} channels", found)
        if one.filter != distortions[0].filter:
            raise ArgumentError.of("distortions", "of one filter", (distortions[0].filter, one.filter))

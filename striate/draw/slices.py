"""A volume as a picture: the three slices through its middle."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from striate.draw.pixels import Pixels
from striate.errors import ArgumentError, ShapeError

Floats = npt.NDArray[np.floating]
_GAP = 2  # pixels


def slices_picture(
    values: Floats,
    *,
    spacing: Sequence[float] = (1.0, 1.0, 1.0),
    side: int = 320,
    limits: Floats | None = None,
) -> Pixels:
    """The slices through the middle of a volume, as viewers arrange them.

    Above those along depth, (depth, width) and (depth, height), below the first of them (height, width); all on one
    scale, so that neighbours fit each other. Depth grows upwards, all else downwards and to the right: of a body in
    canonical orientation the head is on top.

    Args:
        values: (C, D, H, W), finite; three channels are red, green and blue, of others the first is drawn.
        spacing: millimetres from one voxel to the next along depth, height and width; voxels are cubes where one is 0.
        side: pixels of the picture's longer side, about, at least 16.
        limits: (C, 2), the values drawn in black and in white; see `window_limits` where left out.

    Returns:
        (h, w, 3) of uint8, white between the slices.

    Raises:
        ShapeError: not (C, D, H, W), or empty; or limits of other channels.
        ArgumentError: a smaller side, or other than three steps.

    Example:
        >>> slices_picture(np.random.rand(1, 10, 20, 30), side=100).shape
        (61, 100, 3)
    """
    if len(spacing) != 3 or side < 16:
        raise ArgumentError.of("spacing and side", "three steps, and at least 16 pixels", (spacing, side))
    volume = windowed(values, limits)[::-1]  # (D, H, W, 3)
    steps = spacing if min(spacing) > 0 else (1.0, 1.0, 1.0)
    extent = [n * step for n, step in zip(volume.shape[:3], steps, strict=True)]
    scale = (side - _GAP) / max(extent[0] + extent[1], extent[1] + extent[2])
    depth, height, width = (max(1, round(scale * e)) for e in extent)
    middle = [(volume.shape[0] - 1) // 2, volume.shape[1] // 2, volume.shape[2] // 2]
    page: Pixels = np.full((depth + _GAP + height, width + _GAP + height, 3), 255, np.uint8)
    page[:depth, :width] = sized(volume[:, middle[1]], (depth, width))
    page[:depth, width + _GAP :] = sized(volume[:, :, middle[2]], (depth, height))
    page[depth + _GAP :, :width] = sized(volume[middle[0]], (height, width))
    return page


def window_limits(values: Floats) -> Floats:
    """What is drawn in black and in white of each channel, (C, 2): all but the lowest and the highest hundredth.

    Where these are the same, the lowest and the highest of all.
    """
    flat = values.reshape(len(values), -1)
    most, whole = (np.percentile(flat, shares, axis=1).T for shares in ([1, 99], [0, 100]))
    return np.where((most[:, 1] > most[:, 0])[:, np.newaxis], most, whole)


def windowed(values: Floats, limits: Floats | None = None) -> Pixels:
    """Values (C, *S) of three axes as grey or colour, uint8 (*S, 3).

    Args:
        values: three channels become colours, on one scale; of others the first is taken.
        limits: (C, 2), what becomes black and white; see `window_limits` where left out.

    Raises:
        ShapeError: no three axes behind the channels, nothing there, or limits of other channels.
    """
    if values.ndim != 4 or not values.size:
        raise ShapeError.of("values", "(channels, three axes), not empty", values.shape)
    shown = values if len(values) == 3 else values[:1]
    black_white = window_limits(shown) if limits is None else limits[: len(shown)]
    if black_white.shape != (len(shown), 2):
        raise ShapeError.of("limits", f"of shape ({len(values)}, 2)", black_white.shape)
    low, high = black_white[:, 0].min(), black_white[:, 1].max()
    grey = np.clip((shown - low) / ((high - low) or 1.0), 0, 1)
    return np.array(np.broadcast_to(np.moveaxis(np.rint(255 * grey).astype(np.uint8), 0, -1), (*grey.shape[1:], 3)))


def sized(image: Pixels, size_hw: tuple[int, int]) -> Pixels:
    """The image at another size: single pixels where it grows, their means where it shrinks."""
    import cv2

    grows = size_hw[0] >= image.shape[0] and size_hw[1] >= image.shape[1]
    kind = cv2.INTER_NEAREST if grows else cv2.INTER_AREA
    return np.asarray(cv2.resize(np.ascontiguousarray(image), size_hw[::-1], interpolation=kind), np.uint8)

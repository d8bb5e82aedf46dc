"""A clip as a picture: some of its frames side by side."""

import numpy as np
import numpy.typing as npt

from striate.draw.attribution import mosaic_picture
from striate.draw.pixels import Pixels
from striate.draw.slices import sized, windowed
from striate.errors import ArgumentError

Floats = npt.NDArray[np.floating]


def clip_strip(
    values: Floats,
    *,
    frames: int = 6,
    columns: int | None = None,
    width: int = 640,
    limits: Floats | None = None,
) -> Pixels:
    """Frames of a clip in the order of time, from the first to the last.

    Args:
        values: (C, T, H, W), finite; three channels are red, green and blue, of others the first is drawn.
        frames: how many, spread evenly; of a shorter clip all.
        columns: how many stand side by side; all of them by default.
        width: pixels of the picture, about.
        limits: (C, 2), the values drawn in black and in white; see `window_limits` where left out.

    Returns:
        (h, w, 3) of uint8, white between the frames.

    Raises:
        ShapeError: not (C, T, H, W), or empty; or limits of other channels.
        ArgumentError: no frames or columns, or a smaller width than 8 pixels for each.

    Example:
        >>> clip_strip(np.random.rand(1, 20, 32, 32), frames=4, width=262).shape
        (64, 262, 3)
    """
    clip = windowed(values, limits)  # (T, H, W, 3)
    shown = min(frames, len(clip))
    columns = columns or shown
    if frames < 1 or columns < 1 or width < 8 * columns:
        raise ArgumentError.of("frames, columns and width", "at least 1, 1 and 8 a column", (frames, columns, width))
    chosen = np.rint(np.linspace(0, len(clip) - 1, shown)).astype(np.int64)
    across = max(1, (width - 2 * (columns - 1)) // columns)
    size_hw = max(1, round(across * clip.shape[1] / clip.shape[2])), across
    return mosaic_picture([sized(clip[i], size_hw) for i in chosen], columns=columns)

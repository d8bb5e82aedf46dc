"""A picture of any recording, as it suits its kind."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from striate.draw.clip_strip import clip_strip
from striate.draw.pixels import Pixels
from striate.draw.slices import slices_picture
from striate.draw.traces import traces_picture
from striate.recording_preset import Kind

Floats = npt.NDArray[np.floating]


def recording_picture(kind: Kind, values: Floats, spacing: Sequence[float], *, side: int = 320) -> Pixels:
    """A signal's traces, a volume's middle slices, or nine frames of a clip, for a square tile.

    Args:
        kind: what it is.
        values: (C, *S), finite.
        spacing: see `striate.recordings.Recording`; 0 is unknown.
        side: pixels of the longer side, about, at least 32.

    Returns:
        (h, w, 3) of uint8.

    Raises:
        ShapeError: values of another number of axes, or none.

    Example:
        >>> recording_picture("clip", np.random.rand(1, 20, 32, 32), (0.04, 1, 1), side=100).shape
        (100, 100, 3)
    """
    if kind == "signal":
        return traces_picture(values, size_hw=(side, side))
    if kind == "volume":
        return slices_picture(values, spacing=spacing, side=side)
    return clip_strip(values, frames=9, columns=3, width=side)

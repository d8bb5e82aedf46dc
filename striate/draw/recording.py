"""A picture of any recording, as it suits its kind."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from striate.draw.clip_strip import clip_strip
from striate.draw.pixels import Pixels
from striate.draw.slices import slices_picture, window_limits
from striate.draw.traces import trace_limits, traces_picture
from striate.recording_preset import Kind

Floats = npt.NDArray[np.floating]


def recording_limits(kind: Kind, values: Floats) -> Floats:
    """The values of each channel between which a recording is drawn, (C, 2), to draw others like it."""
    return trace_limits(values) if kind == "signal" else window_limits(values)


def recording_picture(
    kind: Kind,
    values: Floats,
    spacing: Sequence[float],
    *,
    side: int = 320,
    limits: Floats | None = None,
    marks: Sequence[float] = (),
) -> Pixels:
    """A signal's traces, a volume's middle slices, or nine frames of a clip, for a square tile.

    Args:
        kind: what it is.
        values: (C, *S), finite.
        spacing: see `striate.recordings.Recording`; 0 is unknown.
        side: pixels of the longer side, about, at least 32.
        limits: from `recording_limits`; its own where left out.
        marks: places in a signal's time, in samples, to mark by a line.

    Returns:
        (h, w, 3) of uint8.

    Raises:
        ShapeError: values of another number of axes, or none; or limits of other channels.

    Example:
        >>> recording_picture("clip", np.random.rand(1, 20, 32, 32), (0.04, 1, 1), side=100).shape
        (100, 100, 3)
    """
    if kind == "signal":
        return traces_picture(values, size_hw=(side, side), limits=limits, marks=marks)
    if kind == "volume":
        return slices_picture(values, spacing=spacing, side=side, limits=limits)
    return clip_strip(values, frames=9, columns=3, width=side, limits=limits)

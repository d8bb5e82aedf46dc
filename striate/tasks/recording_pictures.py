"""Recordings as pictures: traces of signals, slices of volumes, frames of clips."""

import numpy as np

from striate.data import Pixels
from striate.recordings import Recording


def draw_recording(recording: Recording) -> Pixels:
    """A picture of a recording, uint8 (H, W, C)."""
    values = recording.values[0]
    plane = values[None] if values.ndim == 1 else values[len(values) // 2]
    low, high = float(plane.min()), float(plane.max())
    grey = ((plane - low) / max(high - low, 1e-12) * 255).astype(np.uint8)
    return np.repeat(grey, 64, axis=0)[..., None] if values.ndim == 1 else grey[..., None]

"""Recordings as pictures of a report: traces and spectrograms of signals, slices of volumes, frames of clips."""

import numpy as np

from striate.data import Pixels
from striate.draw import recording_picture, spectrogram_picture, traces_picture
from striate.recordings import Recording

_WIDTH, _TRACES, _SPECTROGRAM = 640, 240, 140  # pixels
_LONG = 256  # samples, from which on a signal has frequencies worth looking at


def draw_recording(recording: Recording) -> Pixels:
    """A picture of a recording, uint8 (H, W, 3): of a long signal its frequencies below its traces.

    Example:
        >>> short, long = (Recording("signal", np.ones((1, n), np.float32), (0.01,)) for n in (100, 1000))
        >>> draw_recording(short).shape, draw_recording(long).shape
        ((240, 640, 3), (384, 640, 3))
    """
    values = recording.values
    if recording.kind != "signal":
        return recording_picture(recording.kind, values, recording.spacing, side=_WIDTH)
    traces = traces_picture(values, size_hw=(_TRACES, _WIDTH))
    if recording.size[0] < _LONG:
        return traces
    white = np.full((4, _WIDTH, 3), 255, np.uint8)
    return np.concatenate([traces, white, spectrogram_picture(values, size_hw=(_SPECTROGRAM, _WIDTH))])

"""A signal as a picture: its channels as traces below each other, or what frequencies it has when."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from striate.draw.attribution import strength_picture
from striate.draw.canvas import RULE
from striate.draw.class_colours import class_colour
from striate.draw.pixels import Pixels
from striate.errors import ArgumentError, ShapeError

Floats = npt.NDArray[np.floating]
MOST_CHANNELS = 16
MARK = (190, 197, 205)
_FINE = 4  # bits behind the point of OpenCV's coordinates
_FLOOR_DB = 60.0  # what is quieter than the loudest by this is black


def trace_limits(values: Floats) -> Floats:
    """The least and the greatest value of each channel, (C, 2)."""
    return np.stack([values.min(axis=1), values.max(axis=1)], axis=1)


def traces_picture(
    values: Floats,
    *,
    size_hw: tuple[int, int] = (320, 320),
    limits: Floats | None = None,
    marks: Sequence[float] = (),
) -> Pixels:
    """The channels of a signal below each other, each on a scale of its own.

    Nothing short is lost: where many samples come to one column of pixels, it shows from the least to the greatest.

    Args:
        values: (C, L), finite; of more than `MOST_CHANNELS` channels so many are drawn, spread evenly.
        size_hw: height and width in pixels, each at least 8.
        limits: (C, 2), the values at the bottom and at the top of each channel; its own where left out.
        marks: places to mark by a line, in samples, the first one's centre being at 0.5.

    Returns:
        (H, W, 3) of uint8.

    Raises:
        ShapeError: not (C, L), or empty; or limits of other channels.
        ArgumentError: a smaller size.

    Example:
        >>> traces_picture(np.sin(np.arange(400.0) / 20)[None], size_hw=(80, 200)).shape
        (80, 200, 3)
    """
    import cv2

    height, width = _checked_size(size_hw)
    channels = _checked_signal(values)
    lowest_highest = trace_limits(channels) if limits is None else limits
    if lowest_highest.shape != (len(channels), 2):
        raise ShapeError.of("limits", f"of shape ({len(channels)}, 2)", lowest_highest.shape)
    most = min(len(channels), MOST_CHANNELS)
    picture: Pixels = np.full((height, width, 3), 255, np.uint8)
    for mark in marks:
        column = round(mark * width / channels.shape[1] - 0.5)
        picture[:, max(0, column) : max(0, column + 2)] = MARK
    for row, channel in enumerate(i * len(channels) // most for i in range(most)):
        top, bottom = height * row / most, height * (row + 1) / most
        if row:
            picture[round(top)] = tuple(bytes.fromhex(RULE[1:]))
        x, y = _path(channels[channel].astype(np.float64), lowest_highest[channel], width)
        places = np.stack([x, top + (0.06 + 0.88 * (1 - y)) * (bottom - top)], axis=1)
        points = np.rint((places - 0.5) * 2**_FINE).astype(np.int32)  # OpenCV counts from a pixel's centre
        thickness = 2 if height / most >= 100 else 1
        cv2.polylines(picture, [points], False, class_colour(channel), thickness, cv2.LINE_AA, _FINE)
    return picture


def spectrogram_picture(values: Floats, *, size_hw: tuple[int, int] = (320, 320)) -> Pixels:
    """How much of each frequency a signal has in the course of time, from black to bright.

    Time grows to the right, frequency upwards from 0 to half of the sampling rate; 60 dB lie between black and the
    loudest. The Fourier transforms are of overlapping stretches under a Hann window, their powers added up over the
    channels, each channel about its mean.

    Args:
        values: (C, L), finite.
        size_hw: height and width in pixels, each at least 8.

    Returns:
        (H, W, 3) of uint8.

    Raises:
        ShapeError: not (C, L), or empty.
        ArgumentError: a smaller size.

    Example:
        >>> tone = np.sin(np.arange(4000) * np.pi / 4)[None]  # a quarter of the way up
        >>> int(spectrogram_picture(tone, size_hw=(80, 80)).sum(axis=(1, 2)).argmax())
        59
    """
    import cv2

    height, width = _checked_size(size_hw)
    power = _power(_checked_signal(values).astype(np.float64), width)
    loudness = 10 * np.log10(np.maximum(power / (power.max() or 1.0), 1e-30)) + _FLOOR_DB
    strengths = np.maximum(loudness, 0)[::-1] * bool(power.any())  # low frequencies at the bottom
    kind = cv2.INTER_AREA if strengths.shape[0] > height else cv2.INTER_LINEAR
    return strength_picture(np.asarray(cv2.resize(strengths, (width, height), interpolation=kind)))


def _power(channels: Floats, columns: int) -> Floats:
    """(C, L) -> (frequencies, at most `columns` stretches)"""
    length = channels.shape[1]
    window = min(2 ** int(np.clip(np.log2(4 * length) / 2, 3, 10)), length)
    starts = np.unique(np.linspace(0, length - window, columns).astype(np.int64))
    centred = channels - channels.mean(axis=1, keepdims=True)
    stretches = np.lib.stride_tricks.sliding_window_view(centred, window, axis=1)[:, starts]  # (C, T, window)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(window) + 0.5) / window)
    return np.asarray((np.abs(np.fft.rfft(stretches * hann, axis=2)) ** 2).sum(axis=0).T)


def _path(values: Floats, limits: Floats, width: int) -> tuple[Floats, Floats]:
    """A trace in pixels to the right and in shares of its range upwards; what is beyond is drawn just beyond."""
    least, most = limits.tolist()
    share = (values - least) / (most - least) if most > least else 0.5 + np.sign(values - least)
    share = np.clip(share, -0.05, 1.05)
    if len(values) <= 4 * width:
        return (np.arange(len(values)) + 0.5) * width / len(values), share
    first = np.arange(width) * len(values) // width
    ends = np.stack([np.minimum.reduceat(share, first), np.maximum.reduceat(share, first)], axis=1)
    ends[1::2] = ends[1::2, ::-1]  # down, then up again, so that no line crosses a column twice
    return np.repeat(np.arange(width) + 0.5, 2), ends.ravel()


def _checked_signal(values: Floats) -> Floats:
    if values.ndim != 2 or not values.size:
        raise ShapeError.of("values", "(channels, samples), not empty", values.shape)
    return values


def _checked_size(size_hw: tuple[int, int]) -> tuple[int, int]:
    if min(size_hw) < 8:
        raise ArgumentError.of("size_hw", "at least 8 pixels high and wide", size_hw)
    return size_hw

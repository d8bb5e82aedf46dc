"""Signals as traces, with what explains an answer behind them."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from striate.draw.attribution import AGAINST, FOR, mosaic_picture, signed_levels, strongest
from striate.draw.pixels import Pixels

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]
WIDTH, ROW, MOST_HEIGHT = 448, 320, 448  # pixels; a channel is so high where all are not too high together
TILE = 88  # pixels of a patch
_INK, _MIDDLE = (31, 41, 51), (223, 228, 234)
_FINE = 4  # bits behind the point of OpenCV's coordinates


class TraceView:
    """How signals are looked at: see `striate.draw.InputView`.

    Example:
        >>> TraceView().picture(np.zeros((100, 2), np.uint8)).shape
        (448, 448, 3)
    """

    sample = "sample"

    def picture(self, levels: Pixels) -> Pixels:
        """(L, C) -> (h, w, 3): the channels below each other."""
        return _with_traces(_white(levels.shape[1]), levels)

    def patch(self, levels: Pixels, inside: Bools) -> tuple[Pixels, Bools]:
        """(F, C) and (F,) -> (88, 88, 3) and (88, 88)"""
        seen = inside[np.arange(TILE) * len(inside) // TILE]
        return _with_traces(np.full((TILE, TILE, 3), 255, np.uint8), levels), np.tile(seen, (TILE, 1))

    def strengths(self, levels: Pixels, strengths: Floats) -> Pixels:
        """(L, C) and (L,) of at least 0 -> (h, w, 3): darker behind the trace where they are strong."""
        return self.overlay(levels, strengths)

    def overlay(self, levels: Pixels, strengths: Floats) -> Pixels:
        """(L, C) and (L,) -> (h, w, 3): orange behind the trace where positive, blue where negative."""
        page = _white(levels.shape[1])
        share = _by_column(np.clip(strengths / strongest(strengths), -1, 1), page.shape[1])[:, None]  # (W, 1)
        alpha = 0.8 * np.abs(share)
        page[:] = np.rint((1 - alpha) * 255 + alpha * np.where(share > 0, FOR, AGAINST))
        return _with_traces(page, levels)

    def filters(self, weights: Floats) -> Pixels:
        """(K, C, f) -> (h, w, 3), all on one scale: grey lines are 0."""
        levels = signed_levels(weights)
        blank = np.full((TILE, TILE, 3), 255, np.uint8)
        return mosaic_picture([_with_traces(blank.copy(), one.T) for one in levels], gap=6)


def signal_levels(values: Floats) -> Pixels:
    """Each channel of a signal between its lowest and its highest, but for a few extreme samples: (C, L) -> (L, C).

    Example:
        >>> signal_levels(np.array([[-1.0, 0.0, 1.0], [5.0, 5.0, 5.0]])).T.tolist()
        [[0, 128, 255], [128, 128, 128]]
    """
    low, high = np.percentile(values, (0.1, 99.9), axis=1, keepdims=True)
    middle, half = (low + high) / 2, np.where(high > low, (high - low) / 2, 1)
    share = np.clip((values - middle) / half, -1, 1)
    levels: Pixels = np.rint(127.5 + 127.5 * share + 1e-9).astype(np.uint8).T
    return levels


def _white(channels: int) -> Pixels:
    return np.full((min(MOST_HEIGHT, ROW * channels), WIDTH, 3), 255, np.uint8)


def _by_column(strengths: Floats, columns: int) -> Floats:
    """Of each column of pixels the strongest sample in it: (L,) -> (W,)."""
    places = (np.arange(columns + 1) * len(strengths)) // columns
    parts = (strengths[a : max(b, a + 1)] for a, b in pairwise(places.tolist()))
    return np.array([part[np.abs(part).argmax()] for part in parts])


def _with_traces(page: Pixels, levels: Pixels) -> Pixels:
    """Draw channels (L, C) on a page, each about the line where its level is 127.5."""
    import cv2

    height, width = page.shape[:2]
    length, channels = levels.shape
    x = (np.arange(length) + 0.5) * width / length
    for i in range(channels):
        top, row = height * i / channels, height / channels
        middle = round(top + row / 2)
        page[middle : middle + 1] = np.minimum(page[middle : middle + 1], np.array(_MIDDLE, np.uint8))
        y = top + row * (0.94 - 0.88 * levels[:, i] / 255)
        points = np.rint((np.stack([x, y], axis=1) - 0.5) * 2**_FINE).astype(np.int32)  # a pixel's centre is whole
        cv2.polylines(page, [points], False, _INK, 1, cv2.LINE_AA, _FINE)
    return page

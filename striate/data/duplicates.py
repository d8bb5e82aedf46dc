"""Images that look the same without being the same bytes: saved again, resized, a little brighter.

Each image becomes a 16x16 grey thumbnail without its mean, of unit length; two are near if these correlate.
Measured on photographs: saved again at JPEG quality 50 or halved .999, contrast and brightness up by a tenth
.99, different photographs under .9. Digits are less unlike: different ones of one class can reach .99.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from striate.data.records import Pixels

SIDE = 16
BLOCK = 1024  # rows of the matrix of correlations at a time


class NearPairs(NamedTuple):
    """Pairs of images that look the same.

    Attributes:
        total: how many there are.
        nearest: (first index, second index, correlation), the likest first, at most as many as asked for.
    """

    total: int
    nearest: tuple[tuple[int, int, float], ...]


def thumbnail(grey: Pixels) -> NDArray[np.float32]:
    """(H, W, 1) -> (256,) float32 of mean 0 and length 1, or all 0 if the image is of one tone."""
    small = cv2.resize(grey[..., 0], (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    small -= small.mean()
    length = float(np.linalg.norm(small))
    return small / length if length > 1e-3 else np.zeros_like(small)


def find_near(thumbnails: NDArray[np.float32], *, at_least: float = 0.99, most: int = 100) -> NearPairs:
    """All pairs whose correlation is at least `at_least`, by comparing each with each.

    Args:
        thumbnails: (N, 256), rows of `thumbnail`.
        at_least: in (0, 1].
        most: how many pairs to name.

    Example:
        >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
        >>> find_near(np.stack([thumbnail(ramp), thumbnail(255 - ramp), thumbnail(ramp // 2)])).total
        1
    """
    total, found = 0, list[tuple[int, int, float]]()
    for start in range(0, len(thumbnails), BLOCK):
        block = thumbnails[start : start + BLOCK] @ thumbnails[start:].T  # (B, N - start)
        pairs = np.triu(block, 1)
        near = np.flatnonzero(pairs >= at_least)
        total += len(near)
        best = near[np.argsort(-pairs.ravel()[near], kind="stable")[:most]]
        rows, columns = np.unravel_index(best, pairs.shape)
        found += zip((rows + start).tolist(), (columns + start).tolist(), pairs[rows, columns].tolist(), strict=True)
    return NearPairs(total, tuple(sorted(found, key=lambda pair: -pair[2])[:most]))


def evenly(n: int, most: int) -> Sequence[int]:
    """At most `most` indices spread evenly over range(n).

    Example:
        >>> list(evenly(10, 3)), list(evenly(2, 3))
        ([0, 3, 6], [0, 1])
    """
    return range(n) if n <= most else [i * n // most for i in range(most)]

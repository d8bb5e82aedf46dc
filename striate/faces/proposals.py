"""Where faces may be: P-Net on every place of every image, on all scales."""

from collections.abc import Iterator, Sequence
from math import ceil

import numpy as np

from striate.faces.look import look
from striate.faces.octaves import Octaves
from striate.faces.windows import Windows, join
from striate.models.mtcnn import STRIDE, WINDOW, FaceNet

THRESHOLD = 0.6  # least confidence
SCALE_STEP = 0.709  # from one scale of the pyramid to the next: half the area
WITHIN_SCALE, ACROSS_SCALES = 0.5, 0.7  # IoU above which the less sure of two windows is dropped
_PIXELS = 1 << 15  # that P-Net looks at together, if an image has fewer: what it computes stays in the cache


def propose(network: FaceNet, images: Sequence[Octaves], smallest: float) -> Windows:
    """What P-Net takes for faces.

    Args:
        network: P-Net, in eval mode.
        images: of any sizes; those of one size are looked at together.
        smallest: pixels a side of the smallest window, at least 12.

    Returns:
        Windows in their images' pixels, thinned out.
    """
    of_size: dict[tuple[int, int], list[int]] = {}
    for i, image in enumerate(images):
        of_size.setdefault(image.size_hw, []).append(i)
    scales = (
        join(list(_on_one_scale(network, images, image_ids, scaled_hw))).thinned(WITHIN_SCALE)
        for size_hw, image_ids in of_size.items()
        for scaled_hw in pyramid(size_hw, smallest)
    )
    return join(list(scales)).thinned(ACROSS_SCALES)


def pyramid(size_hw: tuple[int, int], smallest: float) -> list[tuple[int, int]]:
    """The sizes at which an image is looked at, so that faces of every size fill P-Net's window at one of them.

    Args:
        size_hw: of the image.
        smallest: pixels a side of what fills the window at the first size.

    Example:
        >>> pyramid((100, 80), smallest=40)
        [(30, 24), (22, 18), (16, 13)]
    """
    factor, sizes = WINDOW / smallest, []
    while min(size_hw) * factor >= WINDOW:
        sizes.append((ceil(size_hw[0] * factor), ceil(size_hw[1] * factor)))
        factor *= SCALE_STEP
    return sizes


def _on_one_scale(
    network: FaceNet, images: Sequence[Octaves], image_ids: Sequence[int], scaled_hw: tuple[int, int]
) -> Iterator[Windows]:
    """Windows on images of one size, some images at a time."""
    height, width = images[image_ids[0]].size_hw
    to_image = np.array([width / scaled_hw[1], height / scaled_hw[0]] * 2, np.float32)
    together = max(1, _PIXELS // (scaled_hw[0] * scaled_hw[1]))
    for start in range(0, len(image_ids), together):
        some = np.array(image_ids[start : start + together])
        seen = look(network, np.stack([images[i].resized(scaled_hw) for i in some]))
        picture, row, column = np.nonzero(seen.confidence >= THRESHOLD)
        corner = STRIDE * np.stack([column, row], axis=1)
        xyxy = np.concatenate([corner, corner + WINDOW], axis=1).astype(np.float32) * to_image  # (K, 4)
        confidence, offsets = seen.confidence[picture, row, column], seen.offsets[picture, :, row, column]
        yield Windows(some[picture], xyxy, confidence, offsets)

"""MTCNN's cascade: P-Net proposes, R-Net looks closer at what is proposed, O-Net at what is left, and marks points.

Zhang et al., Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks, 2016,
arXiv:1604.02878. Thresholds are those of the authors' program, which rounds boxes to whole pixels; here nothing is
rounded. Every network is shown the windows of all images together.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.data.records import Pixels
from striate.faces.look import look
from striate.faces.octaves import Boxes, Octaves
from striate.faces.proposals import propose
from striate.faces.windows import Indices, Windows, not_nested, squared
from striate.models.mtcnn import FaceNet, Mtcnn

THRESHOLD = 0.7  # least confidence of R- and O-Net
OVERLAP = 0.7  # above which the less sure of two windows is dropped: IoU, and in the end the share of the smaller one
R_SIDE, O_SIDE = 24, 48  # pixels of what they are shown
_PIXELS = 1 << 15  # that a network is shown together: what it computes of them stays in the cache


class Found(NamedTuple):
    """Faces on the images of a batch.

    Attributes:
        image_id: (K,) which image.
        xyxy: (K, 4) in its pixels.
        confidence: (K,) O-Net's, in [0, 1].
        xy: (K, 5, 2) the points, in its pixels.
    """

    image_id: Indices
    xyxy: Boxes
    confidence: NDArray[np.float32]
    xy: NDArray[np.float32]


def run_cascade(networks: Mtcnn, images: Sequence[Octaves], smallest: float) -> Found:
    """The faces on images of any sizes, those of one image in no order.

    Args:
        networks: in eval mode, on one device.
        images: there may be none.
        smallest: pixels a side of the smallest window that is looked at, at least 12.
    """
    proposed = propose(networks.p_net, images, smallest)
    refined, _ = look_closer(networks.r_net, R_SIDE, images, proposed)
    windows, points = look_closer(networks.o_net, O_SIDE, images, refined.thinned(OVERLAP))
    faces = windows.faces()
    kept = not_nested(windows.image_id, faces, windows.confidence, OVERLAP)
    corner, sides = windows.xyxy[:, None, :2], windows.xyxy[:, None, 2:] - windows.xyxy[:, None, :2]
    xy = corner + sides * points.reshape(-1, 2, 5).transpose(0, 2, 1)  # (K, 5, 2)
    return Found(windows.image_id[kept], faces[kept], windows.confidence[kept], xy[kept])


def look_closer(
    network: FaceNet, side: int, images: Sequence[Octaves], windows: Windows
) -> tuple[Windows, NDArray[np.float32]]:
    """Where a network sees a face in the squares around those that another one saw.

    Args:
        network: R-Net or O-Net, in eval mode.
        side: pixels of the squares that it is shown.
        images: of the windows.
        windows: what the network before answered.

    Returns:
        What it takes for faces with an area, and (K, 10) its points.
    """
    windows = windows.take(windows.have_area())
    squares, together = squared(windows.faces()), _PIXELS // side**2
    chunks = [slice(start, start + together) for start in range(0, len(windows) or 1, together)]
    seen = [look(network, cut(images, windows.image_id[rows], squares[rows], side)) for rows in chunks]
    confidence, offsets, points = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    answered = Windows(windows.image_id, squares, confidence, offsets)
    kept = np.flatnonzero((confidence >= THRESHOLD) & answered.have_area())
    return answered.take(kept), points[kept]


def cut(images: Sequence[Octaves], image_id: Indices, xyxy: Boxes, side: int) -> Pixels:
    """What boxes on several images show, (K, side, side, 3)."""
    squares = np.empty((len(image_id), side, side, 3), np.uint8)
    for i in np.unique(image_id).tolist():
        squares[image_id == i] = images[i].cut(xyxy[image_id == i], side)
    return squares

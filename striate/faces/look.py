"""One of MTCNN's networks on pixels."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from striate.data.records import Pixels
from striate.models.mtcnn import MEAN, STD, FaceNet

Numbers = NDArray[np.float32]


class Seen(NamedTuple):
    """What a network says of N pictures; P-Net of each place on them, in two more axes at the end.

    Attributes:
        confidence: (N, …) how sure it is that it is a face, in [0, 1].
        offsets: (N, 4, …), see `FaceAnswers`.
        points: (N, 10), likewise; (N, 0) where the network has none.
    """

    confidence: Numbers
    offsets: Numbers
    points: Numbers


@torch.inference_mode()
def look(network: FaceNet, pictures: Pixels) -> Seen:
    """Show pictures of one size to a network.

    Args:
        network: in eval mode, on any device.
        pictures: uint8 (N, H, W, 3).
    """
    device = next(network.parameters()).device
    x = torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2)  # (N, 3, H, W)
    answers = network(x.float().sub_(MEAN).div_(STD))
    confidence = (answers.logits[:, 1] - answers.logits[:, 0]).sigmoid()
    points = answers.offsets[:, :0] if answers.points is None else answers.points
    return Seen(*(t.cpu().numpy() for t in (confidence, answers.offsets, points)))

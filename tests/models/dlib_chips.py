"""Pictures of 150x150 pixels that are the same everywhere, made of whole numbers alone."""

import numpy as np
from numpy.typing import NDArray
from skimage import data

Chip = NDArray[np.uint8]


def chips() -> dict[str, Chip]:
    """RGB uint8 (150, 150, 3): a face, its mirror image, waves, noise and black."""
    face = np.ascontiguousarray(data.astronaut()[20:170, 150:300])
    y, x, c = np.indices((150, 150, 3))
    waves = np.abs((3 * x + 5 * y + x * y // 40 + 60 * c) % 510 - 255)
    noise = (x * 7919 + y * 104729 + c * 1299709) ** 2 // 97 % 256
    return {
        "face": face,
        "mirrored": np.ascontiguousarray(face[:, ::-1]),
        "waves": waves.astype(np.uint8),
        "noise": noise.astype(np.uint8),
        "black": np.zeros((150, 150, 3), np.uint8),
    }

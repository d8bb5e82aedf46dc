"""An edge filter learned from pictures: nine numbers that nobody wrote down, at an angle that no named filter has.

python examples/learned_edges.py [photo.jpg]
"""

import sys

import numpy as np
import torch

from striate.data import read_image
from striate.ops import edge_filter, edges, learn_filter

ANGLE_DEGREES = 73


def main(photo: str | None = None) -> None:
    """Show pictures and their edges, learn the filter, compare."""
    picture = torch.rand(64, 64, generator=torch.Generator().manual_seed(0))
    if photo:
        picture = torch.from_numpy(read_image(photo, channels=1)[..., 0].astype(np.float32))
    learned = learn_filter(picture, edges(picture, "sobel", ANGLE_DEGREES))
    true = edge_filter("sobel", ANGLE_DEGREES)
    print("learned", *learned.numpy().round(3), sep="\n")
    print("Sobel at 73 degrees", *true.numpy().round(3), sep="\n")
    print(f"largest difference: {(learned - true).abs().max():.1e}")


if __name__ == "__main__":
    main(*sys.argv[1:])

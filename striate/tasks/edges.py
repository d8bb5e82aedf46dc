"""Edges of an image file, drawn."""

from pathlib import Path

import numpy as np
import torch

from striate.data import read_image, write_image
from striate.draw import absolute_edges_picture, signed_edges_picture
from striate.ops import EdgeKind, edges


def draw_edges(
    image: str | Path, out: str | Path, *, kind: EdgeKind = "sobel", angle_degrees: float = 0.0, absolute: bool = False
) -> None:
    """Write the edges of an image as a picture: signed ones are light and dark on grey, absolute ones light on black.

    Args:
        image: any image file; it is read in grey.
        out: the picture to write.
        kind, angle_degrees, absolute: as in `striate.ops.edges`.

    Raises:
        ImageError: the image can't be read.
        OutputError: the picture can't be written.
    """
    grey = torch.from_numpy(read_image(Path(image), channels=1)[..., 0].astype(np.float32))  # (H, W)
    found = edges(grey, kind, angle_degrees).numpy()
    picture = absolute_edges_picture(found) if absolute else signed_edges_picture(found)
    write_image(Path(out), picture[..., None])

"""A look at the training images: what kind of pictures they are, which decides what suits them."""

from dataclasses import dataclass

import numpy as np

from striate.data import Part, Pixels

_MOST = 64  # images that are looked at, spread over the part


@dataclass(frozen=True)
class Look:
    """What the pictures of a part are like.

    Attributes:
        grey: none of those looked at has colours.
        short_side: median of the shorter sides in pixels.
        border: median of their outermost pixels, for each of 3 channels, 0-255: what lies around a picture.
    """

    grey: bool
    short_side: int
    border: tuple[float, float, float]

    @property
    def small(self) -> bool:
        """Too small for a network that was trained on photographs."""
        return self.short_side < 64


def look_at(part: Part) -> Look:
    """Look at up to 64 images, spread evenly over the part.

    Raises:
        ImageError: one of them can't be read.
    """
    chosen = np.linspace(0, len(part) - 1, min(_MOST, len(part))).astype(int)
    images = [part.load(int(i)) for i in chosen]
    grey = all(bool((image == image[..., :1]).all()) for image in images)
    short_side = int(np.median([min(image.shape[:2]) for image in images]))
    red, green, blue = np.median(np.concatenate([_edge(image) for image in images]), axis=0).tolist()
    return Look(grey, short_side, (red, green, blue))


def _edge(image: Pixels) -> Pixels:
    """The outermost pixels, (2H + 2W, 3)."""
    return np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])

"""A look at the training images: what kind of pictures they are, which decides what suits them."""

from dataclasses import dataclass

import numpy as np

from striate.data import Dataset, Pixels, evenly

_MOST = 64  # images that are looked at
_ENOUGH_HW = (64, 64)


@dataclass(frozen=True)
class Look:
    """What the pictures of a data set are like.

    Attributes:
        grey: none of those looked at has colours.
        short_side: the smaller of the median height and width in pixels.
        border: median of their outermost pixels, for each of 3 channels, 0-255: what lies around a picture.
    """

    grey: bool
    short_side: int
    border: tuple[float, float, float]

    @property
    def small(self) -> bool:
        """Too small for a network that was trained on photographs."""
        return self.short_side < 64


def look_at(dataset: Dataset) -> Look:
    """Look at up to 64 training images, spread evenly, big JPEGs at a fraction of their size.

    Raises:
        ImageError: one of them can't be read.
    """
    train = dataset.parts["train"]
    images = [train.load(i, 3, _ENOUGH_HW) for i in evenly(len(train), _MOST)]
    grey = all(bool((image == image[..., :1]).all()) for image in images)
    short_side = min(dataset.sizes.median_hw) if dataset.sizes else min(images[0].shape[:2])
    red, green, blue = np.median(np.concatenate([_edge(image) for image in images]), axis=0).tolist()
    return Look(grey, short_side, (red, green, blue))


def _edge(image: Pixels) -> Pixels:
    """The outermost pixels, (2H + 2W, 3)."""
    return np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])

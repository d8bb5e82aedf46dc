"""Four images in one: a second stage after the distortions, for detectors."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.data.boxes import BoxItem, Pairs
from striate.data.distort import Distortion
from striate.data.records import Pixels
from striate.errors import ArgumentError
from striate.preset import Preset

Sampler = Callable[[np.random.Generator, tuple[int, int], Preset], Distortion]  # such as `Pipeline.sample`
_SPLIT = (0.2, 0.8)  # where the four meet, as shares of the frame's sides


def mosaic(
    images: Sequence[Pixels],
    items: Sequence[BoxItem],
    sample: Sampler,
    rng: np.random.Generator,
    preset: Preset,
    *,
    pairs: Pairs = (),
    least_visible: float = 0.25,
) -> tuple[NDArray[np.float32], BoxItem]:
    """Four images around a random point, each distorted for its quadrant, and all that is marked on them.

    An image covers its quadrant, so objects are shown at about half their size, in four surroundings at once. Pixels
    are resampled once, and boxes move by the very same matrix; they are clipped to their quadrant and dropped as at the
    edge of a single image.

    Bochkovskiy et al., YOLOv4: Optimal Speed and Accuracy of Object Detection, 2020 (arXiv 2004.10934), section 3.3.

    Args:
        images: four, uint8 (H, W, C) of their items' sizes, or the same pictures smaller.
        items: what is marked on them.
        sample: draws the distortion of an image of a size for a preset: `Pipeline.sample`.
        rng: where chance comes from; the same state gives the same mosaic.
        preset: what the network expects, at least 2 pixels wide and high.
        pairs: points that trade places in a mirror, as `MarkedDataset.pairs`.
        least_visible: share of a box's area that has to be seen, see `Distortion.boxes`.

    Returns:
        float32 (C, h, w), normalised, and what is marked on it; its path names all four.

    Raises:
        ArgumentError: not four images and items, or a preset that is too small.
        ShapeError: an image is not of its item's size.

    Example:
        >>> from striate.data import Mirror, Pipeline
        >>> item = BoxItem("a.jpg", (60, 80), np.array([[10.0, 20, 30, 40]]), np.array([2]))
        >>> images, preset = [np.zeros((60, 80, 3), np.uint8)] * 4, Preset(size_hw=(64, 64))
        >>> planes, seen = mosaic(images, [item] * 4, Pipeline((Mirror(),)).sample, np.random.default_rng(0), preset)
        >>> planes.shape, len(seen), seen.size_hw
        ((3, 64, 64), 4, (64, 64))
    """
    if (len(images), len(items)) != (4, 4):
        raise ArgumentError.of("images and items", "four each", (len(images), len(items)))
    planes = np.empty((preset.channels, *preset.size_hw), np.float32)
    parts = []
    for image, item, place in zip(images, items, _quadrants(rng, preset.size_hw), strict=True):
        distortion = sample(rng, item.size_hw, replace(preset, size_hw=place.size_hw, fit="crop", short_side=0))
        planes[:, place.rows, place.columns] = distortion.network_input(image, preset)
        parts.append(_shift(item.moved(distortion, pairs=pairs, least_visible=least_visible), place))
    return planes, _join(parts, preset.size_hw)


class _Quadrant(NamedTuple):
    """Rows and columns of the frame that one of the images covers."""

    rows: slice
    columns: slice

    @property
    def size_hw(self) -> tuple[int, int]:
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start


def _quadrants(rng: np.random.Generator, size_hw: tuple[int, int]) -> list[_Quadrant]:
    """Upper left, upper right, lower left, lower right of a random point of whole pixels."""
    if min(size_hw) < 2:
        raise ArgumentError.of("preset.size_hw", "at least 2 pixels for a mosaic", size_hw)
    y, x = (min(max(1, round(rng.uniform(*_SPLIT) * side)), side - 1) for side in size_hw)
    rows, columns = (slice(0, y), slice(y, size_hw[0])), (slice(0, x), slice(x, size_hw[1]))
    return [_Quadrant(r, c) for r in rows for c in columns]


def _shift(item: BoxItem, place: _Quadrant) -> BoxItem:
    """From a quadrant's coordinates to the frame's."""
    corner = np.array([place.columns.start, place.rows.start], dtype=np.float64)
    return replace(item, xyxy=item.xyxy + np.tile(corner, 2), points=item.points + corner)


def _join(items: list[BoxItem], size_hw: tuple[int, int]) -> BoxItem:
    """One item of all; those without boxes don't know how many points there are."""
    marked = [item for item in items if len(item)] or items[:1]
    return BoxItem(
        path=" + ".join(item.path for item in items),
        size_hw=size_hw,
        xyxy=np.concatenate([item.xyxy for item in marked]),
        labels=np.concatenate([item.labels for item in marked]),
        difficult=np.concatenate([item.difficult for item in marked]),
        truncated=np.concatenate([item.truncated for item in marked]),
        crowd=np.concatenate([item.crowd for item in marked]),
        points=np.concatenate([item.points for item in marked]),
        visibility=np.concatenate([item.visibility for item in marked]),
    )

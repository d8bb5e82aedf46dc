"""A distortion: a matrix for geometry, a matrix for colour, perhaps a field; all that was marked moves by the same."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from striate.data.field import Field
from striate.data.records import Pixels
from striate.data.resample import resample
from striate.errors import ArgumentError, ShapeError
from striate.ops import colour as colours
from striate.ops import geometry as motions
from striate.preset import Filter, Preset

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Distortion:
    """What happens to one image on its way to the network, and to everything that was marked on it.

    The image may come smaller than `source_hw` (a JPEG decoded at a fraction of its size): pixels are then read from
    where they are, while points and boxes stay in the coordinates of the full size.

    Attributes:
        geometry: 3x3, from coordinates in the source image to coordinates in the result.
        source_hw: size of the source image, in whose coordinates points and boxes are given.
        size_hw: size of the result.
        border: fill per channel for what lies outside the image, 0–255. It is part of the picture when colours change.
        colour: (C+2)x(C+2), see `striate.ops.colour`; None leaves colours alone.
        filter: how pixels are interpolated.
        exact: take Pillow's antialiased filter where no row or column is bent, as evaluation does.
        field: local warping, after the matrix; None bends nothing.
        erased: rectangles of the result (left, top, right, bottom in whole pixels) that hold the border's colour, after
            all else. What was marked there stays marked.

    Example:
        >>> import numpy as np
        >>> from striate.ops import geometry
        >>> distortion = Distortion(geometry.mirror(4), source_hw=(2, 4), size_hw=(2, 4), border=(0,))
        >>> image = np.arange(8, dtype=np.uint8).reshape(2, 4, 1)
        >>> distortion.image(image)[..., 0]
        array([[3., 2., 1., 0.],
               [7., 6., 5., 4.]], dtype=float32)
        >>> distortion.points([[0.5, 0.5]])
        array([[3.5, 0.5]])
    """

    geometry: motions.Matrix
    source_hw: tuple[int, int]
    size_hw: tuple[int, int]
    border: tuple[float, ...]
    colour: colours.Matrix | None = None
    filter: Filter = "bilinear"
    exact: bool = False
    field: Field | None = None
    erased: tuple[tuple[int, int, int, int], ...] = ()

    @property
    def inverse(self) -> motions.Matrix:
        """From coordinates in the result back to the source image, for `apply_points` and `apply_boxes`.

        Raises:
            ArgumentError: there is a field, whose way back is no matrix: `back` goes it.
        """
        if self.field is not None:
            raise ArgumentError("a distortion with a field has no matrix as its inverse; move points by `back`")
        return motions.invert(self.geometry)

    def back(self, xy: ArrayLike, *, pairs: Sequence[tuple[int, int]] = ()) -> Floats:
        """Points (..., 2) of the result in the source image: the inverse of `points`, whose `pairs` it takes."""
        moved = motions.apply_points(motions.invert(self.geometry), self.field.sources(xy) if self.field else xy)
        return self._sides(moved, pairs)

    @property
    def decode_at_least_hw(self) -> tuple[int, int]:
        """Decoding the image at a fraction of its size loses nothing while it stays at least this large."""
        x, y = motions.axis_factors(self.geometry)
        height, width = self.source_hw
        return min(height, math.ceil(2 * y * height)), min(width, math.ceil(2 * x * width))

    def geometry_from(self, image_hw: tuple[int, ...]) -> motions.Matrix:
        """`geometry` for an image that came at this size: `source_hw`, or the same picture smaller.

        Raises:
            ShapeError: it is another picture's size.
        """
        if image_hw == self.source_hw:
            return self.geometry
        return self.geometry @ motions.resize(_same_picture(image_hw, self.source_hw), self.source_hw)

    def image(self, image: Pixels) -> NDArray[np.float32]:
        """The picture that the network is shown, before normalisation.

        Args:
            image: uint8 (H, W, C) of `source_hw`, or the same picture smaller.

        Returns:
            float32 (h, w, C) in [0, 255]: resampled once, colours changed once, clipped once.

        Raises:
            ShapeError: another shape or another picture's proportions.
        """
        seen = self._seen(image)
        if self.colour is None:
            return self._erase(seen.astype(np.float32), self.border)
        change = self._bound_colour(seen)[:-1].astype(np.float32)
        changed = cv2.transform(seen.astype(np.float32), change)
        return self._erase(np.clip(changed, 0, 255).astype(np.float32, copy=False).reshape(seen.shape), self.border)

    def network_input(
        self, image: Pixels, preset: Preset, out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """What the network is given: `(self.image(image) - mean) / std`, channels first, by a single matrix.

        Args:
            image: uint8 (H, W, C).
            preset: its mean and std are used.
            out: float32 (C, h, w), contiguous, to write into; by default it is made.

        Returns:
            float32 (C, h, w).

        Raises:
            ShapeError: another shape or another picture's proportions.
        """
        seen = self._seen(image)
        planes = np.empty((seen.shape[2], *seen.shape[:2]), np.float32) if out is None else out
        normalise, gain, low, high = _normalisation(preset.mean, preset.std)
        hidden = [g * b + z for g, b, z in zip(gain, self.border, low, strict=True)]
        if self.colour is None:
            for i, pixels in enumerate(cv2.split(seen)):
                np.multiply(pixels, gain[i], out=planes[i], dtype=np.float32)
                planes[i] += low[i]
            self._erase(planes.transpose(1, 2, 0), hidden)
            return planes
        change = (normalise @ self._bound_colour(seen))[:-1].astype(np.float32)
        for rows in _strips(seen):
            changed = cv2.transform(seen[rows].astype(np.float32), change).reshape(seen[rows].shape)
            part = planes[:, rows]
            part[...] = changed.transpose(2, 0, 1)
            for i, plane in enumerate(part):
                np.clip(plane, low[i], high[i], out=plane)
        self._erase(planes.transpose(1, 2, 0), hidden)
        return planes

    def mask(self, mask: NDArray[Any], fill: int = 0) -> NDArray[Any]:
        """A map of labels moved with the picture; each pixel takes the label that its centre comes from.

        Args:
            mask: (H, W) or (H, W, …) of any type, of `source_hw`.
            fill: label of what lies outside the image.

        Returns:
            (h, w) or (h, w, …) of the same type.

        Raises:
            ShapeError: it is not of `source_hw`.
        """
        if mask.shape[:2] != self.source_hw:
            raise ShapeError.of("mask", f"of the image's size {self.source_hw}", mask.shape)
        x, y = np.meshgrid(np.arange(self.size_hw[1]) + 0.5, np.arange(self.size_hw[0]) + 0.5)
        from_xy = np.floor(self.back(np.stack([x, y], axis=-1))).astype(np.int64)  # (h, w, 2)
        column, row = from_xy[..., 0], from_xy[..., 1]
        inside = (column >= 0) & (column < mask.shape[1]) & (row >= 0) & (row < mask.shape[0])
        moved = np.full((*self.size_hw, *mask.shape[2:]), fill, mask.dtype)
        moved[inside] = mask[row[inside], column[inside]]
        return moved

    def points(self, xy: ArrayLike, *, pairs: Sequence[tuple[int, int]] = ()) -> Floats:
        """Points of the source image in the result; they may fall outside of it.

        Args:
            xy: (..., 2), or (..., P, 2) with `pairs`; there may be none.
            pairs: indices within P of what is named by its side, such as ((0, 1), (3, 4)) for eyes and corners of the
                mouth. Where the picture is mirrored they trade places: the left eye's is then the other one.

        Returns:
            The same shape, float64; with a field to a millionth of a pixel.
        """
        moved = motions.apply_points(self.geometry, xy)
        return self._sides(self.field.forward(moved) if self.field else moved, pairs)

    def boxes(self, xyxy: ArrayLike, *, least_visible: float = 0.25) -> tuple[Floats, NDArray[np.int64]]:
        """Boxes of the source image in the result, clipped to it; those that are hardly seen any more are dropped.

        A turned box becomes the bounds of its moved corners, with a field those of its moved edges. A box is dropped
        when less than `least_visible` of that area is inside the result, or when what is inside is less than a pixel
        wide or high.

        Args:
            xyxy: (N, 4) left, top, right, bottom; N may be 0.
            least_visible: share of the area, 0–1.

        Returns:
            (K, 4) the boxes that stay, and (K,) their indices among the N, by which labels follow.
        """
        whole = self._bounds(xyxy)
        height, width = self.size_hw
        clipped = np.clip(whole, 0, [width, height, width, height])
        sides = clipped[:, 2:] - clipped[:, :2]
        area = (whole[:, 2:] - whole[:, :2]).prod(axis=1)
        stay = (sides.min(axis=1, initial=np.inf) >= 1) & (sides.prod(axis=1) >= least_visible * area)
        kept = np.flatnonzero(stay)
        return clipped[kept], kept

    def _sides(self, moved: Floats, pairs: Sequence[tuple[int, int]]) -> Floats:
        """The same moved points (..., P, 2), those of a pair in each other's place if the picture is mirrored."""
        if motions.mirrors(self.geometry):
            for left, right in pairs:
                moved[..., [left, right], :] = moved[..., [right, left], :]
        return moved

    def _bounds(self, xyxy: ArrayLike) -> Floats:
        """(N, 4) -> (N, 4), not clipped."""
        straight = motions.apply_boxes(self.geometry, xyxy)
        if self.field is None:
            return straight
        boxes = np.asarray(xyxy, dtype=np.float64)
        corners = boxes[:, np.newaxis, [[0, 1], [2, 1], [2, 3], [0, 3]]]  # (N, 1, 4, 2)
        share = np.linspace(0, 1, 32, endpoint=False)[:, np.newaxis, np.newaxis]  # (32, 1, 1)
        edges = self.points(corners + share * (np.roll(corners, -1, axis=2) - corners))  # (N, 32, 4, 2)
        return np.concatenate([edges.min(axis=(1, 2)), edges.max(axis=(1, 2))], axis=1)

    def _seen(self, image: Pixels) -> Pixels:
        """The pixels in their new places, uint8 (h, w, C)."""
        matrix = self.geometry_from(image.shape[:2])
        return resample(
            image, matrix, self.size_hw, filter=self.filter, border=self.border, exact=self.exact, field=self.field
        )

    def _erase(self, picture: NDArray[np.float32], colour: Sequence[float]) -> NDArray[np.float32]:
        """The same picture (h, w, C), the erased rectangles filled in place."""
        for left, top, right, bottom in self.erased:
            picture[top:bottom, left:right] = colour
        return picture

    def _bound_colour(self, seen: Pixels) -> colours.Matrix:
        """The change of colours with the seen picture's mean grey put in, (C+1)x(C+1)."""
        assert self.colour is not None
        channels = seen.shape[2]
        if self.colour.shape != (channels + 2, channels + 2):
            raise ShapeError.of("image", f"of {len(self.colour) - 2} channels, as the colour matrix is", channels)
        mean_grey = colours.grey_weights(channels) @ cv2.mean(seen)[:channels]
        return colours.bind(self.colour, float(mean_grey))


def _strips(image: Pixels) -> list[slice]:
    """Rows in parts of some 32,000 values, which stay in the processor's cache as floats."""
    height, width, channels = image.shape
    rows = max(1, 2**15 // (width * channels))
    return [slice(top, top + rows) for top in range(0, height, rows)]


def _same_picture(size_hw: tuple[int, ...], source_hw: tuple[int, int]) -> tuple[int, int]:
    """`size_hw`, if it is `source_hw` made smaller and rounded to whole pixels."""
    height, width = size_hw if len(size_hw) == 2 else (0, 0)
    factor = max(height / source_hw[0], width / source_hw[1])
    expected = factor * source_hw[0], factor * source_hw[1]
    if not height or not width or factor > 1 or max(abs(height - expected[0]), abs(width - expected[1])) > 1.5:
        raise ShapeError.of("image", f"of size {source_hw}, or the same picture smaller", size_hw)
    return height, width


@lru_cache(maxsize=64)
def _normalisation(
    mean: tuple[float, ...], std: tuple[float, ...]
) -> tuple[colours.Matrix, list[float], list[float], list[float]]:
    """The matrix of (x - mean) / std, and per channel its gain and where 0 and 255 come to."""
    matrix = colours.normalisation(mean, std)
    gain, low = matrix.diagonal()[:-1], matrix[:-1, -1]
    return matrix, gain.tolist(), low.tolist(), (255 * gain + low).tolist()


def preset_distortion(preset: Preset, source_hw: tuple[int, int]) -> Distortion:
    """What evaluation and prediction do with an image of this size.

    Sizes are rounded as published preprocessing does: the long side down, the central crop to a whole pixel, so that
    pixels equal those of Pillow's resize and crop.

    Args:
        preset: size, fit and filter.
        source_hw: height and width of the image, any.

    Returns:
        A distortion without colour.

    Example:
        >>> distortion = preset_distortion(Preset(size_hw=(224, 224), short_side=256), (375, 500))
        >>> distortion.points([[250, 187.5]])  # the middle, but for the rounding of 58.5 pixels at the left to 58
        array([[112.5, 112. ]])
    """
    resized_hw, (left, top) = fitted(preset, source_hw)
    geometry = motions.translate(-left, -top) @ motions.resize(source_hw, resized_hw)
    return Distortion(geometry, source_hw, preset.size_hw, preset.border, filter=preset.filter, exact=True)


def fitted(preset: Preset, source_hw: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """The size that an image is resized to, and where in it the network's frame lies: its left and its top.

    Example:
        >>> fitted(Preset(size_hw=(224, 224), short_side=256), (375, 500))
        ((256, 341), (58, 16))
    """
    (height, width), size = source_hw, preset.size_hw
    if preset.fit == "stretch":
        return size, (0, 0)
    if preset.fit == "letterbox":
        factor = min(size[0] / height, size[1] / width)
        resized = max(1, round(factor * height)), max(1, round(factor * width))
    else:
        resized = _covering(cover_hw(preset), source_hw)
    left, top = (round((resized[i] - size[i]) / 2) for i in (1, 0))
    return resized, (left, top)


def cover_hw(preset: Preset) -> tuple[int, int]:
    """The size that a resized image covers before the central crop; the frame itself where nothing is cropped.

    Example:
        >>> cover_hw(Preset(size_hw=(224, 224), short_side=256))
        (256, 256)
    """
    if preset.fit != "crop":
        return preset.size_hw
    short = min(preset.size_hw)
    height, width = (-(-side * (preset.short_side or short) // short) for side in preset.size_hw)
    return height, width


def _covering(cover_hw: tuple[int, int], source_hw: tuple[int, int]) -> tuple[int, int]:
    """The size of an image that just covers `cover_hw`, the longer side rounded down."""
    (to_height, to_width), (height, width) = cover_hw, source_hw
    if to_height * width >= to_width * height:
        return to_height, to_height * width // height
    return to_width * height // width, to_width

"""Bring an image's pixels to where a matrix says, once, and without aliasing where it shrinks.

There are two ways. `resize_exactly` is Pillow's antialiased resize, by which published networks were measured; it does
what keeps rows and columns and meets whole pixels. `warp` does any matrix, several times as fast: averages of whole
blocks of pixels, a blur of three or five taps for the rest of the shrinking, then one interpolation.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from striate.data.field import Field
from striate.data.records import Pixels
from striate.errors import ShapeError
from striate.ops import geometry
from striate.preset import Filter

_WARP = {
    "nearest": cv2.INTER_NEAREST,
    "bilinear": cv2.INTER_LINEAR,
    "bicubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_LINEAR,
}
_ALIASES = 0.95  # sides that become shorter than this need a blur of more than two parts in 256
_PILLOW_MODE = {1: "L", 3: "RGB", 4: "RGBX"}  # X: RGBA would weigh colours by alpha
_IDENTITY = np.eye(3)
_NO_BLUR = np.ones(1, np.float32)
_HALF = geometry.translate(0.5, 0.5)
_HALF_BACK = geometry.translate(-0.5, -0.5)


def resample(
    image: Pixels,
    matrix: geometry.Matrix,
    size_hw: tuple[int, int],
    *,
    filter: Filter,
    border: Sequence[float],
    exact: bool,
    field: Field | None = None,
) -> Pixels:
    """The image seen through a motion.

    Args:
        image: uint8 (H, W, C), C of 1, 3 or 4.
        matrix: where the image's coordinates go, see `striate.ops.geometry`.
        size_hw: size of the result.
        filter: how pixels are interpolated.
        border: fill per channel for what lies outside the image, 0–255.
        exact: take Pillow's filter where the matrix allows it.
        field: moves pixels of the result once more, after the matrix.

    Returns:
        uint8 (h, w, C); the image itself, not a copy, where nothing moves.

    Raises:
        ShapeError: the image is not uint8 (H, W, C) with as many channels as `border`, or is empty.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != len(border) or 0 in image.shape:
        raise ShapeError.of("image", f"uint8 (H, W, {len(border)})", f"{image.dtype} {image.shape}")
    if field is not None:
        return warp(image, matrix, size_hw, filter=filter, border=border, field=field)
    if image.shape[:2] == size_hw and np.abs(matrix - _IDENTITY).max() < 1e-9:
        return image
    if matrix[0, 0] < 0 and geometry.keeps_axes(matrix):  # mirrored: the same pixels, read from the right
        straight = geometry.mirror(size_hw[1]) @ matrix
        seen = resample(image, straight, size_hw, filter=filter, border=border, exact=exact)
        return np.ascontiguousarray(seen[:, ::-1])
    window = whole_window(image.shape[:2], matrix, size_hw) if exact else None
    if window is None:
        return warp(image, matrix, size_hw, filter=filter, border=border)
    return _resize_into(window, image, size_hw, filter, border)


class Window(NamedTuple):
    """Whole pixels of the result, (left, top, right, bottom), and the part of the image that comes to them."""

    target_xyxy: tuple[int, int, int, int]
    source_xyxy: tuple[float, float, float, float]


def whole_window(from_hw: tuple[int, ...], matrix: geometry.Matrix, size_hw: tuple[int, int]) -> Window | None:
    """Where the image stands within the result, if it is upright there and its edges are those of pixels."""
    if not geometry.keeps_axes(matrix) or min(matrix[0, 0], matrix[1, 1]) <= 0:
        return None
    corners = geometry.apply_points(matrix, [[0, 0], [from_hw[1], from_hw[0]]])
    edges = np.clip(corners, 0, [size_hw[1], size_hw[0]]).ravel()
    left, top, right, bottom = (round(e) for e in edges.tolist())
    if np.abs(edges - [left, top, right, bottom]).max() > 1e-6 or right <= left or bottom <= top:
        return None
    back = geometry.apply_boxes(geometry.invert(matrix), [[left, top, right, bottom]])[0]
    part = np.clip(back, 0, [from_hw[1], from_hw[0]] * 2).tolist()  # it may be 1e-13 too large
    return Window((left, top, right, bottom), (part[0], part[1], part[2], part[3]))


def _resize_into(
    window: Window, image: Pixels, size_hw: tuple[int, int], filter: Filter, border: Sequence[float]
) -> Pixels:
    """`resize_exactly` into a window of the result; the border fills the rest."""
    left, top, right, bottom = window.target_xyxy
    seen = resize_exactly(image, window.source_xyxy, (bottom - top, right - left), filter)
    if seen.shape[:2] == size_hw:
        return seen
    canvas = np.empty((*size_hw, image.shape[2]), np.uint8)
    canvas[:] = np.rint(border)
    canvas[top:bottom, left:right] = seen
    return canvas


def resize_exactly(image: Pixels, box_xyxy: Sequence[float], size_hw: tuple[int, int], filter: Filter) -> Pixels:
    """Pillow's antialiased resize of a part of an image; pixels around the part help to filter its edge.

    Args:
        image: uint8 (H, W, C).
        box_xyxy: left, top, right, bottom of the part, which may cut through pixels.
        size_hw: size of the result.
        filter: triangle ("bilinear"), cubic, box ("area") or none ("nearest"), as wide as one pixel of the result.

    Returns:
        uint8 (h, w, C).
    """
    from PIL import Image

    filters = {
        "nearest": Image.Resampling.NEAREST,
        "bilinear": Image.Resampling.BILINEAR,
        "bicubic": Image.Resampling.BICUBIC,
        "area": Image.Resampling.BOX,
    }
    height, width, channels = image.shape
    mode = _PILLOW_MODE[channels]
    picture = Image.frombuffer(mode, (width, height), np.ascontiguousarray(image), "raw", mode, 0, 1)
    left, top, right, bottom = box_xyxy
    seen = picture.resize((size_hw[1], size_hw[0]), filters[filter], box=(left, top, right, bottom))
    return np.array(seen).reshape(*size_hw, channels)


def warp(
    image: Pixels,
    matrix: geometry.Matrix,
    size_hw: tuple[int, int],
    *,
    filter: Filter,
    border: Sequence[float],
    field: Field | None = None,
) -> Pixels:
    """The image under any motion; antialiased where it shrinks (but for "nearest"), with about a triangle filter.

    Args:
        image: uint8 (H, W, C).
        matrix: where the image's coordinates go.
        size_hw: size of the result.
        filter: how pixels are interpolated after they were averaged.
        border: fill per channel for what lies outside the image.
        field: moves pixels of the result once more, after the matrix.

    Returns:
        uint8 (h, w, C).
    """
    if filter != "nearest" and min(geometry.axis_factors(matrix)) < _ALIASES:
        image, matrix = _reduce(image, reduction(image.shape[:2], matrix, size_hw, filter, field))
    interpolation, fill = _WARP[filter], [float(b) for b in border]
    if interpolation != cv2.INTER_LINEAR or len(border) != 3:
        return _interpolate(image, matrix, size_hw, interpolation, fill, field)
    # OpenCV interpolates four channels bilinearly in half the time of three, to the same bits.
    four = cv2.cvtColor(image, cv2.COLOR_RGB2RGBA)
    seen = _interpolate(four, matrix, size_hw, interpolation, fill, field)
    return np.asarray(cv2.cvtColor(seen, cv2.COLOR_RGBA2RGB), np.uint8)


def _interpolate(
    image: NDArray[Any],
    matrix: geometry.Matrix,
    size_hw: tuple[int, int],
    interpolation: int,
    fill: list[float],
    field: Field | None,
) -> Pixels:
    """Each pixel from where the field and then the matrix say that it comes from."""
    if field is not None:
        x, y = field.pixel_sources(_HALF_BACK @ geometry.invert(matrix))
        seen = cv2.remap(image, x, y, interpolation, borderMode=cv2.BORDER_CONSTANT, borderValue=fill)
        return _keep_axis(np.asarray(seen, np.uint8))
    seen = np.empty((*size_hw, image.shape[2]), np.uint8)
    cv2.warpAffine(
        image,
        (_HALF_BACK @ matrix @ _HALF)[:2],  # OpenCV counts from the first pixel's centre
        (size_hw[1], size_hw[0]),
        dst=seen,
        flags=interpolation,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=fill,
    )
    return np.asarray(seen, np.uint8)


class Reduction(NamedTuple):
    """How much of an image is needed, and how far it is averaged so that one interpolation does not alias.

    Attributes:
        rows, columns: the part of the image that is seen, with a margin.
        blocks_xy: width and height of the blocks of pixels whose means are taken; 1 where nothing shrinks much.
        taps_x, taps_y: the blur of these means along rows and columns, 1, 3 or 5 numbers that sum to 1.
        matrix: what is left to do, from the means to the result.
    """

    rows: slice
    columns: slice
    blocks_xy: tuple[int, int]
    taps_x: NDArray[np.float32]
    taps_y: NDArray[np.float32]
    matrix: geometry.Matrix


def reduction(
    from_hw: tuple[int, ...], matrix: geometry.Matrix, size_hw: tuple[int, int], filter: Filter, field: Field | None
) -> Reduction:
    """What has to happen before the one interpolation of a `warp`."""
    x_factor, y_factor = (max(1.0, 1.0 / f) for f in geometry.axis_factors(matrix))
    rows, columns = _part_seen(from_hw, matrix, size_hw, field.reach if field else 0.0, (2 * x_factor, 2 * y_factor))
    matrix = matrix @ geometry.translate(columns.start, rows.start)
    if filter == "nearest" or 1 / max(x_factor, y_factor) >= _ALIASES:
        return Reduction(rows, columns, (1, 1), _NO_BLUR, _NO_BLUR, matrix)
    blocks = max(1, round(x_factor / 2)), max(1, round(y_factor / 2))  # leaves a factor of 1 to 3 for the blur
    taps_x, taps_y = _taps(x_factor, blocks[0]), _taps(y_factor, blocks[1])
    return Reduction(rows, columns, blocks, taps_x, taps_y, matrix @ geometry.scale(*blocks))


def _reduce(image: Pixels, by: Reduction) -> tuple[Pixels, geometry.Matrix]:
    """The part that is seen, averaged and blurred; the rest of the matrix."""
    means = _average(image[by.rows, by.columns], by.blocks_xy)
    return _keep_axis(cv2.sepFilter2D(means, -1, by.taps_x, by.taps_y, borderType=cv2.BORDER_REPLICATE)), by.matrix


def _part_seen(
    from_hw: tuple[int, ...],
    matrix: geometry.Matrix,
    size_hw: tuple[int, int],
    reach: float,
    margin_xy: tuple[float, float],
) -> tuple[slice, slice]:
    """Rows and columns of the image that come within `reach` pixels of the frame, with a margin; at least one each."""
    frame = [[-reach, -reach, size_hw[1] + reach, size_hw[0] + reach]]
    left, top, right, bottom = geometry.apply_boxes(geometry.invert(matrix), frame)[0]
    return (
        _within(top - margin_xy[1], bottom + margin_xy[1], from_hw[0]),
        _within(left - margin_xy[0], right + margin_xy[0], from_hw[1]),
    )


def _within(start: float, stop: float, size: int) -> slice:
    first = min(max(round(start), 0), size - 1)
    return slice(first, min(max(round(stop), first + 1), size))


def _average(image: Pixels, blocks: tuple[int, int]) -> Pixels:
    """Means of blocks of (width, height) pixels; the last ones are filled up by repeating the edge."""
    if blocks == (1, 1):
        return image
    height, width = image.shape[:2]
    down, right = -height % blocks[1], -width % blocks[0]
    if down or right:
        image = _keep_axis(cv2.copyMakeBorder(image, 0, down, 0, right, cv2.BORDER_REPLICATE))
    size = (width + right) // blocks[0], (height + down) // blocks[1]
    return _keep_axis(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _keep_axis(image: NDArray[Any]) -> Pixels:
    """(H, W, C) of what OpenCV returns, which leaves out the axis of a single channel."""
    return image[..., np.newaxis] if image.ndim == 2 else image


@lru_cache(maxsize=1024)
def _taps(factor: float, block: int) -> NDArray[np.float32]:
    """The blur after blocks and before bilinear interpolation that makes the three together a triangle's match.

    They match in variance. A triangle f pixels wide has f²/6, interpolation 1/6, a block of b pixels (b² - 1)/12, and
    taps (t, 1 - 2t, t) have 2t. Up to 1/2 such taps are the blur, above it they are applied twice. At factors 2 and 3
    that is (1, 2, 1)/4 and (1, 2, 3, 2, 1)/9: the triangle itself.
    """
    variance = max(0.0, (factor**2 / 6 - (block**2 - 1) / 12) / block**2 - 1 / 6)
    twice = variance > 0.5
    tap = variance / (4 if twice else 2)
    once = np.array([tap, 1 - 2 * tap, tap])
    sides = np.convolve(once, once)[:2] if twice else once[:1]
    sides = np.rint(sides * 256) / 256  # OpenCV filters bytes in such steps; whole ones keep a flat image flat
    return np.array([*sides, 1 - 2 * sides.sum(), *sides[::-1]], np.float32)

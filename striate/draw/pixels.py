"""Arrays of pixels as the bytes of an image file."""

import base64

import numpy as np
import numpy.typing as npt

from striate.errors import ArgumentError, ShapeError, StriateError

Pixels = npt.NDArray[np.uint8]
SQUARES_FROM = 3  # times as large, pixels are shown as what they are


def check_pixels(image: Pixels) -> Pixels:
    """(H, W) or (H, W, C) of uint8, with C 1 (grey), 3 (RGB) or 4 (RGB and alpha) -> (H, W, C).

    Raises:
        ShapeError, ArgumentError: it is not that, or holds no pixel.
    """
    if image.dtype != np.uint8:
        raise ArgumentError.of("image", "of dtype uint8", image.dtype)
    pixels = image[..., None] if image.ndim == 2 else image
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4) or not pixels.size:
        raise ShapeError.of("image", "of shape (H, W) or (H, W, 1, 3 or 4), not empty", image.shape)
    return pixels


def as_rgb(image: Pixels) -> Pixels:
    """A copy in colour, (H, W, 3), to draw on; what is transparent shows white.

    Raises:
        ShapeError, ArgumentError: the image is not one, as in `check_pixels`.

    Example:
        >>> as_rgb(np.zeros((1, 1, 4), np.uint8))
        array([[[255, 255, 255]]], dtype=uint8)
    """
    pixels = check_pixels(image)
    if pixels.shape[2] < 4:
        return np.array(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))
    alpha = pixels[..., 3:].astype(np.uint16)
    return ((pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def png_bytes(image: Pixels) -> bytes:
    """The image as PNG.

    Args:
        image: (H, W) or (H, W, C) of uint8; grey, RGB, or RGB and alpha.

    Raises:
        ShapeError, ArgumentError: it is not that.

    Example:
        >>> png_bytes(np.zeros((4, 4, 3), np.uint8))[1:4]
        b'PNG'
    """
    return _encode(check_pixels(image), ".png", [])


def shrink(image: Pixels, side: int) -> Pixels:
    """The image with its longer side at most `side` pixels, by area averaging; a smaller one stays as it is.

    Example:
        >>> shrink(np.zeros((100, 400, 3), np.uint8), 200).shape
        (50, 200, 3)
    """
    pixels = check_pixels(image)
    scale = side / max(pixels.shape[:2])
    return pixels if scale >= 1 else rescale(pixels, scale)


def rescale(image: Pixels, scale: float) -> Pixels:
    """The image so many times as large: by area averaging where it shrinks; few pixels become plain squares.

    Args:
        image: (H, W) or (H, W, C) of uint8.
        scale: above 0; no side becomes less than a pixel.

    Example:
        >>> rescale(np.array([[0, 9]], np.uint8), 4)[0, :, 0]
        array([0, 0, 0, 0, 9, 9, 9, 9], dtype=uint8)
    """
    import cv2

    pixels = check_pixels(image)
    height, width = pixels.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    squares = cv2.INTER_NEAREST if scale > SQUARES_FROM else cv2.INTER_LINEAR
    resized = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else squares)
    return check_pixels(np.asarray(resized, np.uint8))


def pad(image: Pixels, size_hw: tuple[int, int]) -> Pixels:
    """The image (H, W, C) with white below and to the right, at least so large."""
    height, width = (max(0, wanted - present) for wanted, present in zip(size_hw, image.shape[:2], strict=True))
    return np.pad(image, ((0, height), (0, width), (0, 0)), constant_values=255)


def side_by_side(left: Pixels, right: Pixels, *, gap: int) -> Pixels:
    """Two images (H, W, C) as one, with so many white pixels between and below the lower one.

    Example:
        >>> side_by_side(np.zeros((20, 30, 3), np.uint8), np.zeros((40, 10, 3), np.uint8), gap=8).shape
        (40, 48, 3)
    """
    height = max(len(left), len(right))
    return np.concatenate([pad(left, (height, left.shape[1] + gap)), pad(right, (height, 0))], axis=1)


def thumbnail_uri(image: Pixels, side: int) -> str:
    """A small copy of the image as a data URI: PNG or JPEG, whichever is shorter (JPEG has no alpha).

    Args:
        image: (H, W) or (H, W, C) of uint8; grey, RGB, or RGB and alpha.
        side: pixels of its longer side at most.

    Raises:
        ShapeError, ArgumentError: the image is not that.

    Example:
        >>> thumbnail_uri(np.zeros((4, 4), np.uint8), 128)[:22]
        'data:image/png;base64,'
    """
    import cv2

    pixels = shrink(image, side)
    kinds = {"png": _encode(pixels, ".png", [])}
    if pixels.shape[2] != 4:
        kinds["jpeg"] = _encode(pixels, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, 85])
    kind = min(kinds, key=lambda k: len(kinds[k]))
    return f"data:image/{kind};base64,{base64.b64encode(kinds[kind]).decode()}"


def _encode(pixels: Pixels, extension: str, options: list[int]) -> bytes:
    import cv2

    to_bgr = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[pixels.shape[2]]
    done, data = cv2.imencode(extension, np.ascontiguousarray(pixels[..., to_bgr]), options)
    if not done:
        raise StriateError(f"OpenCV could not encode an image of shape {pixels.shape} as {extension}")
    return data.tobytes()

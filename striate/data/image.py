"""Read and write one image: uint8 pixels (H, W, C) in the order R, G, B, A.

Every image comes upright (its EXIF orientation is applied) and in 8 bits: 16-bit values v become
round(v * 255 / 65535). Transparent pixels are laid on white where alpha isn't asked for, as on a page.
Grey is Rec. 601 luma, 0.299 R + 0.587 G + 0.114 B.

OpenCV decodes JPEG and PNG; Pillow, imported late, decodes the rest.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from striate.atomic import atomic_write
from striate.data.header import PILLOW_FORMATS, Header, check_png_sums, read_header
from striate.data.records import Pixels
from striate.errors import ArgumentError, ImageError, OutputError

MAX_PIXELS = 2**29 // 3  # half a GiB once decoded to RGB
MAX_FILE_BYTES = 2**29
WRITE_OPTIONS = {".jpg": [cv2.IMWRITE_JPEG_QUALITY, 95], ".jpeg": [cv2.IMWRITE_JPEG_QUALITY, 95]}
WRITE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
REDUCED_FLAGS = {  # factor: (grey, colour)
    8: (cv2.IMREAD_REDUCED_GRAYSCALE_8, cv2.IMREAD_REDUCED_COLOR_8),
    4: (cv2.IMREAD_REDUCED_GRAYSCALE_4, cv2.IMREAD_REDUCED_COLOR_4),
    2: (cv2.IMREAD_REDUCED_GRAYSCALE_2, cv2.IMREAD_REDUCED_COLOR_2),
    1: (cv2.IMREAD_GRAYSCALE, cv2.IMREAD_COLOR),
}


def read_image(
    source: str | Path | bytes,
    *,
    channels: int = 3,
    max_pixels: int = MAX_PIXELS,
    at_least_hw: tuple[int, int] | None = None,
) -> Pixels:
    """Decode a JPEG, PNG, WebP, BMP, TIFF (first page) or GIF (first frame).

    Args:
        source: a path, or the file's bytes.
        channels: 1 (grey), 3 (RGB) or 4 (RGB and alpha).
        max_pixels: refuse more than this many, told by the header before anything is decoded.
        at_least_hw: a JPEG may come reduced 2, 4 or 8 times (each side rounded up), as long as it keeps
            at least this height and width: the quick way to a small picture of a big photograph.

    Returns:
        uint8 pixels (H, W, channels), upright.

    Raises:
        ImageError: no such file, empty, not an image, truncated, broken or too large.
        ArgumentError: `channels` is not 1, 3 or 4.

    Example:
        >>> write_image("grey.png", np.full((2, 3), 7, np.uint8))
        >>> read_image("grey.png").shape, read_image("grey.png")[0, 0]
        ((2, 3, 3), array([7, 7, 7], dtype=uint8))
    """
    if channels not in (1, 3, 4):
        raise ArgumentError.of("channels", "1, 3 or 4", channels)
    if isinstance(source, bytes):
        return _decode(source, channels, max_pixels, at_least_hw)
    with named(source):
        return _decode(read_file(Path(source)), channels, max_pixels, at_least_hw)


def image_size(source: str | Path | bytes) -> tuple[int, int]:
    """Height and width in pixels from the header alone, with the orientation applied.

    Raises:
        ImageError: no such file, empty, not an image or truncated.

    Example:
        >>> write_image("grey.png", np.zeros((2, 3), np.uint8))
        >>> image_size("grey.png")
        (2, 3)
    """
    if isinstance(source, bytes):
        return read_header(source).size_hw
    with named(source):
        return read_header(read_file(Path(source))).size_hw


def write_image(path: str | Path, pixels: NDArray[np.uint8]) -> None:
    """Write pixels whole or not at all, in the format of the suffix; JPEG at quality 95.

    Args:
        path: ends in .png, .jpg, .jpeg, .webp, .bmp, .tif or .tiff.
        pixels: uint8, (H, W) or (H, W, C), C of 1 (grey), 3 (RGB) or 4 (RGB and alpha, not in JPEG).

    Raises:
        ArgumentError: another suffix, type or shape.
        OutputError: the place can't be written.

    Example:
        >>> write_image("red.png", np.array([[[255, 0, 0]]], np.uint8))
        >>> read_image("red.png").tolist()
        [[[255, 0, 0]]]
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in WRITE_SUFFIXES:
        raise ArgumentError.of("path", f"a file ending in {', '.join(WRITE_SUFFIXES)}", str(path))
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or pixels.size == 0:
        raise ArgumentError.of("pixels", "uint8 of shape (H, W) or (H, W, C)", (pixels.dtype.name, pixels.shape))
    depth = 1 if pixels.ndim == 2 else pixels.shape[2]
    if depth not in (1, 3, 4) or (depth == 4 and suffix in WRITE_OPTIONS):
        raise ArgumentError.of("pixels", f"of 1, 3 or 4 channels that a {suffix} can hold", pixels.shape)
    code = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}.get(depth)
    stored = np.ascontiguousarray(pixels) if code is None else cv2.cvtColor(pixels, code)
    done, encoded = cv2.imencode(suffix, stored, WRITE_OPTIONS.get(suffix, []))
    if not done:
        raise OutputError(f"can't encode {pixels.shape} pixels as {suffix}")
    with atomic_write(path) as f:
        f.write(encoded.tobytes())


@contextmanager
def named(source: str | Path) -> Iterator[None]:
    """Put the image's name before an ImageError's message."""
    try:
        yield
    except ImageError as e:
        raise ImageError(f"{source}: {e}") from e


def check_image(data: bytes) -> Header:
    """The header of a whole image: JPEG by its end mark, PNG by its checksums, the rarer formats by decoding them.

    Raises:
        ImageError: empty, not an image, truncated, damaged or too large.
    """
    header = read_header(data)
    _check_size(header, MAX_PIXELS)
    if header.format == "PNG":
        check_png_sums(data)
    if header.format in PILLOW_FORMATS:
        _decode_by_pillow(data)
    return header


def read_file(path: Path) -> bytes:
    """The bytes of an ordinary file of a bounded size.

    Raises:
        ImageError: there is no such file, or it can't be read; the message doesn't say its name.
    """
    try:
        if not path.is_file():  # a pipe or a device would be read for ever
            raise ImageError(why_no_file(path))
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ImageError(f"more than the {MAX_FILE_BYTES:,} bytes that are allowed")
        return path.read_bytes()
    except OSError as e:
        raise ImageError(e.strerror or str(e)) from e


def why_no_file(path: Path) -> str:
    """What is in the place of an ordinary file, in words.

    Example:
        >>> why_no_file(Path(".")), why_no_file(Path("nothing.png"))
        ('a folder, not a file', 'no such file')
    """
    if path.is_dir():
        return "a folder, not a file"
    return "not an ordinary file" if path.exists() else "no such file"


def _check_size(header: Header, max_pixels: int) -> None:
    """Refuse an image that would fill the memory, before a byte of it is decoded."""
    height, width = header.stored_hw
    if height * width > max_pixels:
        raise ImageError(f"{width}x{height} is more than the {max_pixels:,} pixels that are allowed")


def _decode(data: bytes, channels: int, max_pixels: int, at_least_hw: tuple[int, int] | None) -> Pixels:
    header = read_header(data)
    _check_size(header, max_pixels)
    if not header.by_opencv:
        pixels = _decode_by_pillow(data)
    elif header.format == "JPEG":
        pixels = _upright(_decode_jpeg(data, header, channels, at_least_hw), header.orientation)
    else:
        pixels = _upright(_decode_png(data), header.orientation)
    return np.ascontiguousarray(_to_channels(pixels, channels))


def _decode_jpeg(data: bytes, header: Header, channels: int, at_least_hw: tuple[int, int] | None) -> Pixels:
    grey = channels == 1
    flags = REDUCED_FLAGS[_reduction(header.size_hw, at_least_hw)][not grey]
    pixels = _decode_by_opencv(data, flags)
    return pixels if grey else _recolour(pixels, cv2.COLOR_BGR2RGB)


def _reduction(size_hw: tuple[int, int], at_least_hw: tuple[int, int] | None) -> int:
    """The largest of 8, 4, 2, 1 that leaves at least the size that is asked for."""
    if at_least_hw is None:
        return 1
    fits = (f for f in REDUCED_FLAGS if all(-(-n // f) >= least for n, least in zip(size_hw, at_least_hw, strict=True)))
    return next(fits, 1)


def _decode_png(data: bytes) -> Pixels:
    pixels = _decode_by_opencv(data, cv2.IMREAD_UNCHANGED)
    if pixels.dtype == np.uint16:
        pixels = _eight_bits(pixels)
    if pixels.ndim == 3:
        code = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
        pixels = _recolour(pixels, code)
    return pixels


def _recolour(pixels: Pixels, code: int) -> Pixels:
    """In place: a fresh buffer a picture would cost page faults."""
    return np.asarray(cv2.cvtColor(pixels, code, dst=pixels), np.uint8)


def _decode_by_opencv(data: bytes, flags: int) -> NDArray[Any]:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise ImageError("broken image: its pixels can't be decoded")
    return pixels


def _decode_by_pillow(data: bytes) -> Pixels:
    """What OpenCV lacks or gets wrong: CMYK, a grey level that is transparent, GIF, TIFF, WebP and BMP of all kinds."""
    from PIL import Image, ImageOps

    try:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data), formats=("JPEG", "PNG", *PILLOW_FORMATS)))
    except Exception as e:  # Pillow raises many kinds at hostile bytes; all mean the same here
        raise ImageError(f"broken image: {e}") from e
    if image.mode.startswith("I;16"):
        return _eight_bits(np.asarray(image))
    if image.mode in ("I", "F"):
        raise ImageError("32-bit pixels: which values are black and white isn't known; save it with 8 or 16 bits")
    if image.has_transparency_data:
        return np.asarray(image.convert("RGBA"))
    return np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))


def _eight_bits(pixels: NDArray[np.uint16]) -> Pixels:
    """round(v * 255 / 65535), which is round(v / 257)."""
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Undo the EXIF orientation: 2–4 mirror or turn half, 5–8 also swap height and width."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def _to_channels(pixels: Pixels, channels: int) -> Pixels:
    """(H, W), (H, W, 3) or (H, W, 4) -> (H, W, channels)"""
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.shape[2] == channels:
        return pixels
    if pixels.shape[2] == 4:
        pixels = _on_white(pixels)  # (H, W, 3)
    if channels == 1 and pixels.shape[2] == 3:
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY), np.uint8)[..., None]
    if channels >= 3 and pixels.shape[2] == 1:
        pixels = np.repeat(pixels, 3, axis=2)
    if channels == 4:
        pixels = np.concatenate([pixels, np.full_like(pixels[..., :1], 255)], axis=2)
    return pixels


def _on_white(rgba: Pixels) -> Pixels:
    """(H, W, 4) -> (H, W, 3): round((a * colour + (255 - a) * 255) / 255)"""
    colour, alpha = rgba[..., :3].astype(np.uint16), rgba[..., 3:].astype(np.uint16)
    return ((alpha * colour + (255 - alpha) * 255 + 127) // 255).astype(np.uint8)

"""What an image's first bytes say, before anything is decoded: format, size, orientation, and whether it is whole.

JPEG and PNG are read here, in microseconds; Pillow, imported late, reads the headers of the other formats.
"""

import io
import struct
import zlib
from typing import NamedTuple

from striate.errors import ImageError

IMAGE_SUFFIXES = frozenset((".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"))
PILLOW_FORMATS = ("WEBP", "BMP", "TIFF", "GIF")
PILLOW_MODES = {"1": "grey", "L": "grey", "I": "grey", "I;16": "grey", "F": "grey", "CMYK": "cmyk", "P": "palette"}

JPEG_START, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_MODES = {0: "grey", 2: "colour", 3: "palette", 4: "alpha", 6: "alpha"}
START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0–15 without DHT, JPG and DAC
START_OF_SCAN, EXIF_SEGMENT, ORIENTATION_TAG = 0xDA, 0xE1, 0x0112


class Header(NamedTuple):
    """What the first bytes of an image say.

    Attributes:
        format: "JPEG", "PNG", "WEBP", "BMP", "TIFF" or "GIF".
        stored_hw: height and width in pixels as stored, before the orientation.
        orientation: EXIF's 1 to 8; 5 to 8 swap height and width.
        mode: "grey", "colour", "alpha", "palette" or "cmyk".
        by_opencv: whether OpenCV decodes it, quickly and right; else Pillow does.
    """

    format: str
    stored_hw: tuple[int, int]
    orientation: int
    mode: str
    by_opencv: bool = False

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width in pixels as shown, with the orientation applied."""
        return self.stored_hw[::-1] if self.orientation >= 5 else self.stored_hw


def read_header(data: bytes) -> Header:
    """The header of an image's bytes.

    Raises:
        ImageError: empty, not an image, or a JPEG or PNG that ends too early.

    Example:
        >>> read_header(b"hello")
        Traceback (most recent call last):
        striate.errors.ImageError: not a JPEG, PNG, WebP, BMP, TIFF or GIF image; it begins with b'hello'
    """
    if not data:
        raise ImageError("empty file (0 bytes)")
    if data.startswith(JPEG_START):
        return _jpeg_header(data)
    if data.startswith(PNG_START):
        return _png_header(data)
    return _pillow_header(data)


def _jpeg_header(data: bytes) -> Header:
    """Walk the segments up to the first scan; after it the end marker must come."""
    at, orientation, frame = 2, 1, None
    while True:
        at = data.find(b"\xff", at)  # decoders skip stray bytes before a marker, and so do we
        if at < 0 or at + 4 > len(data):
            raise ImageError("truncated JPEG: it ends inside its header")
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xFF:
            at += 1
            continue
        if marker in START_OF_FRAME:
            frame = data[at + 5 : at + 10]
        elif marker == EXIF_SEGMENT and data[at + 4 : at + 10] == b"Exif\0\0":
            orientation = exif_orientation(data[at + 10 : at + 2 + length])
        elif marker == START_OF_SCAN:
            break
        at += 2 + length
    if frame is None:
        raise ImageError("broken JPEG: pixels without a frame header")
    if data.rfind(JPEG_END, at) < 0:
        raise ImageError(f"truncated JPEG: no end marker in its {len(data):,} bytes")
    height, width, components = struct.unpack(">HHB", frame)
    mode = {1: "grey", 3: "colour", 4: "cmyk"}.get(components)
    if mode is None or height * width == 0:
        raise ImageError(f"unsupported JPEG: {width}x{height} pixels with {components} components")
    return Header("JPEG", (height, width), orientation, mode, by_opencv=mode != "cmyk")


def _png_header(data: bytes) -> Header:
    """Walk the chunks; the last must be IEND."""
    at, orientation, transparent, whole = len(PNG_START), 1, False, False
    while not whole and at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"eXIf":
            orientation = exif_orientation(data[at + 8 : at + 8 + length])
        transparent |= kind == b"tRNS"
        whole = kind == b"IEND"
        at += 12 + length
    if not whole:
        raise ImageError(f"truncated PNG: no end chunk in its {len(data):,} bytes")
    first, width, height, colour_type = struct.unpack_from(">4sIIxB", data, 12)
    if first != b"IHDR" or colour_type not in PNG_MODES or height * width == 0:
        raise ImageError("broken PNG: its header makes no sense")
    mode = PNG_MODES[colour_type]
    key_is_lost = transparent and mode == "grey"  # OpenCV drops the transparency of a grey level
    return Header("PNG", (height, width), orientation, "alpha" if transparent else mode, by_opencv=not key_is_lost)


def check_png_sums(data: bytes) -> None:
    """Compare each chunk with its checksum: damage that otherwise only decoding shows.

    Raises:
        ImageError: one differs.
    """
    at = len(PNG_START)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise ImageError(f"broken PNG: the checksum of chunk {kind.decode('latin-1')} at byte {at:,} is wrong")
        if kind == b"IEND":
            return
        at = end + 4


def _pillow_header(data: bytes) -> Header:
    """Pillow opens lazily: nothing is decoded. It swaps a turned TIFF's sides by itself."""
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(data), formats=PILLOW_FORMATS)
        orientation = 1 if image.format == "TIFF" else image.getexif().get(ORIENTATION_TAG, 1)
    except UnidentifiedImageError:
        raise ImageError(f"not a JPEG, PNG, WebP, BMP, TIFF or GIF image; it begins with {data[:12]!r}") from None
    except Exception as e:  # Pillow raises many kinds at hostile bytes; all mean the same here
        raise ImageError(f"can't be read: {e}") from e
    mode = "alpha" if image.has_transparency_data else PILLOW_MODES.get(image.mode, "colour")
    valid = orientation if orientation in range(1, 9) else 1
    return Header(str(image.format), (image.height, image.width), valid, mode)


def exif_orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, in an EXIF block that begins with its TIFF header; 1 where it has none.

    Example:
        >>> exif_orientation(b"MM" + bytes([0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]))
        6
    """
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 10:
        return 1
    first = struct.unpack_from(f"{order}I", exif, 4)[0]
    if first + 2 > len(exif):
        return 1
    count = struct.unpack_from(f"{order}H", exif, first)[0]
    for entry in range(first + 2, min(first + 2 + 12 * count, len(exif) - 9), 12):
        tag, _, _, value = struct.unpack_from(f"{order}HHIH", exif, entry)
        if tag == ORIENTATION_TAG:
            return value if 1 <= value <= 8 else 1
    return 1

"""Letters on pixels: any text as a small picture, in the fonts that this machine has."""

from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from striate.draw.class_colours import Colour, ink_on
from striate.draw.fonts import font_files, font_of, writable
from striate.draw.pixels import Pixels

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont


@lru_cache(maxsize=512)
def chip(text: str, size: int, ground: Colour) -> Pixels:
    """The text on a plate of this colour, black or white, whichever is easier to read there.

    Args:
        text: anything; what can't be printed becomes �, what no font here has its code point.
        size: of the letters in pixels, at least 1.
        ground: colour of the plate.

    Returns:
        (H, W, 3) of uint8, not to be written to; about 1.2 · `size` pixels high.

    Example:
        >>> chip("cat", 20, (0, 114, 178)).shape[0]
        24
    """
    from PIL import Image, ImageDraw

    runs = _runs(writable(text), size)
    lengths = [font.getlength(letters) for letters, font in runs]
    ascent, descent = _font(0, size).getmetrics()
    margin = max(1, size // 4)
    plate = Image.new("RGB", (round(sum(lengths)) + 2 * margin, ascent + descent), ground)
    pen, left = ImageDraw.Draw(plate), float(margin)
    for (letters, font), length in zip(runs, lengths, strict=True):
        pen.text((left, ascent), letters, ink_on(ground), font, anchor="ls")
        left += length
    pixels = np.array(plate)
    pixels.flags.writeable = False
    return pixels


def _runs(text: str, size: int) -> list[tuple[str, "FreeTypeFont"]]:
    """The text in pieces that one font can write."""
    return [("".join(letters), _font(place or 0, size)) for place, letters in groupby(text, font_of)]


@lru_cache(maxsize=64)
def _font(place: int, size: int) -> "FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(font_files()[place], size)

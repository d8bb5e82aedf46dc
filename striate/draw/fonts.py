"""The fonts that this machine has, and what they can write."""

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from striate.draw.text import printable

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

# DejaVu has no letters for these scripts; those of these that a machine has will do.
OTHER_FONTS = ("Noto Sans CJK JP", "Noto Sans CJK SC", "Hiragino Sans", "Microsoft YaHei", "Malgun Gothic")


@lru_cache(maxsize=1)
def fonts() -> tuple[str, ...]:
    """DejaVu, and what this machine has for other scripts."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return ("DejaVu Sans", *(name for name in OTHER_FONTS if name in installed))


@lru_cache(maxsize=1)
def font_files() -> tuple[str, ...]:
    """Where each of `fonts` lies."""
    from matplotlib.font_manager import findfont

    return tuple(str(findfont(name)) for name in fonts())


def font_of(letter: str) -> int | None:
    """The place of the first font that has the letter; None where none has."""
    return next((place for place, font in enumerate(_charts()) if font.get_char_index(ord(letter))), None)


def writable(text: str) -> str:
    r"""The printable text with each letter that no font has written as its code point: names stay different.

    Example:
        >>> print(writable("Zoë \U0010fffd"))
        Zoë \U0010fffd
    """
    return "".join(c if font_of(c) is not None else _code_point(c) for c in printable(text))


def _code_point(letter: str) -> str:
    """As Python writes it; nothing for marks that are not seen."""
    return "" if unicodedata.category(letter) == "Cf" else letter.encode("ascii", "backslashreplace").decode()


@lru_cache(maxsize=1)
def _charts() -> tuple["FT2Font", ...]:
    from matplotlib.font_manager import get_font

    return tuple(get_font(path) for path in font_files())

"""Text that comes from the user's data, made fit to print: any file or class may be named anything."""

import unicodedata

# Marks that turn the reading direction of what follows: a name could disguise itself or its neighbours.
_DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    r"""The text with each character that XML, UTF-8 or a reader can't bear replaced by �.

    Those are control characters, halves of surrogate pairs (from file names that are not UTF-8),
    characters that don't exist, and marks that turn the reading direction. White space becomes a space.

    Example:
        >>> printable("tabby\tcat\x00")
        'tabby cat�'
    """
    return "".join(" " if c in "\t\n\r" else "�" if _unfit(c) else c for c in text)


def _unfit(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Cn") or character in _DIRECTION_MARKS


def columns(text: str) -> int:
    """How many columns the text takes in a fixed-width font: 2 for East Asian letters, 0 for combining marks.

    Example:
        >>> columns("cat"), columns("猫")
        (3, 2)
    """
    return sum(_columns(c) for c in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def shorten(text: str, width: int) -> str:
    """The printable text in at most `width` columns, its end (or all of it but one letter) replaced by … .

    Example:
        >>> shorten("great white shark", 12)
        'great white…'
    """
    text = printable(text)
    if columns(text) <= width:
        return text
    while text and columns(text) > width - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def shorten_path(path: str, width: int) -> str:
    """The printable path in at most `width` columns, its beginning replaced by … : a file's name tells most.

    Example:
        >>> shorten_path("photos/cats/0001.jpg", 12)
        '…ts/0001.jpg'
    """
    path = printable(path)
    if columns(path) <= width:
        return path
    while path and columns(path) > width - 1:
        path = path[1:]
    return "…" + path


def percent(share: float, decimals: int = 1) -> str:
    r"""A share as a percentage with a space that doesn't break.

    Example:
        >>> percent(0.9712)
        '97.1\xa0%'
    """
    return f"{100 * share:.{decimals}f}\N{NO-BREAK SPACE}%"


def thousands(number: int) -> str:
    r"""A whole number with narrow spaces between thousands.

    Example:
        >>> thousands(1234567)
        '1\u202f234\u202f567'
    """
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")

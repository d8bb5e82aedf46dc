"""A colour for each class, the same in every picture."""

from striate.draw.canvas import SERIES

Colour = tuple[int, int, int]  # red, green, blue, 0-255
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)


def class_colour(class_id: int) -> Colour:
    """Okabe and Ito's colours in turn, which the colour-blind can tell apart; the second time round they are darker.

    Example:
        >>> class_colour(0), class_colour(6)
        ((0, 114, 178), (0, 68, 107))
    """
    red, green, blue = bytes.fromhex(SERIES[class_id % len(SERIES)][1:])
    if class_id // len(SERIES) % 2 == 0:
        return red, green, blue
    return round(0.6 * red), round(0.6 * green), round(0.6 * blue)


def ink_on(ground: Colour) -> Colour:
    """Black or white, whichever is easier to read on this ground.

    Example:
        >>> ink_on((0, 114, 178)), ink_on((230, 159, 0))
        ((255, 255, 255), (0, 0, 0))
    """
    light = luminance(ground)
    return WHITE if 1.05 / (light + 0.05) > (light + 0.05) / 0.05 else BLACK


def luminance(colour: Colour) -> float:
    """How light a colour is, from 0 for black to 1 for white: WCAG 2's relative luminance."""
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour))
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

"""Distortions in words: `mirror, crop 0.6-1, rotate 15` becomes a pipeline.

The text is a list of distortions with commas between them, in the order in which they are applied. Each is a name,
alone or with its strength: a number, or for `crop` two with a dash between them. A name alone has its usual strength.
`none` is a list of nothing.
"""

import difflib
from collections.abc import Callable, Mapping
from typing import NamedTuple

from striate.data import distortions as d
from striate.data.pipeline import Pipeline, Step
from striate.errors import ArgumentError


class Word(NamedTuple):
    """What a name stands for.

    Attributes:
        strength: its range, for people.
        usual: the distortion at its usual strength.
        of: the distortion at this strength.
    """

    strength: str
    usual: Step
    of: Callable[..., Step]


def _crop(least: float, most: float = 1.0) -> Step:
    return d.Crop((least, most))


WORDS: dict[str, Word] = {
    "mirror": Word("probability 0-1", d.Mirror(), d.Mirror),
    "flip": Word("probability 0-1", d.Flip(), d.Flip),
    "crop": Word("area LEAST-MOST within 0-1", d.Crop(), _crop),
    "translate": Word("share of the frame 0-1", d.Translate(), d.Translate),
    "rotate": Word("degrees 0-180", d.Rotate(), d.Rotate),
    "shear": Word("degrees 0-60", d.Shear(), d.Shear),
    "warp": Word("pixels 0-64", d.Warp(), d.Warp),
    "brightness": Word("0-1", d.Brightness(), d.Brightness),
    "contrast": Word("0-1", d.Contrast(), d.Contrast),
    "saturation": Word("0-1", d.Saturation(), d.Saturation),
    "colour": Word("share of full scale 0-1", d.ColourShift(), lambda share: d.ColourShift(255 * share)),
    "pca": Word("sigma 0-1", d.PcaColour(), d.PcaColour),
    "erase": Word("probability 0-1", d.Erase(), d.Erase),
}


def parse_distortions(text: str) -> Pipeline:
    """A pipeline from words and numbers.

    Args:
        text: such as "mirror, crop 0.6-1, rotate 15, warp 4, brightness 0.2, pca 0.1", or "none". The names and the
            ranges of their strengths are those of `WORDS`; an error lists them, too.

    Raises:
        ArgumentError: a word is not known, or its strength not a number within its range; it names the word.

    Example:
        >>> parse_distortions("mirror, crop 0.6-1, rotate 15").steps
        (Mirror(probability=0.5), Crop(share=(0.6, 1.0), aspect=(0.75, 1.333...)), Rotate(angle_degrees=15.0))
        >>> parse_distortions("none").steps
        ()
    """
    if text.strip() == "none":
        return Pipeline(())
    return Pipeline(tuple(_step(part.strip()) for part in text.split(",")))


def _step(part: str) -> Step:
    name, _, numbers = part.partition(" ")
    if name not in WORDS:
        raise unknown_word(name, {word: meaning.strength for word, meaning in WORDS.items()})
    word = WORDS[name]
    if not numbers:
        return word.usual
    try:
        return word.of(*(float(number) for number in numbers.split("-", 1 if name == "crop" else 0)))
    except (ValueError, ArgumentError) as e:
        raise ArgumentError.of("distort", f"{name} with {word.strength}", part) from e


def unknown_word(name: str, strengths: Mapping[str, str]) -> ArgumentError:
    """The error of a word that is none of the distortions, with the one that is probably meant.

    Args:
        name: the word.
        strengths: those that there are, each with the range of its strength, for people.

    Example:
        >>> print(unknown_word("miror", {"mirror": "probability 0-1"}))
        distort must be none, or a list of mirror (probability 0-1); got 'miror'; did you mean 'mirror'?
    """
    near = difflib.get_close_matches(name, strengths, n=1)
    guess = f"; did you mean {near[0]!r}?" if near else ""
    known = ", ".join(f"{word} ({strength})" for word, strength in strengths.items())
    return ArgumentError(f"distort must be none, or a list of {known}; got {name!r}{guess}")

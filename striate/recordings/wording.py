"""Distortions of recordings in words: `shift 0.1, noise 0.05` becomes a pipeline.

The text is a list as that of `striate.data.parse_distortions`: names with commas between them, in the order in which
they are applied, each alone or with its strength. `crop` takes two numbers with a dash between them, `mirror` the
names of axes. `none` is a list of nothing.
"""

from collections.abc import Callable
from typing import NamedTuple

from striate.data.wording import unknown_word
from striate.errors import ArgumentError
from striate.recordings import distortions as d
from striate.recordings.pipeline import RecordingPipeline, RecordingStep


class RecordingWord(NamedTuple):
    """What a name stands for.

    Attributes:
        strength: its range, for people.
        usual: the distortion at its usual strength.
        read: the distortion from the words behind the name.
    """

    strength: str
    usual: RecordingStep
    read: Callable[[str], RecordingStep]


def _number(kind: Callable[[float], RecordingStep]) -> Callable[[str], RecordingStep]:
    return lambda text: kind(float(text))


def _crop(text: str) -> RecordingStep:
    least, _, most = text.partition("-")
    return d.Crop((float(least), float(most or 1)))


def _mirror(text: str) -> RecordingStep:
    return d.Mirror(tuple(text.split("-")))


_BOTH = {
    "shift": RecordingWord("share of the frame 0-1", d.Shift(), _number(d.Shift)),
    "crop": RecordingWord("share of the sides LEAST-MOST within 0-1", d.Crop(), _crop),
    "warp": RecordingWord("share of a cell 0-0.25", d.Warp(), _number(d.Warp)),
    "noise": RecordingWord("deviations 0-4", d.Noise(), _number(d.Noise)),
    "drop": RecordingWord("probability 0-1", d.Drop(), _number(d.Drop)),
}
SIGNAL_WORDS = {
    **_BOTH,
    "mirror": RecordingWord("time", d.Mirror(("time",)), _mirror),
    "stretch": RecordingWord("0-1", d.Stretch(), _number(d.Stretch)),
    "scale": RecordingWord("amplitude 0-1", d.Scale(), _number(d.Scale)),
    "wander": RecordingWord("deviations 0-4", d.Wander(), _number(d.Wander)),
}
VOLUME_WORDS = {
    **_BOTH,
    "mirror": RecordingWord("axes, such as depth-width", d.Mirror(), _mirror),
    "rotate": RecordingWord("degrees 0-180", d.Rotate(), _number(d.Rotate)),
    "zoom": RecordingWord("0-1", d.Stretch(), _number(d.Stretch)),
    "contrast": RecordingWord("0-1", d.Scale(), _number(d.Scale)),
    "brightness": RecordingWord("deviations 0-4", d.Brightness(), _number(d.Brightness)),
}
_WORDS = {1: SIGNAL_WORDS, 3: VOLUME_WORDS}


def parse_recording_distortions(text: str, dims: int) -> RecordingPipeline:
    """A pipeline from words and numbers.

    Args:
        text: such as "shift 0.1, stretch 0.05, noise 0.05", or "none". The names and the ranges of their strengths are
            those of `SIGNAL_WORDS` and `VOLUME_WORDS`; an error lists them, too.
        dims: axes of the recordings: 1 or 3.

    Raises:
        ArgumentError: a word is not known, or its strength not within its range; it names the word.

    Example:
        >>> parse_recording_distortions("shift 0.2, noise", 1).steps
        (Shift(share=0.2), Noise(strength=0.05))
        >>> parse_recording_distortions("mirror depth-width, crop 0.9", 3).steps
        (Mirror(axes=('depth', 'width'), probability=0.5), Crop(share=(0.9, 1.0)))
    """
    if dims not in _WORDS:
        raise ArgumentError.of("dims", "1 or 3", dims)
    if text.strip() == "none":
        return RecordingPipeline(())
    return RecordingPipeline(tuple(_step(part.strip(), _WORDS[dims]) for part in text.split(",")))


def recording_words(pipeline: RecordingPipeline, dims: int) -> str:
    """The names of a pipeline's distortions, as `parse_recording_distortions` takes them.

    Args:
        pipeline: of recordings of so many axes.
        dims: 1 or 3.

    Example:
        >>> recording_words(RecordingPipeline((d.Shift(0.2), d.Scale())), 3)
        'shift, contrast'
    """
    names = {type(word.usual): name for name, word in _WORDS[dims].items()}
    return ", ".join(names[type(step)] for step in pipeline.steps)


def _step(part: str, words: dict[str, RecordingWord]) -> RecordingStep:
    name, _, strength = part.partition(" ")
    if name not in words:
        raise unknown_word(name, {word: meaning.strength for word, meaning in words.items()})
    if not strength:
        return words[name].usual
    try:
        return words[name].read(strength.strip())
    except (ValueError, ArgumentError) as e:
        raise ArgumentError.of("distort", f"{name} with {words[name].strength}", part) from e

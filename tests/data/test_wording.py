"""Words and numbers become the pipeline that they name; what is not understood is named."""

import pytest

from striate.data import (
    Brightness,
    ColourShift,
    Contrast,
    Crop,
    Erase,
    Flip,
    Mirror,
    PcaColour,
    Pipeline,
    Rotate,
    Saturation,
    Shear,
    Translate,
    Warp,
    parse_distortions,
)
from striate.data.wording import WORDS
from striate.errors import ArgumentError

UNDERSTOOD = [
    ("none", ()),
    ("  none ", ()),
    ("mirror", (Mirror(),)),
    ("mirror,rotate 15", (Mirror(), Rotate(15))),
    ("rotate 15,  mirror 1", (Rotate(15), Mirror(1))),
    ("crop", (Crop(),)),
    ("mirror, flip 1", (Mirror(), Flip(1.0))),
    ("crop 0.6", (Crop((0.6, 1.0)),)),
    ("crop 0.2-0.5", (Crop((0.2, 0.5)),)),
    ("crop 0.2 - 0.5", (Crop((0.2, 0.5)),)),
    (
        "mirror, crop 0.6-1, rotate 15, shear 10, warp 4, brightness 0.2, colour 0.1, pca 0.1, erase 0.25",
        (
            Mirror(),
            Crop((0.6, 1.0)),
            Rotate(15),
            Shear(10),
            Warp(4),
            Brightness(0.2),
            ColourShift(25.5),
            PcaColour(0.1),
            Erase(0.25),
        ),
    ),
    ("translate 0.1, contrast .3, saturation 1e-1", (Translate(0.1), Contrast(0.3), Saturation(0.1))),
]


@pytest.mark.parametrize(("text", "steps"), UNDERSTOOD, ids=[text for text, _ in UNDERSTOOD])
def test_understood(text, steps):
    assert parse_distortions(text) == Pipeline(steps)


def test_every_distortion_has_a_word():
    from striate.data.pipeline import CATALOGUE

    assert {type(word.usual) for word in WORDS.values()} == set(CATALOGUE.kinds.values())
    assert parse_distortions(", ".join(WORDS)).steps == tuple(word.usual for word in WORDS.values())


REFUSED = [
    ("", "got ''"),
    ("mirror,", "got ''"),
    ("rotat 15", r"none, or a list of mirror \(probability 0-1\), flip .* got 'rotat'; did you mean 'rotate'\?"),
    ("none, mirror", "got 'none'"),
    ("Mirror", "got 'Mirror'"),
    ("rotate 200", "rotate with degrees 0-180, got 'rotate 200'"),
    ("rotate -5", "got 'rotate -5'"),
    ("rotate nan", "got 'rotate nan'"),
    ("rotate 5-10", "got 'rotate 5-10'"),
    ("rotate 5 10 15", "got 'rotate 5 10 15'"),
    ("mirror 0.5 0.1", "got 'mirror 0.5 0.1'"),
    ("erase 0.5 0.1", "got 'erase 0.5 0.1'"),
    ("rotate left", "got 'rotate left'"),
    ("crop 1-0.5", "crop with area LEAST-MOST within 0-1, got 'crop 1-0.5'"),
    ("crop 0-1", "got 'crop 0-1'"),
    ("crop 0.1-0.2-0.3", "got 'crop 0.1-0.2-0.3'"),
    ("crop 50%", "got 'crop 50%'"),
    ("colour 2", "colour with share of full scale 0-1, got 'colour 2'"),
    ("warp 4, warp 4", "one Warp at most"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[repr(text) for text, _ in REFUSED])
def test_refused(text, message):
    with pytest.raises(ArgumentError, match=message):
        parse_distortions(text)

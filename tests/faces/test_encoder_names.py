"""An encoder of which only the identity is known is called by its published name."""

from types import SimpleNamespace

import pytest

from striate.errors import GalleryError
from striate.faces import Encoder, encoder_names
from striate.faces.encoder_names import encoder_label, encoder_name
from striate.faces.encoder_weights import PUBLISHED, published_preset
from striate.models import SOURCES
from tests.faces.galleries import digests, open_gallery, unit


def identity_of(name):
    return published_preset(name).identity(SOURCES[name].preset)


@pytest.mark.skipif(not SOURCES["dlib_face"].is_installed(), reason="the extra 'faces' is not installed")
def test_the_name_is_of_the_encoder_that_is_opened():
    identity = Encoder.open("dlib_face", device="cpu").identity
    assert encoder_name(identity) == "dlib_face"
    assert encoder_label(identity) == f"dlib_face ({identity[:8]})"


@pytest.mark.parametrize("name", [name for name in PUBLISHED if SOURCES[name].digest()])
def test_weights_that_are_not_installed_have_a_name_too(name):
    assert encoder_name(identity_of(name)) == name


# An identity, and what it is called.
@pytest.mark.parametrize(
    ("identity", "label"), [("", ""), ("toy", "toy"), ("ab" * 32, "abababab"), ("a" * 65, "a" * 65)]
)
def test_others_have_no_name(identity, label):
    assert encoder_name(identity) is None
    assert encoder_label(identity) == label


def test_weights_whose_hash_is_not_known_yet_have_no_name(monkeypatch):
    monkeypatch.setattr(encoder_names, "SOURCES", dict.fromkeys(PUBLISHED, SimpleNamespace(digest=lambda: "")))
    encoder_names._names.cache_clear()
    try:
        assert encoder_name("") is None
    finally:
        encoder_names._names.cache_clear()


def test_a_gallery_that_refuses_an_encoder_names_its_own():
    identity = identity_of("dlib_face")
    with open_gallery(encoder=identity) as gallery:
        gallery.enroll("Ada", unit(1, 8), digests(1))
    message = rf"numbers by the encoder dlib_face \({identity[:8]}\); .* \(here: 8 numbers by abababab\)"
    with pytest.raises(GalleryError, match=message):
        open_gallery(encoder="ab" * 32)

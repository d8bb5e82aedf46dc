"""A gallery as lines of JSON: what went out comes back; what is wrong is said with its line, and nothing is done."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from striate.errors import ArgumentError, DataError, GalleryError
from striate.faces import Gallery, check_export
from striate.faces.gallery_store import Facts
from tests.faces.galleries import DIM, digests, open_gallery, unit


@pytest.fixture
def gallery():
    with open_gallery() as made:
        yield made


@pytest.fixture
def lines():
    """Those of an exported gallery of three images."""
    with open_gallery("source") as source:
        source.enroll_many(["Ada", "Zoë", "Ada"], unit(3, DIM), digests(3))
        source.set_threshold(0.5)
        source.export("people.jsonl")
    return [json.loads(line) for line in Path("people.jsonl").read_text(encoding="utf-8").splitlines()]


def write(lines):
    Path("people.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def test_it_is_what_the_page_says(lines):
    assert lines[0] == {"format": "striate gallery 1", "encoder": "toy", "dim": DIM, "threshold": 0.5, "images": 3}
    assert [line["name"] for line in lines[1:]] == ["Ada", "Zoë", "Ada"]
    assert [line["sha256"] for line in lines[1:]] == [d.hex() for d in digests(3)]
    encodings = [np.frombuffer(base64.b64decode(line["encoding"]), "<f4") for line in lines[1:]]
    assert np.array_equal(encodings, unit(3, DIM))
    assert check_export(Path("people.jsonl")) == (Facts("toy", DIM, 0.5), 3)


def test_there_and_back(gallery, lines):
    assert gallery.import_("people.jsonl") == 3
    assert gallery.import_("people.jsonl") == 0  # each image once
    assert gallery.threshold == 0.5
    gallery.export("again.jsonl")
    assert Path("again.jsonl").read_bytes() == Path("people.jsonl").read_bytes()
    assert gallery.identify(unit(3, DIM)[1:2])[0].recognised.name == "Zoë"


def test_more_than_a_batch(gallery):
    with open_gallery("source") as source:
        source.enroll_many([str(i % 7) for i in range(5000)], unit(5000, DIM), digests(5000))
        source.export("people.jsonl")
    assert gallery.import_("people.jsonl") == 5000
    assert gallery.check() == ()


def test_a_threshold_that_is_set_stays(gallery, lines):
    gallery.set_threshold(0.1)
    gallery.import_("people.jsonl")
    assert gallery.threshold == 0.1


def test_an_empty_gallery(gallery):
    gallery.export("people.jsonl")
    assert gallery.import_("people.jsonl") == 0
    assert check_export(Path("people.jsonl")) == (Facts("toy", DIM, None), 0)


def test_another_encoder(lines):
    with open_gallery("other", encoder="other") as other, pytest.raises(GalleryError, match="has encodings of toy"):
        other.import_("people.jsonl")


HEADS = [
    ({"format": "striate gallery 2"}, "the format must be 'striate gallery 1'"),
    ({"dim": 0}, "dim must be"),
    ({"dim": 10**9}, "dim must be"),
    ({"dim": "8"}, "dim must be"),
    ({"encoder": 3}, "encoder must be"),
    ({"threshold": -1}, "threshold must be"),
    ({"threshold": 2.5}, "threshold must be a distance in"),
    ({"threshold": 1e308}, "threshold must be a distance in"),
    ({"threshold": "low"}, "threshold must be a distance in"),
    ({"images": -1}, "images must be a count"),
    ({"images": True}, "images must be a count"),
    ({"more": 1}, "must have dim, encoder, format, images, threshold and nothing else"),
]


@pytest.mark.parametrize(("change", "message"), HEADS)
def test_a_wrong_head(gallery, lines, change, message):
    write([lines[0] | change, *lines[1:]])
    with pytest.raises(DataError, match=rf"(?s)nothing was.*people.jsonl, line 1: {message}"):
        gallery.import_("people.jsonl")


IMAGES = [
    ({"name": ""}, "name must be"),
    ({"name": "a\u0000"}, "name must be"),
    ({"name": 5}, "name must be"),
    ({"name": []}, "name must be"),
    ({"sha256": "00"}, "needs a SHA-256"),
    ({"sha256": "zz"}, "non-hexadecimal"),
    ({"sha256": None}, "fromhex"),
    ({"created": -1}, "a time in seconds"),
    ({"created": 1.5}, "a time in seconds"),
    ({"created": 2**80}, "a time in seconds"),
    ({"encoding": "AAAA"}, "an encoding of 8 float32"),
    ({"encoding": "?"}, "base64|[Oo]nly"),
    ({"encoding": None}, ""),
    ({"encoding": base64.b64encode(bytes(4 * DIM)).decode()}, "the encoding is not of unit length"),
    ({"encoding": base64.b64encode(b"\xff" * 4 * DIM).decode()}, "the encoding is not of unit length"),
    ({"age": 1}, "must have created, encoding, name, sha256 and nothing else"),
]


@pytest.mark.parametrize(("change", "message"), IMAGES)
def test_a_wrong_image(gallery, lines, change, message):
    write([*lines[:2], lines[2] | change, lines[3]])
    with pytest.raises(DataError, match=rf"(?s)nothing was.*people.jsonl, line 3: .*({message})"):
        gallery.import_("people.jsonl")
    assert gallery.people() == {}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: b"", "line 1: not JSON"),
        (lambda data: data[:-20], "line 4: not JSON"),
        (lambda data: b"\n".join(data.split(b"\n")[:3]) + b"\n", "incomplete: it has 2 of 3 images"),
        (lambda data: data + data.split(b"\n")[-2] + b"\n", "has 4 of 3 images"),
        (lambda data: b"\x80\x04", "line 1: not JSON"),
        (lambda data: b"[" * 5000 + b"\n", "line 1: not JSON"),
        (lambda data: b"[]\n", "line 1: must have"),
        (lambda data: b" " * 100_000, "line 1: longer than 8192 bytes"),
        (lambda data: data + b"x" * 100_000, "line 5: longer than"),
    ],
)
def test_a_damaged_file(gallery, lines, damage, message):
    Path("people.jsonl").write_bytes(damage(Path("people.jsonl").read_bytes()))
    with pytest.raises(DataError, match=rf"(?s){message}"):
        gallery.import_("people.jsonl")
    assert gallery.people() == {}


def test_no_file(gallery):
    with pytest.raises(DataError, match=r"can't read nothing\.jsonl: No such file"):
        gallery.import_("nothing.jsonl")


def test_a_long_name_of_rare_signs_comes_back(gallery):
    with open_gallery("source") as source:
        source.enroll("🙂" * 200, unit(1, DIM), digests(1))
        source.export("people.jsonl")
    write([json.loads(line) for line in Path("people.jsonl").read_text(encoding="utf-8").splitlines()])  # as \ud83d…
    assert gallery.import_("people.jsonl") == 1
    assert list(gallery.people()) == ["🙂" * 200]


def test_into_a_folder_of_its_own(lines):
    facts, _ = check_export(Path("people.jsonl"))
    with Gallery.open("new", encoder=facts.encoder, dim=facts.dim) as new:
        assert new.import_("people.jsonl") == 3


@pytest.mark.parametrize("name", ["gallery.sqlite", "people.jsonl", "exported/people.jsonl"])
def test_an_export_lies_outside_of_the_gallery(lines, gallery, name):
    with pytest.raises(ArgumentError, match="path must be outside of the gallery's folder"):
        gallery.export(gallery.folder / "." / name)
    assert gallery.check() == ()

"""What may be enrolled, and what is refused."""

import unicodedata

import numpy as np
import pytest

from striate.errors import ArgumentError, ShapeError
from striate.faces.gallery_entries import Entries, check_encodings, check_identity, check_threshold, person_name
from tests.faces.galleries import digests, unit


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("Ada", "Ada"),
        ("  Ada Lovelace\t", "Ada Lovelace"),  # spaces at the ends
        ("Zoe\u0308", "Zo\u00eb"),  # composed
        ("山田 太郎", "山田 太郎"),
        ("می‌خواهم", "می‌خواهم"),  # a joiner within a word stays
        ("🙂", "🙂"),
        ("../etc/passwd'; DROP TABLE people --", "../etc/passwd'; DROP TABLE people --"),  # any text
        ("x" * 200, "x" * 200),
    ],
)
def test_names(given, stored):
    assert person_name(given) == stored
    assert person_name(stored) == stored
    assert unicodedata.is_normalized("NFC", stored)


@pytest.mark.parametrize(
    "name",
    ["", "  ", "x" * 201, "a\nb", "a\0b", "a\x1b[31mb", "\ud800", "a\u2028b", "\u202egnp.exe", 7, None, b"Ada"],
    ids=repr,
)
def test_names_that_are_refused(name):
    with pytest.raises(ArgumentError, match="name must be 1 to 200 characters, none of them a control character"):
        person_name(name)


@pytest.mark.parametrize(
    ("encodings", "error"),
    [
        (np.zeros((0, 4)), None),  # none is fine
        (unit(3, 4), None),
        (unit(3, 4).astype(np.float64).tolist(), None),
        (unit(3, 5), "encodings must be of shape \\(N, 4\\), got \\(3, 5\\)"),
        (unit(4), "of shape"),
        (unit(2, 3, 4), "of shape"),
        (2 * unit(3, 4), "length 1 to 1e-05 each, got 2"),
        (np.zeros((1, 4)), "got 0 in row 0"),
        (np.vstack([unit(2, 4), [[np.nan, 0, 0, 1]]]), "got nan in row 2"),
        (np.array([[np.inf, 0, 0, 0]]), "got inf in row 0"),
        (unit(3, 4) * 1.0001, "got 1.0001"),
    ],
)
def test_encodings(encodings, error):
    if error is None:
        checked = check_encodings(encodings, 4)
        assert checked.dtype == np.float32
        assert checked.flags.c_contiguous
    else:
        with pytest.raises(ArgumentError, match=error):
            check_encodings(encodings, 4)


def test_as_many_of_each():
    with pytest.raises(ShapeError, match="as many of each, got \\(2, 1, 2\\)"):
        Entries.of(["a", "b"], digests(1), unit(2, 4), 4)


@pytest.mark.parametrize("image_hash", [b"short", "f" * 64, None], ids=repr)
def test_digests_that_are_refused(image_hash):
    with pytest.raises(ArgumentError, match="image_hashes must be 32 bytes each"):
        Entries.of(["a"], [image_hash], unit(1, 4), 4)


@pytest.mark.parametrize("threshold", [-0.1, float("nan"), float("inf")])
def test_thresholds_that_are_refused(threshold):
    with pytest.raises(ArgumentError, match=r"threshold must be a distance in \[0, 2\]"):
        check_threshold(threshold)


@pytest.mark.parametrize(
    ("encoder", "dim"), [("", 4), ("a\n", 4), ("x" * 201, 4), (None, 4), ("a", 0), ("a", 8193), ("a", True), ("a", 4.0)]
)
def test_identities_that_are_refused(encoder, dim):
    with pytest.raises(ArgumentError, match=r"encoder must be|dim must be"):
        check_identity(encoder, dim)

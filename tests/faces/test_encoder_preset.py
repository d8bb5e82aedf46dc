"""The preset of an encoder: what it records, what it refuses, and what its identity depends on."""

import json
from dataclasses import replace

import pytest

from striate.errors import ArgumentError
from striate.faces import DLIB_CHIP, FACENET_CHIP, EncoderPreset, Threshold
from striate.preset import Preset

INPUT = Preset(size_hw=(150, 150))
TAU = Threshold(0.9, 0.01, (0.85, 0.95), 490, 500, 5, 600, "pairs.txt", "2026-01-31")
FACES = EncoderPreset("dlib_face", "ab" * 32, DLIB_CHIP, mirrored=True, threshold=TAU)
OBJECTS = EncoderPreset("run/model.safetensors", "cd" * 32, None, mirrored=False)


TRAINED = replace(OBJECTS, threshold=Threshold(0.7, None, None, 9, 9, 0, 9, "what was held back", None))


@pytest.mark.parametrize("threshold", [TAU, TRAINED.threshold])
def test_a_threshold_that_is_written_is_read(threshold):
    written = replace(FACES, threshold=threshold).to_dict()["threshold"]
    assert Threshold.from_dict(json.loads(json.dumps(written))) == threshold


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"weights": "elsewhere/model.safetensors"}, True),  # the same bytes under another name
        ({"threshold": None}, True),  # encodings don't depend on τ: a gallery survives a calibration
        ({"sha256": "ef" * 32}, False),
        ({"canonical": FACENET_CHIP}, False),
        ({"canonical": None}, False),
        ({"mirrored": False}, False),
    ],
)
def test_the_identity_is_all_that_encodings_depend_on(change, same):
    assert (replace(FACES, **change).identity(INPUT) == FACES.identity(INPUT)) is same


def test_the_identity_depends_on_the_networks_preset():
    assert FACES.identity(INPUT) != FACES.identity(replace(INPUT, mean=(0.0, 0.0, 0.0)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("distance", -0.1),
        ("distance", 2.5),
        ("distance", True),
        ("distance", "0.9"),
        ("distance", [0.9]),
        ("interval", [0.9]),
        ("interval", 0.9),
        ("interval", "ab"),
        ("interval", ["a", "b"]),
        ("far", 0),
        ("far", 1),
        ("far", "low"),
        ("same", -1),
        ("different", 1.5),
        ("different", 4),  # fewer than were accepted
        ("true_accepts", True),
        ("data", 3),
        ("date", "yesterday"),
        ("date", 20260131),
        ("more", 1),
    ],
)
def test_what_is_no_threshold_is_refused(field, value):
    with pytest.raises(ArgumentError):
        Threshold.from_dict(FACES.to_dict()["threshold"] | {field: value})


@pytest.mark.parametrize("values", [0.9, [], "threshold", {}])
def test_other_values_are_no_threshold(values):
    with pytest.raises(ArgumentError, match="made of exactly distance, far"):
        Threshold.from_dict(values)


@pytest.mark.parametrize(
    "change",
    [{"weights": ""}, {"weights": 7}, {"sha256": "ab"}, {"sha256": "AB" * 32}, {"sha256": None}, {"mirrored": 1}],
)
def test_what_is_no_encoder_is_refused(change):
    with pytest.raises(ArgumentError):
        replace(FACES, **change)


def test_a_threshold_says_where_it_came_from():
    text = str(TAU)
    for part in (
        "0.9000",
        "0.8500 to 0.9500",
        "0.01",
        "490 of 500 same",
        "5 of 600 different",
        "pairs.txt",
        "2026-01-31",
    ):
        assert part in text
    assert "the most accurate one: accepted 0 of 9 different pairs" in str(TRAINED.threshold)
    with pytest.raises(ArgumentError, match=r"threshold\.far must be in"):
        replace(TAU, far=1.5)

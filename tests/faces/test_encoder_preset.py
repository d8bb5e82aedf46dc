"""The preset of an encoder: what it records, what it refuses, and what its identity depends on."""

from dataclasses import replace

import pytest

from striate.errors import ArgumentError, ModelFileError
from striate.faces import DLIB_CHIP, FACENET_CHIP, EncoderPreset, Threshold
from striate.preset import Preset

INPUT = Preset(size_hw=(150, 150))
TAU = Threshold(0.9, 0.01, (0.85, 0.95), 490, 500, 5, 600, "pairs.txt", "2026-01-31")
FACES = EncoderPreset("dlib_face", "ab" * 32, DLIB_CHIP, mirrored=True, threshold=TAU)
OBJECTS = EncoderPreset("run/model.safetensors", "cd" * 32, None, mirrored=False)


TRAINED = replace(OBJECTS, threshold=Threshold(0.7, None, None, 9, 9, 0, 9, "what was held back", None))


@pytest.mark.parametrize("preset", [FACES, OBJECTS, TRAINED])
def test_what_is_written_is_read(preset):
    assert EncoderPreset.from_dict(preset.to_dict()) == preset


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
    ("path", "value"),
    [
        (("format",), 2),
        (("format",), None),
        (("weights",), ""),
        (("weights",), 7),
        (("sha256",), "ab"),
        (("sha256",), "AB" * 32),
        (("sha256",), None),
        (("mirrored",), 1),
        (("canonical",), []),
        (("canonical",), {"size_hw": [150, 150]}),
        (("canonical", "size_hw"), [150]),
        (("canonical", "size_hw"), [150.5, 150]),
        (("canonical", "size_hw"), [True, 150]),
        (("canonical", "size_hw"), [0, 150]),
        (("canonical", "size_hw"), [10**9, 10**9]),  # a chip that would fill the memory
        (("canonical", "size_hw"), 150),
        (("canonical", "xy"), [[1, 2]] * 4),
        (("canonical", "xy"), [[1, 2, 3]] * 5),
        (("canonical", "xy"), [["1", "2"]] * 5),
        (("canonical", "xy"), [[1e300, 2]] * 5),
        (("canonical", "xy"), None),
        (("threshold",), 0.9),
        (("threshold", "distance"), -0.1),
        (("threshold", "distance"), 2.5),
        (("threshold", "distance"), True),
        (("threshold", "distance"), "0.9"),
        (("threshold", "interval"), [0.9]),
        (("threshold", "interval"), 0.9),
        (("threshold", "interval"), ["a", "b"]),
        (("threshold", "far"), 0),
        (("threshold", "far"), 1),
        (("threshold", "same"), -1),
        (("threshold", "different"), 1.5),
        (("threshold", "different"), 4),  # fewer than were accepted
        (("threshold", "true_accepts"), True),
        (("threshold", "data"), 3),
        (("threshold", "date"), "yesterday"),
        (("threshold", "date"), 20260131),
    ],
)
def test_what_is_no_encoder_is_refused(path, value):
    values = FACES.to_dict()
    inner = values
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(ModelFileError):
        EncoderPreset.from_dict(values)


@pytest.mark.parametrize("values", [None, [], "encoder", 3, {}, FACES.to_dict() | {"more": 1}])
def test_other_documents_are_refused(values):
    with pytest.raises(ModelFileError, match="has to have exactly format, weights"):
        EncoderPreset.from_dict(values)


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

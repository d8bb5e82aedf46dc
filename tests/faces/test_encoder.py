"""Encoders against a slow rewrite, one image at a time; where they come from, and what they refuse."""

import json
import re

import numpy as np
import pytest
import torch
from skimage.data import astronaut

from striate.errors import ArgumentError, ModelFileError, ShapeError, UnknownNameError, WeightsError
from striate.faces import DLIB_CHIP, Encoder, EncoderPreset, Threshold, write_preset
from striate.faces.encoder_weights import EncoderWeights
from striate.models import ModelFile, create_model, find_source, save_model
from striate.preset import Preset

TAU = Threshold(0.9, 0.01, (0.85, 0.95), 490, 500, 5, 600, "pairs.txt", "2026-01-31")
PRESET = Preset(size_hw=(32, 32), channels=1, mean=(33.3,), std=(78.6,))


def chips(n):
    """Noisy cuts of a face, which are no two alike."""
    rng = np.random.default_rng(0)
    face = astronaut()[20:170, 150:300].astype(int)
    return [np.clip(face + rng.integers(-60, 60, face.shape), 0, 255).astype(np.uint8) for _ in range(n)]


@pytest.fixture(scope="module")
def dlib():
    if not find_source("dlib_face").is_installed():
        pytest.skip("the extra 'faces' is not installed")
    return Encoder.open("dlib_face", device="cpu", batch_size=8)


@pytest.fixture
def model_file(tmp_path):
    """LeNet-5 as an encoder of 16 numbers."""
    network = create_model("lenet5", num_classes=16, in_channels=1)
    path = tmp_path / "model.safetensors"
    save_model(path, network, ModelFile("lenet5", {"num_classes": 16, "in_channels": 1, "dims": 2}, "verify", PRESET))
    return path


def encode_slowly(image):
    """dlib's descriptors of the image and its mirror image, their mean, divided by its length; in double precision."""
    network = create_model("dlib_face", weights="dlib_face").eval().double()
    mean = np.array([122.782, 117.001, 104.298])
    sides = [torch.from_numpy(((side - mean) / 256).copy()).permute(2, 0, 1)[None] for side in (image, image[:, ::-1])]
    with torch.inference_mode():
        total = sum(network(side)[0] for side in sides)
    return (total / total.norm()).numpy()


def test_encodings_equal_a_slow_rewrites(dlib):
    image = chips(1)[0]
    np.testing.assert_allclose(dlib.encode([image])[0], encode_slowly(image), atol=1e-5)


def test_by_batch_and_singly_encodings_agree_and_have_length_1(dlib):
    images = chips(11)  # two batches of four faces and their mirror images, and one of three
    batch, singly = dlib.encode(images), np.concatenate([dlib.encode([image]) for image in images])
    assert batch.shape == (11, 128)
    assert batch.dtype == np.float32
    assert np.abs(batch - singly).max() < 1e-6
    np.testing.assert_allclose(np.linalg.norm(batch.astype(np.float64), axis=1), 1, atol=1e-6)
    assert len(np.unique(batch, axis=0)) == 11


def test_a_face_and_its_mirror_image_are_the_same(dlib):
    image = chips(1)[0]
    np.testing.assert_allclose(dlib.encode([image]), dlib.encode([image[:, ::-1]]), atol=1e-6)


def test_no_images_have_no_encodings(dlib):
    assert dlib.encode([]).shape == (0, 128)
    assert dlib.dim == 128


def test_what_the_embedded_encoder_says_of_itself(dlib):
    np.testing.assert_allclose(dlib.canonical.xy, 75 + 1.05 * (np.array(DLIB_CHIP.xy) - 75), atol=0.006)
    assert "CC0" in dlib.notice
    assert dlib.encoder_preset.mirrored
    assert len(dlib.identity) == 64


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((150, 150), np.uint8),  # without channels
        np.zeros((150, 150, 1), np.uint8),  # grey, where colour is asked for
        np.zeros((150, 150, 3), np.float32),
        np.zeros((0, 150, 3), np.uint8),
    ],
)
def test_what_is_no_image_is_refused(dlib, image):
    with pytest.raises(ShapeError):
        dlib.encode([image])


def test_facenets_weights_are_described_by_what_its_classifier_was_given(monkeypatch):
    with pytest.raises(WeightsError, match="striate weights fetch inception_resnet_v1_vggface2"):
        Encoder.open("inception_resnet_v1_vggface2")
    monkeypatch.setattr(
        "striate.faces.encoder_weights.create_model",
        lambda name, weights, **options: create_model(name, width=0.125, **options),
    )
    monkeypatch.setattr("striate.models.Source.digest", lambda source: "ab" * 32)
    encoder = Encoder.open("inception_resnet_v1_vggface2", device="cpu")
    assert encoder.encode([np.zeros((160, 160, 3), np.uint8)]).shape == (1, 64)  # 512 at full width


def test_a_trained_encoder_takes_whole_images(model_file):
    encoder = Encoder.open(model_file, device="cpu")
    image = np.arange(28 * 28, dtype=np.uint8).reshape(28, 28, 1)
    assert encoder.canonical is None
    assert encoder.threshold is None
    assert encoder.encode([image, image[::-1]]).shape == (2, 16)
    assert Encoder.open(model_file.parent, device="cpu").identity == encoder.identity  # the folder of the run


FIGURES = {"true_accepts": 48, "n_same": 50, "false_accepts": 1, "n_different": 60}


def save(path, record):
    network = create_model("lenet5", num_classes=16, in_channels=1)
    arguments = {"num_classes": 16, "in_channels": 1, "dims": 2}
    save_model(path, network, ModelFile("lenet5", arguments, "verify", PRESET, {"distance": 0.7}, record))


def test_a_trained_encoder_brings_its_threshold(model_file):
    save(model_file, {"figures": {"val": FIGURES}})
    calibration = Encoder.open(model_file, device="cpu").calibration
    assert (calibration.distance, calibration.far, calibration.false_accepts, calibration.different) == (
        0.7,
        None,
        1,
        60,
    )


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"figures": []},
        {"figures": {"val": {}}},
        {"figures": {"val": FIGURES | {"n_same": "50"}}},
        {"figures": {"val": FIGURES | {"n_same": 5}}},
    ],
)
def test_a_threshold_of_unknown_origin_is_refused(model_file, record):
    save(model_file, record)
    with pytest.raises(ModelFileError, match=rf"{re.escape(str(model_file))}: its threshold is not what training"):
        Encoder.open(model_file)


def test_a_model_of_another_task_is_refused(model_file):
    network = create_model("lenet5", num_classes=16, in_channels=1)
    header = ModelFile("lenet5", {"num_classes": 16, "in_channels": 1, "dims": 2}, "classify", PRESET)
    save_model(model_file, network, header)
    with pytest.raises(ModelFileError, match="trained to classify, not to verify"):
        Encoder.open(model_file)


def test_what_was_calibrated_is_opened_with_its_threshold(model_file):
    encoder = Encoder.open(model_file, device="cpu")
    written = model_file.parent / "encoder.json"
    write_preset(written, encoder.calibrated(TAU))
    assert json.loads(written.read_text(encoding="utf-8"))["weights"] == "model.safetensors"  # both can be moved
    again = Encoder.open(written, device="cpu")
    assert (again.threshold, again.calibration, again.identity) == (0.9, TAU, encoder.identity)


def test_an_encoder_elsewhere_is_named_by_its_whole_path(model_file, tmp_path):
    (tmp_path / "other").mkdir()
    written = tmp_path / "other" / "encoder.json"
    write_preset(written, Encoder.open(model_file, device="cpu").calibrated(TAU))
    assert Encoder.open(written, device="cpu").threshold == 0.9


def test_published_weights_are_calibrated_by_name(dlib, tmp_path):
    write_preset(tmp_path / "encoder.json", dlib.calibrated(TAU))
    again = Encoder.open(tmp_path / "encoder.json", device="cpu")
    assert (again.name, again.threshold, again.identity) == ("dlib_face", 0.9, dlib.identity)


def test_a_threshold_of_other_weights_is_refused(model_file):
    preset = Encoder.open(model_file, device="cpu").calibrated(TAU)
    write_preset(model_file.parent / "encoder.json", preset)
    network = create_model("lenet5", num_classes=16, in_channels=1)  # trained anew, say
    save_model(
        model_file, network, ModelFile("lenet5", {"num_classes": 16, "in_channels": 1, "dims": 2}, "verify", PRESET)
    )
    with pytest.raises(ModelFileError, match=r"another encoder than .* is now \(sha256\): calibrate again"):
        Encoder.open(model_file.parent / "encoder.json")


# What was changed by hand in a file that `calibrate` wrote, and what is said of it.
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mirrored": True}, r"\(mirrored\): calibrate again"),
        ({"canonical": {"size_hw": [10**9, 10**9], "xy": []}}, r"\(canonical\): calibrate again"),
        ({"canonical": 7, "sha256": None}, r"\(sha256, canonical\): calibrate again"),
        (
            {"weights": "gone.safetensors"},
            r"n was calibrated for gone\.safetensors: can't read .*; put that back, or c",
        ),
        ({"weights": "a\0b.safetensors"}, "a name or a path"),
        ({"weights": "dlib_face "}, "can't read"),
        ({"weights": ""}, "can't read"),
        ({"weights": ["dlib_face"]}, "a name or a path"),
        ({"format": 2}, "no encoder of the format 1"),
        ({"more": 1}, "has exactly format, weights"),
        ({"threshold": 0.5}, "threshold must be made of exactly"),
        ({"threshold": {"distance": 0.5}}, "threshold must be made of exactly"),
    ],
)
def test_an_encoder_that_was_edited_is_refused(model_file, change, message):
    written = model_file.parent / "encoder.json"
    write_preset(written, Encoder.open(model_file, device="cpu").calibrated(TAU))
    written.write_text(json.dumps(json.loads(written.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(ModelFileError, match=message):
        Encoder.open(written)


def test_a_threshold_may_be_set_by_hand_or_forgotten(model_file):
    written = model_file.parent / "encoder.json"
    write_preset(written, Encoder.open(model_file, device="cpu").calibrated(TAU))
    values = json.loads(written.read_text(encoding="utf-8"))
    for threshold, expected in ((values["threshold"] | {"distance": 0.7}, 0.7), (None, None)):
        written.write_text(json.dumps(values | {"threshold": threshold}), encoding="utf-8")
        assert Encoder.open(written, device="cpu").threshold == expected


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"format": 1}', b'{"format": NaN}', b"[" * 100_000, b" " * (2**20 + 1)],
)
def test_hostile_presets_are_refused(tmp_path, content):
    (tmp_path / "encoder.json").write_bytes(content)
    with pytest.raises(ModelFileError, match=r"encoder\.json: "):
        Encoder.open(tmp_path / "encoder.json")


@pytest.mark.parametrize("name", ["missing.json", "missing.safetensors", "."])
def test_a_file_that_is_not_there_is_named(name):
    with pytest.raises(ModelFileError, match=r"can't read|no such|No such"):
        Encoder.open(name)


@pytest.mark.parametrize("name", ["dlib-face", "resnet18", ""])
def test_other_names_are_refused(name):
    with pytest.raises((UnknownNameError, ModelFileError)):
        Encoder.open(name)


def test_a_preset_is_a_json_file(tmp_path):
    with pytest.raises(ArgumentError, match=r"a file ending in \.json"):
        write_preset(tmp_path / "encoder.txt", EncoderPreset("dlib_face", "ab" * 32, DLIB_CHIP, mirrored=True))


@pytest.mark.parametrize("level", [0.0, float("nan"), float("inf")])
def test_a_network_that_answers_nothing_is_an_error(level):
    class Constant(torch.nn.Module):
        def forward(self, x):
            return torch.full((len(x), 4), level)

    weights = EncoderWeights(Constant(), PRESET, EncoderPreset("x", "ab" * 32, None, mirrored=False), "")
    with pytest.raises(ModelFileError, match="collapsed"):
        Encoder(weights, device="cpu").encode([np.zeros((32, 32, 1), np.uint8)])

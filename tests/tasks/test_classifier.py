import math

import cv2
import numpy as np
import pytest
import torch

import striate
from striate.errors import ArgumentError, DataError, ModelFileError, ShapeError, UnknownNameError
from striate.models import load_model, save_model


def test_a_trained_model_answers(trained):
    classifier = striate.load(trained.model)
    assert classifier.labels == ("across", "along", "aslant")
    paths = [trained.data / f"test/{label}/0.png" for label in classifier.labels]
    answers = classifier.predict(paths)
    assert [a.label for a in answers] == list(classifier.labels)
    assert all(sum(a.probabilities) == pytest.approx(1) for a in answers)
    assert all(sorted(a.probabilities, reverse=True) == list(a.probabilities) for a in answers)
    assert classifier.predict([]) == []


def test_a_run_folder_stands_for_its_model(trained):
    assert striate.load(trained.run).labels == striate.load(str(trained.model)).labels


def test_paths_and_arrays_give_the_same(trained):
    classifier = striate.load(trained.model)
    path = trained.data / "test/along/1.png"
    pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)[..., None]
    assert classifier.predict([path]) == classifier.predict([str(path)]) == classifier.predict([pixels])


def test_against_a_slow_rewrite(trained):
    """Centre the 28 pixels on the network's 32 by OpenCV, normalise and run the bare network."""
    network, header = load_model(trained.model)
    path = trained.data / "test/aslant/2.png"
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE).astype(np.float32)
    grown = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_LINEAR)
    x = torch.from_numpy((grown - header.preset.mean[0]) / header.preset.std[0])[None, None]
    with torch.no_grad():
        expected = network(x).softmax(1)[0].numpy()
    found = striate.load(trained.model).probabilities([path])[0]
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_many_images_are_answered_in_order(trained):
    classifier = striate.load(trained.model)
    paths = sorted((trained.data / "train").glob("*/*.png"))
    assert len(paths) > 2 * classifier.engine.batch_size
    together = classifier.probabilities(paths)
    alone = np.concatenate([classifier.probabilities([path]) for path in paths[::7]])
    np.testing.assert_allclose(together[::7], alone, atol=1e-6)


def test_the_record_tells_how_it_was_trained(trained):
    record = striate.load(trained.model).record
    assert record["plan"]["network"] == "lenet5"
    assert len(record["epochs"]) == 6
    assert set(record["figures"]) == {"val", "test"}


def test_what_cannot_be_answered(trained):
    classifier = striate.load(trained.model)
    with pytest.raises(ShapeError, match="image must be uint8"):
        classifier.predict([np.zeros((8, 8, 3), np.uint8)])
    with pytest.raises(ShapeError, match="image must be uint8"):
        classifier.predict([np.zeros((8, 8, 1), np.float32)])
    with pytest.raises(DataError, match=r"nowhere\.png: no such file"):
        classifier.predict(["nowhere.png"])


def test_what_cannot_be_loaded(trained, tmp_path):
    with pytest.raises(UnknownNameError, match=r"did you mean .*'efficientnet_lite0'"):
        striate.load("efficientnet_lite")
    for name in ("nowhere.safetensors", "model.pth", tmp_path):
        with pytest.raises(ModelFileError, match="no model file"):
            striate.load(name)
    with pytest.raises(ArgumentError, match="device"):
        striate.load(trained.model, device="tpu")


def test_the_precision_of_the_file_is_obeyed(trained):
    network, header = load_model(trained.model)
    header.record["inference_precision"] = "bf16"
    save_model("bf16.safetensors", network, header)
    assert (striate.load(trained.model).engine.precision, striate.load("bf16.safetensors").engine.precision) == (
        "fp32",
        "bf16",
    )


def test_published_weights(real_photo):
    classifier = striate.load("efficientnet_lite0")
    (answer,) = classifier.predict([real_photo])
    assert "Egyptian cat" in answer.labels[:5] or "tabby" in answer.label
    assert "Apache-2.0" in classifier.notice
    assert math.isclose(sum(answer.probabilities), 1, abs_tol=1e-9)


@pytest.fixture
def real_photo():
    """scikit-image's cat, if it and the weights are here."""
    data = pytest.importorskip("skimage.data")
    if not striate.models.find_source("efficientnet_lite0").is_installed():
        pytest.skip("the weights' package is not installed")
    return data.chelsea()

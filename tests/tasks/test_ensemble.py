"""An ensemble is the mean of its members' own probabilities, whatever their presets and the order of their classes."""

import re
import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

import striate
from striate.data import arrange_crops, crop_distortions
from striate.errors import ArgumentError, DataError, ImageError, ModelFileError, ShapeError
from striate.models import create_model, load_model, save_model
from striate.preset import Preset
from striate.runtime import Engine
from striate.tasks import Classifier, ClassifyTask, Ensemble, predict_files

LABELS = ("across", "along", "aslant")
ONE = ClassifyTask(multilabel=False)


def member(seed=0, labels=LABELS, size=32, channels=1, name="", task=ONE, **preset):
    """LeNet-5 of random weights, whose answers are far from even."""
    torch.manual_seed(seed)
    network = create_model("lenet5", num_classes=len(labels), in_channels=channels)
    with torch.no_grad():
        network.head[-1].weight.mul_(20)
    expected = {"mean": (120.0,) * channels, "std": (60.0,) * channels, **preset}
    return Classifier(Engine(network, Preset((size, size), channels, labels=labels, **expected)), task, name=name)


@pytest.fixture
def paths(trained):
    return sorted((trained.data / "test").glob("*/*.png"))


def test_the_mean_of_the_members(paths):
    """Of other presets: other normalisation, colour, a margin; more images than a batch."""
    members = [member(1), member(2, channels=3), member(3, short_side=40), member(4, mean=(90.0,))]
    found = Ensemble(members).probabilities(paths)
    expected = np.mean([m.probabilities(paths) for m in members], axis=0)
    assert found.shape == (18, 3)
    assert len(paths) > members[0].engine.batch_size
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert abs(found - members[0].probabilities(paths)).max() > 0.1


def test_classes_are_matched_by_name(paths):
    one, other = member(1), member(2, labels=("aslant", "across", "along"))
    ensemble = Ensemble([one, other])
    assert ensemble.labels == LABELS
    expected = (one.probabilities(paths) + other.probabilities(paths)[:, [1, 2, 0]]) / 2
    np.testing.assert_allclose(ensemble.probabilities(paths), expected, atol=1e-5)
    (answer,) = ensemble.predict(paths[:1])
    assert dict(zip(answer.labels, answer.probabilities, strict=True)) == pytest.approx(
        dict(zip(LABELS, expected[0].tolist(), strict=True)), abs=1e-4
    )


def test_each_member_is_calibrated_by_itself(paths):
    """Probabilities are averaged, not logits: a member made unsure by its temperature says less."""
    sure, unsure = member(1), member(2, task=replace(ClassifyTask(False), temperature=50.0))
    expected = (sure.probabilities(paths) + unsure.probabilities(paths)) / 2
    np.testing.assert_allclose(Ensemble([sure, unsure]).probabilities(paths), expected, atol=1e-5)


def test_several_classes_an_image(paths):
    members = [member(s, task=ClassifyTask(True, threshold)) for s, threshold in ((1, 0.4), (2, 0.6))]
    ensemble = Ensemble(members)
    assert ensemble.task == ClassifyTask(True, 0.5)
    expected = np.mean([m.probabilities(paths) for m in members], axis=0)
    np.testing.assert_allclose(ensemble.probabilities(paths), expected, atol=1e-5)
    assert expected.sum(axis=1).max() > 1


def test_crops_of_one_network_by_hand(paths):
    """The mean over the crops' own probabilities; a single crop is the very same as none."""
    one = member(1, short_side=36)
    np.testing.assert_array_equal(one.probabilities(paths, crops=1), one.probabilities(paths))
    images = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)[..., None] for path in paths[:3]]
    expected = []
    for image in images:
        crops = [d.image(image) for d in crop_distortions(one.preset, image.shape[:2], arrange_crops(10))]
        x = torch.from_numpy((np.stack(crops) - 120) / 60).permute(0, 3, 1, 2).float()
        with torch.no_grad():
            expected.append(one.engine.network(x).double().softmax(1).mean(0).numpy())
    np.testing.assert_allclose(one.probabilities(images, crops=10), expected, atol=1e-5)
    assert one.predict(images, crops=10) == one.predict(paths[:3], crops=10)


def test_crops_and_members_together(paths):
    members = [member(1, short_side=36), member(2)]
    for crops in (10, arrange_crops(18, (0.8,))):
        expected = np.mean([m.probabilities(paths, crops=crops) for m in members], axis=0)
        np.testing.assert_allclose(Ensemble(members).probabilities(paths, crops=crops), expected, atol=1e-5)


def test_a_file_is_read_once_for_members_alike(paths, monkeypatch):
    read = []
    real = Classifier.read
    monkeypatch.setattr(Classifier, "read", lambda self, path, crops: read.append(path) or real(self, path, crops))
    Ensemble([member(1), member(2), member(3, channels=3)]).probabilities(paths[:2])
    assert read == [paths[0], paths[0], paths[1], paths[1]]  # in grey and in colour


def test_no_images_and_bad_ones(paths):
    ensemble, bad = Ensemble([member(1), member(2)]), []
    assert ensemble.probabilities([]).shape == (0, 3)
    assert ensemble.predict([]) == []
    with pytest.raises(ImageError, match="nowhere"):
        ensemble.probabilities([*paths[:2], "nowhere.png"])
    rows = ensemble.probabilities([paths[0], "nowhere.png", paths[1]], on_bad=lambda path, e: bad.append(path.name))
    assert (rows.shape, bad) == ((2, 3), ["nowhere.png"])
    with pytest.raises(ShapeError, match="image must be uint8"):
        ensemble.predict([np.zeros((8, 8, 3), np.uint8)])


def test_files_of_an_ensemble(paths, trained):
    shutil.copytree(trained.data / "test", "d")
    (trained.data.cwd() / "d/along/0.png").write_bytes(b"")
    ensemble = Ensemble([member(1), member(2)])
    with pytest.raises(DataError, match=re.escape("1 of 18 images can't be read")):
        predict_files(ensemble, ["d"])
    predictions, bad = predict_files(ensemble, ["d"], crops=2, skip_bad=True)
    assert (len(predictions), [p.path for p in bad]) == (17, ["d/along/0.png"])
    assert predictions[-1].classes == ensemble.predict([predictions[-1].path], crops=2)[0]


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ([], "members must be at least one classifier"),
        ([member(1, name="a"), member(2, labels=("across", "along", "up"), name="b")],
         "b lacks 'aslant' of a's, and has others: 'up'"),
        ([member(1, name="a"), member(2, labels=("across", "along"), name="b")],
         "b lacks 'aslant' of a's, and has others: none"),
        ([member(1), member(2, labels=("across", "across", "along"))], "lacks 'aslant' of the first's"),
        ([member(1), member(2, task=ClassifyTask(True))], "members must be models of one task"),
    ],
)  # fmt: skip
def test_what_is_no_ensemble(others, message):
    with pytest.raises(ArgumentError, match=message):
        Ensemble(others)


def test_published_weights_may_have_names_twice():
    twins = ("crane", "crane", "cat")
    assert Ensemble([member(1, labels=twins), member(2, labels=twins)]).labels == twins
    with pytest.raises(ArgumentError, match="must know the same classes by name"):
        Ensemble([member(1, labels=twins), member(2, labels=("cat", "crane", "crane"))])


def test_notices_and_bytes():
    one, other = member(1), member(2)
    one.notice = other.notice = "a licence"
    ensemble = Ensemble([one, other])
    assert (ensemble.notice, ensemble.name, len(ensemble)) == ("a licence", "ensemble of 2", 2)
    assert one.num_bytes == 4 * sum(p.numel() for p in one.engine.network.parameters())
    assert ensemble.num_bytes == 2 * one.num_bytes


def test_several_are_loaded_as_one(trained, paths):
    """Files, runs and folders of ensembles, in any mixture."""
    network, header = load_model(trained.model)
    turned = replace(header.preset, labels=header.preset.labels[::-1])
    save_model("turned.safetensors", network, replace(header, preset=turned))
    ensemble = striate.load([trained.model, "turned.safetensors"])
    assert isinstance(ensemble, Ensemble)
    one = striate.load(trained.model).probabilities(paths)
    np.testing.assert_allclose(ensemble.probabilities(paths), (one + one[:, ::-1]) / 2, atol=1e-5)
    assert [m.name for m in ensemble.members] == [str(trained.model), "turned.safetensors"]
    assert isinstance(striate.load([trained.run]), Classifier)
    with pytest.raises(ArgumentError, match="model must be at least one"):
        striate.load([])
    with pytest.raises(ModelFileError, match="no model file"):
        striate.load([trained.model, "nowhere.safetensors"])

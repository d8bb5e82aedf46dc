"""Suspicious labels: pictures that were put into the wrong folder are found, and told from hard ones."""

import csv
import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from sklearn.metrics import average_precision_score

import striate
from striate.data import Item, open_data
from striate.errors import ArgumentError, DataError, ModelFileError
from striate.models import create_model, find_source
from striate.tasks import draw_suspects, suspect_labels
from striate.tasks.suspects import list_suspects, part_features, suspect_tiles

CLASSES = ("across", "along", "aslant")


@pytest.fixture
def mislabelled(write_stripes):
    """36 pictures in two parts, three of which lie in the folder of another class: their paths."""
    for part, first in (("train", 500), ("test", 600)):
        write_stripes(Path("data", part), CLASSES, 8 if part == "train" else 4, first=first)
    moves = {"train/across/3.png": "train/along/a.png", "train/aslant/0.png": "train/across/b.png"}
    moves["test/along/1.png"] = "test/aslant/c.png"
    for old, new in moves.items():
        Path("data", old).rename(Path("data", new))
    return set(moves.values())


def test_pictures_in_the_wrong_folder_come_first(trained, mislabelled):
    seen = []
    suspects = suspect_labels("data", model=trained.model, on_images=lambda done, total: seen.append((done, total)))
    assert {s.path for s in suspects.found[:3]} == mislabelled
    assert all(s.sure for s in suspects.found[:3])
    assert [s.margin for s in suspects.found] == sorted(s.margin for s in suspects.found)
    found = {s.path: s for s in suspects.found}["train/along/a.png"]
    assert (found.part, found.label, found.likely) == ("train", "along", "across")
    assert 0.5 < found.probability <= 1
    assert suspects.images == 36
    assert suspects.accuracy == 1 - len(suspects.found) / 36
    assert suspects.interval[0] < suspects.accuracy < suspects.interval[1]
    assert seen[-1] == (36, 36)
    assert f"{len(suspects.found)} of 36 images" in suspects.expectation
    assert "learned, too" in suspects.remarks[0]  # the stages of the model were trained
    assert json.loads(json.dumps(suspects.to_dict(), allow_nan=False))["images"] == 36


@pytest.mark.parametrize(("hidden", "remarks"), [((8,), ["hidden layers"]), (None, [])])
def test_what_learned_the_labels_is_said(write_stripes, hidden, remarks):
    """The features that come before the classifier: a hidden layer's, which learned, or those of frozen stages."""
    data = write_stripes("few", CLASSES[:2], 3)
    list(striate.train(data, model="resnet20", freeze="all", hidden=hidden, epochs=1, size=32, out="heads"))
    found = suspect_labels(data, model="heads").remarks
    assert [words for words in ("hidden layers", "stages") if any(f"the {words}" in line for line in found)] == remarks


def test_the_features_are_kept(trained, mislabelled, monkeypatch):
    first = suspect_labels("data", model=trained.run)
    monkeypatch.setattr("striate.runtime.Engine._logits", lambda engine, batch: batch.new_empty(len(batch), 84).numpy())
    seen = []
    again = suspect_labels("data", model=trained.run, on_images=lambda done, total: seen.append(done))
    assert again.found == first.found
    assert not seen


def test_a_cache_that_cannot_be_written_to(trained, mislabelled, monkeypatch):
    Path("file").touch()
    monkeypatch.setenv("STRIATE_CACHE", "file/weights")
    assert {s.path for s in suspect_labels("data", model=trained.model).found[:3]} == mislabelled


def test_a_page(trained, mislabelled):
    suspects = suspect_labels("data", model=trained.model)
    draw_suspects("data", suspects, "page.png")
    assert cv2.imread("page.png").shape[1] == 2 * (176 * min(6, len(suspects.found)) + 16)
    tile = suspect_tiles(open_data("data", val_share=0), suspects.found, most=1)[0]
    assert (tile.true, tile.predicted, tile.path) == (suspects.found[0].label, suspects.found[0].likely, tile.path)
    assert np.array_equal(tile.image[..., 0], cv2.imread(f"data/{tile.path}", cv2.IMREAD_GRAYSCALE))
    with pytest.raises(ArgumentError, match=r"ending in \.png"):
        draw_suspects("data", suspects, "page.jpg")


def test_some_parts_alone(make_dataset):
    dataset = make_dataset([3, 3])
    logs = np.log([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.1, 0.9], [0.1, 0.9], [0.1, 0.9]])
    (suspect,) = list_suspects(dataset, logs, ["train"])
    assert (suspect.part, suspect.path, suspect.label, suspect.likely) == ("train", "0/2", "class 0", "class 1")
    assert suspect.probability == pytest.approx(0.8)
    assert len(list_suspects(dataset, np.log([[0.1, 0.9], [0.9, 0.1]]), ["val"])) == 0  # one image a class there


def test_features_before_a_convolution_are_averaged_over_space(make_dataset):
    dataset = make_dataset([2, 2], (40, 40), coloured=True)
    network, preset = create_model("squeezenet1_1", num_classes=2), find_source("efficientnet_lite0").preset
    features = part_features(network, preset, dataset.parts["train"])
    assert features.shape == (4, 512)
    assert np.isfinite(features).all()


def test_a_class_with_one_image_is_not_judged(trained, write_stripes):
    write_stripes("data", CLASSES[:2], 6, first=700)
    write_stripes("one", CLASSES[2:], 1, first=700)
    Path("one/aslant").rename("data/aslant")
    suspects = suspect_labels("data", model=trained.model)
    assert suspects.images == 12
    assert "1 classes have a single image" in " ".join(suspects.remarks)
    assert "aslant" not in {s.label for s in suspects.found}


def test_what_cannot_be_judged(trained, write_stripes, monkeypatch):
    write_stripes("single", CLASSES, 1)
    with pytest.raises(DataError, match="a single image of each class"):
        suspect_labels("single", model=trained.model)
    write_stripes("data", CLASSES, 2)
    with pytest.raises(ModelFileError, match=r"can't read gone\.safetensors"):
        suspect_labels("data", model="gone.safetensors")
    with Path("data/tags.csv").open("w") as f:
        f.write("path,label\nacross/0.png,a;b\nacross/1.png,a\nalong/0.png,b\n")
    with pytest.raises(ArgumentError, match="images of one class each"):
        suspect_labels("data/tags.csv", model=trained.model)


@pytest.mark.slow
def test_flipped_labels_of_photographs(real_data):
    """Ants and bees, 5 % of the labels flipped: of the first 12 images of the list most are the 12 flipped ones."""
    if not find_source("efficientnet_lite0").is_installed():
        pytest.skip("the package with EfficientNet-Lite0's weights is not installed")
    with zipfile.ZipFile(real_data / "hymenoptera-train.zip") as archive:
        archive.extractall("photos")
    dataset = open_data("photos", val_share=0)
    items: list[Item] = [item for part in dataset.parts.values() for item in part.items]
    flipped = {items[i].path for i in np.random.default_rng(0).choice(len(items), 12, replace=False)}
    (root,) = {path.parent for path in Path("photos").rglob("train")}
    with (root / "labels.csv").open("w", newline="") as f:
        rows = csv.writer(f)
        rows.writerow(("path", "label"))
        rows.writerows((i.path, dataset.classes[i.labels[0] ^ (i.path in flipped)]) for i in items)
    suspects = suspect_labels(root / "labels.csv")
    margins = {s.path: -s.margin for s in suspects.found}
    scores = [margins.get(item.path, 0.0) for item in items]
    precision = average_precision_score([item.path in flipped for item in items], scores)
    recall = len({s.path for s in suspects.found[:12]} & flipped) / 12
    sure = [s.path in flipped for s in suspects.found if s.sure]
    print(f"average precision {precision:.3f}, recall at 12 {recall:.2f}, sure {sum(sure)} of {len(sure)}")
    assert precision >= 0.8
    assert recall >= 0.7
    assert np.mean(sure) >= 0.8

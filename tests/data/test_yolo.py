"""Good YOLO data; test_bad_labels.py has those that aren't."""

import pytest

from striate.data import open_boxes
from striate.errors import DataError
from tests.data.marked import pictures, put, said

LINE = "1 0.3125 0.260417 0.3125 0.3125\n"  # 10 5 30 20 of 64 x 48
NAMES = "names: [ant, bee]\n"


def paths(dataset):
    return {name: [item.path for item in part.items] for name, part in dataset.parts.items()}


def test_shares_become_pixels():
    pictures("images/0.png", "images/1.png", "images/2.png")
    put("labels/0.txt", LINE + "0 0.5 0.5 1 1\n\n")
    put("labels/1.txt", "")
    put("data.yaml", NAMES)
    dataset = open_boxes(".", val_share=0)
    first, *empty = dataset.parts["train"].items
    assert first.xyxy.tolist() == [[10, 5.000016, 30, 20.000016], [0, 0, 64, 48]]
    assert (dataset.kind, dataset.classes, first.labels.tolist()) == ("YOLO", ("ant", "bee"), [1, 0])
    assert [len(item) for item in empty] == [0, 0]
    line = "images/2.png: 1 images have no label file, this one first: taken to show nothing"
    assert said(dataset) == [line]


@pytest.mark.parametrize(
    ("train", "val", "settings"),
    [
        ("images/train", "images/val", "path: ../datasets/insects\ntrain: images/train\nval: images/val\n"),
        ("train/images", "valid/images", "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n"),
        ("train/images", "valid/images", "train: C:\\data\\train\\images\nval: C:\\data\\valid\\images\n"),
        ("images/a", "images/b", "path: /home/me/insects\ntrain: [images/a]\nval: images/b/\n"),
        ("train/images", "valid/images", ""),
        ("train", "val", ""),
    ],
)
@pytest.mark.parametrize("names", [NAMES, "nc: 2\nnames:\n  0: ant\n  1: bee\n", "names: {1: bee, 0: ant}\n"])
def test_layouts(train, val, settings, names):
    pictures(f"{train}/0.png", f"{val}/0.png")
    for folder in (train, val):
        put(f"{folder.replace('images', 'labels')}/0.txt", LINE)
    put("data.yaml", settings + names)
    dataset = open_boxes(".")
    assert paths(dataset) == {"train": [f"{train}/0.png"], "val": [f"{val}/0.png"]}
    assert dataset.classes == ("ant", "bee")
    assert len(said(dataset)) == ("test" in settings)  # a test part that was not handed out
    assert open_boxes("data.yaml").fingerprint == dataset.fingerprint


def test_lists_of_images():
    pictures("images/0.png", "images/1.png", "images/2.png")
    for i in range(3):
        put(f"labels/{i}.txt", LINE)
    put("d.yaml", "train: train.txt\nval: lists/val.txt\n" + NAMES)
    put("train.txt", "./images/0.png\n\n")
    put("lists/val.txt", "/home/me/images/1.png\r\n")
    dataset = open_boxes(".")
    assert paths(dataset) == {"train": ["images/0.png"], "val": ["images/1.png"]}
    assert said(dataset)[-1] == "images/2.png: 1 images are in no part, this one first: left out"


@pytest.mark.parametrize("name", ["classes.txt", "labels/classes.txt", "obj.names"])
def test_without_a_yaml(name):
    pictures("images/train/0.png", "images/val/0.png")
    for part in ("train", "val"):
        put(f"labels/{part}/0.txt", LINE)
    put(name, "ant\nbee\n")
    dataset = open_boxes(".")
    assert paths(dataset) == {"train": ["images/train/0.png"], "val": ["images/val/0.png"]}


def test_an_outline_becomes_its_bounds():
    pictures("0.png")
    put("0.txt", "0 0.25 0.25 0.5 0.125 0.75 0.5\n")
    put("classes.txt", "ant\n")
    dataset = open_boxes(".", val_share=0)
    assert dataset.parts["train"].items[0].xyxy.tolist() == [[16, 6, 48, 24]]
    assert dataset.unread == {"outlines, whose bounds are taken": 1}


def test_a_zip_is_the_same_data(zip_folder, tmp_path):
    pictures("y/images/0.png", "y/images/1.png")
    put("y/labels/0.txt", LINE)
    put("y/data.yaml", NAMES)
    zipped = zip_folder(tmp_path / "y", tmp_path / "z.zip", "some/where")
    assert open_boxes(zipped, val_share=0).fingerprint == open_boxes("y", val_share=0).fingerprint


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("names: [a, b", "data.yaml, line 1"),
        ("names: [a, a]", "'a' stands twice"),
        ("names: []", "names must be a list"),
        ("names: {1: a, 2: b}", r"the numbers of names must be 0 to 1, got \[1, 2\]"),
        ("names: [yes, no]", "a name must be a word, got True"),
        ("nc: 3\nnames: [a, b]", "nc is 3, but there are 2 names"),
        ("x: &a [1]\ny: *a\nnames: [a, b]", "line 2: it has aliases"),
        ("x: !!python/object/apply:os.system [ls]\nnames: [a, b]", "could not determine a constructor"),
        ("kpt_shape: [17, 3]\nnames: [a, b]", "describes points"),
        ("train: nowhere\nnames: [a, b]", "no folder with images at 'nowhere'"),
        ("train: /a/images\nval: /b/images\nnames: [a, b]", "train and val are both images"),
        ("train: nowhere.txt\nnames: [a, b]", "no list 'nowhere.txt'"),
        ("names: [a, b]\nx: " + "[" * 5000, "line 2: it has lists in lists, more than 16 deep"),
        ("names: [a, b]\nx: " + "a" * 2**18, "bytes of YAML"),
    ],
)
def test_bad_yaml(settings, message):
    pictures("images/0.png")
    put("labels/0.txt", LINE)
    put("data.yaml", settings)
    with pytest.raises(DataError, match=message):
        open_boxes(".")

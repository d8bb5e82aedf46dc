"""What is a part, what is a class, and what only wraps them."""

import pytest

from striate.data import open_data
from striate.data.folder import read_class_folders, top_folder
from striate.data.stores import FolderStore, Listing

LAYOUTS = [  # names of images, classes, images by part before any cut
    (["train/a/1", "train/b/1", "val/a/1", "val/b/1", "test/a/1", "test/b/1"], "ab", {"train": 2, "val": 2, "test": 2}),
    (["Training/a/1", "Training/b/1", "Validation/b/1"], "ab", {"train": 2, "val": 1}),  # a val may lack a class
    (["train/a/1", "train/b/1", "valid/a/1"], "ab", {"train": 2, "val": 1}),
    (["test/a/1", "test/b/1"], "ab", {"test": 2}),  # only to evaluate on
    (["a/1", "a/2", "b/1"], "ab", {"train": 3}),
    (["a/x/1", "a/y/1", "b/1"], "ab", {"train": 3}),  # folders inside classes
    (["bus/1", "car/1", "train/1"], ["bus", "car", "train"], {"train": 3}),  # vehicles: `train` is a class
    (["top/train/a/1", "top/train/b/1"], "ab", {"train": 2}),  # one folder around it all
    (["top/inner/a/1", "top/inner/b/1"], "ab", {"train": 2}),
    (["2/1", "10/1", "1/1"], ["1", "2", "10"], {"train": 3}),  # natural order
    (["B/1", "a/1"], ["a", "B"], {"train": 2}),
]


@pytest.mark.parametrize(("names", "classes", "parts"), LAYOUTS)
def test_layouts(write_pictures, names, classes, parts):
    dataset = open_data(write_pictures("d", [f"{n}.png" for n in names]), val_share=0)
    assert dataset.classes == tuple(classes)
    assert {name: len(part) for name, part in dataset.parts.items()} == parts


def test_images_outside_the_parts_are_a_problem(write_pictures):
    table = read_class_folders(FolderStore(write_pictures("d", ["train/a/1.png", "train/b/1.png", "extra/c.png"])))
    assert [str(p) for p in table.problems] == ["extra/c.png: lies outside train/"]


def test_folders_without_images_beside_parts_are_left_alone(write_pictures):
    root = write_pictures("d", ["train/a/1.png", "train/b/1.png"])
    (root / "notes").mkdir()
    (root / "notes" / "x.txt").write_text("x")
    assert open_data(root, val_share=0).classes == ("a", "b")


@pytest.mark.parametrize(
    ("files", "folders", "top"),
    [
        (["x/a/1.png"], ["x", "x/a"], "x"),
        (["README.md", "x/a/1.png"], ["x", "x/a"], "x"),
        (["list.csv", "x/a/1.png"], ["x", "x/a"], ""),  # the CSV's images lie in x
        (["x/list.csv", "x/1.png"], ["x"], "x"),
        (["x/1.png"], ["x"], ""),  # x is a class
        (["train/a/1.png"], ["train", "train/a"], ""),  # a part
        (["x/a/1.png", "y/b/1.png"], ["x", "x/a", "y", "y/b"], ""),
        ([], [], ""),
    ],
)
def test_top_folder(files, folders, top):
    assert top_folder(Listing(tuple(files), tuple(folders))) == top


def test_a_link_to_another_disk_is_followed(write_pictures):
    write_pictures("far", ["1.png", "2.png"])
    root = write_pictures("d", ["a/1.png", "a/2.png"])
    (root / "b").symlink_to("../far")
    assert open_data(root).classes == ("a", "b")

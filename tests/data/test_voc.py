"""Good VOC files; test_bad_labels.py has those that aren't."""

import pytest

from striate.data import open_boxes
from tests.data.marked import pictures, put, said, voc_object, xml


def paths(dataset):
    return {name: [item.path for item in part.items] for name, part in dataset.parts.items()}


def test_corners_count_pixels_from_one():
    pictures("JPEGImages/0.png")
    whole = voc_object("1 1 64 48", "bee", "<difficult>1</difficult><truncated>1</truncated><pose>Left</pose>")
    put("Annotations/0.xml", xml(voc_object("11 6 30 20") + whole + voc_object("1.5 1 2.25 3")))
    dataset = open_boxes(".", val_share=0)
    (item,) = dataset.parts["train"].items
    assert item.xyxy.tolist() == [[10, 5, 30, 20], [0, 0, 64, 48], [0.5, 0, 2.25, 3]]
    assert (dataset.classes, item.labels.tolist()) == (("ant", "bee"), [0, 1, 0])
    assert item.difficult.tolist() == item.truncated.tolist() == [False, True, False]
    assert dataset.unread == {"object's pose": 1}
    assert not said(dataset)


def test_lists_of_image_sets():
    for i in range(6):
        pictures(f"VOC/JPEGImages/{i} a.png")
        put(f"VOC/Annotations/{i} a.xml", xml(voc_object()))
    put("VOC/ImageSets/Main/trainval.txt", "0 a\n1 a\n2 a\n3 a\n")
    put("VOC/ImageSets/Main/ant_train.txt", "0 a -1\n")
    put("VOC/ImageSets/Main/test.txt", "\ufeff4 a\r\n")
    place = "JPEGImages/{} a.png".format
    dataset = open_boxes(".", val_share=0)
    assert paths(dataset) == {"train": [place(i) for i in range(4)], "test": [place(4)]}
    assert said(dataset) == ["Annotations/5 a.xml: 1 images are in no part, this one first: left out"]
    put("VOC/ImageSets/Main/train.txt", "1 a.png\n")
    put("VOC/ImageSets/Main/val.txt", "2 a\n")
    assert paths(open_boxes(".")) == {"train": [place(1)], "val": [place(2)], "test": [place(4)]}


def test_an_image_in_two_lists_is_a_leak():
    pictures("JPEGImages/0.png")
    put("Annotations/0.xml", xml(voc_object()))
    for part in ("train", "val"):
        put(f"ImageSets/Main/{part}.txt", "0\n")
    assert len(open_boxes(".").leaks) == 1


def test_beside_the_images_in_folders_for_parts():
    for part in ("train", "valid"):
        pictures(f"{part}/0.png")
        put(f"{part}/0.xml", xml(voc_object()))
    pictures("train/1.png")
    dataset = open_boxes(".")
    assert paths(dataset) == {"train": ["train/0.png"], "val": ["valid/0.png"]}
    assert said(dataset) == ["train/1.png: 1 images have no XML, this one first: left out"]


@pytest.mark.parametrize(
    ("label", "image", "filename"),
    [
        ("Annotations/a/0.xml", "JPEGImages/a/0.png", "other.png"),
        ("annotations/0.xml", "images/0.png", "nope"),
        ("labels/0.xml", "pictures/x.png", "x.png"),
        ("0.xml", "pictures/x.png", "/home/me/pictures/x.png"),
    ],
)
def test_where_the_image_is_looked_for(label, image, filename):
    pictures(image)
    put(label, xml(voc_object(), filename=filename))
    assert paths(open_boxes(".", val_share=0)) == {"train": [image]}


def test_what_is_odd_is_said():
    pictures("0.png")
    put("0.xml", xml(voc_object("5 5 5 5") + voc_object("0 0 9 9") + voc_object("0 1 9 9")))
    dataset = open_boxes(".", val_share=0)
    assert dataset.parts["train"].items[0].xyxy.tolist() == [[4, 4, 5, 5], [0, 0, 9, 9], [0, 0, 9, 9]]
    lines = said(dataset)
    assert lines[0] == "0.xml, line 4: ant: a single pixel, for both corners are 5, 5: probably a slip"
    assert lines[1].startswith("0.xml, line 5: 2 boxes with a corner at 0, this one first: VOC counts pixels from 1")
    assert lines[2] == "0.xml, line 5: ant on 0.png: reaches 1 pixels out of the image of 64x48: clipped"


def test_a_size_of_zero_says_nothing():
    pictures("0.png")
    put("0.xml", xml(voc_object(), size="<width>0</width><height>0</height>"))
    assert len(open_boxes(".", val_share=0).parts["train"]) == 1


def test_blood_cells(real_data):
    dataset = open_boxes(real_data / "bccd-trainval.zip")
    assert {name: len(part) for name, part in dataset.parts.items()} == {"train": 205, "val": 87}
    counts = {
        name: sum((i.labels == n).sum() for p in dataset.parts.values() for i in p.items)
        for n, name in enumerate(dataset.classes)
    }
    assert counts == {"Platelets": 292, "RBC": 3350, "WBC": 301}
    assert sum(i.truncated.sum() for p in dataset.parts.values() for i in p.items) == 896
    first = next(i for i in dataset.parts["train"].items if i.path == "JPEGImages/BloodImage_00001.jpg")
    assert first.size_hw == (480, 640)
    assert len(dataset.remarks) == 2  # boxes of a single pixel

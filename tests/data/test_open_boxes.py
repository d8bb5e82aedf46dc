"""What opening adds to the labels: parts, twins, leaks, the fingerprint. The formats have tests of their own."""

import pickle

import numpy as np
import pytest

from striate.data import open_boxes, open_points, summarize, what_is_marked
from striate.errors import DataError
from tests.data.marked import picture, pictures, put, said

HEAD = "path,label,x0,y0,x1,y1"


def boxes_csv(rows):
    put("boxes.csv", "\n".join([HEAD, *rows]))


@pytest.fixture
def twenty():
    """Ten images of ants, eight with bees too, two of nothing, one wasp."""
    pictures(*(f"{i}.png" for i in range(21)))
    rows = [f"{i}.png,ant,1,2,3,4" for i in range(18)] + [f"{i}.png,bee,1,2,9,9" for i in range(10, 18)]
    boxes_csv([*rows, "18.png,,,,,", "19.png,,,,,", "20.png,wasp,1,2,3,4"])


def test_the_cut_is_stratified_and_leaves_a_lone_class_to_train_on(twenty):
    dataset = open_boxes(".", seed=1)
    train, val = (dataset.parts[name].items for name in ("train", "val"))
    assert (len(train), len(val), dataset.cut_seed) == (16, 5, 1)  # two of ten, two of eight, one of two
    assert sum(1 in item.labels for item in val) == 2
    assert any(2 in item.labels for item in train)
    assert [i.path for i in open_boxes(".", seed=1).parts["val"].items] == [i.path for i in val]
    other = open_boxes(".", seed=2)
    assert [i.path for i in other.parts["val"].items] != [i.path for i in val]
    assert other.fingerprint == dataset.fingerprint


def test_copies_stay_on_one_side():
    pictures(*(f"{i}.png" for i in range(10)))
    for i in range(10):
        put(f"copy{i}.png", picture(i))
    boxes_csv([f"{name}{i}.png,ant,1,2,3,4" for i in range(10) for name in ("", "copy")])
    dataset = open_boxes(".")
    assert (len(dataset.twins), dataset.leaks, len(dataset.parts["val"])) == (10, (), 4)
    assert not dataset.remarks


def test_one_image_can_not_be_cut():
    pictures("0.png")
    boxes_csv(["0.png,ant,1,2,3,4"])
    with pytest.raises(DataError, match="at least two different images"):
        open_boxes(".")
    assert list(open_boxes(".", val_share=0).parts) == ["train"]


def test_the_same_image_with_other_boxes_is_said():
    pictures("0.png", "1.png")
    put("copy.png", picture(0))
    boxes_csv(["0.png,ant,1,2,3,4", "copy.png,ant,1,2,3,5", "1.png,ant,1,2,3,4", "1.png,ant,1,2,3,4"])
    lines = ["boxes.csv, line 5: ant on 1.png: the same box stands there twice",
             "copy.png: the same image as 0.png, with other labels"]  # fmt: skip
    assert said(open_boxes(".", val_share=0)) == lines


def test_the_fingerprint_knows_every_number():
    pictures("0.png", "1.png")
    prints = set()
    for row in ("0.png,ant,1,2,3,4", "0.png,ant,1,2,3,4.000001", "0.png,bee,1,2,3,4", "1.png,ant,1,2,3,4"):
        boxes_csv([row])
        prints.add(open_boxes(".", val_share=0).fingerprint)
    assert len(prints) == 4
    boxes_csv(["1.png,ant,1.0,2,3.0000000001,4"])
    assert open_boxes(".", val_share=0).fingerprint in prints


def test_as_images_that_show_several_classes(twenty):
    dataset = open_boxes(".", val_share=0).images
    assert dataset.multilabel
    assert dataset.parts["train"].counts(3).tolist() == [18, 8, 1]
    assert summarize(dataset).counts == {"train": {"ant": 18, "bee": 8, "wasp": 1}}


def test_parts_can_be_sent_to_workers(twenty):
    part = pickle.loads(pickle.dumps(open_boxes(".").parts["val"]))
    assert part.load(0).shape == (48, 64, 3)


def test_points_are_cut_by_whether_the_object_is_there():
    pictures(*(f"{i}.png" for i in range(20)))
    rows = [f"{i}.png,{'' if i % 2 else '3'},{'' if i % 2 else '4'}" for i in range(20)]
    put("points.csv", "\n".join(["path,eye_x,eye_y", *rows]))
    dataset = open_points(".")
    assert [i.present for i in dataset.parts["val"].items].count(True) == 2
    assert len(dataset.parts["val"]) == 4
    assert dataset.images.parts["train"].items[0].labels == ()
    assert np.isnan(next(i for i in dataset.parts["train"].items if not i.present).xy).all()


def test_what_is_marked():
    pictures("0.png")
    assert what_is_marked(".") == ""
    put("p.csv", "path,eye_x,eye_y\n0.png,1,2\n")
    assert what_is_marked(".") == what_is_marked("p.csv") == "points"
    boxes_csv(["0.png,ant,1,2,3,4"])
    assert what_is_marked(".") == "boxes"
    assert what_is_marked("0.png") == ""

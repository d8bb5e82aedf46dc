"""Good CSVs of boxes and of points; test_bad_labels.py has those that aren't."""

import numpy as np
import pytest

from striate.data import open_boxes, open_points
from tests.data.marked import pictures, put, said


def test_boxes():
    pictures("a/0.png", "a/1.png", "a/2.png")
    put("boxes.csv", "part,path,label,x0,y0,x1,y1,crowd,score\n"
        "train,a/0.png,bee,10,5,30,20.5,0,9\ntrain,a\\1.png,,,,,,,\ntest,a/2.png,ant,0,0,64,48,1,9\n"
        "train,a/0.png,ant,1,2,3,4,,9\n")  # fmt: skip
    dataset = open_boxes(".", val_share=0)
    assert (dataset.kind, dataset.classes, dataset.category_ids) == ("CSV of boxes", ("ant", "bee"), (1, 2))
    first, empty = dataset.parts["train"].items
    assert (first.xyxy.tolist(), first.labels.tolist()) == ([[10, 5, 30, 20.5], [1, 2, 3, 4]], [1, 0])
    assert (empty.path, len(empty)) == ("a/1.png", 0)
    assert dataset.parts["test"].items[0].crowd.tolist() == [True]


@pytest.mark.parametrize(
    "header",
    ["filename,width,height,class,xmin,ymin,xmax,ymax", "image,width,height,LABEL,x1,y1,x2,y2"],
)
def test_columns_of_others_in_a_file_for_each_part(header):
    for part in ("train", "valid"):
        pictures(f"{part}/0.png")
        put(f"{part}/_annotations.csv", f"{header}\n0.png,64,48,ant,10,5,30,20\n")
    dataset = open_boxes(".")
    assert {n: [(i.path, i.xyxy.tolist()) for i in p.items] for n, p in dataset.parts.items()} == {
        "train": [("train/0.png", [[10, 5, 30, 20]])],
        "val": [("valid/0.png", [[10, 5, 30, 20]])],
    }


def test_points():
    pictures("0.png", "1.png", "2.png")
    put("points.csv", "path,Left_x,Left_y,Right_x,Right_y,Right_v,part\n"
        "0.png,10.25,5,30,20,1,train\n1.png,,,,,,train\n2.png,-3,4,,,,val\n")  # fmt: skip
    dataset = open_points(".")
    assert (dataset.kind, dataset.point_names, dataset.pairs) == ("CSV of points", ("Left", "Right"), ((0, 1),))
    there, gone = dataset.parts["train"].items
    assert (there.present, there.xy.tolist(), there.visibility.tolist()) == (True, [[10.25, 5], [30, 20]], [2, 1])
    assert (gone.present, gone.visibility.tolist()) == (False, [0, 0])
    (half,) = dataset.parts["val"].items
    assert (half.present, half.visibility.tolist()) == (True, [2, 0])
    np.testing.assert_array_equal(half.xy, [[-3, 4], [np.nan, np.nan]])
    line = "points.csv, line 4: 2.png: 1 of its points lie outside the image of 64x48"
    assert said(dataset) == [line]


def test_faces(real_data):
    dataset = open_points(real_data / "mtfl-train.zip")
    assert {name: len(part) for name, part in dataset.parts.items()} == {"train": 3200, "val": 800}
    assert dataset.point_names == ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
    assert dataset.pairs == ((0, 1), (3, 4))
    eyes = np.stack([i.xy[:2] for p in dataset.parts.values() for i in p.items])  # (N, 2, 2)
    assert np.median(np.linalg.norm(eyes[:, 0] - eyes[:, 1], axis=1)) == pytest.approx(15, abs=1)
    assert len([r for r in dataset.remarks if "the same image" in r.message]) == 2

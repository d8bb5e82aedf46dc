"""Good COCO files; test_bad_labels.py has those that aren't."""

import json
import math

import numpy as np
import pytest

from striate.data import open_boxes, open_points
from striate.errors import DataError
from tests.data.marked import annotation, coco, pictures, put, said


def items(dataset, part="train"):
    return {item.path: item for item in dataset.parts[part].items}


def test_boxes_ids_and_classes():
    pictures("img/0.png", "img/1.png")
    crowd = annotation(id=2, category_id=5, bbox=[0.5, 0.25, 63.5, 47.75], iscrowd=1)
    put("annotations/all.json", coco(f"{annotation()},\n{crowd}"))
    for path in (".", "annotations/all.json"):
        dataset = open_boxes(path, val_share=0)
        assert (dataset.kind, dataset.classes, dataset.category_ids) == ("COCO", ("ant", "bee"), (0, 5))
        first, empty = dataset.parts["train"].items
        assert first.xyxy.tolist() == [[10, 5, 30, 20], [0.5, 0.25, 64, 48]]
        assert (first.labels.tolist(), first.crowd.tolist(), first.number) == ([0, 1], [False, True], 0)
        assert (empty.path, len(empty), empty.number, empty.xyxy.shape) == ("img/1.png", 0, 7, (0, 4))
        assert dataset.parts["train"].load(0).shape == (48, 64, 3)


def test_classes_in_the_order_of_their_ids():
    pictures("0.png")
    put(
        "a.json",
        coco(
            annotation(category_id=1),
            '{"id": 0, "file_name": "0.png"}',
            '{"id": 3, "name": "ant"}, {"id": 1, "name": "wasp"}',
        ),
    )
    dataset = open_boxes(".", val_share=0)
    assert (dataset.classes, dataset.category_ids) == (("wasp", "ant"), (1, 3))
    assert dataset.parts["train"].items[0].labels.tolist() == [0]


def test_a_file_a_part_as_coco_and_roboflow_lay_them_out():
    one = '{"id": 0, "file_name": "0.png"}'
    pictures("train2017/0.png", "val2017/0.png")
    for part in ("train", "val"):
        put(f"annotations/instances_{part}2017.json", coco(annotation(), one))
        put(f"annotations/captions_{part}2017.json", '{"images": [], "annotations": [{"caption": "an ant"}]}')
    dataset = open_boxes(".")
    assert {name: [i.path for i in part.items] for name, part in dataset.parts.items()} == {
        "train": ["train2017/0.png"],
        "val": ["val2017/0.png"],
    }
    assert not said(dataset)


def test_roboflow(zip_folder, tmp_path):
    pictures("r/train/0.png", "r/valid/0.png", "r/valid/1.png")
    put("r/README.txt", "from somewhere")
    for part in ("train", "valid"):
        put(f"r/{part}/_annotations.coco.json", coco(annotation(), '{"id": 0, "file_name": "0.png"}'))
    folder, zipped = open_boxes("r"), open_boxes(zip_folder(tmp_path / "r", tmp_path / "z.zip", "top"))
    assert {name: [i.path for i in part.items] for name, part in folder.parts.items()} == {
        "train": ["train/0.png"],
        "val": ["valid/0.png"],
    }
    assert folder.fingerprint == zipped.fingerprint


def test_a_name_that_is_a_path_elsewhere_is_found_by_its_end_and_said():
    pictures("img/0.png")
    put("a.json", coco(annotation(), json.dumps({"id": 0, "file_name": "C:\\data\\img\\0.png"})))
    dataset = open_boxes(".", val_share=0)
    assert [i.path for i in dataset.parts["train"].items] == ["img/0.png"]
    put("a.json", coco(annotation(), json.dumps({"id": 0, "file_name": "../other/0.png"})))
    assert said(open_boxes(".", val_share=0)) == ["img/0.png: found by the end of '../other/0.png'"]


def test_what_is_not_kept_is_counted():
    pictures("0.png", "1.png")
    outline = annotation(segmentation=[[10, 5, 30, 5, 30, 20]], area=150)
    put("a.json", coco(outline)[:-2] + ', "licenses": [1], "panoptic": {}}')
    assert open_boxes(".", val_share=0).unread == {
        "annotation's segmentation": 1,
        "annotation's area, where it isn't that of the box": 1,
        "a.json: panoptic": 1,
    }


KEYPOINTS = '{"id": 1, "name": "face", "keypoints": ["left_eye", "right_eye", "nose"], "skeleton": [[1, 3]]}'


def test_points_stand_at_the_centres_of_pixels():
    pictures("0.png", "1.png")
    face = annotation(category_id=1, keypoints=[10, 5, 2, 20, 6, 1, 0, 0, 0], num_keypoints=2)
    put("a.json", coco(face, categories=KEYPOINTS))
    dataset = open_points(".", val_share=0)
    assert (dataset.point_names, dataset.pairs) == (("left_eye", "right_eye", "nose"), ((0, 1),))
    there, gone = dataset.parts["train"].items
    assert there.present
    np.testing.assert_array_equal(there.xy, [[10.5, 5.5], [20.5, 6.5], [math.nan, math.nan]])
    assert there.visibility.tolist() == [2, 1, 0]
    assert (gone.present, gone.visibility.tolist()) == (False, [0, 0, 0])
    assert np.isnan(gone.xy).all()
    box = open_boxes(".", val_share=0).parts["train"].items[0]
    np.testing.assert_array_equal(box.points, there.xy[None])
    assert box.visibility.tolist() == [[2, 1, 0]]


def test_instances_for_boxes_and_keypoints_for_points():
    pictures("0.png", "1.png")
    put("annotations/instances_train.json", coco(annotation()))
    face = annotation(category_id=1, keypoints=[1, 1, 2] * 3)
    put("annotations/person_keypoints_train.json", coco(face, categories=KEYPOINTS))
    assert open_boxes(".", val_share=0).classes == ("ant", "bee")
    assert open_points(".", val_share=0).point_names == ("left_eye", "right_eye", "nose")


def test_several_objects_with_points_are_refused():
    pictures("0.png", "1.png")
    faces = ",\n".join(annotation(id=i, category_id=1, keypoints=[1, 1, 2] * 3) for i in range(2))
    put("a.json", coco(faces, categories=KEYPOINTS))
    with pytest.raises(DataError, match=r"a.json, line 2: 0.png: 2 objects with points, where one an image is read"):
        open_points(".")

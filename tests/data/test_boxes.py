import pickle

import numpy as np
import pytest

from striate.data import BoxItem, Distortion, PointItem, point_pairs
from striate.errors import ShapeError
from striate.ops import geometry

SIZE_HW = (48, 64)


def box_item(**changed):
    whole = {"path": "a.png", "size_hw": SIZE_HW, "xyxy": np.array([[10.0, 5, 30, 20], [0, 0, 4, 4]]),
             "labels": np.array([1, 0]), "crowd": np.array([False, True]),
             "points": np.array([[[12.0, 6], [20, 8]], [[np.nan, np.nan]] * 2]),
             "visibility": np.array([[2, 1], [0, 0]])}  # fmt: skip
    return BoxItem(**(whole | changed))


def test_shapes_are_checked():
    assert len(BoxItem("a.png", SIZE_HW, np.zeros((0, 4)), np.zeros(0, np.int64))) == 0
    assert box_item().difficult.tolist() == [False, False]
    for wrong in ({"xyxy": np.zeros((2, 5))}, {"labels": np.array([1])}, {"crowd": np.array([True] * 3)},
                  {"visibility": np.zeros((2, 3), np.int64)}, {"points": np.zeros((2, 2, 3))}):  # fmt: skip
        with pytest.raises(ShapeError):
            box_item(**wrong)
    with pytest.raises(ShapeError):
        PointItem("a.png", SIZE_HW, True, np.zeros((3, 2)), np.zeros(2, np.int64))


def test_labels_flags_and_points_follow_the_boxes_that_stay():
    crop = geometry.box_to_box((8, 0, 64, 48), (0, 0, 56, 48))  # the second box is cut off
    seen = box_item().moved(Distortion(crop, SIZE_HW, (48, 56), (0,)))
    assert (seen.xyxy.tolist(), seen.labels.tolist(), seen.crowd.tolist()) == ([[2, 5, 22, 20]], [1], [False])
    assert (seen.points.tolist(), seen.visibility.tolist(), seen.size_hw) == ([[[4, 6], [12, 8]]], [[2, 1]], (48, 56))


def test_a_mirror_swaps_what_is_named_by_its_side():
    seen = box_item().moved(Distortion(geometry.mirror(64), SIZE_HW, SIZE_HW, (0,)), pairs=((0, 1),))
    assert seen.xyxy.tolist() == [[34, 5, 54, 20], [60, 0, 64, 4]]
    assert (seen.points[0].tolist(), seen.visibility.tolist()) == ([[44, 8], [52, 6]], [[1, 2], [0, 0]])
    assert np.isnan(seen.points[1]).all()


def test_nothing_on_an_image_stays_nothing():
    empty = BoxItem("a.png", SIZE_HW, np.zeros((0, 4)), np.zeros(0, np.int64), points=np.zeros((0, 3, 2)),
                    visibility=np.zeros((0, 3), np.int64))  # fmt: skip
    seen = empty.moved(Distortion(geometry.mirror(64), SIZE_HW, SIZE_HW, (0,)), pairs=((0, 1),))
    assert (seen.xyxy.shape, seen.points.shape) == ((0, 4), (0, 3, 2))


def test_items_can_be_sent_to_workers():
    assert pickle.loads(pickle.dumps(box_item())).xyxy.tolist() == box_item().xyxy.tolist()


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        ([], ()),
        (["nose"], ()),
        (["left_eye", "right_eye"], ((0, 1),)),
        (["right_eye", "nose", "left_eye"], ((0, 2),)),
        (["LeftEye", "RightEye", "lefteye", "righteye"], ((0, 1), (2, 3))),
        (["eye_l", "eye_r", "L ear", "R ear"], ((0, 1), (2, 3))),
        (["left_eye", "left_ear"], ()),
        (["leftover", "bright"], ()),
        (["upper", "lower", "l", "r"], ((2, 3),)),
    ],
)
def test_pairs(names, pairs):
    assert point_pairs(names) == pairs

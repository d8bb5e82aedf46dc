"""Records of answers: what they refuse at birth, and how they become plain JSON."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.errors import ArgumentError, ShapeError, UnknownNameError
from striate.results import Classes, Detections, Events, Landmarks, Localization

CAR = Classes(("car", "bus"), (0.75, 0.25))
BOX = (1.0, 2.0, 3.0, 5.0)


def detections(**changed):
    fields = {
        "xyxy": np.array([[1, 2, 3, 5], [0, 0, 9, 9], [4, 4, 4, 6]]),
        "confidence": np.array([0.9, 0.5, 0.25]),
        "class_id": np.array([1, 0, 1]),
        "labels": ("dog", "cat", "dog"),
    }
    return Detections(**(fields | changed))


def test_localization():
    answer = Localization(0.75, BOX, CAR)
    assert answer.found
    assert not Localization(0.5, BOX, CAR).found  # up to the threshold there is none
    assert Localization(0.5, BOX, CAR, threshold=0.25).found
    expected = {
        "found": True,
        "presence": 0.75,
        "xyxy": [1, 2, 3, 5],
        "labels": [{"label": "car", "probability": 0.75}],
    }
    assert json.loads(json.dumps(answer.to_dict(top=1))) == expected


def test_landmarks():
    face = Landmarks(0.75, ("left eye", "nose"), ((1.0, 2.0), (3.0, 4.0)))
    assert face.found
    assert face["nose"] == (3, 4)
    with pytest.raises(UnknownNameError, match="did you mean 'nose'"):
        face["noses"]
    points = [{"name": "left eye", "x": 1, "y": 2}, {"name": "nose", "x": 3, "y": 4}]
    assert json.loads(json.dumps(face.to_dict())) == {"found": True, "presence": 0.75, "points": points}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Localization(1.5, BOX, CAR), "presence must be in"),
        (lambda: Localization(float("nan"), BOX, CAR), "presence must be in"),
        (lambda: Localization(0.5, BOX, CAR, threshold=-1), "threshold must be in"),
        (lambda: Localization(0.5, (3.0, 2.0, 1.0, 5.0), CAR), "xyxy must be finite"),
        (lambda: Localization(0.5, (1.0, 2.0, float("inf"), 5.0), CAR), "xyxy must be finite"),
        (lambda: Landmarks(2, ("a",), ((1.0, 1.0),)), "presence must be in"),
        (lambda: Landmarks(0.5, ("a", "a"), ((1.0, 1.0), (2.0, 2.0))), "names must be each another"),
        (lambda: Landmarks(0.5, ("a", "b"), ((1.0, 1.0),)), "xy must be one point for each of 2 names"),
        (lambda: Landmarks(0.5, (), ()), "xy must be one point"),
        (lambda: Landmarks(0.5, ("a",), ((1.0, float("nan")),)), "xy must be pairs of finite numbers"),
        (lambda: detections(confidence=np.array([0.9, 0.5, 1.5])), "confidence must be in"),
        (lambda: detections(confidence=np.array([0.9, 0.5, np.nan])), "confidence must be in"),
        (lambda: detections(class_id=np.array([0, -1, 0])), "class_id must be at least 0"),
        (lambda: detections(class_id=np.array([0, 0.5, 0])), "class_id must be integers"),
        (lambda: detections(xyxy=np.array([[3, 2, 1, 5]] * 3)), "xyxy must be finite left, top, right, bottom"),
        (lambda: detections(xyxy=np.full((3, 4), np.nan)), "xyxy must be finite"),
    ],
)
def test_what_is_refused(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


@pytest.mark.parametrize(
    "changed", [{"xyxy": np.zeros((3, 5))}, {"labels": ("dog",)}, {"confidence": np.zeros((3, 1))}]
)
def test_shapes_that_do_not_fit(changed):
    with pytest.raises(ShapeError):
        detections(**changed)


def test_detections_are_copies_that_stay():
    boxes = np.array([[1.0, 2, 3, 5]] * 3)
    found = detections(xyxy=boxes)
    boxes[:] = 0
    assert found.xyxy[0].tolist() == [1, 2, 3, 5]
    with pytest.raises(ValueError, match="read-only"):
        found.xyxy[0] = 0


@pytest.mark.parametrize(
    ("index", "labels"),
    [
        (0, ("dog",)),
        (-2, ("cat",)),
        (slice(1, None), ("cat", "dog")),
        (np.array([True, False, True]), ("dog", "dog")),
        (np.array([2, 1]), ("dog", "cat")),
        (np.array([], dtype=int), ()),
    ],
)
def test_some_of_them(index, labels):
    found = detections()
    some = found[index]
    assert some.labels == labels
    np.testing.assert_array_equal(some.xyxy, np.atleast_2d(found.xyxy[index]))
    np.testing.assert_array_equal(some.confidence, np.atleast_1d(found.confidence[index]))
    assert len(some) == len(labels)


def test_one_after_the_other():
    assert [one.labels for one in detections()] == [("dog",), ("cat",), ("dog",)]
    with pytest.raises(IndexError):
        detections()[3]


def test_plain_values():
    expected = {"label": "cat", "class_id": 0, "confidence": 0.5, "xyxy": [0, 0, 9, 9]}
    assert json.loads(json.dumps(detections().to_dict()))["detections"][1] == expected
    entries = json.loads(json.dumps(detections().to_coco(7, category_ids=(18, 44))))
    assert entries[0] == {"image_id": 7, "category_id": 44, "bbox": [1, 2, 2, 3], "score": 0.9}
    assert entries[2]["bbox"] == [4, 4, 0, 2]
    with pytest.raises(ArgumentError, match="category_ids must be one for each class up to 1"):
        detections().to_coco(7, category_ids=(18,))


def test_nothing_found():
    nothing = Detections.empty()
    assert len(nothing) == 0
    assert nothing.to_dict() == {"detections": []}
    assert nothing.to_coco(1, ()) == []
    assert len(nothing[nothing.confidence > 0.5]) == 0


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.floats(0, 100)] * 4), max_size=5))
def test_coco_boxes_are_the_same_boxes(rows):
    corners = np.array(rows).reshape(-1, 2, 2)
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    n = len(boxes)
    found = Detections(boxes, np.full(n, 0.5), np.zeros(n, dtype=int), ("x",) * n)
    for entry, (left, top, right, bottom) in zip(found.to_coco(1, (1,)), boxes.tolist(), strict=True):
        x, y, w, h = entry["bbox"]
        assert (x, y, x + w, y + h) == pytest.approx((left, top, right, bottom))


def test_events():
    seconds = np.array([0.5, 1.5, 1.5])
    found = Events(seconds, ("N", "V", "N"), np.array([0.9, 0.2, 1.0]))
    seconds[0] = 7
    assert found.seconds.tolist() == [0.5, 1.5, 1.5]
    assert found[[0, 2]].labels == ("N", "N")
    assert found[-1].confidence.tolist() == [1.0]
    assert len(found[np.zeros(3, bool)]) == len(Events.marked([], "")) == 0
    rows = json.loads(json.dumps(found.to_dict()))["events"]
    assert rows[1] == {"seconds": 1.5, "label": "V", "confidence": 0.2}


BAD_EVENTS = [
    ([2.0, 1.0], "NN", [1.0, 1.0], ArgumentError),
    ([np.inf], "N", [1.0], ArgumentError),
    ([np.nan, 1.0], "NN", [1.0, 1.0], ArgumentError),
    ([1.0], "N", [1.5], ArgumentError),
    ([1.0], "N", [np.nan], ArgumentError),
    ([1.0], "NN", [1.0], ShapeError),
    ([1.0], "N", [1.0, 1.0], ShapeError),
    ([[1.0]], "N", [[1.0]], ShapeError),
]


@pytest.mark.parametrize(("seconds", "labels", "confidence", "error"), BAD_EVENTS)
def test_what_is_no_event(seconds, labels, confidence, error):
    with pytest.raises(error):
        Events(np.array(seconds), tuple(labels), np.array(confidence))

import contextlib
import io
import sys

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from striate.errors import ArgumentError, MissingExtraError
from striate.metrics import GroundTruth, detection_scores
from striate.metrics.coco_evaluation import CocoEvaluation
from striate.results import Detections
from tests.metrics.found_boxes import LABELS, make_images


def boxes(*xyxy):
    return np.array(xyxy, np.float64).reshape(-1, 4)


def truth(*xyxy, classes=None, ignored=None):
    classes = np.zeros(len(xyxy), int) if classes is None else np.array(classes)
    return GroundTruth(boxes(*xyxy), classes, np.zeros(len(xyxy), bool) if ignored is None else np.array(ignored))


def found(*xyxy, confidence=None, classes=None):
    confidence = np.ones(len(xyxy)) if confidence is None else np.array(confidence)
    classes = np.zeros(len(xyxy), int) if classes is None else np.array(classes)
    return Detections(boxes(*xyxy), confidence, classes, ("a",) * len(xyxy))


def reference(detections, truths, num_classes):
    """pycocotools on the same: AP@.5, AP and recall of each class, -1 without objects."""
    annotations, results = [], []
    for i, (d, t) in enumerate(zip(detections, truths, strict=True), 1):
        for box, k, crowd in zip(t.xyxy, t.class_id, t.ignored, strict=True):
            xywh = [*box[:2], *(box[2:] - box[:2])]
            one = {"image_id": i, "category_id": int(k) + 1, "bbox": xywh, "area": xywh[2] * xywh[3]}
            annotations.append(one | {"id": len(annotations) + 1, "iscrowd": int(crowd)})
        results += d.to_coco(i, range(1, num_classes + 1))
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "info": {},
            "images": [{"id": i} for i in range(1, len(truths) + 1)],
            "categories": [{"id": k} for k in range(1, num_classes + 1)],
            "annotations": annotations,
        }
        coco.createIndex()
        evaluator = COCOeval(coco, coco.loadRes(results), "bbox")
        evaluator.evaluate()
        evaluator.accumulate()
    precision = evaluator.eval["precision"][:, :, :, 0, 2]
    return precision[0].mean(axis=0), precision.mean(axis=(0, 1)), evaluator.eval["recall"][:, :, 0, 2].mean(axis=0)


@pytest.mark.parametrize("seed", range(12))
def test_equals_pycocotools(seed):
    detections, truths = make_images(seed, ignored=0.3 * (seed % 2))
    ours = detection_scores(detections, truths, LABELS, draws=0)
    ap50, ap, recall = reference(detections, truths, len(LABELS))
    for i, row in enumerate(ours.per_class):
        assert (row.n > 0) == (ap[i] >= 0)
        figures = (row.ap50, row.ap, row.recall)
        assert figures == pytest.approx((ap50[i], ap[i], recall[i]) if row.n else (0, 0, 0), abs=1e-12)
        assert row.ap50 == pytest.approx(np.mean(row.precision))
    there = ap >= 0
    assert ours.map50 == pytest.approx(ap50[there].mean())
    assert ours.map == pytest.approx(ap[there].mean())
    assert ours.average_recall == pytest.approx(recall[there].mean())


def test_more_than_a_hundred_on_an_image():
    """Of a class the hundred surest are looked at."""
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 1000, (150, 2))
    xyxy = np.hstack([corners, corners + 20])
    detections = Detections(xyxy, rng.random(150), np.zeros(150, int), ("a",) * 150)
    objects = GroundTruth(xyxy, np.zeros(150, int))
    assert detection_scores([detections], [objects], ["a"], draws=0).average_recall == pytest.approx(100 / 150)


BOX, BELOW = (0, 0, 10, 10), (0, 20, 10, 30)


@pytest.mark.parametrize(
    ("detections", "truths", "map50"),
    [
        ([found(BOX)], [truth(BOX)], 1),
        ([found()], [truth(BOX)], 0),  # nothing found
        ([found(BOX)], [truth()], 0),  # nothing there: no class has objects
        ([found()], [truth()], 0),
        ([found(BOX), found()], [truth(BOX), truth()], 1),  # an image with nothing on it, and nothing found
        ([found(BOX), found(BOX, confidence=[0.5])], [truth(BOX), truth()], 1),  # a false alarm that is less sure
        ([found(BOX, confidence=[0.5]), found(BOX)], [truth(BOX), truth()], 0.5),  # one that is surer
        ([found(BOX, BOX)], [truth(BOX)], 1),  # twice, but every object is found by then
        ([found(BOX, classes=[1])], [truth(BOX)], 0),  # another class
        ([found(BOX, BELOW)], [truth(BOX, BELOW, classes=[0, 0], ignored=[False, True])], 1),
        ([found(BELOW, BOX, confidence=[1, 0.5])], [truth(BOX, BELOW, ignored=[False, True])], 1),  # neither way
        ([found()], [truth(BOX, ignored=[True])], 0),  # only what doesn't count
        ([found((0, 0, 10, 5))], [truth(BOX)], 1),  # IoU of one half is a hit
        ([found((0, 0, 10, 4.9))], [truth(BOX)], 0),
        ([found((0, 0, 0, 0))], [truth((0, 0, 0, 0))], 0),  # without an area
        ([found(BOX, BELOW, classes=[0, 1])], [truth(BOX, BELOW, classes=[0, 1])], 1),
    ],
)
def test_by_hand(detections, truths, map50):
    scores = detection_scores(detections, truths, ["a", "b"], draws=3)
    assert scores.map50 == pytest.approx(map50)
    assert all(np.isfinite([row.ap50, row.ap, row.recall, *row.precision]).all() for row in scores.per_class)


def test_the_plain_sum_up_is_a_draw_of_each_image_once():
    detections, truths = make_images(3)
    evaluation = CocoEvaluation(detections, truths, 4)
    everything, shuffled = evaluation.curves(), evaluation.curves(np.random.default_rng(0).permutation(20))
    np.testing.assert_allclose(everything.recall, shuffled.recall)
    drawn = [0, 0, 7, 3] * 5
    twice = CocoEvaluation([detections[i] for i in drawn], [truths[i] for i in drawn], 4).curves()
    np.testing.assert_array_equal(evaluation.curves(np.array(drawn)).precision, twice.precision)
    np.testing.assert_array_equal(evaluation.curves().precision, everything.precision)


def test_intervals():
    detections, truths = make_images(5, n=40)
    scores = detection_scores(detections, truths, LABELS, draws=200)
    assert scores == detection_scores(detections, truths, LABELS, draws=200)
    for value, (low, high) in ((scores.map50, scores.map50_interval), (scores.map, scores.map_interval)):
        assert 0 <= low < value < high <= 1
    more = detection_scores(detections * 4, truths * 4, LABELS, draws=200)
    assert np.ptp(more.map_interval) < 0.75 * np.ptp(scores.map_interval)
    assert detection_scores([found()], [truth()], ["a"]).map_interval is None


def test_plain_values():
    scores = detection_scores(*make_images(1), LABELS, draws=0)
    values = scores.to_dict()
    assert scores.labels == LABELS
    assert values["map50"] == scores.map50
    assert values["map_interval"] is None
    assert values["per_class"][3] == {
        "label": "d",
        "n": 0,
        "ap50": 0.0,
        "ap": 0.0,
        "recall": 0.0,
        "precision": [0.0] * 101,
    }


def test_bad_input(monkeypatch):
    with pytest.raises(ArgumentError, match="truths must be one for each image, at least one"):
        detection_scores([], [], ["a"])
    with pytest.raises(ArgumentError, match="detections must be one for each of 2 images, got '1 of them'"):
        detection_scores([found()], [truth(), truth()], ["a"])
    with pytest.raises(ArgumentError, match="truths must be of class numbers below 1, got 4"):
        detection_scores([found()], [truth(BOX, classes=[4])], ["a"])
    with pytest.raises(ArgumentError, match="draws must be at least 0"):
        detection_scores([found()], [truth()], ["a"], draws=-1)
    monkeypatch.setitem(sys.modules, "faster_coco_eval", None)
    with pytest.raises(MissingExtraError, match="pip install 'striate\\[detect\\]'"):
        detection_scores([found()], [truth()], ["a"])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ((np.zeros((2, 4)), np.zeros(1, int)), r"of shapes \(N, 4\)"),
        ((np.zeros((1, 4)), np.zeros(1, int), np.zeros(2, bool)), r"of shapes \(N, 4\)"),
        ((boxes((5, 0, 4, 1)), np.zeros(1, int)), "xyxy must be finite left"),
        ((boxes((0, 0, np.nan, 1)), np.zeros(1, int)), "xyxy must be finite left"),
        ((boxes(BOX), np.array([-1])), "class_id must be integers"),
        ((boxes(BOX), np.array([0.5])), "class_id must be integers"),
    ],
)
def test_bad_truth(fields, said):
    with pytest.raises(ArgumentError, match=said):
        GroundTruth(*fields)

import numpy as np
import pytest

from striate.errors import ArgumentError
from striate.metrics import (
    GroundTruth,
    choose_threshold,
    detection_scores,
    find_false_alarms,
    find_misses,
    match_boxes,
    operating_point,
)
from striate.results import Detections
from tests.metrics.found_boxes import LABELS, make_images


def slow_average_precision(detections, truths, class_id):
    """From the matches: the highest precision at each recall or any higher one, at 101 recalls."""
    judged, objects = [], 0
    for d, t in zip(detections, truths, strict=True):
        own = t.class_id == class_id
        matched = match_boxes(d, t)
        objects += int((own & ~t.ignored).sum())
        rows = zip(d.confidence, d.class_id, matched.found, matched.counts, strict=True)
        judged += [(-c, place >= 0) for c, k, place, counts in rows if k == class_id and counts]
    judged.sort(key=lambda pair: pair[0])
    hits = np.cumsum([hit for _, hit in judged])
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / objects
    return np.mean([max(precision[recall >= r], default=0) for r in np.linspace(0, 1, 101)])


@pytest.mark.parametrize("seed", range(6))
def test_matches_are_the_reference_evaluators(seed):
    detections, truths = make_images(seed, n=12)
    scores = detection_scores(detections, truths, LABELS, draws=0)
    for k, row in enumerate(scores.per_class[:3]):
        assert slow_average_precision(detections, truths, k) == pytest.approx(row.ap50, abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_threshold_is_the_best_of_all(seed):
    detections, truths = make_images(seed)
    chosen = choose_threshold(detections, truths)
    best = max(operating_point(detections, truths, t).f1 for t in np.linspace(0, 1, 200))
    point = operating_point(detections, truths, chosen)
    assert point.f1 == pytest.approx(best)
    assert point.hits + point.misses == sum(int((~t.ignored).sum()) for t in truths)
    assert len(find_misses(detections, truths, chosen)) == point.misses
    assert len(find_false_alarms(detections, truths, chosen)) == point.false_alarms


BOX = np.array([[0.0, 0, 10, 10]])
ONE, NONE = GroundTruth(BOX, np.array([0])), GroundTruth(np.zeros((0, 4)), np.zeros(0, int))


def found(boxes, confidence, classes=None):
    classes = [0] * len(boxes) if classes is None else classes
    return Detections(np.array(boxes), np.array(confidence), np.array(classes), ("a",) * len(boxes))


@pytest.mark.parametrize(
    ("detections", "truth", "threshold"),
    [
        (Detections.empty(), ONE, 0.5),  # nothing found at any threshold
        (Detections.empty(), NONE, 0.5),
        (found(BOX, [0.9]), NONE, 0.5),
        (found(BOX, [0.8]), ONE, 0.4),  # half way to 0
        (found(BOX, [0.0]), ONE, 0.0),
        (found([*BOX, [50, 0, 60, 9]], [0.8, 0.8]), ONE, 0.4),  # equals can't be parted
        (found([*BOX, [50, 0, 60, 9]], [0.8, 0.6]), ONE, 0.7),
    ],
)
def test_threshold_by_hand(detections, truth, threshold):
    assert choose_threshold([detections], [truth]) == pytest.approx(threshold)


def test_figures_of_nothing():
    point = operating_point([Detections.empty()], [NONE], 0.5)
    assert (point.precision, point.recall, point.f1) == (0, 0, 0)
    assert point.to_dict() == {
        "threshold": 0.5,
        "hits": 0,
        "misses": 0,
        "false_alarms": 0,
        "precision": 0,
        "recall": 0,
        "f1": 0,
    }


def test_kinds_of_false_alarms():
    truth = GroundTruth(
        np.array([[0.0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 60, 20]]),
        np.array([0, 1, 0]),
        np.array([False, False, True]),
    )
    boxes = [[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 9], [0, 6, 10, 16], [80, 80, 90, 90], [41, 1, 50, 10]]
    detections = found(boxes, [0.9, 0.5, 0.7, 0.6, 0.8, 0.95])
    kinds = [(alarm.detection, alarm.kind) for alarm in find_false_alarms([detections], [truth], 0.4)]
    assert kinds == [(4, "nothing there"), (2, "wrong class"), (3, "badly placed"), (1, "found twice")]
    assert [miss.object for miss in find_misses([detections], [truth], 0.4)] == [1]
    assert [miss.object for miss in find_misses([detections], [truth], 0.95)] == [0, 1]  # equal in area: in order
    assert find_false_alarms([detections], [truth], 0.95) == ()


def test_bad_input():
    for function in (choose_threshold, lambda d, t: operating_point(d, t, 0.5), lambda d, t: find_misses(d, t, 0.5)):
        with pytest.raises(ArgumentError, match="truths must be one for each image"):
            function([], [])
    with pytest.raises(ArgumentError, match=r"threshold must be in \[0, 1\], got 2"):
        operating_point([Detections.empty()], [NONE], 2)

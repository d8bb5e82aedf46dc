import numpy as np
import pytest

from striate.errors import ShapeError
from striate.metrics import measure_localization, wilson_interval
from striate.results import Classes, Localization

LABELS = ("ant", "bee")
BOX, HALF, NEAR, FAR = (0, 0, 10, 10), (0, 0, 10, 5), (0, 0, 10, 4.9), (50, 50, 60, 60)


def answer(presence=0.9, xyxy=BOX, label="ant"):
    others = tuple(name for name in LABELS if name != label)
    return Localization(presence, xyxy, Classes((label, *others), (0.8, 0.2)))


def measure(*answers, classes):
    boxes = np.tile(np.array([BOX], np.float64), (len(answers), 1))
    return measure_localization(answers, boxes, np.array(classes), LABELS)


@pytest.mark.parametrize(
    ("found", "class_id", "presence", "named", "placed", "all_right"),
    [
        (answer(), 0, 1, 1, 1, 1),
        (answer(label="bee"), 0, 1, 0, 1, 0),
        (answer(xyxy=HALF), 0, 1, 1, 1, 1),  # IoU of one half is a hit
        (answer(xyxy=NEAR), 0, 1, 1, 0, 0),
        (answer(xyxy=FAR), 0, 1, 1, 0, 0),
        (answer(xyxy=(5, 5, 5, 5)), 0, 1, 1, 0, 0),  # a box without an area
        (answer(0.1), 0, 0, 1, 0, 0),  # missed, though its box would be right
        (answer(0.5), 0, 0, 1, 0, 0),  # not above the threshold
        (answer(0.1), -1, 1, 0, 0, 1),  # nothing there, nothing found: the box does not count
        (answer(0.9), -1, 0, 0, 0, 0),
    ],
)
def test_one_image(found, class_id, presence, named, placed, all_right):
    figures = measure(found, classes=[class_id])
    told = (figures.presence_accuracy, figures.class_accuracy, figures.placed, figures.all_right)
    assert told == (presence, named, placed, all_right)
    assert figures.present == int(class_id >= 0)


def test_shares_and_intervals():
    answers = [answer(), answer(xyxy=NEAR), answer(label="bee"), answer(0.2), answer(0.2)]
    figures = measure(*answers, classes=[0, 0, 1, 0, -1])
    assert (figures.n, figures.present) == (5, 4)
    assert (figures.all_right, figures.placed, figures.mean_iou) == (
        3 / 5,
        2 / 4,
        pytest.approx((1 + 0.49 + 1 + 1) / 4),
    )
    assert (figures.interval, figures.placed_interval) == (wilson_interval(3, 5), wilson_interval(2, 4))
    ant, bee = figures.per_class
    assert (ant.n, ant.found, ant.named, ant.placed) == (3, 2 / 3, 1, 1 / 3)
    assert (bee.label, bee.n, bee.found, bee.placed, bee.mean_iou) == ("bee", 1, 1, 1, 1)


def test_class_without_images_and_plain_values():
    figures = measure(answer(0.1), classes=[-1])
    assert figures.placed_interval == (0, 1)
    assert figures.to_dict()["per_class"][0] == {
        "label": "ant",
        "n": 0,
        "found": 0,
        "named": 0,
        "placed": 0,
        "mean_iou": 0,
    }


@pytest.mark.parametrize(
    ("answers", "boxes", "classes"), [(0, 0, 0), (1, 2, 1), (1, 1, 2)], ids=["nothing", "boxes", "classes"]
)
def test_bad_input(answers, boxes, classes):
    with pytest.raises(ShapeError, match="xyxy and class_ids must be a box and a class for each"):
        measure_localization([answer()] * answers, np.zeros((boxes, 4)), np.zeros(classes, int), LABELS)

"""Localization: what counts as a mistake, and boxes back in pixels of the image."""

import numpy as np
import pytest
import torch

from striate.data import BoxItem, preset_distortion
from striate.preset import Preset
from striate.results import Classes, Localization
from striate.tasks.localize import LocalizeTask

TASK, LABELS = LocalizeTask(), ("ant", "bee")
BOX, OTHER = (10.0, 10.0, 30.0, 30.0), (10.0, 20.0, 30.0, 40.0)  # IoU 1/3


def found(presence=0.9, xyxy=BOX, label="ant"):
    return Localization(presence, xyxy, Classes((label, *({*LABELS} - {label})), (0.8, 0.2)))


def item(*xyxy, label=0, difficult=False):
    flags, labels = np.full(len(xyxy), difficult), np.full(len(xyxy), label)
    return BoxItem("a.png", (48, 64), np.array(xyxy, float).reshape(-1, 4), labels, difficult=flags)


MISTAKES = [
    (found(), item(BOX), None),
    (found(0.1), item(), None),
    (found(), item(), ("nothing", "a false alarm")),
    (found(0.1), item(BOX), ("ant", "missed")),
    (found(xyxy=OTHER), item(BOX), ("ant", "IoU 0.33")),
    (found(label="bee"), item(BOX), ("ant", "taken for bee")),
    (found(), item(BOX, label=1), ("bee", "taken for ant")),
    (found(xyxy=(5, 5, 5, 5)), item(BOX), ("ant", "IoU 0.00")),
    (found(0.1), item(BOX, difficult=True), None),  # nobody is asked for what is hard to tell
    (found(), item(BOX, difficult=True), ("nothing", "a false alarm")),
]


@pytest.mark.parametrize(("answer", "truth", "said"), MISTAKES)
def test_mistakes_are_what_is_not_all_right(answer, truth, said):
    tiles = TASK.mistakes([answer], [truth], lambda i: np.zeros((48, 64, 3), np.uint8), LABELS, 10)
    assert [(tile.true, tile.predicted) for tile in tiles] == ([] if said is None else [said])
    assert TASK.measure([answer], [truth], LABELS).all_right == (said is None)


def test_the_surest_mistakes_first():
    answers, truths = [found(0.3), found(0.9), found(0.02), found(0.6)], [item(BOX), item(), item(BOX), item()]
    tiles = TASK.mistakes(answers, truths, lambda i: np.zeros((48, 64, 3), np.uint8), LABELS, 3)
    assert [tile.predicted for tile in tiles] == ["missed", "a false alarm", "missed"]


PRESET = Preset((64, 64), fit="letterbox", labels=LABELS)


def answered(answers, *, linear=True, hw=(100, 200)):
    task, distortion = LocalizeTask(linear=linear), preset_distortion(PRESET, hw)
    return task.found(torch.tensor([answers]), PRESET, [distortion])[0]


@pytest.mark.parametrize(
    ("place", "xyxy"),
    [
        ((0.5, 0.5, 0.25, 0.5), (50, 25, 150, 75)),  # the frame shows the image 64 wide and 32 high in its middle
        ((0.5, 0.5, 3.0, 3.0), (0, 0, 200, 100)),  # cut off at the image's sides
        ((0.5, 0.5, -0.25, -0.5), (50, 25, 150, 75)),  # corners in order, whatever linear numbers say
        ((9.0, 9.0, 0.1, 0.1), (200, 100, 200, 100)),  # outside: nothing of it is seen
    ],
)
def test_boxes_are_told_in_pixels_of_the_image(place, xyxy):
    one = answered([2.0, *place, 0.3, 1.7])
    assert one.xyxy == pytest.approx(xyxy, abs=1e-3)
    assert (one.presence, one.classes.labels, one.classes.probabilities) == (
        1,
        ("bee", "ant"),
        (1, pytest.approx(0.3)),
    )  # shares stay in [0, 1]


def test_the_logistic_form_is_read_too():
    one = answered([0.0, 0, 0, 0, 0, 2.0, 0], linear=False)
    assert (one.presence, one.classes.label) == (0.5, "ant")
    assert not one.found
    assert one.xyxy == pytest.approx((50, 0, 150, 100))

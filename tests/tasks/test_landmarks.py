"""Landmarks: what errors are shares of, mistakes, and points back in pixels of the image."""

import numpy as np
import pytest
import torch

from striate.data import PointItem, preset_distortion
from striate.preset import Preset
from striate.results import Landmarks
from striate.tasks.landmarks import LandmarksTask, reference_points

NAMES = ("left_eye", "right_eye")
TASK = LandmarksTask()


@pytest.mark.parametrize(
    ("names", "pair"),
    [
        (["left_eye", "right_eye", "nose"], (0, 1)),
        (["left_ear", "right_ear", "nose", "right_eye", "left_eye"], (3, 4)),  # eyes before what comes first
        (["left_eyebrow", "right_eyebrow", "left_wrist", "right_wrist"], (0, 1)),  # no eyes
        (["left_eyebrow", "right_eyebrow", "Left Eye", "Right Eye"], (2, 3)),
        (["left_eye", "nose"], None),
        (["nose"], None),
    ],
)
def test_the_reference(names, pair):
    assert reference_points(names) == pair


def item(*xy, present=True, hw=(48, 64)):
    visibility = np.array([0 if np.isnan(x) else 2 for x, _ in xy])
    return PointItem("a.png", hw, present, np.array(xy, float), visibility)


NAN = (float("nan"), float("nan"))


@pytest.mark.parametrize(
    ("truth", "measurable"),
    [
        (item((10, 10), (30, 10)), True),
        (item((10, 10), NAN), False),
        (item(NAN, NAN), False),
        (item((10, 10), (10, 10)), False),
        (item((10, 10), (30, 10), present=False), False),
    ],
)
def test_what_can_be_measured(truth, measurable):
    assert TASK.can_measure(truth, NAMES) == measurable


def test_mistakes():
    """The furthest off first; what can't be measured is none."""
    near, far, exact = ((11.0, 10.0), (30.0, 10.0)), ((20.0, 10.0), (30.0, 10.0)), ((10.0, 10.0), (30.0, 10.0))
    found = [Landmarks(0.9, NAMES, xy) for xy in (near, far, exact, far, far)]
    truths = [item((10, 10), (30, 10))] * 3 + [item(NAN, NAN), item((10, 10), (30, 10), present=False)]
    tiles = TASK.mistakes(found, truths, lambda i: np.zeros((48, 64, 3), np.uint8), NAMES, 10)
    assert [(tile.true, tile.predicted) for tile in tiles] == [("2 points", "25.0% off"), ("2 points", "2.5% off")]


@pytest.mark.parametrize(
    ("linear", "numbers"), [(True, [7.0, 0.25, 0.5, 1.5, 0.5]), (False, [99.0, -0.25, 0.0, 1.0, 0.0])]
)
def test_points_are_told_in_pixels_of_the_image(linear, numbers):
    """Through the letterbox; they may lie outside of the image."""
    preset = Preset((64, 64), fit="letterbox", labels=NAMES)
    task = LandmarksTask(linear=linear)
    (one,) = task.found(torch.tensor([numbers]), preset, [preset_distortion(preset, (100, 200))])
    assert one.presence == 1
    np.testing.assert_allclose(one.xy, [[50, 50], [300, 50]], atol=1e-3)

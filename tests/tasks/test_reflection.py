"""Turned over pixels and turned over geometry are the same thing."""

import numpy as np
import pytest
import torch

from striate.data import preset_distortion
from striate.errors import ModelFileError
from striate.ops import geometry
from striate.preset import Preset
from striate.tasks.reflection import AS_IS, Reflection, trained_reflections

MIRRORED, FLIPPED, TURNED = Reflection(True, False), Reflection(False, True), Reflection(True, True)
PRESET = Preset((48, 64), fit="letterbox", border=(9, 9, 9))


@pytest.mark.parametrize("reflection", [AS_IS, MIRRORED, FLIPPED, TURNED])
def test_pixels_and_places_move_alike(reflection):
    """A bright pixel is found where the distortion says that it came to, and its way back leads to where it was."""
    image = np.zeros((48, 60, 3), np.uint8)
    image[7, 11] = 255
    plain = preset_distortion(PRESET, (48, 60))
    moved = reflection.distortion(plain)
    planes = reflection.planes(torch.from_numpy(plain.network_input(image, PRESET))[None])
    row, column = divmod(int(planes[0, 0].argmax()), 64)
    assert moved.points([[11.5, 7.5]]).tolist() == [[column + 0.5, row + 0.5]]
    np.testing.assert_allclose(moved.back([[column + 0.5, row + 0.5]]), [[11.5, 7.5]])
    assert (moved.source_hw, moved.size_hw) == ((48, 60), (48, 64))


def test_names_change_sides_in_one_mirror_and_not_in_two():
    """The way back is the inverse of the way there, with pairs as without."""
    plain, xy, pairs = preset_distortion(PRESET, (48, 60)), [[10.0, 20], [30, 21], [20, 30]], [(0, 1)]
    for reflection, swaps in ((AS_IS, False), (MIRRORED, True), (FLIPPED, True), (TURNED, False)):
        moved = reflection.distortion(plain)
        assert geometry.mirrors(moved.geometry) == swaps
        np.testing.assert_allclose(moved.back(moved.points(xy, pairs=pairs), pairs=pairs), xy)
        there = moved.points(xy)
        np.testing.assert_allclose(moved.points(xy, pairs=pairs), there[[1, 0, 2]] if swaps else there)


RECORDS = [
    ({}, (AS_IS,)),
    ({"plan": {}}, (AS_IS,)),
    ({"plan": {"pipeline": []}}, (AS_IS,)),
    ({"plan": {"pipeline": [{"name": "erase", "probability": 0.5}]}}, (AS_IS,)),
    ({"plan": {"pipeline": [{"name": "mirror", "probability": 0.0}]}}, (AS_IS,)),
    ({"plan": {"pipeline": [{"name": "mirror", "probability": 0.5}]}}, (AS_IS, MIRRORED)),
    ({"plan": {"pipeline": [{"name": "flip", "probability": 0.5}]}}, (AS_IS, FLIPPED)),
    (
        {"plan": {"pipeline": [{"name": "flip", "probability": 0.5}, {"name": "mirror", "probability": 0.1}]}},
        (AS_IS, MIRRORED, FLIPPED, TURNED),
    ),
]


@pytest.mark.parametrize(("record", "reflections"), RECORDS)
def test_what_training_showed(record, reflections):
    assert trained_reflections(record) == reflections


@pytest.mark.parametrize(
    "plan",
    [
        {"pipeline": 3},
        {"pipeline": ["mirror"]},
        {"pipeline": [{"name": "nothing"}]},
        {"pipeline": [{"name": "flip", "probability": 7}]},
    ],
)
def test_a_record_that_no_training_wrote(plan):
    with pytest.raises(ModelFileError, match="otherwise than training does"):
        trained_reflections({"plan": plan})

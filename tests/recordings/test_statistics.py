"""Means and deviations are those of all samples together."""

import numpy as np
import pytest

from striate.data.records import Item
from striate.errors import DataError
from striate.recordings.records import Recording, RecordingPart
from striate.recordings.statistics import recording_statistics


class Made:
    def __init__(self, *arrays):
        self.arrays = arrays

    def load(self, path):
        return Recording("signal", self.arrays[int(path)], (0.0,))


def part(*arrays):
    return RecordingPart([Item(str(i), (0,)) for i in range(len(arrays))], Made(*arrays))


def test_they_are_those_of_all_samples():
    rng = np.random.default_rng(0)
    arrays = [(rng.normal(0, 1, (2, n)) * [[1], [30]] + [[1e4], [-5]]).astype(np.float32) for n in (5, 1, 700, 40)]
    mean, std = recording_statistics(part(*arrays))
    together = np.concatenate(arrays, axis=1).astype(np.float64)
    np.testing.assert_allclose(mean, together.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(std, together.std(axis=1), rtol=1e-9)


def test_a_still_channel_has_a_deviation_of_one():
    assert recording_statistics(part(np.full((1, 9), 0.1, np.float32), np.full((1, 4), 0.1, np.float32)))[1] == (1.0,)
    assert recording_statistics(part(np.zeros((1, 1), np.float32))) == ((0.0,), (1.0,))


def test_bad_parts_are_refused():
    with pytest.raises(DataError, match="no recordings"):
        recording_statistics(part())
    with pytest.raises(DataError, match="1 has 2 channels, those before it 1"):
        recording_statistics(part(np.zeros((1, 4), np.float32), np.zeros((2, 4), np.float32)))

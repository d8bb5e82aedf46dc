"""Batches of recordings are the same for any number of workers and from any step; errors name the recording."""

import numpy as np
import pytest
import torch

from striate.data.records import Item
from striate.errors import ArgumentError, DataError
from striate.recording_preset import RecordingPreset
from striate.recordings.distortions import Noise, Rotate, Shift, Warp
from striate.recordings.loader import RecordingLoader
from striate.recordings.pipeline import RecordingPipeline
from striate.recordings.prepare import prepared
from striate.recordings.records import Recording, RecordingPart

PRESET = RecordingPreset("signal", (20,), (0.01,), 2, (0.0, 1.0), (1.0, 2.0))
PIPELINE = RecordingPipeline((Shift(0.2), Warp(0.2), Noise(0.1)))


class Made:
    """A store that makes its recordings up; one of them may have another spacing."""

    def __init__(self, odd=""):
        self.odd = odd

    def load(self, path):
        values = np.random.default_rng(int(path)).normal(0, 1, (2, 25)).astype(np.float32)
        return Recording("signal", values, (0.02 if path == self.odd else 0.01,))


def part(n, odd=""):
    return RecordingPart([Item(str(i), (i % 3,)) for i in range(n)], Made(odd))


def assert_same(some, others):
    assert len(some) == len(others)
    for a, b in zip(some, others, strict=True):
        assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def test_workers_and_start_change_nothing():
    settings = {"pipeline": PIPELINE, "batch_size": 4, "seed": 7, "shuffle": True}
    alone = RecordingLoader(part(11), PRESET, **settings)
    epochs = [list(alone.epoch(e)) for e in range(2)]
    loader = RecordingLoader(part(11), PRESET, workers=1, **settings)
    try:
        assert_same(epochs[0], list(loader.epoch(0)))
        assert_same(epochs[1][1:], list(loader.epoch(1, start_step=1)))
    finally:
        loader.close()
    assert not torch.equal(epochs[0][0].images, epochs[1][0].images)
    assert sorted(torch.cat([b.indices for b in epochs[0]]).tolist()) == list(range(11))


def test_evaluation_is_what_prediction_does():
    for batch in RecordingLoader(part(7), PRESET, batch_size=3).epoch(0):
        assert batch.images.dtype == torch.float32
        for image, target, index in zip(*batch, strict=True):
            assert np.array_equal(image.numpy(), prepared(Made().load(str(index.item())), PRESET))
            assert target == index % 3


def test_an_empty_pipeline_is_evaluation():
    batches = [next(RecordingLoader(part(4), PRESET, pipeline=p, batch_size=4).epoch(0)) for p in (None, EMPTY)]
    assert torch.equal(batches[0].images, batches[1].images)


EMPTY = RecordingPipeline(())


@pytest.mark.parametrize("pipeline", [None, PIPELINE])
def test_another_spacing_is_refused_by_name_or_resampled(pipeline):
    with pytest.raises(DataError, match=r"2: the network was trained on 0\.01 s"):
        list(RecordingLoader(part(4, odd="2"), PRESET, pipeline=pipeline, batch_size=4).epoch(0))
    [batch] = RecordingLoader(part(4, odd="2"), PRESET, pipeline=pipeline, batch_size=4, resample=True).epoch(0)
    assert batch.images.shape == (4, 2, 20)


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="rotate"):
        RecordingLoader(part(3), PRESET, pipeline=RecordingPipeline((Rotate(5),)), batch_size=2)
    unlabelled = RecordingPart([Item("0", ())], Made())
    with pytest.raises(ArgumentError, match="one class"):
        RecordingLoader(unlabelled, PRESET, batch_size=1)

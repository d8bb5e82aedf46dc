"""Batches of recordings for training and evaluation: read, distorted, standardised and collated."""

import torch

from striate.data.batch_loader import Batch, BatchLoader, Key
from striate.data.sampler import sample_rng
from striate.errors import ArgumentError, DataError, Problem
from striate.recording_preset import RecordingPreset
from striate.recordings.pipeline import RecordingPipeline
from striate.recordings.prepare import fit_factors
from striate.recordings.records import Recording, RecordingPart, Values


class RecordingReader:
    """Recordings and the one class that each is of."""

    def __init__(
        self,
        part: RecordingPart,
        preset: RecordingPreset,
        pipeline: RecordingPipeline | None,
        seed: int,
        resample: bool,
    ):
        self.part, self.preset, self.pipeline, self.seed, self.resample = part, preset, pipeline, seed, resample

    def __getitem__(self, key: Key) -> Batch | DataError:
        inputs = torch.empty(len(key.indices), self.preset.channels, *self.preset.size)
        try:
            for out, index in zip(inputs.numpy(), key.indices.tolist(), strict=True):
                out[...] = self._prepared(self.part.load(index), key.epoch, index)
        except DataError as e:
            return e
        labels = [self.part.items[i].labels[0] for i in key.indices.tolist()]
        return Batch(inputs, torch.tensor(labels, dtype=torch.int64), torch.from_numpy(key.indices))

    def _prepared(self, recording: Recording, epoch: int, index: int) -> Values:
        """(C, *S) -> (C, *size)"""
        try:
            factors = fit_factors(recording, self.preset, self.resample)
        except DataError as e:
            raise DataError("a recording can't be used", [Problem(self.part.items[index].path, str(e))]) from e
        rng = sample_rng(self.seed, epoch, index)
        distortion = (self.pipeline or _NOTHING).sample(rng, recording.size, self.preset, factors)
        return distortion.network_input(recording.values)


_NOTHING = RecordingPipeline(())


class RecordingLoader(BatchLoader):
    """Batches of recordings of one part of a data set and of their classes: see `striate.data.BatchLoader`.

    A batch's `images` are float32 (N, C, *size), its targets int64 (N,).

    Args:
        part: the recordings and their labels.
        preset: what the network expects of them.
        pipeline: random distortions; None does what evaluation does.
        batch_size, seed, workers, shuffle, rank, world_size, pin: see `striate.data.BatchLoader`; the seed decides
            distortions, too.
        resample: bring recordings of another spacing to the preset's, which are refused otherwise.

    Raises:
        ArgumentError: an argument is out of range, or a recording has no class or several.

    Example:
        >>> import numpy as np
        >>> from striate.data import Item
        >>> class Ramps:
        ...     def load(self, path):
        ...         return Recording("signal", np.full((1, 6), float(path), np.float32), (0.01,))
        >>> part = RecordingPart([Item("1", (0,)), Item("2", (1,))], Ramps())
        >>> preset = RecordingPreset("signal", (4,), (0.01,), 1, (0.0,), (1.0,))
        >>> [batch] = RecordingLoader(part, preset, batch_size=2).epoch(0)
        >>> batch.images[:, 0, 0], batch.targets
        (tensor([1., 2.]), tensor([0, 1]))
    """

    def __init__(
        self,
        part: RecordingPart,
        preset: RecordingPreset,
        *,
        pipeline: RecordingPipeline | None = None,
        batch_size: int,
        seed: int = 0,
        workers: int = 0,
        shuffle: bool = False,
        rank: int = 0,
        world_size: int = 1,
        pin: bool = False,
        resample: bool = False,
    ):
        for item in part.items:
            if len(item.labels) != 1:
                raise ArgumentError.of(f"the labels of {item.path}", "one class", item.labels)
        if pipeline is not None:
            pipeline.check(preset)
        self.part = part
        super().__init__(
            RecordingReader(part, preset, pipeline, seed, resample),
            len(part),
            differ=shuffle or pipeline is not None,
            batch_size=batch_size,
            seed=seed,
            workers=workers,
            shuffle=shuffle,
            rank=rank,
            world_size=world_size,
            pin=pin,
        )

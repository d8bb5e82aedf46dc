"""Batches of images with boxes or points, which move with the pixels."""

from collections.abc import Callable, Sequence
from typing import Generic

import torch
from torch import Tensor

from striate.data.batch_loader import Batch, BatchLoader, Key
from striate.data.boxes import MarkedItem, MarkedPart, Pairs
from striate.data.distort import Distortion, preset_distortion
from striate.data.pipeline import Pipeline, decode_at_least_hw
from striate.data.sampler import sample_rng
from striate.errors import DataError
from striate.preset import Preset

Targets = Callable[[Sequence[MarkedItem]], Tensor]


class _Reader(Generic[MarkedItem]):
    """Images, and what is marked on them in the network's frame."""

    def __init__(
        self,
        part: MarkedPart[MarkedItem],
        preset: Preset,
        targets: Targets[MarkedItem],
        pipeline: Pipeline | None,
        pairs: Pairs,
        seed: int,
    ):
        self.part: MarkedPart[MarkedItem] = part
        self.targets: Targets[MarkedItem] = targets
        self.preset = preset
        self.pipeline, self.pairs, self.seed = pipeline, pairs, seed
        self.at_least_hw = decode_at_least_hw(preset, pipeline)

    def __getitem__(self, key: Key) -> Batch | DataError:
        images = torch.empty(len(key.indices), self.preset.channels, *self.preset.size_hw)
        seen: list[MarkedItem] = []
        try:
            for out, index in zip(images.numpy(), key.indices.tolist(), strict=True):
                item, distortion = self.part.items[index], self._distortion(key.epoch, index)
                pixels = self.part.load(index, self.preset.channels, self.at_least_hw)
                distortion.network_input(pixels, self.preset, out)
                seen.append(item.moved(distortion, pairs=self.pairs))
        except DataError as e:
            return e
        return Batch(images, self.targets(seen), torch.from_numpy(key.indices))

    def _distortion(self, epoch: int, index: int) -> Distortion:
        source_hw = self.part.items[index].size_hw
        if self.pipeline is None:
            return preset_distortion(self.preset, source_hw)
        return self.pipeline.sample(sample_rng(self.seed, epoch, index), source_hw, self.preset)


class MarkedLoader(BatchLoader, Generic[MarkedItem]):
    """Batches of images of one part of a data set, and of what is marked on them: see `BatchLoader`.

    Args:
        part: the images with their boxes or points.
        preset: what the network expects of them.
        targets: items whose marks are in pixels of the network's input -> a tensor with a row for each; it is sent to
            the workers.
        pipeline: random distortions; None does what evaluation does.
        pairs: points that trade places in a mirror, as `MarkedDataset.pairs`.
        batch_size, seed, workers, shuffle, rank, world_size, pin: see `BatchLoader`; the seed decides distortions, too.

    Raises:
        ArgumentError: an argument is out of range.
    """

    def __init__(
        self,
        part: MarkedPart[MarkedItem],
        preset: Preset,
        targets: Targets[MarkedItem],
        *,
        pipeline: Pipeline | None = None,
        pairs: Pairs = (),
        batch_size: int,
        seed: int = 0,
        workers: int = 0,
        shuffle: bool = False,
        rank: int = 0,
        world_size: int = 1,
        pin: bool = False,
    ):
        self.part: MarkedPart[MarkedItem] = part
        super().__init__(
            _Reader(part, preset, targets, pipeline, pairs, seed),
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

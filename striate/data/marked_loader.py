"""Batches of images with boxes or points, which move with the pixels."""

from collections.abc import Callable, Sequence
from typing import Generic

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.batch_loader import Batch, BatchLoader, Key
from striate.data.boxes import BoxItem, MarkedItem, MarkedPart, Pairs
from striate.data.distort import preset_distortion
from striate.data.mosaic import mosaic
from striate.data.pipeline import Pipeline, decode_at_least_hw
from striate.data.records import Pixels
from striate.data.sampler import sample_rng
from striate.errors import ArgumentError, DataError
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
        mosaic_share: float,
        seed: int,
    ):
        self.part: MarkedPart[MarkedItem] = part
        self.targets: Targets[MarkedItem] = targets
        self.preset = preset
        self.pipeline, self.pairs, self.mosaic_share, self.seed = pipeline, pairs, mosaic_share, seed
        self.at_least_hw = decode_at_least_hw(preset, pipeline)

    def __getitem__(self, key: Key) -> Batch | DataError:
        images = torch.empty(len(key.indices), self.preset.channels, *self.preset.size_hw)
        try:
            rows = zip(images.numpy(), key.indices.tolist(), strict=True)
            seen = [self._prepare(key.epoch, index, out) for out, index in rows]
        except DataError as e:
            return e
        return Batch(images, self.targets(seen), torch.from_numpy(key.indices))

    def _prepare(self, epoch: int, index: int, out: NDArray[np.float32]) -> MarkedItem:
        """The pixels of an image into `out`, and what is marked there."""
        item, rng = self.part.items[index], sample_rng(self.seed, epoch, index)
        if isinstance(item, BoxItem) and self.pipeline and self.mosaic_share and rng.random() < self.mosaic_share:
            return self._four(index, rng, out)
        if self.pipeline:
            distortion = self.pipeline.sample(rng, item.size_hw, self.preset)
        else:
            distortion = preset_distortion(self.preset, item.size_hw)
        distortion.network_input(self._load(index), self.preset, out)
        return item.moved(distortion, pairs=self.pairs)

    def _four(self, index: int, rng: np.random.Generator, out: NDArray[np.float32]) -> BoxItem:
        """An image and three others by chance, in one."""
        assert self.pipeline
        four = [index, *rng.integers(len(self.part), size=3).tolist()]
        images, items = [self._load(i) for i in four], [self.part.items[i] for i in four]
        out[...], seen = mosaic(images, items, self.pipeline.sample, rng, self.preset, pairs=self.pairs)
        return seen

    def _load(self, index: int) -> Pixels:
        return self.part.load(index, self.preset.channels, self.at_least_hw)


class MarkedLoader(BatchLoader, Generic[MarkedItem]):
    """Batches of images of one part of a data set, and of what is marked on them: see `BatchLoader`.

    Args:
        part: the images with their boxes or points.
        preset: what the network expects of them.
        targets: items whose marks are in pixels of the network's input -> a tensor with a row for each; it is sent to
            the workers.
        pipeline: random distortions; None does what evaluation does.
        pairs: points that trade places in a mirror, as `MarkedDataset.pairs`.
        mosaic: share of the distorted images of boxes that are four in one, in [0, 1].
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
        mosaic: float = 0.0,
        batch_size: int,
        seed: int = 0,
        workers: int = 0,
        shuffle: bool = False,
        rank: int = 0,
        world_size: int = 1,
        pin: bool = False,
    ):
        if not 0 <= mosaic <= 1:
            raise ArgumentError.of("mosaic", "a share in [0, 1]", mosaic)
        self.part: MarkedPart[MarkedItem] = part
        super().__init__(
            _Reader(part, preset, targets, pipeline, pairs, mosaic, seed),
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

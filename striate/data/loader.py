"""Batches for training and evaluation: decoded, distorted, normalised and collated, in this process or in others."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.batch_loader import Batch, BatchLoader, Key
from striate.data.crops import ONE_CROP, Crops, crop_inputs, decode_for_crops_hw
from striate.data.pipeline import Pipeline, decode_at_least_hw
from striate.data.records import Part, Pixels
from striate.data.sampler import Indices, sample_rng
from striate.errors import ArgumentError, DataError
from striate.preset import Preset


class ImageReader:
    """Images and the classes that they show."""

    def __init__(
        self, part: Part, preset: Preset, pipeline: Pipeline | None, crops: Crops, seed: int, num_hot: int | None
    ):
        self.part, self.preset, self.pipeline, self.crops = part, preset, pipeline, crops
        self.seed, self.num_hot = seed, num_hot
        self.at_least_hw = decode_at_least_hw(preset, pipeline) if pipeline else decode_for_crops_hw(preset, crops)

    def __getitem__(self, key: Key) -> Batch | DataError:
        images = torch.empty(len(key.indices), len(self.crops), self.preset.channels, *self.preset.size_hw)
        try:
            for out, index in zip(images.numpy(), key.indices.tolist(), strict=True):
                self._prepare(self.part.load(index, self.preset.channels, self.at_least_hw), key.epoch, index, out)
        except DataError as e:
            return e
        return Batch(images.flatten(0, 1), self._targets(key.indices), torch.from_numpy(key.indices))

    def _prepare(self, image: Pixels, epoch: int, index: int, out: NDArray[np.float32]) -> None:
        """uint8 (H, W, C) -> (V, C, h, w)"""
        if self.pipeline is None:
            crop_inputs(image, self.preset, self.crops, out)
            return
        distortion = self.pipeline.sample(sample_rng(self.seed, epoch, index), image.shape[:2], self.preset)
        distortion.network_input(image, self.preset, out[0])

    def _targets(self, indices: Indices) -> Tensor:
        labels = [self.part.items[i].labels for i in indices.tolist()]
        if self.num_hot is None:
            return torch.tensor([one for (one,) in labels], dtype=torch.int64)
        hot = torch.zeros(len(labels), self.num_hot)
        for row, several in zip(hot, labels, strict=True):
            row[list(several)] = 1.0
        return hot


class Loader(BatchLoader):
    """Batches of images of one part of a data set and of the classes that they show: see `BatchLoader`.

    Targets are int64 (N,), or float32 (N, K) of 0 and 1 where an image may show several classes.

    Args:
        part: the images and their labels.
        preset: what the network expects of them.
        pipeline: random distortions; None does what evaluation does.
        crops: which crops of each image are looked at, without a pipeline.
        batch_size, seed, workers, shuffle, rank, world_size, pin: see `BatchLoader`; the seed decides distortions, too.
        multilabel_classes: K where an image may show any number of classes; None where it shows exactly one.

    Raises:
        ArgumentError: an argument is out of range, or an image has no class or several without `multilabel_classes`.
    """

    def __init__(
        self,
        part: Part,
        preset: Preset,
        *,
        pipeline: Pipeline | None = None,
        crops: Crops = ONE_CROP,
        batch_size: int,
        seed: int = 0,
        workers: int = 0,
        shuffle: bool = False,
        multilabel_classes: int | None = None,
        rank: int = 0,
        world_size: int = 1,
        pin: bool = False,
    ):
        if pipeline and len(crops) > 1:
            raise ArgumentError.of("crops", "one where images are distorted", f"{len(crops)} crops")
        if multilabel_classes is None:
            _check_one_label_each(part)
        self.part = part
        super().__init__(
            ImageReader(part, preset, pipeline, crops, seed, multilabel_classes),
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


def _check_one_label_each(part: Part) -> None:
    for item in part.items:
        if len(item.labels) != 1:
            expected = f"given, for {item.path} shows {len(item.labels)} classes"
            raise ArgumentError.of("multilabel_classes", expected, None)

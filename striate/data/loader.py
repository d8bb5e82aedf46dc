"""Batches for training and evaluation: decoded, distorted, normalised and collated, in this process or in others."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from striate.data.crops import ONE_CROP, Crops, crop_inputs, decode_for_crops_hw
from striate.data.pipeline import Pipeline, decode_at_least_hw
from striate.data.records import Part, Pixels
from striate.data.sampler import Indices, count_batches, epoch_batches, order_rng, sample_rng
from striate.data.workers import begin_work, worker_context
from striate.errors import ArgumentError, DataError
from striate.preset import Preset


class Batch(NamedTuple):
    """What a network is trained on in one step.

    Attributes:
        images: float32 (N, C, H, W), normalised by the preset; with V crops of each image (N·V, C, H, W), those of an
            image together.
        targets: int64 (N,), or float32 (N, K) of 0 and 1 where an image may show several classes.
        indices: int64 (N,), which images of the part these are.
    """

    images: Tensor
    targets: Tensor
    indices: Tensor


class _Key(NamedTuple):
    """All that a batch depends on, so that any process makes the same of it."""

    epoch: int
    indices: Indices


class _Plan:
    """The keys of the epoch that is under way; it outlives the epoch, as the workers do."""

    def __init__(self) -> None:
        self.keys: list[_Key] = []

    def __iter__(self) -> Iterator[_Key]:
        return iter(self.keys)

    def __len__(self) -> int:
        return len(self.keys)


class _Begun(NamedTuple):
    """Batches that workers are at: how many, and the first of which epoch and step."""

    epoch: int
    start_step: int
    steps: int
    batches: Iterator["Batch | DataError"]


class _Reader(Dataset["Batch | DataError"]):
    """Makes a batch from a key. It holds nothing that changes, and is what is sent to worker processes."""

    def __init__(
        self, part: Part, preset: Preset, pipeline: Pipeline | None, crops: Crops, seed: int, num_hot: int | None
    ):
        self.part, self.preset, self.pipeline, self.crops = part, preset, pipeline, crops
        self.seed, self.num_hot = seed, num_hot
        self.at_least_hw = decode_at_least_hw(preset, pipeline) if pipeline else decode_for_crops_hw(preset, crops)

    def __getitem__(self, key: _Key) -> Batch | DataError:
        """An error in the data comes back as a value, whole, rather than as the text of a worker's traceback."""
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


class Loader:
    """Batches of one part of a data set, epoch by epoch.

    Batches are a function of (seed, epoch, step): the same to the bit for any number of workers, and from whatever
    step an epoch is taken up again. Workers are started by `start()` or with the first epoch, and stay until `close()`;
    a script that asks for them needs the usual `if __name__ == "__main__":`. One epoch at a time.

    Args:
        part: the images and their labels.
        preset: what the network expects of them.
        pipeline: random distortions; None does what evaluation does.
        crops: which crops of each image are looked at, without a pipeline.
        batch_size: the most images in a batch, see `striate.data.sampler.epoch_batches`.
        seed: 0 to 2⁶⁴ - 1; order and distortions come from it.
        workers: processes that prepare batches ahead; 0 prepares each one when it is asked for.
        shuffle: whether every epoch has its own order; otherwise it is the part's.
        multilabel_classes: K where an image may show any number of classes; None where it shows exactly one.
        rank: which of the processes that train together this is, 0 to world_size - 1; each gets other images.
        world_size: how many there are.
        pin: put batches into page-locked memory, from which a graphics card takes them without waiting; for "cuda".

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
        _check_range(batch_size, seed, workers, rank, world_size)
        if pipeline and len(crops) > 1:
            raise ArgumentError.of("crops", "one where images are distorted", f"{len(crops)} crops")
        if multilabel_classes is None:
            _check_one_label_each(part)
        self.part, self.batch_size, self.seed = part, batch_size, seed
        self.shuffle, self._differ = shuffle, shuffle or pipeline is not None  # epoch from epoch
        self.rank, self.world_size = rank, world_size
        self._begun: _Begun | None = None
        self._goes_on = False
        self._plan = _Plan()
        self._batches: DataLoader[Batch | DataError] = DataLoader(
            _Reader(part, preset, pipeline, crops, seed, multilabel_classes),
            sampler=self._plan,
            batch_size=None,  # a key stands for a whole batch, which its worker collates
            collate_fn=_as_it_is,
            num_workers=workers,
            worker_init_fn=begin_work,
            persistent_workers=workers > 0,
            multiprocessing_context=worker_context() if workers else None,
            pin_memory=pin,
            generator=torch.Generator(),  # leave the trainer's random state alone
        )

    def __len__(self) -> int:
        return count_batches(len(self.part), self.batch_size, self.world_size)

    def epoch(self, epoch: int, start_step: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from a step on.

        Args:
            epoch: its number, from 0; with `shuffle` each has its own order, and each its own distortions.
            start_step: how many batches to leave out, as when training is resumed.

        Raises:
            DataError: an image can't be read; the message names it.
        """
        begun, self._begun = self._begun, None
        if begun is None or begun[:2] != (epoch, start_step):
            begun = self._begin(epoch, start_step)
        for left in reversed(range(begun.steps)):
            batch = _checked(next(begun.batches))
            if not left and self._goes_on:
                self._begun = self._begin(epoch + 1 if self._differ else epoch, 0)
            yield batch

    def some(self, epoch: int, indices: Indices) -> Iterator[Batch]:
        """These images as they are in an epoch, in batches, in the order given.

        Raises:
            DataError: an image can't be read; the message names it.
        """
        self._begun = None
        yield from map(_checked, self._queue(epoch, epoch_batches(indices, self.batch_size)))

    def start(self, epoch: int = 0, start_step: int = 0) -> None:
        """Start the workers, if there are to be any, and wait until the first batch of an epoch is there.

        From then on they begin with the next epoch by themselves when one is ready, so that it waits in its turn: a
        training asks for it after it has validated. Where all epochs are the same, as those of validation, that is the
        same one again. An epoch that is never asked for costs a few batches.

        Args:
            epoch, start_step: what will be asked for first; if it is something else, only their start was of use.
        """
        if self._batches.num_workers:
            self._goes_on = True
            begun = self._begin(epoch, start_step)
            first = list(islice(begun.batches, 1))
            self._begun = begun._replace(batches=chain(first, begun.batches))

    def close(self) -> None:
        """Stop the workers; another epoch would start new ones."""
        self._begun, self._goes_on = None, False
        iterator, self._batches._iterator = self._batches._iterator, None
        if iterator is not None:  # torch keeps it, and has no public way to end it
            iterator._shutdown_workers()  # type: ignore[attr-defined]

    def _begin(self, epoch: int, start_step: int) -> _Begun:
        batches = self._epoch_indices(epoch)[start_step:]
        return _Begun(epoch, start_step, len(batches), self._queue(epoch, batches))

    def _queue(self, epoch: int, batches: list[Indices]) -> Iterator["Batch | DataError"]:
        """Workers begin with them at once."""
        self._plan.keys = [_Key(epoch, indices) for indices in batches]
        return iter(self._batches)

    def _epoch_indices(self, epoch: int) -> list[Indices]:
        order = np.arange(len(self.part))
        if self.shuffle:
            order_rng(self.seed, epoch).shuffle(order)
        return epoch_batches(order, self.batch_size, rank=self.rank, world_size=self.world_size)


def _checked(batch: "Batch | DataError") -> Batch:
    if isinstance(batch, DataError):
        raise batch
    return batch


def _as_it_is(batch: Any) -> Any:
    return batch


def _check_range(batch_size: int, seed: int, workers: int, rank: int, world_size: int) -> None:
    if batch_size < 1:
        raise ArgumentError.of("batch_size", "at least 1", batch_size)
    if not 0 <= seed < 2**64:
        raise ArgumentError.of("seed", "an integer of 0 to 2⁶⁴ - 1", seed)
    if workers < 0:
        raise ArgumentError.of("workers", "at least 0", workers)
    if not 0 <= rank < world_size:
        raise ArgumentError.of("rank", f"0 to below the world size {world_size}", rank)


def _check_one_label_each(part: Part) -> None:
    for item in part.items:
        if len(item.labels) != 1:
            expected = f"given, for {item.path} shows {len(item.labels)} classes"
            raise ArgumentError.of("multilabel_classes", expected, None)

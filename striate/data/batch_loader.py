"""Epochs of batches that a reader makes, in this process or in others that work ahead."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from striate.data.sampler import Indices, count_batches, epoch_batches, order_rng
from striate.data.workers import begin_work, worker_context
from striate.errors import ArgumentError, DataError


class Batch(NamedTuple):
    """What a network is trained on in one step.

    Attributes:
        images: float32 (N, C, H, W), normalised by the preset; with V crops of each image (N·V, C, H, W), those of an
            image together.
        targets: what the network should answer, a row an image: see the reader.
        indices: int64 (N,), which images of the part these are.
    """

    images: Tensor
    targets: Tensor
    indices: Tensor


class Key(NamedTuple):
    """All that a batch depends on, so that any process makes the same of it."""

    epoch: int
    indices: Indices


class _Plan:
    """The keys of the epoch that is under way; it outlives the epoch, as the workers do."""

    def __init__(self) -> None:
        self.keys: list[Key] = []

    def __iter__(self) -> Iterator[Key]:
        return iter(self.keys)

    def __len__(self) -> int:
        return len(self.keys)


class _Begun(NamedTuple):
    """Batches that workers are at: how many, and the first of which epoch and step."""

    epoch: int
    start_step: int
    steps: int
    batches: Iterator["Batch | DataError"]


class Reader(Protocol):
    """Makes a batch from a key. It holds nothing that changes, and is what is sent to worker processes.

    An error in the data comes back as a value, whole, rather than as the text of a worker's traceback.
    """

    def __getitem__(self, key: Key) -> Batch | DataError: ...


class _Batches(Dataset["Batch | DataError"]):
    """A reader as torch's loader wants it."""

    def __init__(self, reader: Reader):
        self.reader = reader

    def __getitem__(self, key: Key) -> Batch | DataError:
        return self.reader[key]


class BatchLoader:
    """Batches of one part of a data set, epoch by epoch.

    Batches are a function of (seed, epoch, step): the same to the bit for any number of workers, and from whatever
    step an epoch is taken up again. Workers are started by `start()` or with the first epoch, and stay until `close()`;
    a script that asks for them needs the usual `if __name__ == "__main__":`. One epoch at a time.

    Args:
        reader: makes each batch.
        num_images: of the part.
        differ: whether an epoch's batches differ from the next one's: they are shuffled or distorted.
        batch_size: the most images in a batch, see `striate.data.sampler.epoch_batches`.
        seed: 0 to 2⁶⁴ - 1; the order comes from it.
        workers: processes that prepare batches ahead; 0 prepares each one when it is asked for.
        shuffle: whether every epoch has its own order; otherwise it is the part's.
        rank: which of the processes that train together this is, 0 to world_size - 1; each gets other images.
        world_size: how many there are.
        pin: put batches into page-locked memory, from which a graphics card takes them without waiting; for "cuda".

    Raises:
        ArgumentError: an argument is out of range.
    """

    def __init__(
        self,
        reader: Reader,
        num_images: int,
        *,
        differ: bool,
        batch_size: int,
        seed: int = 0,
        workers: int = 0,
        shuffle: bool = False,
        rank: int = 0,
        world_size: int = 1,
        pin: bool = False,
    ):
        _check_range(batch_size, seed, workers, rank, world_size)
        self.num_images, self.batch_size, self.seed = num_images, batch_size, seed
        self.shuffle, self._differ = shuffle, differ
        self.rank, self.world_size = rank, world_size
        self._begun: _Begun | None = None
        self._goes_on = False
        self._plan = _Plan()
        self._batches: DataLoader[Batch | DataError] = DataLoader(
            _Batches(reader),
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
        return count_batches(self.num_images, self.batch_size, self.world_size)

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
        self._plan.keys = [Key(epoch, indices) for indices in batches]
        return iter(self._batches)

    def _epoch_indices(self, epoch: int) -> list[Indices]:
        order = np.arange(self.num_images)
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

"""Which images make up a batch, and where each one's chance comes from: functions of (seed, epoch, index) alone.

Philox is a counter turned into random numbers by a key (Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3,
2011). The key is (seed, epoch); the counter's highest word is 0 for the order of the epoch and index + 1 for an image.
The streams can't overlap, and none depends on which process draws it, or on what was drawn before.
"""

import numpy as np
from numpy.typing import NDArray

from striate.errors import ArgumentError

Indices = NDArray[np.int64]


def order_rng(seed: int, epoch: int) -> np.random.Generator:
    """The generator that shuffles an epoch."""
    return _philox(seed, epoch, 0)


def sample_rng(seed: int, epoch: int, index: int) -> np.random.Generator:
    """The generator that distorts one image in one epoch."""
    return _philox(seed, epoch, index + 1)


def _philox(seed: int, epoch: int, stream: int) -> np.random.Generator:
    key, counter = np.array([seed, epoch], np.uint64), np.array([0, 0, 0, stream], np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def count_batches(n: int, batch_size: int, world_size: int = 1) -> int:
    """How many batches each process sees in an epoch of n images."""
    return -(-n // (batch_size * world_size))


def epoch_batches(order: Indices, batch_size: int, *, rank: int = 0, world_size: int = 1) -> list[Indices]:
    """Cut an epoch's order into the batches of one process.

    No image is lost or repeated: there are as few batches as `batch_size` allows, the same number for every process,
    and their sizes differ by at most one. So there is no tiny last batch, whose gradient would count as much as a
    whole one's.

    Args:
        order: (n,) indices of images.
        batch_size: the most images in a batch of one process.
        rank: which process, 0 to world_size - 1.
        world_size: how many processes train together.

    Raises:
        ArgumentError: some process would have an empty batch: there are fewer images than processes, or batches of one
            that do not come out even.

    Example:
        >>> [batch.tolist() for batch in epoch_batches(np.arange(7), 3)]
        [[0, 1, 2], [3, 4], [5, 6]]
        >>> [batch.tolist() for batch in epoch_batches(np.arange(7), 2, rank=1, world_size=2)]
        [[2, 3], [6]]
    """
    steps = count_batches(len(order), batch_size, world_size)
    if len(order) < steps * world_size:
        raise ArgumentError.of("batch_size", f"larger, or {len(order)} images leave a process without any", batch_size)
    pieces = np.array_split(order, steps * world_size) if steps else []
    return pieces[rank::world_size]

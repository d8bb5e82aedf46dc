"""Which images make up a batch of P identities with K images each: a function of (seed, epoch) alone."""

import heapq
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from striate.data.sampler import Indices, order_rng
from striate.errors import ArgumentError


def identity_batches(
    identities: Sequence[int] | NDArray[np.int64],
    *,
    num_identities: int,
    num_images: int,
    seed: int = 0,
    epoch: int = 0,
    rank: int = 0,
    world_size: int = 1,
) -> list[Indices]:
    """The batches of one process in an epoch: P identities that no process has besides at that step, K images of each.

    Hermans et al., In Defense of the Triplet Loss, 2017, arXiv:1703.07737, section 2, name them P and K.
    Every identity's images are shuffled and dealt into groups of K; each step takes a group of those identities that
    have most groups left. An identity with fewer than K images comes with what it has, and where one image would be
    left alone, a group has K + 1. No image comes twice in an epoch. What is left of a single identity at its end, as of
    one that has more images than all others, is left out; each epoch leaves out other images.

    Args:
        identities: (n,) of each image.
        num_identities: P, at least 2; towards the end of an epoch there may be fewer.
        num_images: K, at least 2.
        seed, epoch: another gives other batches, as many of them.
        rank: which of the processes that train together.
        world_size: how many those are.

    Returns:
        Indices of the images of each batch, an identity's next to one another.

    Raises:
        ArgumentError: a number is out of range, or there are not two identities for every process.

    Example:
        >>> [batch.tolist() for batch in identity_batches([7, 7, 7, 8, 8, 9], num_identities=2, num_images=2)]
        [[5, 4, 3]]
    """
    for name, value in (("num_identities", num_identities), ("num_images", num_images)):
        if value < 2:
            raise ArgumentError.of(name, "at least 2", value)
    rng = order_rng(seed, epoch)
    if (found := len(set(identities))) < 2 * world_size:
        raise ArgumentError.of("identities", f"at least 2 for each of {world_size} processes", found)
    groups = _deal(np.asarray(identities, dtype=np.int64), num_images, rng)
    waiting = [(-len(own), rng.random(), identity) for identity, own in groups.items()]
    heapq.heapify(waiting)
    batches = []
    while len(waiting) >= 2 * world_size:
        drawn = [heapq.heappop(waiting) for _ in range(min(num_identities * world_size, len(waiting)))]
        taken = [groups[identity].pop() for _, _, identity in drawn]
        batches.append(np.concatenate(taken[rank::world_size]))
        for left, _, identity in drawn:
            if left < -1:
                heapq.heappush(waiting, (left + 1, rng.random(), identity))
    return batches


def _deal(identities: NDArray[np.int64], num_images: int, rng: np.random.Generator) -> dict[int, list[Indices]]:
    """Each identity's images in random groups of `num_images` or, so that none is alone, one more."""
    order = rng.permutation(len(identities))
    order = order[np.argsort(identities[order], kind="stable")]
    names, starts = np.unique(identities[order], return_index=True)
    groups = {}
    for name, own in zip(names.tolist(), np.split(order, starts[1:]), strict=True):
        count = max(1, min(-(-len(own) // num_images), len(own) // 2))
        groups[name] = np.array_split(own, count)
    return groups

"""Batches to train an encoder on: of identities, or of the rows of a list of pairs or triplets."""

from collections.abc import Sequence

import numpy as np
import torch

from striate.data.batch_loader import Batch, BatchLoader, Key
from striate.data.crops import ONE_CROP
from striate.data.identity_sampler import identity_batches
from striate.data.loader import ImageReader
from striate.data.pipeline import Pipeline
from striate.data.records import Part
from striate.data.relation_table import RelatedPart
from striate.data.sampler import Indices
from striate.errors import DataError
from striate.preset import Preset


class IdentityLoader(BatchLoader):
    """Batches of P identities with K images each, see `identity_batches`; targets are the identities, int64 (N,).

    Args:
        part: images of one label each.
        preset: what the network expects of them.
        num_identities: P.
        num_images: K.
        pipeline: random distortions; None does what evaluation does.
        seed, workers, rank, world_size, pin: see `BatchLoader`.

    Raises:
        ArgumentError: an argument is out of range, or there are too few identities.
    """

    def __init__(
        self,
        part: Part,
        preset: Preset,
        *,
        num_identities: int,
        num_images: int,
        pipeline: Pipeline | None = None,
        seed: int = 0,
        workers: int = 0,
        rank: int = 0,
        world_size: int = 1,
        pin: bool = False,
    ):
        self.num_identities, self.num_images_each = num_identities, num_images
        self._identities = np.array([item.labels[0] for item in part.items], dtype=np.int64)
        super().__init__(
            ImageReader(part, preset, pipeline, ONE_CROP, seed, None),
            len(part),
            differ=True,
            batch_size=num_identities * num_images,
            seed=seed,
            workers=workers,
            rank=rank,
            world_size=world_size,
            pin=pin,
        )
        self._steps = len(self._epoch_indices(0))  # the same in every epoch

    def __len__(self) -> int:
        return self._steps

    def _epoch_indices(self, epoch: int) -> list[Indices]:
        return identity_batches(
            self._identities,
            num_identities=self.num_identities,
            num_images=self.num_images_each,
            seed=self.seed,
            epoch=epoch,
            rank=self.rank,
            world_size=self.world_size,
        )


class _RowReader:
    """The images of rows, one row after the other."""

    def __init__(self, part: RelatedPart, preset: Preset, pipeline: Pipeline | None, seed: int):
        self.part, self.images = part, ImageReader(part, preset, pipeline, ONE_CROP, seed, None)

    def __getitem__(self, key: Key) -> Batch | DataError:
        batch = self.images[Key(key.epoch, self.part.rows[key.indices].ravel())]
        return batch if isinstance(batch, DataError) else batch._replace(targets=row_targets(self.part, key.indices))


def row_targets(part: RelatedPart, rows: Sequence[int] | Indices) -> torch.Tensor:
    """(N, 2) of the images of some rows: the number of the row among them, and the identity within it.

    Args:
        part: holds the rows.
        rows: which of them.
    """
    identities = part.identities[np.asarray(rows, dtype=np.int64)]  # (M, 2 or 3)
    numbers = np.arange(len(identities))[:, None].repeat(identities.shape[1], axis=1)
    return torch.from_numpy(np.stack([numbers.ravel(), identities.ravel()], axis=1))


class RowLoader(BatchLoader):
    """Batches of rows of a list; targets are (N, 2) int64, the row and the identity within it, as `row_targets` says.

    Args:
        part: images, and rows that relate them.
        preset: what the network expects of them.
        batch_size: the most images in a batch; at least one row comes.
        pipeline: random distortions; None does what evaluation does.
        seed, workers, rank, world_size, pin: see `BatchLoader`.

    Raises:
        ArgumentError: an argument is out of range.
    """

    def __init__(
        self,
        part: RelatedPart,
        preset: Preset,
        *,
        batch_size: int,
        pipeline: Pipeline | None = None,
        seed: int = 0,
        workers: int = 0,
        rank: int = 0,
        world_size: int = 1,
        pin: bool = False,
    ):
        super().__init__(
            _RowReader(part, preset, pipeline, seed),
            len(part.rows),
            differ=True,
            batch_size=max(1, batch_size // part.rows.shape[1]),
            seed=seed,
            workers=workers,
            shuffle=True,
            rank=rank,
            world_size=world_size,
            pin=pin,
        )

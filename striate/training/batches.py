"""What the training loop asks of whoever gives it images (`striate.data.Loader`, or a toy in a test)."""

from collections.abc import Iterator
from typing import Protocol

from torch import Tensor


class Batch(Protocol):
    """Some images and what they show."""

    @property
    def images(self) -> Tensor:
        """(N, C, *S) as the network expects them."""

    @property
    def targets(self) -> Tensor:
        """(N, ...) what the loss compares the network's answers with."""


class Batches(Protocol):
    """The training images: the same batches in the same order whenever the same epoch is asked for."""

    def __len__(self) -> int:
        """Steps in an epoch, the same in every process."""

    def epoch(self, epoch: int, start_step: int = 0) -> Iterator[Batch]:
        """The batches of an epoch (counted from 0) from a step on, of each this process's share.

        From the step `len(self)` on there is none.
        """

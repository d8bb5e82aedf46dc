"""The strongest activations of some units over any number of batches, in bounded memory."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from striate.errors import ArgumentError, ShapeError


class Spot(NamedTuple):
    """Where a unit was strong.

    Attributes:
        strength: its activation there.
        image: the number of the image, from 0, in the order in which they came.
        position: in the layer's activation, an index along each spatial axis; () where it has none.
    """

    strength: float
    image: int
    position: tuple[int, ...]


class Strongest:
    """Keeps the k strongest spots of each unit while batches go by.

    Of equal ones the first stay, so that the batch size changes nothing. A spot of exactly 0, the silence of a ReLU, is
    none.

    Args:
        units: channels to watch.
        k: spots kept for each, at least 1.
        per_image: the most of them that one image may give, at least 1.

    Example:
        >>> keep = Strongest(units=[1], k=2)
        >>> keep.add(torch.tensor([[[0.0, 0.0], [1.0, 5.0]], [[9.0, 9.0], [2.0, 0.0]]]))  # two signals, two channels
        >>> keep.add(torch.tensor([[[0.0, 0.0], [3.0, 0.0]]]))
        >>> keep.spots()
        [[Spot(strength=5.0, image=0, position=(1,)), Spot(strength=3.0, image=2, position=(0,))]]
    """

    def __init__(self, units: Sequence[int], k: int, *, per_image: int = 1):
        for name, number in (("k", k), ("per_image", per_image)):
            if number < 1:
                raise ArgumentError.of(name, "at least 1", number)
        self.units, self.k, self.per_image = tuple(units), k, min(per_image, k)
        self.images = 0
        self._shape: tuple[int, ...] = ()
        self._strength = torch.empty(len(self.units), 0)  # (U, K), the strongest first
        self._image = self._place = torch.empty(len(self.units), 0, dtype=torch.int64)

    def add(self, activation: Tensor) -> None:
        """Look at the next images.

        Args:
            activation: (N, C, *S) or (N, C); C and *S as in the batches before.

        Raises:
            ShapeError: another *S than before: positions would mean other places.
            ArgumentError: a number that is none (NaN).
        """
        shape = tuple(activation.shape[2:])
        if self.images and shape != self._shape:
            raise ShapeError.of("activation", f"(N, C, {', '.join(map(str, self._shape))})", tuple(activation.shape))
        self._shape = shape
        watched = activation.detach()[:, list(self.units)].float().cpu()
        strength = watched.reshape(*watched.shape[:2], -1)  # (N, U, P)
        if strength.isnan().any():
            raise ArgumentError("the network gives NaN: its weights or its input are broken")
        best, place = _largest(strength, self.per_image)  # (N, U, J)
        image = self.images + torch.arange(len(best))[:, None, None].expand_as(place)
        self._merge(*(t.transpose(0, 1).flatten(1) for t in (best, image, place)))
        self.images += len(activation)

    def _merge(self, strength: Tensor, image: Tensor, place: Tensor) -> None:
        """(U, N·J) each, in the order of the images."""
        all_strength = torch.cat([self._strength, strength], 1)
        self._strength, kept = _largest(all_strength, self.k)
        self._image = torch.cat([self._image, image], 1).gather(1, kept)
        self._place = torch.cat([self._place, place], 1).gather(1, kept)

    def spots(self) -> list[list[Spot]]:
        """Of each unit up to k, the strongest first."""
        columns = (self._strength.tolist(), self._image.tolist(), self._place.tolist())
        return [
            [
                Spot(strength, image, self._position(place))
                for strength, image, place in zip(*rows, strict=True)
                if strength
            ]
            for rows in zip(*columns, strict=True)
        ]

    def _position(self, place: int) -> tuple[int, ...]:
        return tuple(int(i) for i in torch.unravel_index(torch.tensor(place), self._shape)) if self._shape else ()


def _largest(x: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Along the last axis the k largest and their indices, the first of equal ones first."""
    if k == 1:
        values, indices = x.max(-1, keepdim=True)
    else:
        values, indices = x.sort(dim=-1, descending=True, stable=True)
    return values[..., :k], indices[..., :k]

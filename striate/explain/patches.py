"""What a unit looks for: the parts of a data set's images that it answers most strongly to.

Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, 2013, arXiv:1311.2901, figure 2.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from striate.data import evenly
from striate.errors import ArgumentError
from striate.explain.capture import capturing, find_layer
from striate.explain.strongest import Strongest
from striate.explain.table import Row, table
from striate.layers import evaluating

Extent = tuple[tuple[int, int], ...]  # along each spatial axis the first pixel and the one behind the last
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True)
class Patch:
    """The part of one image that made a unit strong.

    Attributes:
        strength: the unit's activation.
        image: the number of the image, from 0, in the order in which they came.
        position: in the layer's activation; () where it has no spatial axes.
        extent: the receptive field of that position along each axis of the network's input, in pixels (first, behind
            the last); near the border it reaches beyond it.
    """

    strength: float
    image: int
    position: tuple[int, ...]
    extent: Extent

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        extent = [list(side) for side in self.extent]
        return {
            "strength": self.strength,
            "image": self.image,
            "position": list(self.position),
            "receptive_field": extent,
        }


@dataclass(frozen=True)
class UnitPatches:
    """A unit and its strongest patches, the strongest first; a silent unit has none."""

    unit: int
    patches: tuple[Patch, ...]


@dataclass(frozen=True)
class LayerPatches:
    """A layer, as `striate.explain.table` describes it, and what some of its units look for."""

    row: Row
    units: tuple[UnitPatches, ...]


def find_patches(
    module: nn.Module,
    batches: Iterable[Tensor],
    units: Mapping[str, Sequence[int] | int],
    *,
    k: int = 9,
    per_image: int = 1,
    on_images: Callable[[int], None] | None = None,
) -> list[LayerPatches]:
    """The k patches that most activate each of some units, in one pass over a data set, whatever its size.

    Args:
        module: any; it runs in eval mode, where its parameters are.
        batches: (N, C, *S) each, all of one *S.
        units: layer -> its units (channels); a number means so many, spread evenly over all.
        k: patches of each unit, at least 1.
        per_image: the most that one image may give, at least 1. Neighbouring positions see almost the same.
        on_images: called after each batch with the number of images so far.

    Raises:
        UnknownNameError: no such layer.
        ArgumentError: no batches; no such unit; a layer that does not run, or whose receptive field is not known.

    Example:
        >>> sobel = nn.Conv2d(1, 1, 3, bias=False)
        >>> sobel.weight.data = torch.tensor([[[[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]]])
        >>> image = torch.zeros(1, 1, 5, 9)
        >>> image[..., 6:] = 1  # a vertical edge between columns 5 and 6
        >>> layer, = find_patches(sobel, [image], {"Conv2d": [0]})
        >>> layer.units[0].patches[0].extent
        ((0, 3), (4, 7))
    """
    rest = iter(batches)
    first = next(rest, None)
    if first is None:
        raise ArgumentError.of("batches", "at least one", "none")
    rows = {layer: seeing_row(module, layer, first.shape[1:]) for layer in units}
    kept = {
        layer: Strongest(pick_units(rows[layer], wanted), k, per_image=per_image) for layer, wanted in units.items()
    }
    device = next((p.device for p in module.parameters()), first.device)
    with evaluating(module), torch.inference_mode():
        done = 0
        for batch in chain([first], rest):
            with capturing(module, list(units), stop=True) as values:
                module(batch.to(device))
            for layer, keep in kept.items():
                keep.add(values[layer])
            done += len(batch)
            if on_images:
                on_images(done)
    return [_layer_patches(rows[layer], keep) for layer, keep in kept.items()]


def seeing_row(module: nn.Module, layer: str, input_shape: Sequence[int]) -> Row:
    """What the table of a module says of one layer, which may also be made of others, such as a stage.

    Raises:
        UnknownNameError: no such layer.
        ArgumentError: it does not run, or its activation is not (C, *S) or (C,) with known receptive fields.
    """
    inner = find_layer(module, layer)
    name = next((name for name, m in module.named_modules() if m is inner), None)
    rows = table(module, input_shape, whole=[] if name is None else [name]).rows
    found = [row for row in rows if row.layer == layer]
    if not found:
        raise ArgumentError(f"layer {layer!r} does not run")
    row = found[-1]
    if row.fields is None or len(row.shape) - 1 not in (0, len(row.fields)):
        raise ArgumentError(f"what layer {layer!r} sees is not known: no receptive field for shape {row.shape}")
    return row


def pick_units(row: Row, units: Sequence[int] | int) -> list[int]:
    """The units of a layer: those given, or so many, spread evenly over all of them.

    Raises:
        ArgumentError: there is no such unit, or none is asked for.
    """
    channels = row.shape[0]
    if isinstance(units, int):
        if units < 1:
            raise ArgumentError.of("units", "at least 1", units)
        return list(evenly(channels, units))
    if not units or not all(0 <= unit < channels for unit in units):
        raise ArgumentError.of("units", f"some of 0 to {channels - 1} for layer {row.layer!r}", list(units))
    return list(units)


def receptive_extent(row: Row, position: Sequence[int]) -> Extent:
    """The pixels of the input that one position of a layer sees: (first, behind the last) along each axis.

    Args:
        row: of a layer whose fields are known.
        position: an index along each spatial axis of its activation; () if it has none.

    Example:
        >>> row = table(nn.Conv2d(1, 1, 3, stride=2, padding=1), (1, 8, 8)).rows[-1]
        >>> receptive_extent(row, (0, 2))
        ((-1, 2), (3, 6))
    """
    fields = row.fields or ()
    seen = [field.extent(index) for field, index in zip(fields, position or (0,) * len(fields), strict=True)]
    return tuple((math.floor(start), math.ceil(stop)) for start, stop in seen)


def shown_extent(extent: Extent, size: Sequence[int]) -> Extent:
    """What to show of a receptive field: itself, or along an axis where it is larger than the input all of that.

    Args:
        extent: of a position.
        size: of the input along each axis.

    Example:
        >>> shown_extent(((-2, 5), (-200, 300)), (32, 32))
        ((-2, 5), (0, 32))
    """
    return tuple((0, n) if stop - start > n else (start, stop) for (start, stop), n in zip(extent, size, strict=True))


def cut_patch(image: NDArray[Number], extent: Extent) -> tuple[NDArray[Number], NDArray[np.bool_]]:
    """Cut a receptive field out of the input.

    Args:
        image: (*S, C) or (*S,), what the network saw.
        extent: along each axis of *S; it may reach beyond the image.

    Returns:
        the patch (*F, C) or (*F,), 0 beyond the image, and where it lies inside, (*F,).

    Example:
        >>> cut_patch(np.arange(1, 5), ((-1, 2),))
        (array([0, 1, 2]), array([False,  True,  True]))
    """
    sides = [stop - start for start, stop in extent]
    patch = np.zeros((*sides, *image.shape[len(extent) :]), image.dtype)
    inside = np.zeros(sides, bool)
    here, there = [], []
    for (start, stop), n in zip(extent, image.shape, strict=False):
        low, high = min(max(start, 0), n), max(min(stop, n), 0)
        here.append(slice(low, high))
        there.append(slice(low - start, max(high, low) - start))
    patch[tuple(there)] = image[tuple(here)]
    inside[tuple(there)] = True
    return patch, inside


def _layer_patches(row: Row, keep: Strongest) -> LayerPatches:
    found = [
        UnitPatches(unit, tuple(Patch(*spot, receptive_extent(row, spot.position)) for spot in spots))
        for unit, spots in zip(keep.units, keep.spots(), strict=True)
    ]
    return LayerPatches(row, tuple(found))

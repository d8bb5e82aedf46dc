"""A picture in tiles that overlap so far that all layers give in them what they give in the whole picture."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from striate.errors import ArgumentError
from striate.ops import gram_matrix
from striate.tasks.stylize_network import INPUT, StyleNetwork

_SIZE = (256, 256)  # of a picture by which the layers' geometry is told


@dataclass(frozen=True)
class Grid:
    """How layers lie over the picture.

    Attributes:
        stride: pixels after which all layers repeat; a multiple of every layer's stride.
        strides: pixels of the picture from one activation to the next, by layer.
        halo: pixels around a tile that its activations see, a multiple of `stride`.
        numbers: how many numbers are kept for each pixel while gradients are on their way.
    """

    stride: int
    strides: dict[str, float]
    halo: int
    numbers: float


def lay_grid(network: StyleNetwork) -> Grid:
    """The grid of the layers that a network's preset looks at.

    Raises:
        ArgumentError: a layer sees the whole picture, or what it sees is unknown.
    """
    layers, upsample = network.preset.layers, network.preset.upsample
    fields = {row.layer: row.fields[-1] if row.fields else None for row in network.table(_SIZE, whole=True).rows}
    strides, reach = {INPUT: 1.0}, 0.0
    for name in layers:
        if name == INPUT:
            continue
        found = fields[name]
        if found is None or not found.stride or not float(found.stride).is_integer():
            raise ArgumentError.of("layer", "one that sees a part of the picture", name)
        strides[name] = found.stride / upsample
        before, after = found.size / 2 - found.offset, found.size / 2 + found.offset - found.stride
        reach = max(reach, before, after)
    stride = math.lcm(upsample, *(round(found * upsample) for found in strides.values())) // upsample
    halo = stride * math.ceil((reach / upsample + 1) / stride)  # one more pixel for the interpolation
    rows = network.table(_SIZE).rows
    last = max(i for i, row in enumerate(rows) if any(f"{row.layer}.".startswith(f"{name}.") for name in layers))
    sizes = [row.size for row in rows[: last + 1]]
    return Grid(stride, strides, halo, (sum(sizes) + 2 * max(sizes)) / math.prod(_SIZE))


@dataclass(frozen=True)
class Tile:
    """A part of the picture: what is looked at of it, and what of that is its own.

    Attributes:
        seen: (top, left, bottom, right) in pixels, with the halo.
        own: the same without it; the tiles' own parts make up the picture.
    """

    seen: tuple[int, int, int, int]
    own: tuple[int, int, int, int]

    def of(self, picture: Tensor) -> Tensor:
        """What is seen of (N, C, H, W)."""
        top, left, bottom, right = self.seen
        return picture[..., top:bottom, left:right]

    def crop(self, activation: Tensor, stride: float) -> Tensor:
        """The tile's own part of a layer's activation of what it sees."""
        top, left = (round((own - seen) / stride) for own, seen in zip(self.own[:2], self.seen[:2], strict=True))
        height, width = (round((self.own[i + 2] - self.own[i]) / stride) for i in (0, 1))
        return activation[..., top : top + height, left : left + width]


def cut_tiles(size_hw: tuple[int, int], side: int, halo: int) -> list[Tile]:
    """Tiles of at most `side` pixels a side, each with a halo; one that sees all if the picture is not larger.

    Args:
        size_hw: of the picture, multiples of the grid's stride, as `side` and `halo` are.

    Example:
        >>> for tile in cut_tiles((32, 64), 32, 8):
        ...     print(tile)
        Tile(seen=(0, 0, 32, 40), own=(0, 0, 32, 32))
        Tile(seen=(0, 24, 32, 64), own=(0, 32, 32, 64))
    """
    height, width = size_hw
    return [
        Tile(
            (max(0, top - halo), max(0, left - halo), min(height, bottom + halo), min(width, right + halo)),
            (top, left, bottom, right),
        )
        for top, bottom in _spans(height, side)
        for left, right in _spans(width, side)
    ]


def _spans(length: int, side: int) -> Iterator[tuple[int, int]]:
    for start in range(0, length, side):
        yield start, min(start + side, length)


def tile_side(grid: Grid, size_hw: tuple[int, int], memory_bytes: float) -> int:
    """How many pixels a side a tile may have, halo not counted, so that its activations fit into the memory.

    Args:
        grid: of the layers.
        size_hw: of the picture.
        memory_bytes: for the activations of one tile and their gradients.

    Raises:
        ArgumentError: not even a tile as large as its halo fits.
    """
    pixels = max(memory_bytes, 0) / (4 * grid.numbers)  # of float32
    if pixels >= size_hw[0] * size_hw[1]:
        return max(size_hw)
    side = int((math.sqrt(pixels) - 2 * grid.halo) / grid.stride) * grid.stride
    if side < max(grid.halo, grid.stride):
        raise ArgumentError(f"memory_gb must be enough for {size_hw[1]}x{size_hw[0]} pixels: more, or a smaller size")
    return side


class TiledNetwork:
    """A network on pictures of one size, tile by tile.

    Args:
        network: the network.
        grid: of its layers.
        size_hw: of the pictures, multiples of the grid's stride.
        side: of the tiles, a multiple of it too.
    """

    def __init__(self, network: StyleNetwork, grid: Grid, size_hw: tuple[int, int], side: int):
        self.network, self.grid = network, grid
        self.tiles = cut_tiles(size_hw, side, grid.halo)
        self.positions = {
            name: round(size_hw[0] / stride) * round(size_hw[1] / stride) for name, stride in grid.strides.items()
        }

    def activations(self, picture: Tensor, layers: Sequence[str]) -> Iterator[dict[str, Tensor]]:
        """For each tile its own part of what the layers give of a picture (1, 3, H, W)."""
        for tile in self.tiles:
            values = self.network(tile.of(picture), layers)
            yield {name: tile.crop(value, self.grid.strides[name]) for name, value in values.items()}

    @torch.no_grad()
    def mean_grams(self, picture: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """The Gram matrix per position of each layer, (1, C, C), of the whole picture; without gradients."""
        sums: dict[str, Tensor] = {}
        for values in self.activations(picture, layers):
            for name, value in values.items():
                sums[name] = sums.get(name, 0.0) + gram_matrix(value)
        return {name: total / self.positions[name] for name, total in sums.items()}

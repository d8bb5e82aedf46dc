"""A classifier's head as convolutions: what it makes of one window, it then makes of every window of a larger input.

Sermanet et al., OverFeat, 2013, arXiv:1312.6229, section 3.5; Long, Shelhamer and Darrell, Fully Convolutional Networks
for Semantic Segmentation, 2014, arXiv:1411.4038, section 3.1.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W; *P the last stage's samples in one window.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from striate.errors import ArgumentError
from striate.layers import GlobalAvgPool, GlobalMaxPool, conv, kinds, sequential
from striate.layers.dims import Conv
from striate.models.lenet_1998 import CodeDistances, Squash

POINTWISE = (
    nn.Dropout,
    nn.Identity,
    nn.ReLU,
    nn.ReLU6,
    nn.GELU,
    nn.SiLU,
    nn.Tanh,
    nn.Sigmoid,
    Squash,
    CodeDistances,
)
BatchNorms = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d
GridPools = nn.AdaptiveAvgPool1d | nn.AdaptiveAvgPool2d | nn.AdaptiveAvgPool3d


def dense_head(head: nn.Module, samples: Sequence[int]) -> nn.Module:
    """The same head as convolutions: (N, C, *S) -> (N, K, *(S - P + 1)).

    - A dense layer behind a flatten becomes a convolution as large as the window, other dense layers one of 1x1.
    - Global pooling becomes pooling over the window, at every place.
    - Means over a grid of cells (VGG, AlexNet) become part of the dense layer that sees the cells.

    Args:
        head: (N, C, *P) -> (N, K).
        samples: *P, what the last stage has of one window along each axis.

    Raises:
        ArgumentError: a layer of the head has no such form; says which.

    Example:
        >>> head = sequential(flatten=nn.Flatten(), dense=nn.Linear(16 * 5 * 5, 400), activation=nn.ReLU())
        >>> dense_head(head, (5, 5)).dense
        Conv2d(16, 400, kernel_size=(5, 5), stride=(1, 1))
    """
    return _Window(tuple(samples)).convert(head, "head")


class _Window:
    """What the layers so far have left of one window.

    Attributes:
        samples: along each axis; 1 once they are joined.
        cells: for each axis how the cells that the next dense layer sees come from the samples, (cells, samples).
    """

    def __init__(self, samples: tuple[int, ...]):
        self.samples = samples
        self.cells = [torch.eye(n, dtype=torch.float64) for n in samples]

    @property
    def dims(self) -> int:
        return len(self.samples)

    def convert(self, layer: nn.Module, name: str) -> nn.Module:
        """The layer as it slides over larger inputs; called in the order in which layers run."""
        match layer:
            case nn.Sequential():
                return sequential(**{n: self.convert(child, f"{name}.{n}") for n, child in layer.named_children()})
            case GlobalAvgPool():
                return self._slide(kinds(self.dims).avg_pool)
            case GlobalMaxPool():
                return self._slide(kinds(self.dims).max_pool)
            case nn.AdaptiveAvgPool1d() | nn.AdaptiveAvgPool2d() | nn.AdaptiveAvgPool3d():
                return self._grid(layer)
            case nn.Flatten(start_dim=1, end_dim=-1):
                return nn.Identity()
            case nn.Linear():
                return self._dense(layer)
            case nn.BatchNorm1d() if self._joined:
                return _batch_norm(layer, self.dims)
            case nn.Conv1d() | nn.Conv2d() | nn.Conv3d() if set(layer.kernel_size) == {1} and self._whole:
                return layer
            case nn.Softmax(dim=1) | nn.LogSoftmax(dim=1):
                return layer
            case _ if isinstance(layer, POINTWISE):
                return layer
        raise ArgumentError(f"{name}, a {type(layer).__name__}, can't be made dense: it has no form as a convolution")

    @property
    def _joined(self) -> bool:
        return set(self.samples) == {1}

    @property
    def _whole(self) -> bool:
        """Whether the cells are the samples themselves."""
        return all(torch.equal(cells, torch.eye(n)) for cells, n in zip(self.cells, self.samples, strict=True))

    def _join(self) -> None:
        self.samples = (1,) * self.dims
        self.cells = [torch.eye(1, dtype=torch.float64)] * self.dims

    def _slide(self, pool: type[nn.Module]) -> nn.Module:
        layer = pool(self.samples, 1)
        self._join()
        return layer

    def _grid(self, layer: GridPools) -> nn.Module:
        given = layer.output_size
        sides = given if isinstance(given, tuple) else (given,) * self.dims
        sizes = [n if cells is None else cells for n, cells in zip(self.samples, sides, strict=True)]
        if set(sizes) == {1}:
            return self._slide(kinds(self.dims).avg_pool)
        self.cells = [cell_means(n, cells) for n, cells in zip(self.samples, sizes, strict=True)]
        return nn.Identity()

    def _dense(self, layer: nn.Linear) -> Conv:
        """(N, C · cells) -> (N, O) becomes (N, C, *S) -> (N, O, *(S - P + 1))"""
        shape = len(layer.weight), -1, *(len(cells) for cells in self.cells)
        weight = layer.weight.detach().view(shape)  # (O, C, *cells)
        if not self._whole:
            for axis, cells in enumerate(self.cells, 2):
                weight = torch.tensordot(weight, cells.to(weight), ([axis], [0])).movedim(-1, axis)  # (O, C, *P)
        with torch.device("meta"):
            channels, bias = weight.shape[1], layer.bias is not None
            filters = conv(self.dims, channels, len(weight), self.samples, padding=0, bias=bias)
        filters.load_state_dict({**layer.state_dict(), "weight": weight}, assign=True)
        self._join()
        return filters


def _batch_norm(layer: nn.BatchNorm1d, dims: int) -> BatchNorms:
    with torch.device("meta"):
        norm = kinds(dims).norm(layer.num_features, layer.eps, layer.momentum)
    norm.load_state_dict(layer.state_dict(), assign=True)
    return norm


def cell_means(samples: int, cells: int) -> Tensor:
    """How adaptive pooling takes means: (cells, samples), what share each sample has in each cell.

    Example:
        >>> cell_means(3, 2)
        tensor([[0.5000, 0.5000, 0.0000],
                [0.0000, 0.5000, 0.5000]], dtype=torch.float64)
    """
    shares = torch.zeros(cells, samples, dtype=torch.float64)
    for i in range(cells):
        seen = slice(i * samples // cells, -(-(i + 1) * samples // cells))
        shares[i, seen] = 1 / (seen.stop - seen.start)
    return shares

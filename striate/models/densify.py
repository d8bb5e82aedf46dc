"""A classifier as a fully convolutional network, which scores every window of a larger input at once.

Sermanet et al., OverFeat, 2013, arXiv:1312.6229, section 3.5; Long, Shelhamer and Darrell, Fully Convolutional Networks
for Semantic Segmentation, 2014, arXiv:1411.4038, section 3.1.
Shapes: N images, C channels, *S the spatial sizes: L, or H W, or D H W; *S' the windows along each of them.
"""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import TypeVar

from torch import Tensor, nn

from striate.errors import ArgumentError
from striate.layers import trace
from striate.layers.dims import Conv, per_axis
from striate.layers.trace import Record
from striate.models.dense_head import dense_head
from striate.models.file import load_model
from striate.models.network import Network
from striate.models.registry import find_entry
from striate.ops.window_grid import WindowGrid

Module = TypeVar("Module", bound=nn.Module)


class DenseNetwork(nn.Module):
    """A classifier that slides: (N, C, *S) -> logits (N, K, *S') of every window; what `densify` gives.

    Attributes:
        stages: of the classifier.
        head: of the classifier, as convolutions.
        windows: where the windows lie.
    """

    def __init__(self, stages: nn.Module, head: nn.Module, windows: WindowGrid):
        super().__init__()
        self.stages, self.head, self.windows = stages, head, windows

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, K, *S'); samples at the end that make no further whole window are not looked at.

        Raises:
            ShapeError: the input is smaller than a window.
        """
        for axis, seen in enumerate(self.windows.extent(self.windows.counts(x.shape[2:])), 2):
            x = x.narrow(axis, 0, seen)
        logits: Tensor = self.head(self.stages(x))
        return logits


def densify(model: Network | str | Path, size: int | Sequence[int] | None = None) -> DenseNetwork:
    """Turn a classifier into a fully convolutional network, which scores every window of a larger input at once.

    Dense layers become convolutions, and pooling over all becomes pooling over the window, at every place. Windows are
    the network's total stride apart. Where the network does not pad, each score is what the network answers to that
    window cut out, but for rounding (`windows.exact`). Where it pads, a window that is cut out has zeros around it and
    here has its neighbourhood, so scores differ; which way does better is a matter of the network's training.

    Inputs are looked at in whole windows: sides of `size` plus a multiple of the stride, which is also what
    TensorFlow's SAME padding needs, whose phase depends on the size.

    Args:
        model: a classifier of the zoo, or whatever else is a `Network` with a head that `dense_head` knows; or a model
            file. Auxiliary heads are left out.
        size: samples of a window, of every side or of each; by default what the model file says, or the paper.

    Returns:
        the dense network in eval mode. Its weights are views of the network's, which stays as it is; but for a dense
        layer that sees means over a grid, where the window has another number of samples than the grid has cells.

    Raises:
        ArgumentError: a layer has no form as a convolution, or sees the whole input at once; or a network that the
            registry didn't build comes without a size.
        ShapeError: the network does not take an input of that size.
        ModelFileError: a broken model file.

    Example:
        >>> import torch
        >>> from striate.models import create_model
        >>> network = create_model("lenet5").eval()
        >>> dense = densify(network)
        >>> dense.windows.size, dense.windows.stride, dense.windows.exact
        ((32, 32), (4, 4), True)
        >>> x = torch.rand(1, 1, 64, 96)
        >>> with torch.inference_mode():
        ...     scores, one = dense(x), network(x[:, :, 8:40, 16:48])  # the window in row 2 and column 4
        >>> scores.shape, torch.allclose(scores[:, :, 2, 4], one, atol=1e-5)
        (torch.Size([1, 10, 9, 17]), True)
    """
    network, size = (model, size) if isinstance(model, Network) else _read(model, size)
    first = next(m for m in network.modules() if isinstance(m, Conv))
    dims = len(first.kernel_size)
    if size is None and not network.name:
        raise ArgumentError.of("size", "given for a network that the registry didn't build", size)
    window = per_axis(dims, tuple(size) if isinstance(size, Sequence) else size or find_entry(network.name).size)
    shape = (first.in_channels, *window)
    stages = nn.Sequential(*_shared(network.stages).values()).eval()
    last = _whole(stages, shape)
    _check_slides(last)
    head = dense_head(_shared(network.head), last.output_shape[1:]).eval()
    scores = _whole(nn.Sequential(stages, head), shape)
    assert scores.fields is not None
    return DenseNetwork(stages, head, WindowGrid(window, scores.fields)).eval()


def _read(path: str | Path, size: int | Sequence[int] | None) -> tuple[Network, int | Sequence[int]]:
    network, header = load_model(path)
    return network, header.size if size is None else size


def _shared(module: Module) -> Module:
    """A copy of the modules, but not of their numbers."""
    tensors: dict[int, Tensor] = {id(p): nn.Parameter(p.detach(), p.requires_grad) for p in module.parameters()}
    tensors |= {id(b): b.detach() for b in module.buffers()}
    return deepcopy(module, tensors)


def _whole(module: nn.Module, shape: tuple[int, ...]) -> Record:
    """All of a module as one layer."""
    (record,) = trace(module, shape, whole=[""])
    return record


def _check_slides(last: Record) -> None:
    """Refuse stages after which there is nothing to slide over."""
    if last.fields is None:
        raise ArgumentError("model can't be made dense: what the last stage sees of the input is unknown")
    if any(field.stride == 0 for field in last.fields):
        raise ArgumentError("model can't be made dense: a stage before the head sees the whole input at once")

"""A dense network over a long signal, piece by piece: the scores of one pass in bounded memory."""

from collections.abc import Iterator
from math import ceil, floor
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from striate.errors import ArgumentError, ShapeError
from striate.models import DenseNetwork
from striate.ops import WindowGrid

MOST = 2**15  # windows that are scored at once


class Piece(NamedTuple):
    """A part of a signal, and the scores that it is there for.

    Attributes:
        start, stop: samples of the signal that are looked at.
        first, last: windows whose scores are kept, from the first to the one behind the last.
        skipped: scores of the piece before them: windows that see beyond its beginning.
    """

    start: int
    stop: int
    first: int
    last: int
    skipped: int


def cut_pieces(windows: WindowGrid, length: int, most: int = MOST) -> Iterator[Piece]:
    """Pieces of a signal whose scores together are those of one pass over all of it.

    A piece reaches so far beyond its windows as the network sees: where it pads, a score depends on samples outside of
    its window, and a piece's own zeros must not come near those that are kept. Pieces begin at whole strides and end
    with a window, as `DenseNetwork` has it, so that every layer has the phase that it has in one pass.

    Args:
        windows: of a dense network of signals.
        length: samples of the signal, at least a window.
        most: windows of a piece, at least 1.

    Raises:
        ShapeError: the signal is shorter than a window, or the network is of more axes.
        ArgumentError: `most` is below 1.

    Example:
        >>> from striate.ops import Field
        >>> padded = WindowGrid(size=(8,), fields=(Field(12, 2, 4.0),))  # sees two samples beyond both ends
        >>> for piece in cut_pieces(padded, 31, most=6):
        ...     print(piece)
        Piece(start=0, stop=20, first=0, last=6, skipped=0)
        Piece(start=10, stop=30, first=6, last=12, skipped=1)
    """
    if most < 1:
        raise ArgumentError.of("most", "at least 1", most)
    (count,) = windows.counts((length,))
    (size,), (stride,), (field,) = windows.size, windows.stride, windows.fields
    for first in range(0, count, most):
        last = min(first + most, count)
        begin = min(first, max(0, floor(field.extent(first)[0] / stride)))
        end = min(count, max(last, ceil((field.extent(last - 1)[1] - size) / stride) + 1))
        yield Piece(begin * stride, (end - 1) * stride + size, first, last, first - begin)


def run_in_pieces(network: DenseNetwork, signal: NDArray[np.float32], *, most: int = MOST) -> NDArray[np.float32]:
    """Score every window of a long signal.

    Args:
        network: of signals, where it is to compute.
        signal: (C, L), as the network expects it; L is at least a window.
        most: windows that are scored at once, at least 1; with what they see beyond, it bounds the memory.

    Returns:
        (K, S) scores of all windows, those of `network(signal)` but for rounding.

    Raises:
        ShapeError: the signal is shorter than a window, or not (C, L).
        ArgumentError: `most` is below 1.

    Example:
        >>> from striate.models import create_model, densify
        >>> dense = densify(create_model("lenet5", dims=1, in_channels=1, num_classes=2))
        >>> run_in_pieces(dense, np.zeros((1, 100_000), np.float32)).shape  # windows of 32 samples, every 4
        (2, 24993)
    """
    if signal.ndim != 2:
        raise ShapeError.of("signal", "(C, L)", signal.shape)
    device = next(network.parameters()).device
    scores: list[NDArray[np.float32]] = []
    for piece in cut_pieces(network.windows, signal.shape[1], most):
        x = torch.from_numpy(signal[None, :, piece.start : piece.stop])
        with torch.inference_mode():
            all_scores = network(x.to(device))[0].float().cpu().numpy()  # (K, S')
        scores.append(all_scores[:, piece.skipped : piece.skipped + piece.last - piece.first])
    return np.concatenate(scores, axis=1)

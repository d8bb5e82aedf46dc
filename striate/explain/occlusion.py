"""Where covering the input changes the answer.

Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, 2013, arXiv:1311.2901, section 4.2.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product

import torch
from torch import Tensor, nn

from striate.errors import ArgumentError
from striate.explain.target import Target
from striate.layers import evaluating


def occlusion(
    module: nn.Module,
    x: Tensor,
    target: Target,
    *,
    window: Sequence[int],
    stride: Sequence[int],
    fill: float = 0.0,
    batch_size: int = 32,
    on_windows: Callable[[int, int], None] | None = None,
) -> Tensor:
    """By how much the target drops where a window of the input is covered; each position's mean over its windows.

    Args:
        module: any; runs in eval mode, without gradients.
        x: (1, C, *S), one sample.
        target: one number for it.
        window: along each axis of *S, from 1 to the input's size.
        stride: from one window to the next, from 1 to the window, so that none is left out; the last window along an
            axis ends where the input does.
        fill: what covers; 0 is the mean colour to a network whose input is normalised.
        batch_size: windows looked at together, at least 1.
        on_windows: told how many of how many are done, after each batch.

    Returns:
        (1, *S): positive where covering lowers the target.

    Raises:
        UnknownNameError, ArgumentError, ShapeError: the target does not suit the module, or a number is out of range.

    Example:
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(4, 1, bias=False))
        >>> net[1].weight.data = torch.tensor([[1.0, 2.0, 3.0, 4.0]])
        >>> occlusion(net, torch.ones(1, 1, 4), Target(0), window=[2], stride=[1])
        tensor([[3., 4., 6., 7.]])
    """
    _check(x, window, stride, batch_size)
    places = list(product(*map(_starts, x.shape[2:], window, stride)))
    total, times = torch.zeros(x.shape[2:], dtype=x.dtype), torch.zeros(x.shape[2:], dtype=x.dtype)
    with evaluating(module), torch.inference_mode():
        before = target.values(module, x).cpu()
        rest, done = iter(places), 0
        while batch := list(islice(rest, batch_size)):
            after = target.values(module, _covered(x, batch, window, fill)).cpu()
            for start, value in zip(batch, after, strict=True):
                here = tuple(_slices(start, window))
                total[here] += (before - value)[0]
                times[here] += 1
            done += len(batch)
            if on_windows:
                on_windows(done, len(places))
    return (total / times)[None]


def _covered(x: Tensor, places: Sequence[Sequence[int]], window: Sequence[int], fill: float) -> Tensor:
    """(1, C, *S) -> (N, C, *S), each with one window covered."""
    covered = x.repeat(len(places), *[1] * (x.ndim - 1))
    for one, start in zip(covered, places, strict=True):
        one[(slice(None), *_slices(start, window))] = fill
    return covered


def _slices(start: Sequence[int], window: Sequence[int]) -> Iterator[slice]:
    return (slice(s, s + w) for s, w in zip(start, window, strict=True))


def _starts(n: int, window: int, stride: int) -> list[int]:
    """Where windows begin along an axis of n.

    Example:
        >>> _starts(10, 4, 3), _starts(11, 4, 3)
        ([0, 3, 6], [0, 3, 6, 7])
    """
    starts = list(range(0, n - window + 1, stride))
    return starts if starts[-1] == n - window else [*starts, n - window]


def _check(x: Tensor, window: Sequence[int], stride: Sequence[int], batch_size: int) -> None:
    sizes = tuple(x.shape[2:])
    if len(x) != 1 or not sizes:
        raise ArgumentError.of("x", "one sample (1, C, *S)", tuple(x.shape))
    if len(window) != len(sizes) or not all(1 <= w <= n for w, n in zip(window, sizes, strict=True)):
        raise ArgumentError.of("window", f"from 1 to the input's {sizes} along each axis", tuple(window))
    if len(stride) != len(sizes) or not all(1 <= s <= w for s, w in zip(stride, window, strict=True)):
        raise ArgumentError.of("stride", f"from 1 to the window's {tuple(window)} along each axis", tuple(stride))
    if batch_size < 1:
        raise ArgumentError.of("batch_size", "at least 1", batch_size)

"""What each tensor of a network sees of the image: how torch's operations move receptive fields.

A network is followed by its tensor operations, not by its modules, so that branches, additions, concatenations,
padding and pooling written as plain functions count like layers. An operation without a rule gives None: unknown.
"""

from collections.abc import Callable
from functools import reduce
from itertools import pairwise
from math import prod
from typing import NamedTuple

from torch import Tensor

from striate.ops.call import Call, padding_of, window_of
from striate.ops.receptive import Field


class Axis(NamedTuple):
    """One spatial axis of the image, as a tensor of the network still has it.

    Attributes:
        field: what the outputs along it see.
        dim: the tensor's dimension that runs along it; None once all its positions are joined.
        pixels: the image's size along it.
    """

    field: Field
    dim: int | None
    pixels: int

    def joined(self, count: int, dim: int | None) -> "Axis":
        """After something that looks at all `count` positions."""
        return Axis(self.field.whole(count, self.pixels), dim, self.pixels)


Reach = tuple[Axis, ...]


def first_reach(x: Tensor) -> Reach:
    """Of the image itself, (N, C, *S)."""
    return tuple(Axis(Field(), dim, x.shape[dim]) for dim in range(2, x.ndim))


def reach_after(call: Call, seen: list[tuple[Tensor, Reach]]) -> Reach | None:
    """What an operation's output sees.

    Args:
        call: the operation.
        seen: those of its arguments that depend on the image, each with what it sees; not empty.

    Returns:
        One `Axis` per spatial axis of the image, or None if this operation has no rule.
    """
    if call.pointwise or call.name in ("mm", "addmm", "bmm", "baddbmm", "cat", "stack"):
        moved = [_join(call, tensor, reach) for tensor, reach in seen]
        known = [reach for reach in moved if reach is not None]
        return reduce(lambda a, b: _merge(a, b, call.out), known) if len(known) == len(moved) else None
    rule = _RULES.get(call.name)
    alone = len(seen) == 1 and seen[0][0] is call.tensors()[0]  # not, say, filters made from the image
    return rule(call, *seen[0]) if rule and alone else None


# Several tensors into one


def _join(call: Call, x: Tensor, reach: Reach) -> Reach | None:
    """What the output sees through one of several arguments."""
    if call.pointwise:
        return _broadcast(call, x, reach)
    if call.name == "cat":
        return None if _touches(reach, call.arguments["dim"] % x.ndim) else reach
    if call.name == "stack":
        at = call.arguments["dim"] % call.out.ndim
        return tuple(a._replace(dim=a.dim + (a.dim >= at)) if a.dim is not None else a for a in reach)
    return _multiply(call, x, reach)


def _broadcast(call: Call, x: Tensor, reach: Reach) -> Reach:
    """Dimensions are aligned at the end; one of size 1 that is repeated sees the same everywhere."""
    shift = call.out.ndim - x.ndim
    axes = []
    for axis in reach:
        if axis.dim is None:
            axes.append(axis)
            continue
        field, dim = axis.field, axis.dim + shift
        if x.shape[axis.dim] != call.out.shape[dim]:
            field = Field(field.size, 0, field.offset)
        axes.append(Axis(field, dim, axis.pixels))
    return tuple(axes)


def _multiply(call: Call, x: Tensor, reach: Reach) -> Reach:
    """A matrix product joins what lies along the dimension that it sums over."""
    a = call.arguments
    if x is a.get("self") and call.name in ("addmm", "baddbmm"):
        return _broadcast(call, x, reach)
    left = x is a.get("mat1", a.get("batch1", a.get("self")))
    summed = x.ndim - 1 if left else x.ndim - 2
    return tuple(axis.joined(x.shape[summed], None) if axis.dim == summed else axis for axis in reach)


def _merge(a: Reach, b: Reach, out: Tensor) -> Reach:
    """The union, axis by axis."""
    return tuple(_merge_axes(one, other, out) for one, other in zip(a, b, strict=True))


def _merge_axes(a: Axis, b: Axis, out: Tensor) -> Axis:
    """Branches of one stride keep it; otherwise all that any position sees is seen from everywhere."""
    if a.field == b.field and a.dim == b.dim:
        return a
    if a.dim == b.dim and a.field.stride == b.field.stride:
        return a._replace(field=a.field.union(b.field))
    dim = a.dim if a.dim is not None else b.dim
    one, other = (axis.joined(1 if axis.dim is None else out.shape[axis.dim], dim) for axis in (a, b))
    return one._replace(field=one.field.union(other.field))


# One tensor into one


def _slide(call: Call, x: Tensor, reach: Reach) -> Reach | None:
    window = window_of(call)
    if window is None:
        return None
    first = x.ndim - len(window.kernel)
    return tuple(
        axis
        if axis.dim is None or axis.dim < first
        else axis._replace(field=axis.field.then(*(part[axis.dim - first] for part in window)))
        for axis in reach
    )


def _pad(call: Call, x: Tensor, reach: Reach) -> Reach:
    before = padding_of(call)
    return tuple(
        axis._replace(field=axis.field.then(1, 1, before[axis.dim])) if axis.dim in before else axis for axis in reach
    )


def _slice(call: Call, x: Tensor, reach: Reach) -> Reach:
    a = call.arguments
    dim = a["dim"] % x.ndim
    start, _, step = slice(a["start"], a["end"], a["step"]).indices(x.shape[dim])
    return tuple(axis._replace(field=axis.field.then(1, step, -start)) if axis.dim == dim else axis for axis in reach)


def _select(call: Call, x: Tensor, reach: Reach) -> Reach:
    dim, index = call.arguments["dim"] % x.ndim, call.arguments["index"]
    axes = []
    for axis in reach:
        if axis.dim == dim:
            field = axis.field.then(1, 1, -(index % x.shape[dim]))
            axes.append(Axis(Field(field.size, 0, field.offset), None, axis.pixels))
        else:
            axes.append(axis._replace(dim=_without(axis.dim, {dim})))
    return tuple(axes)


def _flip(call: Call, x: Tensor, reach: Reach) -> Reach | None:
    return None if any(_touches(reach, dim % x.ndim) for dim in call.arguments["dims"]) else reach


def _split(call: Call, x: Tensor, reach: Reach) -> Reach | None:
    dim = call.arguments["dim"] % x.ndim
    if _touches(reach, dim):
        return None
    gone = {dim} if call.name == "unbind" else set()
    return tuple(axis._replace(dim=_without(axis.dim, gone)) for axis in reach)


def _reduce(call: Call, x: Tensor, reach: Reach) -> Reach:
    """A sum, mean or maximum over whole dimensions."""
    dims = call.arguments.get("dim")
    over = {d % x.ndim for d in ([dims] if isinstance(dims, int) else dims or range(x.ndim))}
    gone = set() if call.out.ndim == x.ndim else over
    return tuple(
        axis.joined(x.shape[axis.dim], None if gone else axis.dim)
        if axis.dim is not None and axis.dim in over
        else axis._replace(dim=_without(axis.dim, gone))
        for axis in reach
    )


def _normalise(call: Call, x: Tensor, reach: Reach) -> Reach:
    """Statistics over positions show every position to every other; stored ones (batch norm) do not."""
    a = call.arguments
    if call.name == "native_batch_norm" and not a["training"]:
        return reach
    over = range(x.ndim)
    if call.name in ("_softmax", "_log_softmax"):
        over = range(a["dim"] % x.ndim, a["dim"] % x.ndim + 1)
    elif call.name == "native_layer_norm":
        over = range(x.ndim - len(a["normalized_shape"]), x.ndim)
    return tuple(
        axis.joined(x.shape[axis.dim], axis.dim) if axis.dim is not None and axis.dim in over else axis
        for axis in reach
    )


def _grid(call: Call, x: Tensor, reach: Reach) -> Reach:
    """Adaptive pooling: cells of almost one size."""
    out, first = call.out.shape, x.ndim - (3 if call.name.endswith("3d") else 2)
    axes = []
    for axis in reach:
        if axis.dim is None or axis.dim < first or out[axis.dim] == x.shape[axis.dim]:
            axes.append(axis)
        elif out[axis.dim] == 1:
            axes.append(axis.joined(x.shape[axis.dim], axis.dim))
        else:
            axes.append(axis._replace(field=_cells(axis.field, x.shape[axis.dim], out[axis.dim])))
    return tuple(axes)


def _cells(field: Field, n: int, cells: int) -> Field:
    """Every cell of a grid over n outputs as one window, which covers the largest."""
    starts = [i * n // cells for i in range(cells)]
    stops = [-(-(i + 1) * n // cells) for i in range(cells)]
    steps = {b - a for a, b in pairwise(starts)}
    step = steps.pop() if len(steps) == 1 else n / cells
    low = min(start - i * step for i, start in enumerate(starts))
    high = max(stop - i * step for i, stop in enumerate(stops))
    offset = field.offset + ((low + high) / 2 - 0.5) * field.stride
    return Field(field.size + (high - low - 1) * field.stride, field.stride * step, offset)


def _reshape(call: Call, x: Tensor, reach: Reach) -> Reach:
    """A dimension survives if another of its size has as many elements before it; else it was flattened."""
    axes = []
    for axis in reach:
        if axis.dim is None:
            axes.append(axis)
            continue
        n, before = x.shape[axis.dim], prod(x.shape[: axis.dim])
        dims = [d for d, size in enumerate(call.out.shape) if size == n and prod(call.out.shape[:d]) == before]
        survivor = min(dims, key=lambda d: abs(d - (axis.dim or 0)), default=None)
        axes.append(axis._replace(dim=survivor) if survivor is not None else axis.joined(n, None))
    return tuple(axes)


def _permute(call: Call, x: Tensor, reach: Reach) -> Reach:
    order = list(range(x.ndim))
    if call.name == "permute":
        order = [d % x.ndim for d in call.arguments["dims"]]
    else:  # transpose, or t of a matrix
        i, j = call.arguments.get("dim0", -2), call.arguments.get("dim1", -1)
        order[i], order[j] = order[j], order[i]
    return tuple(axis if axis.dim is None else axis._replace(dim=order.index(axis.dim)) for axis in reach)


def _touches(reach: Reach, dim: int) -> bool:
    return any(axis.dim == dim for axis in reach)


def _without(dim: int | None, gone: set[int]) -> int | None:
    """The number of a dimension after those `gone` are left out."""
    return None if dim is None else dim - sum(d < dim for d in gone)


_Rule = Callable[[Call, Tensor, Reach], Reach | None]
_RULES: dict[str, _Rule] = {
    name: rule
    for rule, names in {
        _slide: "convolution max_pool2d_with_indices max_pool3d_with_indices avg_pool2d avg_pool3d",
        _grid: "_adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_max_pool2d adaptive_max_pool3d",
        _pad: "constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d "
        "replication_pad1d replication_pad2d replication_pad3d",
        _reduce: "mean sum amax amin max min var std linalg_vector_norm logsumexp argmax",
        _normalise: "native_batch_norm native_group_norm native_layer_norm _softmax _log_softmax",
        _reshape: "view _unsafe_view _reshape_alias squeeze unsqueeze",
        _permute: "permute transpose t",
        _slice: "slice",
        _flip: "flip",
        _select: "select",
        _split: "split split_with_sizes unbind glu",
    }.items()
    for name in names.split()
}

"""Walk a module layer by layer, in the order in which it runs, without computing anything."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import chain
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from striate.errors import ArgumentError, ShapeError, StriateError, UnknownNameError
from striate.layers.modes import evaluating
from striate.ops.call import Call, Window, multiply_adds, padding_of, window_of
from striate.ops.reach import Reach, first_reach, reach_after
from striate.ops.receptive import Field


@dataclass(frozen=True)
class Record:
    """One layer as it ran on one sample; shapes are without the batch.

    Attributes:
        name: dotted, as in `named_modules`; empty for the module itself.
        kind: its class.
        input_shapes: of every tensor it was given, (C, *S) or (C,).
        output_shape: of the first tensor that it gave.
        parameters: its own; those shared with a layer before it are not counted again.
        multiply_adds: multiplications of its convolutions and matrix products, bias not counted.
        window: kernel, stride, padding before and dilation per axis, if it slides one window.
        fields: what one output sees of the input along each spatial axis; None where that is unknown.
    """

    name: str
    kind: str
    input_shapes: tuple[tuple[int, ...], ...]
    output_shape: tuple[int, ...]
    parameters: int
    multiply_adds: int
    window: Window | None
    fields: tuple[Field, ...] | None

    @property
    def size(self) -> int:
        """Numbers in the output of one sample."""
        return prod(self.output_shape)


def trace(module: nn.Module, input_shape: Sequence[int], *, whole: Collection[str] = ()) -> list[Record]:
    """Every layer of a module in order of execution: shapes, parameters, cost, geometry and receptive field.

    A layer is a module without children, or one with parameters or products of its own. The module runs in eval mode on
    the meta device: no arithmetic, no memory, whatever its size. One that can't (its forward asks for values, or keeps
    tensors that are neither parameters nor buffers) runs once on zeros. Its weights, buffers and modes stay untouched.

    Args:
        module: any module that takes one tensor (N, *input_shape).
        input_shape: (C, *S) of one sample.
        whole: names of modules that count as one layer each, with all that runs in them.

    Raises:
        ArgumentError: the shape is not made of positive integers, or a lazy layer has no weights yet.
        UnknownNameError: no such module is to be one layer.
        ShapeError: the module does not take such an input; says which layer refused.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2))
        >>> for r in trace(net, (3, 32, 32)):
        ...     print(r.name, r.kind, r.output_shape, r.size, r.parameters)
        0 Conv2d (8, 28, 28) 6272 608
        1 ReLU (8, 28, 28) 6272 0
        2 MaxPool2d (8, 14, 14) 1568 0
    """
    shape = tuple(input_shape)
    if not shape or not all(isinstance(n, int) and n >= 1 for n in shape):
        raise ArgumentError.of("input_shape", "(channels, *sizes), each an integer of at least 1", input_shape)
    if any(nn.parameter.is_lazy(p) for p in module.parameters()):
        raise ArgumentError("module must have its weights: run a lazy module once before")
    names = [name for name, _ in module.named_modules()]
    for name in whole:
        if name not in names:
            raise UnknownNameError("module", name, names[1:])
    with evaluating(module):
        try:
            return _walk(module, shape, whole, on_meta=True)
        except StriateError:
            raise
        except RuntimeError:  # a forward that needs values; or an input that doesn't fit, which fails again
            return _walk(module, shape, whole, on_meta=False)


def _walk(module: nn.Module, shape: tuple[int, ...], whole: Collection[str], *, on_meta: bool) -> list[Record]:
    tensors = dict(chain(module.named_parameters(), module.named_buffers()))
    model = next((t for t in tensors.values() if t.is_floating_point()), torch.empty(0))
    x = torch.zeros((1, *shape), dtype=model.dtype, device="meta" if on_meta else model.device)
    if on_meta:
        state = {name: torch.empty_like(t, device="meta") for name, t in tensors.items()}
    else:
        state = {name: t.detach().clone() for name, t in module.named_buffers()}
    walk = _Walk(module, x, whole)
    with torch.no_grad(), torch.device("meta") if on_meta else nullcontext(), walk.hooks(module):
        try:
            with walk:
                torch.func.functional_call(module, state, (x,))
        except StriateError:
            raise
        except (RuntimeError, ValueError, IndexError) as e:
            if on_meta and isinstance(e, RuntimeError):
                raise
            raise ShapeError(f"input_shape {shape} does not fit: {walk.place()} refused it: {e}") from e
    return walk.records


@dataclass
class _Running:
    """A module that has begun and not ended."""

    name: str
    module: nn.Module
    inputs: list[Tensor]
    first_record: int  # of those inside it
    multiply_adds: int = 0
    windows: list[Window] = field(default_factory=list)
    before: dict[int, int] = field(default_factory=dict)  # padding per dimension that waits for its window


class _Walk(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees every module begin and end by hooks, and every tensor operation between by dispatch."""

    def __init__(self, module: nn.Module, x: Tensor, whole: Collection[str]):
        super().__init__()  # type: ignore[no-untyped-call]
        self.whole = whole
        self.records: list[Record] = []
        self.running: list[_Running] = []
        # Kept by identity, with the tensor itself so that no identity is given twice.
        self.reach: dict[int, tuple[Tensor, Reach | None]] = {id(x): (x, first_reach(x))}
        self.written: set[int] = set()  # storages of which a view was changed in place
        self.counted: set[int] = set()
        self.own = {m: list(m.parameters(recurse=False)) for m in module.modules()}

    @contextmanager
    def hooks(self, module: nn.Module) -> Iterator[None]:
        """Have every module report here while the block runs."""
        handles = []
        try:
            for name, m in module.named_modules():
                handles.append(m.register_forward_pre_hook(self._begin(name), with_kwargs=True))
                handles.append(m.register_forward_hook(self._end))
            yield
        finally:
            for handle in handles:
                handle.remove()

    def place(self) -> str:
        """The innermost module that is running, in words."""
        if not self.running:
            return "the module"
        layer = self.running[-1]
        shapes = " and ".join(str(tuple(t.shape[1:])) for t in layer.inputs)
        return f"{type(layer.module).__name__} {layer.name!r} of input {shapes}"

    def _begin(self, name: str) -> Any:
        def hook(module: nn.Module, args: Any, kwargs: Any) -> None:
            inputs = [t for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)]
            self.running.append(_Running(name, module, inputs, len(self.records)))

        return hook

    def _end(self, module: nn.Module, args: Any, output: Any) -> None:
        layer = self.running.pop()
        out = next((t for t in tree_leaves(output) if isinstance(t, Tensor)), None)
        if out is None:
            return
        if isinstance(module, nn.LocalResponseNorm):  # across channels only; torch's 3-D form flattens on its way
            self.reach[id(out)] = (out, self._reach_of(layer.inputs[0]))
        parameters = sum(p.numel() for p in self.own[module] if id(p) not in self.counted)
        self.counted |= {id(p) for p in self.own[module]}
        inside: list[Record] = []
        if layer.name in self.whole:
            inside = self.records[layer.first_record :]
            del self.records[layer.first_record :]
        elif any(module.children()) and not parameters and not layer.multiply_adds:
            return
        self.records.append(
            Record(
                layer.name,
                type(module).__name__,
                tuple(tuple(t.shape[1:]) for t in layer.inputs),
                tuple(out.shape[1:]),
                parameters + sum(r.parameters for r in inside),
                layer.multiply_adds + sum(r.multiply_adds for r in inside),
                None if inside else _sole_window(layer.windows, out.ndim - 2),
                self._fields_of(out),
            )
        )

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        call = Call.of(func, args, kwargs or {}, out)
        if call is not None:
            if self.running:
                self._count(call, self.running[-1])
            self._follow(call, [t for t in tree_leaves(out) if isinstance(t, Tensor)], func._schema.is_mutable)
        return out

    def _count(self, call: Call, layer: _Running) -> None:
        layer.multiply_adds += multiply_adds(call)
        for dim, before in padding_of(call).items():
            layer.before[dim] = layer.before.get(dim, 0) + before
        window = window_of(call)
        if window:
            first = call.out.ndim - len(window.kernel)
            padded = tuple(b + layer.before.get(first + i, 0) for i, b in enumerate(window.before))
            layer.windows.append(window._replace(before=padded))
            layer.before = {}

    def _follow(self, call: Call, outputs: list[Tensor], in_place: bool) -> None:
        seen = [(t, self._reach_of(t)) for t in call.tensors() if self._depends(t)]
        if seen:
            known = [(t, reach) for t, reach in seen if reach is not None]
            reach = reach_after(call, known) if len(known) == len(seen) else None
            self.reach |= {id(t): (t, reach) for t in outputs}
            if in_place and call.out.nbytes < call.out.untyped_storage().nbytes():
                self.written.add(call.out.untyped_storage()._cdata)

    def _depends(self, x: Tensor) -> bool:
        return id(x) in self.reach or (bool(self.written) and x.untyped_storage()._cdata in self.written)

    def _reach_of(self, x: Tensor) -> Reach | None:
        if self.written and x.untyped_storage()._cdata in self.written:
            return None
        return self.reach[id(x)][1] if id(x) in self.reach else None

    def _fields_of(self, x: Tensor) -> tuple[Field, ...] | None:
        reach = self._reach_of(x)
        return None if reach is None else tuple(axis.field for axis in reach)


def _sole_window(windows: list[Window], axes: int) -> Window | None:
    """A layer's window, if it slides just one; torch pools signals as images of height 1, hence the last axes."""
    if len(windows) != 1 or axes < 1:
        return None
    kernel, stride, before, dilation = (part[-axes:] for part in windows[0])
    return Window(kernel, stride, before, dilation)

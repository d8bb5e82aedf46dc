"""One tensor operation as torch dispatched it: its window, its padding and its cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

# Not tagged pointwise by torch, but so: each output element depends on the same place of its arguments.
_POINTWISE = {
    "_prelu_kernel", "_to_copy", "alias", "clone", "copy", "detach", "expand", "hardsigmoid", "hardswish", "lift_fresh"
}  # fmt: skip


class Window(NamedTuple):
    """The geometry of a sliding window, each a number per axis: sizes, steps, padding before, distance of taps."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    before: tuple[int, ...]
    dilation: tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """One tensor operation: torch's name of it without a trailing underscore, arguments by name, first output."""

    name: str
    pointwise: bool
    arguments: dict[str, Any]
    out: Tensor

    @classmethod
    def of(cls, func: Any, args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> "Call | None":
        """From what a dispatch mode receives; None where no tensor comes out."""
        first = out[0] if isinstance(out, (tuple, list)) and out else out
        if not isinstance(first, Tensor):
            return None
        schema = func._schema.arguments
        arguments = {a.name: a.default_value for a in schema if a.has_default_value()}
        arguments |= dict(zip((a.name for a in schema), args, strict=False)) | kwargs
        name = func._schema.name.removeprefix("aten::").rstrip("_")
        return cls(name, torch.Tag.pointwise in func.tags or name in _POINTWISE, arguments, first)

    def tensors(self) -> list[Tensor]:
        """The tensors it was given, those in lists too."""
        found: list[Tensor] = []
        for value in self.arguments.values():
            found += [v for v in (value if isinstance(value, (tuple, list)) else [value]) if isinstance(v, Tensor)]
        return found


def window_of(call: Call) -> Window | None:
    """The window that an operation slides, if it slides one; a transposed convolution does not."""
    a = call.arguments
    if call.name == "convolution" and not a["transposed"]:
        kernel = tuple(a["weight"].shape[2:])
        return Window(kernel, _each(a["stride"], kernel), _each(a["padding"], kernel), _each(a["dilation"], kernel))
    if call.name in ("max_pool2d_with_indices", "max_pool3d_with_indices", "avg_pool2d", "avg_pool3d"):
        rank = 3 if "3d" in call.name else 2
        kernel = _each(a["kernel_size"], (1,) * rank)
        stride = _each(a["stride"] or kernel, kernel)
        return Window(kernel, stride, _each(a["padding"], kernel), _each(a.get("dilation", 1), kernel))
    return None


def padding_of(call: Call) -> dict[int, int]:
    """How much an operation pads before each dimension, if it pads."""
    if not call.name.startswith(("constant_pad_nd", "reflection_pad", "replication_pad")):
        return {}
    amounts = call.arguments["pad" if call.name == "constant_pad_nd" else "padding"]
    return {call.out.ndim - 1 - i: before for i, before in enumerate(amounts[::2])}


def multiply_adds(call: Call) -> int:
    """Multiplications of a convolution or matrix product; its bias and everything else are not counted."""
    a = call.arguments
    match call.name:
        case "convolution":
            per_position: int = a["weight"][0].numel()
            positions: int = a["input"].numel() if a["transposed"] else call.out.numel()
            return positions * per_position
        case "mm" | "bmm":
            return int(a["self"].numel() * a["mat2"].shape[-1])
        case "addmm":
            return int(a["mat1"].numel() * a["mat2"].shape[-1])
        case "baddbmm":
            return int(a["batch1"].numel() * a["batch2"].shape[-1])
    return 0


def _each(value: int | Sequence[int], like: Sequence[int]) -> tuple[int, ...]:
    """One number per axis, from one for all or a list."""
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * len(like) if len(values) == 1 else values

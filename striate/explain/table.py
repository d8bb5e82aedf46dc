"""A network as a table: what each layer gives, what it costs and what it sees."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from torch import nn

from striate.layers.trace import trace
from striate.ops.receptive import Field


@dataclass(frozen=True)
class Row:
    """One layer.

    Attributes:
        layer: its dotted name, "input" for the first row.
        kind: its class; empty for the input.
        shape: of its activation for one sample, (C, *S) or (C,).
        parameters: its own; shared ones are counted where they come first.
        multiply_adds: multiplications for one sample, bias not counted.
        fields: what one output sees of the input along each spatial axis; None where that is unknown.
    """

    layer: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int
    fields: tuple[Field, ...] | None

    @property
    def size(self) -> int:
        """Numbers in its activation."""
        return prod(self.shape)

    @property
    def shape_channels_last(self) -> tuple[int, ...]:
        """(*S, C), as papers print it: 28x28x8."""
        return (*self.shape[1:], self.shape[0]) if self.shape else ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        field = None
        if self.fields is not None:
            field = {name: [getattr(f, name) for f in self.fields] for name in ("size", "stride", "offset")}
        return {
            "layer": self.layer,
            "kind": self.kind,
            "shape": list(self.shape),
            "size": self.size,
            "parameters": self.parameters,
            "multiply_adds": self.multiply_adds,
            "receptive_field": field,
        }


@dataclass(frozen=True)
class Table:
    """The rows of a network in the order in which its layers run, the input first."""

    rows: tuple[Row, ...]

    @property
    def parameters(self) -> int:
        """Of all layers that ran; those that serve training alone are not in it."""
        return sum(row.parameters for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """Of one sample through all layers."""
        return sum(row.multiply_adds for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "rows": [row.to_dict() for row in self.rows],
            "parameters": self.parameters,
            "multiply_adds": self.multiply_adds,
        }


def table(module: nn.Module, input_shape: Sequence[int], *, whole: Collection[str] = ()) -> Table:
    """The table of any module: activation shape and size, parameters, multiply-adds and receptive field of each layer.

    Nothing is computed and nothing in the module changes; see `striate.layers.trace.trace`.

    Receptive fields are exact through branches, additions and concatenations. Dense layers and global pooling see
    everything that any position before them sees, inside the image; their field's stride is 0. So does what follows a
    normalisation over positions (group, instance and layer norm). Transposed convolutions and interpolation are
    unknown (None), and so is what follows them.

    Args:
        module: any module that takes one tensor (N, *input_shape).
        input_shape: (C, *S) of one sample.
        whole: names of modules that get one row each, with all that runs in them.

    Raises:
        ArgumentError: the shape is not made of positive integers, or a lazy layer has no weights yet.
        UnknownNameError: no such module is to have a row.
        ShapeError: the module does not take such an input; says which layer refused.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(3, 6, 5), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1176, 10))
        >>> t = table(net, (3, 32, 32))
        >>> for row in t.rows:
        ...     print(row.layer, row.shape_channels_last, row.size, row.parameters, row.fields[0].size)
        input (32, 32, 3) 3072 0 1
        0 (28, 28, 6) 4704 456 5
        1 (14, 14, 6) 1176 0 6
        2 (1176,) 1176 0 32
        3 (10,) 10 11770 32
        >>> t.parameters, t.multiply_adds
        (12226, 364560)
    """
    shape = tuple(input_shape)
    records = trace(module, shape, whole=whole)
    first = Row("input", "", shape, 0, 0, tuple(Field() for _ in shape[1:]))
    rows = (Row(r.name or r.kind, r.kind, r.output_shape, r.parameters, r.multiply_adds, r.fields) for r in records)
    return Table((first, *rows))

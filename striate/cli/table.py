"""`striate table`: a network layer by layer."""

from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.options import Json
from striate.cli.output import print_json, print_table

if TYPE_CHECKING:
    from striate.ops import Field


def table(
    model: Annotated[str, typer.Argument(help="A network's name, or a trained model file.")],
    input: Annotated[str, typer.Option(help="Shape of one input, channels first, for example 3x224x224.")] = "",
    as_json: Json = False,
) -> None:
    """Show a network layer by layer: activation shape and size, parameters, multiply-adds, receptive field.

    Example: `striate table resnet18 --input 3x224x224`
    """
    from striate.tasks import network_table, parse_shape

    found = network_table(model, parse_shape(input) if input else ())
    if as_json:
        print_json(found.to_dict())
        return
    rows = [
        (
            *(r.layer, r.kind, "x".join(map(str, r.shape_channels_last))),
            *(f"{count:,}" for count in (r.size, r.parameters, r.multiply_adds)),
            *_field(r.fields),
        )
        for r in found.rows
    ]
    total = ("total", "", "", "", f"{found.parameters:,}", f"{found.multiply_adds:,}", "", "", "")
    print_table(
        ("layer", "kind", "activation", "size", "parameters", "multiply-adds", "field", "stride", "offset"),
        [*rows, total],
        right=("activation", "size", "parameters", "multiply-adds", "field", "stride", "offset"),
    )


def _field(fields: "tuple[Field, ...] | None") -> tuple[str, str, str]:
    """Size, stride and first centre of the receptive fields along the last axis (in most networks they are square)."""
    if not fields:
        return "?", "?", "?"
    field = fields[-1]
    return f"{field.size:g}", f"{field.stride:g}", f"{field.offset:g}"

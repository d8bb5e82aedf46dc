"""`striate table`: a network layer by layer."""

from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.options import Json
from striate.cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from striate.explain import Row, Table
    from striate.ops import Field


def table(
    model: Annotated[str, typer.Argument(help="A network's name, a trained model file, or its run.")],
    input: Annotated[str, typer.Option(help="Shape of one input, channels first, for example 3x224x224.")] = "",
    stages: Annotated[bool, typer.Option("--stages", help="A row for each stage instead of each layer.")] = False,
    against: Annotated[str, typer.Option(help="Another network or model file, stage by stage beside this one.")] = "",
    as_json: Json = False,
) -> None:
    """Show a network layer by layer: activation shape and size, parameters, multiply-adds, receptive field.

    Example: `striate table resnet50 --against resnet34`
    """
    from striate.tasks import network_table, parse_shape

    shape = parse_shape(input) if input else ()
    found = network_table(model, shape, by_stage=stages or bool(against))
    if against:
        other = network_table(against, shape, by_stage=True)
        if as_json:
            print_json([{"model": name, **t.to_dict()} for name, t in ((model, found), (against, other))])
        else:
            _print_two(model, found, against, other)
    elif as_json:
        print_json(found.to_dict())
    else:
        _print_one(found)


def _print_one(found: "Table") -> None:
    numbers = ("activation", "size", "parameters", "multiply-adds", "field", "stride", "offset")
    names = ("layer", "kind") if any(row.kind for row in found.rows) else ("stage",)
    rows = [
        (
            *(row.layer, row.kind)[: len(names)],
            *(_activation(row), *_counts(row.size, row.parameters, row.multiply_adds), *_field(row.fields)),
        )
        for row in found.rows
    ]
    blank = [""] * (len(names) + 1)
    total = ("total", *blank, *_counts(found.parameters, found.multiply_adds), "", "", "")
    print_table((*names, *numbers), [*rows, total], right=numbers)


def _print_two(model: str, found: "Table", against: str, other: "Table") -> None:
    from striate.tasks import side_by_side

    rows = [(name, *_side(ours), *_side(theirs)) for name, ours, theirs in side_by_side(found, other)]
    totals = [("", *_counts(t.parameters, t.multiply_adds), "") for t in (found, other)]
    kinds = ("activation", "parameters", "multiply-adds", "field")
    columns = [f"{name if kind == 'activation' else ''}\n{kind}" for name in (model, against) for kind in kinds]
    print_table(("\nstage", *columns), [*rows, ("total", *totals[0], *totals[1])], right=columns)
    if other.parameters and other.multiply_adds:
        parameters, multiply_adds = found.parameters / other.parameters, found.multiply_adds / other.multiply_adds
        note(
            f"{model}: {parameters:.3g} times the parameters of {against}, {multiply_adds:.3g} times its multiply-adds"
        )


def _side(row: "Row | None") -> tuple[str, ...]:
    """What one of two networks has at a stage; nothing if it has no such stage."""
    if row is None:
        return ("", "", "", "")
    return (_activation(row), *_counts(row.parameters, row.multiply_adds), _field(row.fields)[0])


def _activation(row: "Row") -> str:
    return "x".join(map(str, row.shape_channels_last))


def _counts(*numbers: int) -> tuple[str, ...]:
    return tuple(f"{number:,}" for number in numbers)


def _field(fields: "tuple[Field, ...] | None") -> tuple[str, str, str]:
    """Size, stride and first centre of the receptive fields along the last axis (in most networks they are square)."""
    if not fields:
        return "?", "?", "?"
    field = fields[-1]
    return f"{field.size:g}", f"{field.stride:g}", f"{field.offset:g}"

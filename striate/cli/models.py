"""`striate models`: what networks there are."""

from typing import Annotated

import typer

from striate.cli.output import print_json, print_table


def models(
    pattern: Annotated[str, typer.Argument(help="A shell pattern, for example 'resnet*'.")] = "*",
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """List the networks that can be trained.

    Example: `striate models 'resnet*'`
    """
    from striate.models import SOURCES, find_entry, model_names

    entries = [find_entry(name) for name in model_names(pattern)]
    installed = {source.network for source in SOURCES.values() if source.is_installed()}
    rows = [(e.name, e.size, e.channels, e.dims, e.name in installed) for e in entries]
    if as_json:
        names = ("name", "size", "channels", "dims", "pretrained")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    print_table(
        ("network", "size", "channels", "dimensions", "weights"),
        [(name, size, c, ", ".join(map(str, dims)), "installed" if own else "") for name, size, c, dims, own in rows],
        right=("size", "channels"),
    )

"""`striate weights`: published weights, where they come from and under which licence."""

from typing import Annotated

import typer

from striate.cli.options import Json
from striate.cli.output import print_json, print_table

weights = typer.Typer(
    help="Published weights: list them, show where they come from and under which licence.", no_args_is_help=True
)


@weights.command("list")
def list_weights(as_json: Json = False) -> None:
    """List the weights that striate knows.

    Example: `striate weights list`
    """
    from striate.models import SOURCES

    if as_json:
        print_json([source.to_dict() for source in SOURCES.values()])
        return
    print_table(
        ("name", "network", "installed", "licence", "trained on", "top-1 %"),
        [
            (s.name, s.network, "yes" if s.is_installed() else "no", s.licence, s.trained_on, s.accuracy)
            for s in SOURCES.values()
        ],
        right=("top-1 %",),
    )


@weights.command("show")
def show_weights(
    name: Annotated[str, typer.Argument(help="A name of `striate weights list`.")], as_json: Json = False
) -> None:
    """Show everything about some weights: file, hash, preset, licence, accuracy.

    Example: `striate weights show efficientnet_lite0`
    """
    from striate.models import find_source

    source = find_source(name)
    if as_json:
        print_json(source.to_dict())
        return
    print_table(("", ""), [(key, value) for key, value in source.to_dict().items()])

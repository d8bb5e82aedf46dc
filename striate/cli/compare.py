"""`striate compare`: several trainings beside each other."""

from pathlib import Path
from typing import Annotated

import typer

from striate.cli.options import Json
from striate.cli.output import note, print_json, print_table


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders that `striate train` wrote.")],
    out: Annotated[Path | None, typer.Option(help="Write their curves as a page, for example compare.html.")] = None,
    as_json: Json = False,
) -> None:
    """Compare trainings: their figures in a table, their curves on a page.

    Example: `striate compare runs/a runs/b --out compare.html`
    """
    from striate.tasks import compare_runs

    rows = compare_runs(runs, out)
    if as_json:
        print_json(rows)
    else:
        print_table(list(rows[0]), [[_cell(value) for value in row.values()] for row in rows], right=list(rows[0])[1:])
    if out:
        note(f"curves: {out}")


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else str(value)

"""Arguments that several verbs take, said once."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Model = Annotated[str, typer.Argument(metavar="MODEL", help="A trained model file, or the name of published weights.")]
Data = Annotated[
    Path, typer.Argument(metavar="DATA", help="Class folders, a zip of them, a CSV (path,label) or idx files.")
]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Go on without files that can't be read, and record them.")]
Device = Annotated[Literal["auto", "cpu", "cuda", "mps"], typer.Option(help="Where to compute.")]

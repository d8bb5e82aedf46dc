"""The verbs together, and what happens to an error."""

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from striate.cli.anchors import anchors
from striate.cli.cache import cache
from striate.cli.compare import compare
from striate.cli.data import data
from striate.cli.distort import distort
from striate.cli.edges import edges
from striate.cli.evaluate import evaluate
from striate.cli.explain import explain
from striate.cli.faces import faces
from striate.cli.models import models
from striate.cli.output import note
from striate.cli.patches import patches
from striate.cli.predict import predict
from striate.cli.process import hush_decoders
from striate.cli.stylize import stylize
from striate.cli.table import table
from striate.cli.train import train
from striate.cli.weights import weights
from striate.cli.windows import windows
from striate.errors import StriateError
from striate.version import __version__

app = typer.Typer(
    name="striate",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (
    train,
    evaluate,
    predict,
    table,
    explain,
    patches,
    models,
    compare,
    distort,
    edges,
    windows,
    anchors,
    stylize,
):
    app.command()(verb)
app.add_typer(data, name="data")
app.add_typer(faces, name="faces")
app.add_typer(weights, name="weights")
app.add_typer(cache, name="cache")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"striate {__version__}")
        raise typer.Exit


@app.callback()
def striate(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    """From a folder of images to a trained, measured and explained convolutional network.

    Example: `striate train photos/ --out run`, then `striate predict run/model.safetensors new.jpg`
    """


def main() -> None:
    """Run the command line; an error of striate's is one message on stderr and exit code 1."""
    debug = "--debug" in sys.argv[1:]
    sys.argv[1:] = [a for a in sys.argv[1:] if a != "--debug"]  # welcome before and after the verb
    hush_decoders()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that this terminal can't show is no error
    try:
        app()
    except StriateError as e:
        if debug:
            raise
        note(f"error: {e}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)

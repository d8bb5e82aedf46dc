"""`striate weights`: published weights, where they come from and under which licence."""

from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from striate.cli.options import Json
from striate.cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from striate.models import Source

weights = typer.Typer(
    help="Published weights: list them, show where they come from and under which licence, fetch them.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(help="A name of `striate weights list`.")]


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
        ("name", "network", "from", "here", "licence", "trained on", "%", "of"),
        [
            (
                source.name,
                source.network,
                _origin(source),
                "yes" if source.is_installed() else "no",
                source.licence,
                source.trained_on,
                source.accuracy,
                source.measured_on,
            )
            for source in SOURCES.values()
        ],
        right=("%",),
    )


@weights.command("show")
def show_weights(name: Name, as_json: Json = False) -> None:
    """Show everything about some weights: file, hash, preset, licence, accuracy.

    Example: `striate weights show efficientnet_lite0`
    """
    from striate.models import find_source

    source = find_source(name)
    if as_json:
        print_json(source.to_dict())
        return
    print_table(("", ""), [(key, value) for key, value in source.to_dict().items()])


@weights.command("fetch")
def fetch(
    name: Name,
    sha256: Annotated[
        str | None, typer.Option(metavar="HEX", help="The file's hash, where nobody publishes it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Download some weights into the cache, to be used from then on without a network.

    The file is checked by its hash. A download that was stopped goes on where it was. Weights that a package carries
    are not downloaded: it says what pip command installs them.

    Example: `striate weights fetch resnet50`
    """
    from striate.cli.progress import Bar
    from striate.models import fetch_weights, find_source

    source = find_source(name)
    if not source.is_installed():
        note(_announcement(source))
    try:
        with Bar(source.name, of_bytes=True) as bar:
            path = fetch_weights(source, sha256=sha256, on_progress=bar.advance_to)
    except KeyboardInterrupt:
        note("stopped; the same command goes on from here")
        raise
    if as_json:
        print_json(source.to_dict())
        return
    print(path)
    print(f"sha256 {source.digest()}")


def _origin(source: "Source") -> str:
    from striate.models import Url

    where = source.where
    return urlsplit(where.url).hostname or "" if isinstance(where, Url) else f"package {where.distribution}"


def _announcement(source: "Source") -> str:
    """From where, how large, under which licence: said before anything is fetched."""
    from striate.models import Url

    if not isinstance(source.where, Url):
        return ""
    size = f"about {source.where.megabytes:g} MB" if source.where.megabytes else "of unknown size"
    return f"from {source.where.url}, {size}\n{source.notice}"

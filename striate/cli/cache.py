"""`striate cache`: the features of frozen networks that are kept on disk."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.options import Json
from striate.cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from striate.training import CacheEntry

cache = typer.Typer(help="Features of frozen networks, kept on disk: list them, remove them.")
_COLUMNS = ("network", "weights", "cut", "input", "view", "rows", "MB", "last used")


@cache.callback(invoke_without_command=True)
def list_features(context: typer.Context, as_json: Json = False) -> None:
    """List the features that are kept, of which networks, and how large they are.

    Example: `striate cache`
    """
    if context.invoked_subcommand:
        return
    from striate.training import FeatureCache

    kept = FeatureCache()
    entries = kept.entries()
    total = sum(entry.num_bytes for entry in entries)
    if as_json:
        files = [entry.to_dict() for entry in entries]
        print_json({"folder": str(kept.folder), "bytes": total, "most_bytes": kept.most_bytes, "files": files})
        return
    if entries:
        _print(entries)
    note(f"{kept.folder}: {total / 1e6:,.1f} of at most {kept.most_bytes / 1e6:,.0f} MB")


@cache.command("prune")
def prune(
    older_than: Annotated[
        float | None, typer.Option(min=0, metavar="DAYS", help="Remove what was last used so long ago.")
    ] = None,
    to_megabytes: Annotated[
        float | None, typer.Option(min=0, metavar="N", help="Remove the least recently used until N MB are left.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Remove features that are kept; without an option only files that are broken.

    Whatever is removed is computed again when it is needed.

    Example: `striate cache prune --older-than 30 --to-megabytes 1000`
    """
    from striate.training import FeatureCache

    most_bytes = None if to_megabytes is None else int(to_megabytes * 1e6)
    removed = FeatureCache().prune(older_than_days=older_than, most_bytes=most_bytes)
    if as_json:
        print_json([entry.to_dict() for entry in removed])
        return
    if removed:
        _print(removed)
    note(f"removed {len(removed)} files, {sum(entry.num_bytes for entry in removed) / 1e6:,.1f} MB")


def _print(entries: "list[CacheEntry]") -> None:
    print_table(_COLUMNS, [_cells(entry) for entry in entries], right=("rows", "MB"))


def _cells(entry: "CacheEntry") -> tuple[object, ...]:
    features = entry.document
    used = datetime.fromtimestamp(entry.last_used).strftime("%Y-%m-%d %H:%M")
    numbers = (entry.rows, f"{entry.num_bytes / 1e6:,.1f}", used)
    if not features:
        return ("broken file", "", "", "", "", *numbers)
    size = "×".join(map(str, features["preset"]["size_hw"]))
    view = "distorted" if features["views"] else "plain"
    return (features["network"], features["weights"][:8], features["cut"], size, view, *numbers)

"""`striate data`: what a data set is, before anything is trained on it."""

from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.convert import convert_data
from striate.cli.findings import image_findings, print_findings
from striate.cli.marks import show_marks
from striate.cli.options import Json, LabelledData
from striate.cli.output import print_json, print_table
from striate.cli.recordings_data import show_recordings
from striate.cli.shard import shard_data
from striate.cli.suspects import show_suspects

if TYPE_CHECKING:
    from striate.data import Summary

data = typer.Typer(
    help="Look at a data set before training on it; write it as shards, or in another format.", no_args_is_help=True
)


data.command("suspects")(show_suspects)
data.command("shard")(shard_data)
data.command("convert")(convert_data)


@data.command("show")
def show_data(
    data: LabelledData,
    seed: Annotated[int, typer.Option(min=0, help="By which a val part is cut where the data has none.")] = 0,
    window: Annotated[
        float | None, typer.Option(help="Seconds of the windows to cut out of annotated signals (WFDB records).")
    ] = None,
    symbols: Annotated[str, typer.Option(help="The annotations that count there, such as N,V.")] = "",
    as_json: Json = False,
) -> None:
    """Show what the data is: classes, counts, sizes, bad files, exact and near duplicates across parts.

    Boxes and points too, in COCO's, VOC's or YOLO's format or a CSV: how many of each class, their sizes, problems.
    Signals, volumes and clips too: channels, samples, spacings.

    Example: `striate data show photos/`
    """
    from striate.data import open_data, summarize, what_is_marked
    from striate.recordings import is_recordings

    if is_recordings(data):
        show_recordings(data, seed=seed, window=window, symbols=symbols, as_json=as_json)
        return
    if window is not None or symbols:
        raise typer.BadParameter("--window and --symbols are of annotated signals, which this data is not")
    if marked := what_is_marked(data):
        show_marks(data, marked, seed=seed, as_json=as_json)
        return
    summary = summarize(open_data(data, seed=seed, skip_bad=True))
    if as_json:
        print_json(summary.to_dict())
        return
    _print_summary(summary)


def _print_summary(s: "Summary") -> None:
    cut = f"; val was cut out of train by seed {s.cut_seed}" if s.cut_seed is not None else ""
    print(f"{s.root}: {s.kind}, {len(s.classes)} classes{', several an image' if s.multilabel else ''}{cut}")
    if s.sizes:
        low, median, high = ("x".join(map(str, hw)) for hw in (s.sizes.min_hw, s.sizes.median_hw, s.sizes.max_hw))
        print(f"height x width: {low} to {high}, median {median}")
    print("modes: " + ", ".join(f"{n} {mode}" for mode, n in s.modes.items()))
    print(f"fingerprint: {s.fingerprint}\n")
    rows = [(name, *(counts[name] for counts in s.counts.values())) for name in s.classes]
    print_table(("class", *s.counts), [*rows, ("images", *s.images.values())], right=tuple(s.counts))
    print_findings(image_findings(s))

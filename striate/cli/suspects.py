"""`striate data suspects`: labels that are probably wrong."""

from pathlib import Path
from typing import Annotated

import typer

from striate.cli.options import Data, Device, Json, SkipBad
from striate.cli.output import note, print_json, print_table
from striate.cli.process import prepare_process


def show_suspects(
    data: Data,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Whose features are looked at; those of the network for photographs."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A page of the most suspicious ones, for example page.png.")] = None,
    skip_bad: SkipBad = False,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """List labels that are probably wrong: what images look like to a network that did not learn them.

    Example: `striate data suspects photos/ --out suspects.png`
    """
    prepare_process()
    from striate.cli.progress import Bar
    from striate.tasks import check_page, draw_suspects, suspect_labels

    if out:
        check_page(out)
    with Bar("features") as bar:
        suspects = suspect_labels(data, model=model, skip_bad=skip_bad, device=device, on_images=bar.advance_to)
    for remark in suspects.remarks:
        note(remark)
    if out and suspects.found:
        draw_suspects(data, suspects, out, skip_bad=skip_bad)
        note(f"the most suspicious images: {out}")
    if as_json:
        print_json(suspects.to_dict())
        return
    print_table(
        ("margin", "", "label", "looks like", "part", "image"),
        [
            (f"{s.margin:.2f}", "sure" if s.sure else "", s.label, f"{s.likely} {s.probability:.0%}", s.part, s.path)
            for s in suspects.found
        ],
        right=("margin",),
    )
    print(suspects.expectation)

"""`striate anchors`: shapes that a detector starts its boxes from."""

from pathlib import Path
from typing import Annotated

import typer

from striate.cli.options import Json, SkipBad
from striate.cli.output import note, print_json, print_table


def anchors(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Boxes in COCO's, VOC's or YOLO's format, or a CSV.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many.")] = 5,
    side: Annotated[
        int | None,
        typer.Option(metavar="PIXELS", help="Longer side of what the network will see; by default the images'."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the k-means' starts.")] = 0,
    out: Annotated[Path | None, typer.Option(help="A picture of them, for example anchors.png.")] = None,
    skip_bad: SkipBad = False,
    as_json: Json = False,
) -> None:
    """Choose anchors for a data set of boxes: k shapes that overlap most with its boxes.

    Example: `striate anchors cells.zip -k 5 --out anchors.png`
    """
    from striate.tasks import choose_anchors

    choice = choose_anchors(data, k, side=side, seed=seed, skip_bad=skip_bad, out=out)
    if out:
        note(f"the anchors over the sizes of the boxes: {out}")
    if as_json:
        print_json(choice.to_dict())
        return
    rows = zip(choice.anchors.wh, choice.shares, strict=True)
    print_table(
        ("width", "height", "share of longer side", ""),
        [(f"{w:.1f}", f"{h:.1f}", f"{a:.4f}", f"{b:.4f}") for (w, h), (a, b) in rows],
        right=("width", "height", "share of longer side", ""),
    )
    print(f"\n{choice.boxes} boxes, images {choice.side} pixels on the longer side")
    fits = (f"{'*' if n == k else ''}{n}: {mean:.3f}" for n, mean in choice.others.items())
    print(f"mean IoU by number of anchors: {', '.join(fits)}")

"""`striate distort`: a page of distorted training images."""

from pathlib import Path
from typing import Annotated

import typer

from striate.cli.options import LabelledData, Resample
from striate.cli.output import note


def distort(
    data: LabelledData,
    out: Annotated[Path, typer.Option(help="The page to write, for example page.png.")],
    distort: Annotated[
        str | None, typer.Option(metavar="WORDS", help="Such as 'mirror, rotate 15'; what suits the data if left out.")
    ] = None,
    images: Annotated[int, typer.Option(min=1, help="Rows of the page.")] = 4,
    views: Annotated[int, typer.Option(min=1, help="Views of each image, one for each of the first epochs.")] = 6,
    seed: Annotated[int, typer.Option(min=0, help="Of the training.")] = 0,
    window: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Of annotated records: what is around each mark is a signal."),
    ] = None,
    symbols: Annotated[str | None, typer.Option(metavar="N,V", help="Of those marks: which count.")] = None,
    resample: Resample = False,
) -> None:
    """Draw a page of training images as they are and as a training would see them; signals, volumes and clips too.

    Example: `striate distort photos/ --distort mirror --out page.png`
    """
    from striate.tasks import draw_distortions

    draw_distortions(
        data,
        out,
        distort=distort,
        images=images,
        views=views,
        seed=seed,
        window=window,
        symbols=symbols.split(",") if symbols else None,
        resample=resample or None,
    )
    note(f"training data of {data} and {views} views of each: {out}")

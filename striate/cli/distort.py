"""`striate distort`: a page of distorted training images."""

from pathlib import Path
from typing import Annotated

import typer

from striate.cli.options import LabelledData
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
) -> None:
    """Draw a page of training images as they are and as a training would see them.

    Example: `striate distort photos/ --distort mirror --out page.png`
    """
    from striate.tasks import draw_distortions

    draw_distortions(data, out, distort=distort, images=images, views=views, seed=seed)
    note(f"training images of {data} and {views} views of each: {out}")

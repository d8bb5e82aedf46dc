"""Arguments that several verbs take, said once."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from striate.data import Crops

Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="A trained model file, a run's folder, or the name of published weights.")
]
Data = Annotated[
    Path, typer.Argument(metavar="DATA", help="Class folders, a zip of them, a CSV (path,label), shards or idx files.")
]
LabelledData = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help="Class folders, their zip, a CSV (path,label), shards, idx files; boxes or points: COCO, VOC, YOLO, CSV.",
    ),
]
With = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="MODEL", help="One more, whose answers are averaged with it; can be repeated."),
]
CropNumber = Annotated[int, typer.Option("--crops", help="Look at so many crops of each image: 2, 5, 9, 10, 18, 144 …")]
CropScale = Annotated[
    str, typer.Option(metavar="SHARE,…", help="Sides of the crops, as shares of the usual one, such as 0.8,1.")
]
Mirrored = Annotated[
    bool,
    typer.Option(
        "--mirrored", help="Of boxes and points: look at each image mirrored too, and upside down where trained so."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
Resample = Annotated[
    bool,
    typer.Option("--resample", help="Of signals, volumes, clips: bring those of another rate or spacing to the usual."),
]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Go on without files that can't be read, and record them.")]
Device = Annotated[Literal["auto", "cpu", "cuda", "mps"], typer.Option(help="Where to compute.")]

OF_MARKS = "of boxes and points alone (of classes: --crops 2)"  # whose `--mirrored` is


def parse_crops(number: int, scales: str) -> "Crops":
    """What `--crops` and `--crop-scale` say together.

    Raises:
        ArgumentError: a scale is no number, or so many crops can't be arranged.

    Example:
        >>> len(parse_crops(20, "0.8,1"))
        20
    """
    from striate.data import arrange_crops
    from striate.errors import ArgumentError

    try:
        shares = [float(word) for word in scales.split(",")] if scales else []
    except ValueError:
        raise ArgumentError.of("crop_scale", "numbers with commas between them, such as 0.8,1", scales) from None
    return arrange_crops(number, shares)


def refuse_options(whose: str, options: Mapping[str, object]) -> None:
    """Options that say nothing of this model are an error, not ignored.

    Raises:
        typer.BadParameter: one of them is set.
    """
    for name, value in options.items():
        if value:
            raise typer.BadParameter(f"{name} is {whose}, which this model does not answer with", param_hint=name)

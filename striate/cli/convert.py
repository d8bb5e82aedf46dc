"""`striate data convert`: boxes and points in another format."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from striate.cli.options import Json, SkipBad
from striate.cli.output import note, print_json


def convert_data(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Boxes or points: COCO, VOC, YOLO, CSV; a zip.")],
    to: Annotated[Literal["coco", "voc", "yolo", "csv"], typer.Option(help="The format to write.")],
    out: Annotated[Path, typer.Option(help="A new folder for the images and their labels.")],
    skip_bad: SkipBad = False,
    as_json: Json = False,
) -> None:
    """Write boxes or points in another format, with a copy of every image. What it can't hold is said.

    Read again they are the same to a millionth of a pixel. The folder appears when all is written.

    Example: `striate data convert cells.zip --to coco --out cells-coco`
    """
    from striate.cli.progress import Bar
    from striate.data import convert_marks

    with Bar("writing") as bar:
        done = convert_marks(data, out, to, skip_bad=skip_bad, on_images=bar.advance_to)
    if as_json:
        told = {name: [problem._asdict() for problem in getattr(done, name)] for name in ("remarks", "skipped")}
        print_json({"folder": str(done.folder), "images": done.images, "boxes": done.boxes, "lost": done.lost, **told})
        return
    for problem in done.skipped:
        note(f"left out: {problem}")
    for remark in done.remarks:
        note(f"remark: {remark}")
    for lost in done.lost:
        note(f"not kept: {lost}")
    print(f"{done.folder}: {sum(done.images.values())} images, {done.boxes} boxes")

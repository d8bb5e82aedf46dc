"""`striate windows`: find objects with a classifier."""

import time
from pathlib import Path
from typing import Annotated

import typer

from striate.cli.options import Device, Json, Model
from striate.cli.output import note, print_json
from striate.cli.process import prepare_process


def windows(
    model: Model,
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help="Images, folders, or globs in quotes.")],
    size: Annotated[
        list[int] | None,
        typer.Option(help="Side of the windows in pixels of the image; can be repeated. By default the network's own."),
    ] = None,
    stride: Annotated[
        list[int] | None,
        typer.Option(help="Pixels from one window to the next, one or one for each --size. By default the network's."),
    ] = None,
    dense: Annotated[
        bool,
        typer.Option("--dense", help="Look at all windows together: many times as fast; deep networks are less sure."),
    ] = False,
    threshold: Annotated[float, typer.Option(help="Report what is surer than this, in [0, 1].")] = 0.6,
    iou: Annotated[float, typer.Option(help="Of boxes of one class that overlap more, the surest stays.")] = 0.5,
    background: Annotated[
        list[str] | None, typer.Option(metavar="CLASS", help="A class that is never reported; can be repeated.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The picture to draw; a folder for several images.")] = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Find objects with a classifier, which looks at windows of several sizes all over each image.

    Example: `striate windows run/model.safetensors street.jpg --size 96 --size 192 --dense --out found.png`
    """
    prepare_process()
    from striate.draw.text import printable
    from striate.tasks import SlidingWindows, find_images, load_classifier, search_files

    files = find_images(images)
    classifier = load_classifier(model, device=device)
    note(classifier.notice)
    finder = SlidingWindows(
        classifier,
        size or (),
        strides=stride or (),
        dense=dense,
        threshold=threshold,
        iou_threshold=iou,
        background=background or (),
    )
    start = time.perf_counter()
    searched = list(search_files(finder, files, out))
    count = sum(one.windows for one in searched)
    note(f"{count:,} windows on {len(files)} images in {time.perf_counter() - start:.1f} s")
    if as_json:
        print_json([{"path": str(path), "windows": number, **found.to_dict()} for path, found, number in searched])
        return
    for path, found, _ in searched:
        print(path)
        for label, confidence, box in zip(found.labels, found.confidence, found.xyxy, strict=True):
            print(f"  {confidence:6.1%}  {' '.join(f'{edge:.0f}' for edge in box)}  {printable(label)}")

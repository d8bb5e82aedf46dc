"""`striate predict`: what images show."""

from pathlib import Path
from typing import Annotated, Any

import typer

from striate.cli.options import (
    OF_MARKS,
    CropNumber,
    CropScale,
    Device,
    Json,
    Mirrored,
    Model,
    Resample,
    SkipBad,
    With,
    parse_crops,
    refuse_options,
)
from striate.cli.output import note
from striate.cli.process import prepare_process


def predict(
    model: Model,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH...", help="Images, folders, globs in quotes, or one video.")
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="How many classes to name; 5 if left out.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="What was found, drawn: a picture of one image or signal, a folder for those of several, or the video."
        ),
    ] = None,
    tile: Annotated[
        int | None, typer.Option(min=32, metavar="PIXELS", help="Look at large images in tiles of this side.")
    ] = None,
    overlap: Annotated[
        int | None,
        typer.Option(min=0, metavar="PIXELS", help="Objects up to this size are found whole; an eighth of --tile."),
    ] = None,
    camera: Annotated[int | None, typer.Option(min=0, metavar="NUMBER", help="Look through this camera.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Of a video or camera: stop after so many.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the answers to this table too.")] = None,
    others: With = None,
    crops: CropNumber = 1,
    crop_scale: CropScale = "",
    mirrored: Mirrored = False,
    resample: Resample = False,
    skip_bad: SkipBad = False,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Say what images, signals, volumes or clips show: classes, a box, points or boxes, as the model was trained.

    Example: `striate predict efficientnet_lite0 photo.jpg --top 3`
    """
    prepare_process()
    from striate.cli.predict_classes import predict_classes
    from striate.cli.predict_events import predict_events
    from striate.cli.predict_marks import parse_tile, predict_marks
    from striate.cli.predict_video import find_video, predict_video
    from striate.errors import ArgumentError
    from striate.faces import Encoder
    from striate.tasks import EventFinder, MarksFinder, RecordingClassifier, load

    views, paths = parse_crops(crops, crop_scale), paths or []
    classifier = load([model, *(others or [])], device=device)
    note(classifier.notice)
    if not isinstance(classifier, RecordingClassifier | EventFinder):
        refuse_options("of signals, volumes and clips alone", {"--resample": resample})
    if isinstance(classifier, Encoder):
        raise ArgumentError.of("model", "one that predicts; an encoder verifies, see striate faces", str(model))
    if not isinstance(classifier, MarksFinder):
        refuse_options(OF_MARKS, {"--mirrored": mirrored})
    of_crops = {"--crops": crops != 1, "--crop-scale": crop_scale}
    of_classes = {"--top": top, "--csv": csv, **of_crops}
    of_marks = {"--tile": tile, "--overlap": overlap, "--camera": camera is not None, "--seconds": seconds}
    if isinstance(classifier, EventFinder):
        refuse_options("of others alone", {**of_marks, **of_classes})
        predict_events(classifier, paths, out=out, resample=resample, skip_bad=skip_bad, as_json=as_json)
        return
    if isinstance(classifier, MarksFinder):
        refuse_options("of classes alone", of_classes)
        finder = classifier.mirrored() if mirrored else classifier
        tiles = parse_tile(tile, overlap)
        video = find_video(paths, camera, seconds=seconds, skip_bad=skip_bad)
        if video is None:
            predict_marks(finder, paths, out=out, tile=tiles, skip_bad=skip_bad, as_json=as_json)
        else:
            predict_video(finder, video, out=out, seconds=seconds, tile=tiles, as_json=as_json)
        return
    refuse_options("of boxes, points and events alone", {"--out": out})
    refuse_options("of boxes and points alone", of_marks)
    if isinstance(classifier, RecordingClassifier):
        refuse_options("of images alone", of_crops)
    how: dict[str, Any] = {"resample": resample, "skip_bad": skip_bad, "as_json": as_json}
    predict_classes(classifier, paths, top=5 if top is None else top, csv=csv, views=views, **how)

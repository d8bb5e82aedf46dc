"""`striate predict`: what images show."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from striate.cli.output import note, print_json
from striate.cli.process import prepare_process

if TYPE_CHECKING:
    from striate.tasks import Classifier, Ensemble


def predict(
    model: Model,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH...", help="Images, folders, globs in quotes, or one video.")
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="How many classes to name; 5 if left out.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the images with what was found drawn on them; the video; the picture of a signal."
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
    from striate.cli.predict_events import predict_events
    from striate.cli.predict_marks import predict_marks
    from striate.cli.predict_video import find_video, predict_video
    from striate.draw.text import printable
    from striate.errors import ArgumentError
    from striate.faces import Encoder
    from striate.tasks import (
        EventFinder,
        MarksFinder,
        RecordingClassifier,
        load,
        predict_files,
        predict_recordings,
        write_predictions,
    )

    views = parse_crops(crops, crop_scale)
    classifier = load([model, *(others or [])], device=device)
    note(classifier.notice)
    if not isinstance(classifier, RecordingClassifier | EventFinder):
        refuse_options("of signals, volumes and clips alone", {"--resample": resample})
    of_marks = {
        "--out": out,
        "--tile": tile,
        "--overlap": overlap,
        "--camera": camera is not None,
        "--seconds": seconds,
    }
    if isinstance(classifier, Encoder):
        raise ArgumentError.of("model", "one that predicts; an encoder verifies, see striate faces", str(model))
    if not isinstance(classifier, MarksFinder):
        refuse_options(OF_MARKS, {"--mirrored": mirrored})
    if isinstance(classifier, EventFinder):
        others_alone = {**of_marks, "--out": None, "--top": top, "--csv": csv}
        refuse_options("of others alone", {**others_alone, "--crops": crops != 1, "--crop-scale": crop_scale})
        predict_events(classifier, paths or [], out=out, resample=resample, skip_bad=skip_bad, as_json=as_json)
        return
    if isinstance(classifier, MarksFinder):
        finder = classifier.mirrored() if mirrored else classifier
        of_classes = {"--top": top, "--csv": csv, "--crops": crops != 1, "--crop-scale": crop_scale}
        refuse_options("of classes alone", of_classes)
        tiles = None if tile is None else (tile, tile // 8 if overlap is None else overlap)
        if tile is None and overlap is not None:
            raise typer.BadParameter("goes with --tile", param_hint="--overlap")
        video = find_video(paths or [], camera)
        if video is None and seconds is not None:
            raise typer.BadParameter("goes with a video or --camera", param_hint="--seconds")
        if video is not None:
            if skip_bad:
                raise typer.BadParameter("goes with images", param_hint="--skip-bad")
            predict_video(finder, video, out=out, seconds=seconds, tile=tiles, as_json=as_json)
            return
        predict_marks(finder, paths or [], out=out, tile=tiles, skip_bad=skip_bad, as_json=as_json)
        return
    refuse_options("of boxes, points and events alone", {"--out": of_marks.pop("--out")})
    refuse_options("of boxes and points alone", of_marks)
    top = 5 if top is None else top
    start = time.perf_counter()
    if isinstance(classifier, RecordingClassifier):
        refuse_options("of images alone", {"--crops": crops != 1, "--crop-scale": crop_scale})
        predictions, bad = predict_recordings(classifier, paths or [], resample=resample, skip_bad=skip_bad)
    else:
        predictions, bad = predict_files(classifier, paths or [], crops=views, skip_bad=skip_bad)
        note(_cost(classifier, len(views), len(predictions), time.perf_counter() - start))
    for problem in bad:
        note(f"skipped {problem}")
    if csv:
        write_predictions(csv, predictions, top)
    if as_json:
        print_json([{"path": path, **classes.to_dict(top)} for path, classes in predictions])
        return
    for path, classes in predictions:
        print(path)
        for label, probability in zip(classes.labels[:top], classes.probabilities, strict=False):
            print(f"  {probability:6.1%}  {printable(label)}")


def _cost(classifier: "Classifier | Ensemble", crops: int, images: int, seconds: float) -> str:
    """What several networks or crops cost; nothing where there is one of each. The gain takes labels: `evaluate`."""
    answers = len(classifier.members) * crops
    if answers == 1:
        return ""
    many = [f"{len(classifier.members)} networks"] * (len(classifier.members) > 1) + [f"{crops} crops"] * (crops > 1)
    return (
        f"{' × '.join(many)}: {answers} answers averaged for each of {images} images, {seconds:.1f} s, "
        f"{classifier.num_bytes / 1e6:.1f} MB of weights; `striate evaluate` says what that gains"
    )

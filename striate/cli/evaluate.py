"""`striate evaluate`: how good a model is on images that it has not seen."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from striate.cli.options import (
    OF_MARKS,
    CropNumber,
    CropScale,
    Device,
    Json,
    LabelledData,
    Mirrored,
    Model,
    Resample,
    SkipBad,
    With,
    parse_crops,
    refuse_options,
)
from striate.cli.output import note, print_json, print_table
from striate.cli.process import prepare_process

if TYPE_CHECKING:
    from striate.tasks import Evaluation


def evaluate(
    model: Model,
    data: LabelledData,
    part: Annotated[
        Literal["train", "val", "test", "all"] | None,
        typer.Option(help="Which part: test where there is one, else val, else all."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A page of the worst mistakes, of classes none, for example worst.png.")
    ] = None,
    others: With = None,
    crops: CropNumber = 1,
    crop_scale: CropScale = "",
    mirrored: Mirrored = False,
    resample: Resample = False,
    skip_bad: SkipBad = False,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Measure a model on labelled images, signals, volumes or clips, with intervals.

    Accuracy of classes, mean AP of boxes, errors of points, verification of encodings, events found.

    Example: `striate evaluate run/model.safetensors photos/test`
    """
    prepare_process()
    from striate.cli.evaluate_encoder import evaluate_encoder
    from striate.cli.evaluate_events import evaluate_events
    from striate.cli.evaluate_marks import evaluate_marks
    from striate.cli.progress import Bar
    from striate.faces import Encoder
    from striate.tasks import (
        EventFinder,
        MarksFinder,
        RecordingClassifier,
        evaluate_classes,
        evaluate_recordings,
        load,
    )

    views = parse_crops(crops, crop_scale)
    classifier = load([model, *(others or [])], device=device)
    note(classifier.notice)
    if not isinstance(classifier, RecordingClassifier | EventFinder):
        refuse_options("of signals, volumes and clips alone", {"--resample": resample})
    if isinstance(classifier, MarksFinder):
        refuse_options("of classes alone", {"--crops": crops != 1, "--crop-scale": crop_scale})
        finder = classifier.mirrored() if mirrored else classifier
        evaluate_marks(finder, data, part=part, out=out, skip_bad=skip_bad, as_json=as_json)
        return
    refuse_options(OF_MARKS, {"--mirrored": mirrored})
    if isinstance(classifier, EventFinder):
        refuse_options("of classes alone", {"--crops": crops != 1, "--crop-scale": crop_scale})
        how: dict[str, Any] = {"part": part, "out": out, "resample": resample, "skip_bad": skip_bad}
        evaluate_events(classifier, data, as_json=as_json, **how)
        return
    if isinstance(classifier, Encoder):
        refuse_options("of classes alone", {"--crops": crops != 1, "--crop-scale": crop_scale})
        evaluate_encoder(classifier, data, part=part, out=out, skip_bad=skip_bad, as_json=as_json)
        return
    refuse_options("of encoders, boxes, points and events alone", {"--out": out})
    noun = "images"
    with Bar("measuring") as bar:
        if isinstance(classifier, RecordingClassifier):
            refuse_options("of images alone", {"--crops": crops != 1, "--crop-scale": crop_scale})
            noun = f"{classifier.preset.kind}s"
            evaluation = evaluate_recordings(
                classifier, data, part=part, resample=resample, skip_bad=skip_bad, on_images=bar.advance_to
            )
        else:
            evaluation = evaluate_classes(
                classifier, data, part=part, crops=views, skip_bad=skip_bad, on_images=bar.advance_to
            )
    for remark in evaluation.remarks:
        note(remark)
    if as_json:
        print_json(evaluation.to_dict())
        return
    measured = evaluation.figures
    print(f"{classifier.task.headline(measured, noun)}: {evaluation.part} of {data}")
    print_gains(evaluation, classifier.task.monitor)
    print_table(
        ("class", noun, "precision", "recall", "F1"),
        [(c.label, c.n, f"{c.precision:.3f}", f"{c.recall:.3f}", f"{c.f1:.3f}") for c in measured.per_class],
        right=(noun, "precision", "recall", "F1"),
    )


def print_gains(evaluation: "Evaluation", figure: str) -> None:
    """What several networks or crops gain, and what they cost; nothing where there is one of each."""
    if not evaluation.contenders:
        return
    numbers = (figure.replace("_", " "), "seconds", "MB of weights")
    print_table(
        ("", *numbers),
        [(c.name, f"{c.score:.2%}", f"{c.seconds:.2f}", f"{c.megabytes:.1f}") for c in evaluation.contenders],
        right=numbers,
    )
    for gain in evaluation.gains:
        print(gain)
    print()

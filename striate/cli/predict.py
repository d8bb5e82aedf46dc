"""`striate predict`: what images show."""

from pathlib import Path
from typing import Annotated

import typer

from striate.cli.options import Device, Json, Model, SkipBad
from striate.cli.output import note, print_json
from striate.cli.process import prepare_process


def predict(
    model: Model,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Images, folders, or globs in quotes.")],
    top: Annotated[int, typer.Option(min=1, help="How many classes to name.")] = 5,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the answers to this table too.")] = None,
    skip_bad: SkipBad = False,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Say what images show.

    Example: `striate predict efficientnet_lite0 photo.jpg --top 3`
    """
    prepare_process()
    from striate.draw.text import printable
    from striate.tasks import load, predict_files, write_predictions

    classifier = load(model, device=device)
    note(classifier.notice)
    predictions, bad = predict_files(classifier, paths, skip_bad=skip_bad)
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

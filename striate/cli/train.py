"""`striate train`: from data to a trained, measured model file with a report."""

import os
import shlex
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from striate.cli.options import Device, Json, LabelledData, Resample, SkipBad
from striate.cli.output import note, print_json
from striate.cli.process import prepare_process

if TYPE_CHECKING:
    from striate.cli.progress import Bar
    from striate.tasks import AnyRun
    from striate.training import Epoch, Step


def train(
    data: LabelledData,
    task: Annotated[
        Literal["classify", "localize", "landmarks", "detect", "verify", "stylize", "events"],
        typer.Option(help="Classes, one box, points, boxes, encodings that verify, to stylize, or events in records."),
    ] = "classify",
    loss: Annotated[
        Literal["documents", "exponential", "modern", "triplet", "contrastive", "pair", "chi-square"] | None,
        typer.Option(
            help="Of boxes or points: as courses teach it, exponential boxes (to detect), or modern, as usual. To "
            "verify: triplet, as usual, contrastive, as usual of pairs, or a classifier of pairs on |f-f'| (pair) or "
            "chi-square."
        ),
    ] = None,
    mining: Annotated[
        Literal["random", "semi-hard", "hard", "batch-hard", "batch-all"] | None,
        typer.Option(help="Of triplets: which of a batch to learn from; semi-hard if left out."),
    ] = None,
    dim: Annotated[int | None, typer.Option(help="To verify: numbers of an encoding; 128 if left out.")] = None,
    turned: Annotated[
        bool, typer.Option("--turned", help="To verify: turned and mirrored, things are others; for symbols.")
    ] = False,
    spliced: Annotated[
        bool, typer.Option("--spliced", help="To verify: halves of two things are another one; for symbols.")
    ] = False,
    style: Annotated[
        list[Path] | None, typer.Option(help="To stylize: an image whose style is learned; can be repeated.")
    ] = None,
    strength: Annotated[float | None, typer.Option(help="To stylize: of the style; 1 if left out.")] = None,
    mosaic: Annotated[
        float | None, typer.Option(help="To detect: share of images that are four in one; 0 if left out.")
    ] = None,
    window: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Of annotated records: what is around each mark is a signal."),
    ] = None,
    symbols: Annotated[
        str | None, typer.Option(metavar="N,V", help="Of those marks: which count; they are the classes.")
    ] = None,
    channels: Annotated[
        str | None,
        typer.Option(metavar="NAME,…", help="Of signals, volumes or clips: which to look at; all if left out."),
    ] = None,
    resample: Resample = False,
    out: Annotated[Path | None, typer.Option(help="Folder of the run; runs/NAME of the data if left out.")] = None,
    model: Annotated[str | None, typer.Option(help="A network of `striate models`; chosen to suit the data.")] = None,
    weights: Annotated[str | None, typer.Option(help="Weights to start from, or none.")] = None,
    freeze: Annotated[
        str | None, typer.Option(help="auto, none, all, classifier, or the last stage that does not learn.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training images.")] = None,
    optimizer: Annotated[
        Literal["sgd", "momentum", "rmsprop", "adam", "adamw"] | None, typer.Option(help="adamw if left out.")
    ] = None,
    lr: Annotated[float | None, typer.Option(help="The highest learning rate.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step, of each process.")] = None,
    size: Annotated[int | None, typer.Option(help="Longer side in pixels of what the network sees.")] = None,
    distort: Annotated[
        str | None, typer.Option(metavar="WORDS", help="Such as 'mirror, crop 0.6-1, rotate 15', or none.")
    ] = None,
    recipe: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="More of the recipe, such as patience=5; can be repeated."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random; 0 if left out.")] = None,
    views: Annotated[
        int | None, typer.Option(min=0, help="Of each image, whose features are kept if all is frozen; 0 keeps none.")
    ] = None,
    last_stage: Annotated[
        str | None, typer.Option(help="The last stage to keep; a new head takes the place of what follows.")
    ] = None,
    hidden: Annotated[
        str | None, typer.Option(metavar="UNITS", help="Of dense layers in a new head, such as 256 or 256,64.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=0, help="Processes that decode and distort.")] = None,
    precision: Annotated[
        Literal["auto", "fp32", "bf16"] | None, typer.Option(help="auto measures which is faster here.")
    ] = None,
    device: Device = "auto",
    val_share: Annotated[
        float | None,
        typer.Option(help="Of the training images, if there is no val part; 0.2 if left out."),
    ] = None,
    cut_seed: Annotated[int | None, typer.Option(help="Decides which those are; --seed if left out.")] = None,
    ensemble: Annotated[
        int | None, typer.Option(min=2, metavar="N", help="Train N networks whose answers are averaged.")
    ] = None,
    skip_bad: SkipBad = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only see whether one batch can be learned; write nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Train a network on labelled images, signals, volumes or clips, and write a model file, a record and a report.

    What you leave out is chosen to suit the data, and the reason is said.

    Example: `striate train photos/ --out run`
    """
    prepare_process()
    from striate.cli.check import check as check_training
    from striate.cli.ensemble import is_ensemble, train_together
    from striate.tasks import train
    from striate.training import Recipe, leave

    options: dict[str, Any] = {
        "task": task,
        "loss": loss,
        "mosaic": mosaic,
        "mining": mining,
        "dim": dim,
        "turned": turned or None,
        "spliced": spliced or None,
        "styles": style,
        "strength": strength,
        "window": window,
        "symbols": tuple(symbols.split(",")) if symbols else None,
        "channels": tuple(channels.split(",")) if channels else None,
        "resample": resample or None,
        "out": out,
        "model": model,
        "weights": weights,
        "freeze": freeze,
        "epochs": epochs,
        "optimizer": optimizer,
        "lr": lr,
        "batch_size": batch_size,
        "size": size,
        "recipe": dict(map(Recipe.parse, recipe or [])),
        "seed": seed,
        "precision": precision,
        "distort": distort,
        "views": views,
        "last_stage": last_stage,
        "hidden": _units(hidden),
        "workers": _usual_workers() if workers is None else workers,
        "device": device,
        "val_share": val_share,
        "cut_seed": cut_seed,
        "skip_bad": skip_bad,
        "resume": resume,
    }
    if check:
        check_training(data, options, as_json)
        return
    if ensemble or (resume and is_ensemble(out)):
        train_together(data, ensemble, options, as_json)
        return
    run = train(data, **options)
    if run.is_main:
        _introduce(run)
    _follow(run)
    _conclude(run, as_json)
    leave()


def _units(text: str | None) -> tuple[int, ...] | None:
    try:
        return None if text is None else tuple(map(int, text.split(",")))
    except ValueError as e:
        raise typer.BadParameter(
            "numbers of units with commas between them, such as 256,64", param_hint="--hidden"
        ) from e


def _usual_workers() -> int:
    """One process fewer than the machine has cores, which the trainer takes; four are enough for a laptop."""
    return max(1, min(4, (os.cpu_count() or 1) - 1))


def _introduce(run: "AnyRun") -> None:
    images = ", ".join(f"{len(part)} {name}" for name, part in run.dataset.parts.items())
    points = run.plan.preset.labels if not run.dataset.classes else ()
    noun = "classes" if run.plan.preset.labels else "identities"
    what = f"{len(points)} points" if points else f"{run.dataset.num_classes} {noun}"
    if run.start["wishes"]["task"] == "stylize":
        what = f"styles {', '.join(run.plan.preset.labels)}"
    things = getattr(run.dataset, "shape", "image")
    note(f"{run.dataset.root}: {run.dataset.kind}, {what}, {things}s: {images}")
    for line in (*run.start["remarks"], *run.plan.reasons):
        note(f"  {line}")
    note(run.notice)
    epochs = run.plan.recipe.epochs
    how = f"{epochs} {'epoch' if epochs == 1 else 'epochs'} of {run.plan.recipe.optimizer}"
    note(f"{run.folder.path}: {run.plan.network}, {'candidates in turn' if run.plan.freeze == 'auto' else how}")


def _follow(run: "AnyRun") -> None:
    """Train under a progress bar, a line for each epoch."""
    from striate.cli.progress import Bar

    with Bar("training") as bar:

        def show(step: "Step") -> None:
            title = f"epoch {step.epoch}/{run.plan.recipe.epochs} loss {step.loss:.3f}"
            bar.advance_to(step.step, step.steps, title)

        try:
            told = 0
            for epoch in run.epochs(on_step=show, on_features=partial(bar.advance_to, title="features")):
                told = _tell_trials(run, bar, told)
                if run.is_main:
                    bar.say(epoch_line(epoch, run.watched))
            _tell_trials(run, bar, told)
        except KeyboardInterrupt:
            again = ("striate", "train", run.dataset.root, "--out", str(run.folder.path), "--resume")
            bar.say(f"stopped; go on with: {shlex.join(again)}")
            raise


def _tell_trials(run: "AnyRun", bar: "Bar", told: int) -> int:
    """What has been tried since; returns how much has been told."""
    for trial in run.trials[told:] if run.is_main else ():
        bar.say(f"{trial.name}: {'kept' if trial.kept else 'not kept'} ({trial.reason})")
        if trial.cross_validated:
            accuracy, low, high = trial.cross_validated
            bar.say(f"  cross-validated accuracy of the training images {accuracy:.2%} ({low:.2%} to {high:.2%})")
        bar.say(f"  {trial.parameters:,} numbers learned, {trial.seconds:.1f} s")
    return len(run.trials)


def epoch_line(epoch: "Epoch", watched: str = "val") -> str:
    """An epoch's figures as people read them; `watched` is the part that they are of."""
    monitor = next(name for name in epoch.figures if name != "loss")
    loss, score = epoch.figures["loss"], epoch.figures[monitor]
    return (
        f"{epoch.epoch:3}  loss {epoch.loss:.4f}  {watched} loss {loss:.4f}  {watched} {monitor} {score:.2%}"
        f"{' *' if epoch.best else '  '} {epoch.seconds:.1f} s, waited {epoch.waited:.0%}"
    )


def _conclude(run: "AnyRun", as_json: bool) -> None:
    outcome = run.outcome
    if outcome is None:  # another process of several writes
        return
    measured: Mapping[Any, Any] = outcome.figures
    if as_json:
        parts = {name: figures.to_dict() for name, figures in measured.items()}
        remarks = run.start["remarks"]
        print_json({"model": str(outcome.model), "report": str(outcome.report), "remarks": remarks, "figures": parts})
        return
    for name, figures in measured.items():
        print(f"{name}: {run.headline(figures)} ({outcome.remarks.get(name, 'nothing was chosen on it')})")
    print(f"model:  {outcome.model}\nreport: {outcome.report}")

"""`striate train --ensemble`: several networks that are trained side by side."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.cli.evaluate import print_gains
from striate.cli.output import note, print_json
from striate.cli.process import prepare_process

if TYPE_CHECKING:
    from striate.tasks import EnsembleRun
    from striate.training import Step


def is_ensemble(out: Path | None) -> bool:
    """Whether an ensemble stands in a folder."""
    from striate.tasks import EnsembleFolder

    return out is not None and EnsembleFolder(out).is_there()


def train_together(data: Path, members: int | None, options: dict[str, Any], as_json: bool) -> None:
    """Train so many networks, and say what they are worth together."""
    from striate.tasks import train_ensemble

    run = train_ensemble(data, members, prepare=prepare_process, **options)
    _introduce(run)
    _follow(run)
    _conclude(run, as_json)


def _introduce(run: "EnsembleRun") -> None:
    images = ", ".join(f"{len(part)} {name}" for name, part in run.dataset.parts.items())
    note(f"{run.dataset.root}: {run.dataset.kind}, {run.dataset.num_classes} classes, images: {images}")
    for line in (*run.record["remarks"], *run.plan.reasons):
        note(f"  {line}")
    if run.plan.freeze != "none":
        note("  what is frozen is the same in every member: an ensemble gains most where all learns (--freeze none)")
    note(f"{run.folder.path}: {run.size} members; {len(run.to_train)} to train, {run.at_once} at a time")


def _follow(run: "EnsembleRun") -> None:
    """Train under a progress bar, a line for each epoch of a member."""
    from striate.cli.progress import Bar
    from striate.cli.train import epoch_line

    done, epochs = dict[int, float](), run.plan.recipe.epochs
    with Bar("training") as bar:

        def show(member: int, step: "Step") -> None:
            done[member] = (step.epoch - 1 + step.step / step.steps) / epochs
            share = sum(min(1.0, part) for part in done.values()) / len(run.to_train)
            bar.advance_to(round(100 * share), 100, f"member {member}, epoch {step.epoch}/{epochs}, percent of all")

        try:
            for member, epoch in run.epochs(on_step=show):
                bar.say(f"member {member}: {epoch_line(epoch)}")
        except KeyboardInterrupt:
            again = ("striate", "train", run.dataset.root, "--out", str(run.folder.path), "--resume")
            bar.say(f"stopped; go on with: {shlex.join(again)}")
            raise


def _conclude(run: "EnsembleRun", as_json: bool) -> None:
    outcome = run.outcome
    assert outcome
    if as_json:
        parts = {name: evaluation.to_dict() for name, evaluation in outcome.evaluations.items()}
        seeds, remarks = run.record["seeds"], run.record["remarks"]
        folder, report = str(outcome.folder), str(outcome.report)
        print_json({"ensemble": folder, "seeds": seeds, "report": report, "remarks": remarks, "parts": parts})
        return
    for name, evaluation in outcome.evaluations.items():
        known = evaluation.remarks[0] if name == "val" else "nothing was chosen on it"
        print(f"{name}: {outcome.task.headline(evaluation.figures)} ({known})")
        print_gains(evaluation, outcome.task.monitor)
    print(f"ensemble: {outcome.folder}\nreport:   {outcome.report}")

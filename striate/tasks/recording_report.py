"""Assemble the report of a run on recordings: what `report` shows of images, with signals, volumes and clips drawn."""

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from striate.data import PartName
from striate.draw import Report, Tile
from striate.explain import table
from striate.metrics import Classification, worst_mistakes
from striate.recordings import RecordingPart
from striate.tasks.classify import Figures, Probabilities
from striate.tasks.recording_pictures import draw_recording
from striate.tasks.report import history_of, layer_row, part_result, start_weights, summary_of, trial_rows
from striate.training import Epoch

if TYPE_CHECKING:
    from striate.tasks.recording_run import RecordingRun


def make_recording_report(
    run: "RecordingRun",
    epochs: Sequence[Epoch],
    figures: Mapping[PartName, Figures],
    answers: Mapping[PartName, Probabilities],
    facts: Mapping[str, object],
    remarks: Mapping[PartName, str],
) -> Report:
    """The report of a run; its headline is test where the data has one, else val.

    Args:
        run: what learned from what, and how.
        epochs: of the training that was watched on the val part.
        figures, answers: of each measured part, the figures of merit and the probabilities (N, K).
        facts: seed, precision and the like, by name.
        remarks: by part, what it served for beside being measured.
    """
    dataset, plan = run.dataset, run.plan
    first: PartName = "test" if "test" in figures else "val"
    best = figures[first]
    assert isinstance(best, Classification)
    return Report(
        title=f"{plan.network} on {dataset.root}",
        labels=dataset.classes,
        results=[
            part_result(name, figures[name], run.task, remarks.get(name, ""))
            for name in sorted(figures, key=lambda n: n != first)
        ],
        history=history_of(epochs, run.monitor),
        per_class=best.per_class,
        confusion=best.confusion,
        bins=best.reliability,
        mistakes=_mistakes(dataset.parts[first], answers[first], dataset.classes),
        mistakes_made=round(best.n * (1 - best.accuracy)),
        data=summary_of(dataset),
        layers=[layer_row(row) for row in table(run.network, (plan.preset.channels, *plan.preset.size)).rows],
        command=shlex.join(run.start["command"]),
        facts=facts,
        weights=start_weights(plan.weights),
        trials=trial_rows(run.trials),
        mistakes_lead=f"Of the {first} part, those first where the network held the truth least likely. What it took "
        f"the {dataset.shape} for is orange, with the probability it gave. Some may be wrong labels.",
        counted=f"{dataset.shape}s",
        things=(dataset.shape, f"{dataset.shape}s"),
    )


def _mistakes(part: RecordingPart, probabilities: Probabilities, classes: Sequence[str]) -> list[Tile]:
    """The worst mistakes, drawn."""
    targets = [item.labels[0] for item in part.items]
    tiles = []
    for i in worst_mistakes(probabilities, targets).tolist():
        guess = int(probabilities[i].argmax())
        tiles.append(
            Tile(
                image=draw_recording(part.load(i)),
                path=part.items[i].path,
                true=classes[targets[i]],
                predicted=classes[guess],
                probability=float(probabilities[i, guess]),
            )
        )
    return tiles

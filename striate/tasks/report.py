"""Assemble the report of a run: the numbers of `metrics` and the pictures of `draw`."""

import math
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.atomic import atomic_write
from striate.data import Dataset, Part, PartName
from striate.draw import DataSummary, History, PartResult, Report, StartWeights, Tile, TrialRow, render_report
from striate.explain import Row, table
from striate.metrics import Classification, find_suspects, worst_mistakes
from striate.models import Network, Url, find_source
from striate.recordings import RecordingDataset
from striate.tasks.classify import ClassifyTask, Figures, Probabilities
from striate.tasks.plan import Plan
from striate.tasks.thawing import Trial
from striate.training import Epoch, FittedHead

_SHARES = {
    "balanced accuracy": "balanced_accuracy",
    "top-5": "top5",
    "F1, mean of classes": "f1",
    "exactly right": "subset_accuracy",
    "macro F1": "macro_f1",
    "mean average precision": "mean_average_precision",
    "calibration error": "calibration_error",
}


_MOST_SUSPECTS = 12
_TOP = 5


def write_report(path: Path, report: Report) -> None:
    """Write the page, whole or not at all.

    Raises:
        OutputError: the file can't be written.
    """
    with atomic_write(path) as f:
        f.write(render_report(report).encode())


def make_report(
    start: Mapping[str, Any],
    dataset: Dataset,
    plan: Plan,
    network: Network,
    epochs: Sequence[Epoch],
    figures: Mapping[PartName, Figures],
    answers: Mapping[PartName, Probabilities],
    monitor: str,
    facts: Mapping[str, object],
    remarks: Mapping[PartName, str],
    trials: Sequence[Trial] = (),
    choice: FittedHead | None = None,
) -> Report:
    """The report of a run; its headline is test where the data has one, else val.

    Args:
        start: the first line of the record.
        dataset, plan, network: what learned from what, and how.
        epochs: what the training yielded.
        figures, answers: of each measured part, the figures of merit and the probabilities (N, K).
        monitor: the figure by which the best epoch was chosen.
        facts: seed, precision and the like, by name.
        remarks: by part, what it served for beside being measured.
        trials: what was tried, where freezing is "auto".
        choice: the cross-validated head, where the classifier was made by regression.
    """
    task = ClassifyTask(dataset.multilabel)
    first: PartName = "test" if "test" in figures else "val"
    best = figures[first]
    single = best if isinstance(best, Classification) else None
    mistakes = _mistakes(dataset.parts[first], answers[first], dataset, plan) if single else []
    return Report(
        title=f"{plan.network} on {dataset.root}",
        labels=dataset.classes,
        results=[
            part_result(name, figures[name], task, remarks.get(name, ""))
            for name in sorted(figures, key=lambda n: n != first)
        ],
        history=history_of(epochs, monitor),
        per_class=best.per_class,
        confusion=single.confusion if single else (),
        bins=single.reliability if single else (),
        mistakes=mistakes,
        mistakes_made=round(single.n * (1 - single.accuracy)) if single else 0,
        data=summary_of(dataset),
        layers=[layer_row(row) for row in table(network, (plan.preset.channels, *plan.preset.size_hw)).rows],
        command=shlex.join(start["command"]),
        facts=facts,
        weights=start_weights(plan.weights),
        trials=trial_rows(trials),
        losses=choice.losses if choice else {},
        strength=choice.strength if choice else 0.0,
        cross_validated=(choice.accuracy, *choice.interval) if choice else (),
        suspects=_suspects(dataset, choice.held_back, plan) if choice else [],
    )


def part_result(part: str, figures: Figures, task: ClassifyTask, remark: str) -> PartResult:
    """The figures of a part as the page shows them."""
    # of five classes and fewer, top-5 says nothing
    told = [name for name in _SHARES if name != "top-5" or len(figures.per_class) > _TOP]
    shares = {name: getattr(figures, _SHARES[name]) for name in told if hasattr(figures, _SHARES[name])}
    return PartResult(
        part=part,
        remark=remark,
        n=figures.n,
        score=getattr(figures, task.monitor),
        interval=figures.interval if isinstance(figures, Classification) else None,
        shares=shares,
        numbers={"log loss": figures.log_loss} if isinstance(figures, Classification) else {},
    )


def trial_rows(trials: Sequence[Trial]) -> list[TrialRow]:
    """What was tried, as the page shows it."""
    return [TrialRow(t.name, t.score, t.kept, t.parameters, t.seconds, t.reason) for t in trials]


def history_of(epochs: Sequence[Epoch], monitor: str, name: str = "") -> History:
    """The curves of a training; `monitor` is the figure by which the best epoch was chosen, `name` what to call it."""
    return History(
        train_loss=tuple(e.loss for e in epochs),
        val_loss=tuple(e.figures["loss"] for e in epochs),
        val_score=tuple(e.figures[monitor] for e in epochs),
        learning_rate=tuple(e.lr for e in epochs),
        best=max((e.epoch for e in epochs if e.best), default=len(epochs)),
        score_name=name or monitor.replace("_", " "),
    )


def _suspects(dataset: Dataset, log_probabilities: NDArray[np.float64], plan: Plan) -> list[Tile]:
    """Training images whose label looks wrong to a head that had not seen them, the most suspicious first."""
    train = dataset.parts["train"]
    found = find_suspects(log_probabilities, [item.labels[0] for item in train.items])
    return [
        Tile(
            image=train.load(suspect.index, plan.preset.channels),
            path=train.items[suspect.index].path,
            true=dataset.classes[train.items[suspect.index].labels[0]],
            predicted=dataset.classes[suspect.likely],
            probability=float(np.exp(log_probabilities[suspect.index, suspect.likely])),
        )
        for suspect in found[:_MOST_SUSPECTS]
    ]


def _mistakes(part: Part, probabilities: Probabilities, dataset: Dataset, plan: Plan) -> list[Tile]:
    """The worst mistakes as pictures, read again in colour where they have any."""
    targets = [item.labels[0] for item in part.items]
    tiles = []
    for i in worst_mistakes(probabilities, targets).tolist():
        guess = int(probabilities[i].argmax())
        tiles.append(
            Tile(
                image=part.load(i, plan.preset.channels),
                path=part.items[i].path,
                true=dataset.classes[targets[i]],
                predicted=dataset.classes[guess],
                probability=float(probabilities[i, guess]),
            )
        )
    return tiles


def summary_of(dataset: Dataset | RecordingDataset) -> DataSummary:
    """What a report says of the data."""
    return DataSummary(
        path=dataset.root,
        kind=dataset.kind,
        fingerprint=dataset.fingerprint,
        counts={name: part.counts(dataset.num_classes).tolist() for name, part in dataset.parts.items()},
        sizes={name: len(part) for name, part in dataset.parts.items()},
        leaks=[[f"{place.part}: {place.path}" for place in twins.places] for twins in dataset.leaks],
        skipped=[(problem.path, problem.message) for problem in dataset.skipped],
    )


def layer_row(row: Row) -> dict[str, object]:
    """A row of the network's table as people read it."""
    field = row.fields[-1] if row.fields else None
    sees = None if field is None else field.size
    return {
        "layer": row.layer,
        "kind": row.kind,
        "activation": row.shape_channels_last,
        "size": row.size,
        "parameters": row.parameters,
        "multiply_adds": row.multiply_adds,
        "receptive field": sees if sees is None or math.isfinite(sees) else "all",
    }


def start_weights(name: str | None) -> StartWeights | None:
    """What a report says of the published weights of that name."""
    if name is None:
        return None
    source = find_source(name)
    where = source.where.url if isinstance(source.where, Url) else source.where.distribution
    return StartWeights(source.name, f"{where}, trained on {source.trained_on}", source.licence)

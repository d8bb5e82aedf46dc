"""Assemble the report of a run on boxes or points."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from striate.data import BoxItem, MarkedDataset, MarkedItem, MarkedPart, PartName, Pixels, PointItem
from striate.draw import DataSummary, PartResult, Report, Tile
from striate.explain import table
from striate.models import Network
from striate.preset import Preset
from striate.tasks.marks_plan import MarksPlan
from striate.tasks.marks_task import Found, MarksTask
from striate.tasks.report import history_of, layer_row, start_weights
from striate.training import Epoch

MOST_MISTAKES = 24


def make_marks_report(
    task: MarksTask[MarkedItem, Found],
    dataset: MarkedDataset[MarkedItem],
    plan: MarksPlan,
    network: Network,
    start: Mapping[str, Any],
    epochs: Sequence[Epoch],
    figures: Mapping[PartName, Any],
    found: Mapping[PartName, Sequence[Found]],
    result: Mapping[str, Any],
    remarks: Mapping[PartName, str],
) -> Report:
    """The report of a run; its headline is test where the data has one, else val.

    Args:
        task, dataset, plan, network: what learned from what, and how.
        start: the first line of the record.
        epochs: what the training yielded.
        figures, found: of each measured part.
        result: what the record says of the end.
        remarks: by part, what it served for beside being measured.
    """
    first: PartName = "test" if "test" in figures else "val"
    facts = {name: value for name, value in result.items() if name not in ("figures", "thresholds")}
    return Report(
        title=f"{task.name}: {plan.network} on {dataset.root}",
        labels=plan.preset.labels,
        results=[
            _part_result(task, part, figures[part], remarks.get(part, ""))
            for part in sorted(figures, key=lambda n: n != first)
        ],
        history=replace(history_of(epochs, task.monitor, task.score(figures[first]).name), by_score=not plan.by_loss),
        per_class=(),
        confusion=(),
        bins=(),
        mistakes=mistake_tiles(task, dataset.parts[first], plan.preset, found[first]),
        mistakes_made=0,
        data=_data_summary(dataset, len(plan.preset.labels)),
        layers=[layer_row(row) for row in table(network, (plan.preset.channels, *plan.preset.size_hw)).rows],
        command=shlex.join(start["command"]),
        facts={"seed": plan.recipe.seed, **facts, **result["thresholds"], **start["versions"]},
        weights=start_weights(plan.weights),
        panels=task.panels(figures[first]),
        mistakes_lead=f"The worst mistakes on the {first} part. {task.legend}",
        counted="boxes" if dataset.classes else "points",
        nouns=("class", "classes") if dataset.classes else ("point", "points"),
    )


def _part_result(task: MarksTask[MarkedItem, Found], part: str, figures: Any, remark: str) -> PartResult:
    score = task.score(figures)
    return PartResult(part, remark, score.n, score.value, score.interval, score.shares, score.numbers)


def mistake_tiles(
    task: MarksTask[MarkedItem, Found], part: MarkedPart[MarkedItem], preset: Preset, found: Sequence[Found]
) -> list[Tile]:
    """The worst mistakes on a part as pictures."""

    def load(index: int) -> Pixels:
        return part.load(index, preset.channels)

    return task.mistakes(found, part.items, load, preset.labels, MOST_MISTAKES)


def _data_summary(dataset: MarkedDataset[MarkedItem], names: int) -> DataSummary:
    parts = dataset.parts.items()
    counts = {name: np.sum([_counts(item, names) for item in part.items], axis=0) for name, part in parts}
    return DataSummary(
        path=dataset.root,
        kind=dataset.kind,
        fingerprint=dataset.fingerprint,
        counts={name: of.tolist() for name, of in counts.items()},
        sizes={name: len(part) for name, part in parts},
        leaks=[[f"{place.part}: {place.path}" for place in twins.places] for twins in dataset.leaks],
        skipped=[(problem.path, problem.message) for problem in dataset.skipped],
    )


def _counts(item: BoxItem | PointItem, names: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """How many boxes of each class, or marked points of each name, are on an image."""
    if isinstance(item, BoxItem):
        return np.bincount(item.labels, minlength=names)
    return ((item.visibility > 0) & item.present).astype(np.int64)

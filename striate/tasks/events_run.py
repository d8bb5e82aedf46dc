"""A run on annotated records whose network learns to find events: it learns windows, and is judged on all the time."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from striate.data import PartName
from striate.draw import Panel, Report
from striate.metrics import EventFigures
from striate.models import ModelFile, save_model
from striate.recordings import RecordingDataset
from striate.runtime import Logits, folded
from striate.tasks.classify import Figures, Probabilities
from striate.tasks.event_finder import EventFinder
from striate.tasks.event_truth import Judged, choose_threshold, judge_records, measure, stretches_of
from striate.tasks.events import EventTask, event_labels
from striate.tasks.outcome import Outcome
from striate.tasks.recording_plan import RecordingPlan
from striate.tasks.recording_report import make_recording_report
from striate.tasks.recording_run import RecordingRun, targets_of
from striate.tasks.report import write_report
from striate.tasks.run_folder import RunFolder
from striate.tasks.run_record import epoch_lines
from striate.training import Device, Epoch, Precision

_COLUMNS = ("class", "events", "sensitivity", "95 % interval", "positive predictivity", "95 % interval ")


class EventsRun(RecordingRun):
    """A training that is planned; iterate over it to run it, one `Epoch` at a time. It has what `RecordingRun` has.

    Its epochs are watched on windows; at the end the network is made dense, looks at all of the records' time that was
    held back, and the threshold is chosen there.
    """

    def __init__(
        self,
        folder: RunFolder,
        dataset: RecordingDataset,
        plan: RecordingPlan,
        start: dict[str, Any],
        device: Device,
        workers: int,
    ):
        super().__init__(folder, dataset, plan, start, device, workers)
        assert plan.cut is not None
        self.event_task = EventTask.of_window(plan.cut.window_s)
        self._finder(self.event_task)  # a network that can't be made dense is refused before it learns

    def headline(self, figures: Figures | EventFigures) -> str:
        """The figures that count, in words."""
        return str(figures) if isinstance(figures, EventFigures) else super().headline(figures)

    def _finder(self, task: EventTask) -> EventFinder:
        network = folded(self.network)  # as `load` will run it
        return EventFinder(network, self.plan.preset, task, device=self._device)

    def _finish(self, first: list[Epoch], second: list[Epoch], precision: Precision, held_back: Logits) -> None:
        """Choose the threshold on held-back stretches, measure, and write what a training is for."""
        judged = self._judge()
        threshold = choose_threshold(judged["val"], self.event_task.tolerance_s)
        self.event_task = replace(self.event_task, threshold=threshold)
        figures = {name: self._measure(some) for name, some in judged.items()}
        result = {
            "figures": {name: f.to_dict() for name, f in figures.items()},
            "train_precision": precision,
            "device": str(self._accelerator.device),
            "thresholds": self.event_task.thresholds,
        }
        save_model(self.folder.model, self.network, self._header(first, result))
        remarks: dict[PartName, str] = {"val": "the best epoch and the threshold were chosen on it"}
        write_report(self.folder.report, self._report(first, figures, held_back, precision, remarks))
        self.write([self.start, *epoch_lines(first), {"event": "result", **result}])
        self.outcome = Outcome(figures, self.folder.model, self.folder.report, remarks)

    def _judge(self) -> dict[PartName, list[Judged]]:
        """What may be events, and what is marked, in the stretches of each part but the training's."""
        finder, data = self._finder(self.event_task), Path(self.dataset.root)
        root = data if data.is_dir() else data.parent
        parts = {name: part for name, part in self.dataset.parts.items() if name != "train"}
        return {
            name: judge_records(finder, root, stretches_of([part], whole=False), resample=self.plan.resample)
            for name, part in parts.items()
        }

    def _measure(self, judged: list[Judged]) -> EventFigures:
        task = self.event_task
        return measure(judged, event_labels(self.dataset.classes), task.threshold, task.tolerance_s)

    def _report(
        self,
        epochs: list[Epoch],
        figures: Mapping[PartName, EventFigures],
        held_back: Logits,
        precision: Precision,
        remarks: Mapping[PartName, str],
    ) -> Report:
        """That of the windows' classes, with the events' figures beside."""
        answers: dict[PartName, Probabilities] = {"val": self.task.probabilities(held_back)}
        targets = targets_of(self.dataset.parts["val"])
        windows: dict[PartName, Figures] = {"val": self.task.measure(answers["val"], targets, self.dataset.classes)}
        facts = {"seed": self.plan.recipe.seed, "train_precision": precision, **self.event_task.thresholds}
        facts |= self.start["versions"]
        report = make_recording_report(self, epochs, windows, answers, facts, remarks)
        (result,) = report.results
        shares = {"sensitivity of events": figures["val"].found.sensitivity}
        shares |= {"positive predictivity of events": figures["val"].found.positive_predictivity}
        return replace(
            report,
            title=f"events: {report.title}",
            results=[replace(result, shares=shares | dict(result.shares))],
            panels=[event_panel(name, f) for name, f in figures.items()],
        )

    def _header(self, epochs: list[Epoch], result: Mapping[str, Any]) -> ModelFile:
        figures = {part: {k: v for k, v in f.items() if k != "per_class"} for part, f in result["figures"].items()}
        task, told = self.event_task, {**result, "figures": figures}
        return self._model_file(self.plan, task.name, epochs, told, task.thresholds)


def event_panel(part: str, figures: EventFigures) -> Panel:
    """How well events are found, for a report."""
    rows = [
        (
            score.label or "all, whatever they were called",
            score.hits + score.misses,
            f"{score.sensitivity:.2%}",
            "{:.2%} to {:.2%}".format(*score.sensitivity_interval),
            f"{score.positive_predictivity:.2%}",
            "{:.2%} to {:.2%}".format(*score.positive_predictivity_interval),
        )
        for score in (figures.found, *figures.per_class)
    ]
    lead = (
        f"Found by the network made dense, over all the time of the {part} part; right within "
        f"{1000 * figures.tolerance_s:g} ms, one event a mark. Half of those found are off by at most "
        f"{1000 * figures.median_error_s:.1f} ms. Intervals are Wilson's, as if events were independent."
    )
    return Panel(f"Events of the {part} part", lead, columns=_COLUMNS, rows=rows)

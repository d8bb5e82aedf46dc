"""A run: the training of a classifier from its plan to a model file, a record and a report."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from striate.data import Dataset, PartName
from striate.metrics import cross_tempered, fit_temperature
from striate.models import ModelFile, save_model
from striate.runtime import Engine, folded
from striate.tasks.classify import ClassifyTask, Figures, Probabilities
from striate.tasks.learning import EVALUATION_BATCH, Job, Learning, make_network
from striate.tasks.material import Watch
from striate.tasks.outcome import Outcome
from striate.tasks.plan import Plan
from striate.tasks.recorded_run import RecordedRun
from striate.tasks.report import make_report, write_report
from striate.tasks.run_folder import RunFolder
from striate.tasks.run_record import decide_precision, epoch_lines
from striate.tasks.thawing import Thawing, Trial
from striate.training import Device, Epoch, Precision, Step, bf16_agrees


class Run(RecordedRun):
    """A training that is planned; iterate over it to run it, one `Epoch` at a time.

    Attributes:
        folder: where it writes.
        dataset: what it learns from.
        plan: everything that decides it, and why.
        start: the first line of its record: wishes, plan, data, versions.
        outcome: what came of it, once the iteration has ended.
    """

    def __init__(
        self, folder: RunFolder, dataset: Dataset, plan: Plan, start: dict[str, Any], device: Device, workers: int
    ):
        super().__init__(folder, start, plan.weights, device)
        self.dataset, self.plan = dataset, plan
        self.task = ClassifyTask(dataset.multilabel)
        self.outcome: Outcome[Figures] | None = None
        self._job = Job(dataset, self.task, self.monitor, self._accelerator, device, workers, self._remark)
        network = make_network(plan, dataset.parts["train"])  # before any folder is made: it may be refused
        self._thawing = Thawing(self._job, plan, folder, network) if plan.freeze == "auto" else None
        self._learning = None if self._thawing else Learning(self._job, plan, network, folder.checkpoints)

    @property
    def monitor(self) -> str:
        """The figure by which the best epoch is chosen: where classes are weighted, each counts alike."""
        return "balanced_accuracy" if self.plan.class_weights else self.task.monitor

    @property
    def trials(self) -> list[Trial]:
        """What was tried, where freezing is "auto"."""
        return self._thawing.trials if self._thawing else []

    def headline(self, figures: Figures) -> str:
        """The figure that counts, in words."""
        return self.task.headline(figures)

    def epochs(
        self, on_step: Callable[[Step], None] | None = None, on_features: Watch | None = None
    ) -> Iterator[Epoch]:
        """Train, measure, and write model, record and report.

        Args:
            on_step: called after every step, to show progress.
            on_features: called as features are computed, with the views that are done and those to do.

        Yields:
            A record of each epoch; after a resume the finished ones come first, as they were. Where freezing is "auto"
            those of each candidate, from 1 again.
        """
        precision = decide_precision(self.plan.precision, self.start, self._measure_precision, self.write)
        epochs: list[Epoch] = []
        for epoch in (self._thawing or self._learned).epochs(precision, on_step, on_features):
            epochs.append(epoch)
            self.write(self._lines(epochs))
            yield epoch
        if self._thawing:
            epochs = self._thawing.history
        self._finish(self._learned, epochs, precision)

    @property
    def _learned(self) -> Learning:
        """What learned: the only candidate, or the best of several."""
        learning = self._thawing.best if self._thawing else self._learning
        assert learning
        return learning

    def _remark(self, text: str) -> None:
        if text not in self.start["remarks"]:
            self.start["remarks"].append(text)

    def _measure_precision(self) -> Precision:
        """The faster one; of several processes the first one's."""
        if self.plan.views:
            return "fp32"  # a head is trained in no time, and the features in fp32 may serve others
        network = self._learning.network if self._learning else make_network(self.plan, self.dataset.parts["train"])
        batch = self._job.some("train", self.plan, self.plan.batch_size)
        network.to(device=self._accelerator.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return self._faster_precision(network, batch.images, batch.targets, self.task.loss(0.0))

    def _finish(self, learning: Learning, epochs: list[Epoch], precision: Precision) -> None:
        """Measure the best epoch's weights and write what a training is for."""
        if learning.choice:
            learning.refit(precision)
        if not self.is_main:
            return
        ready = folded(learning.network)  # as `load` will run it
        inference = self._inference_precision(ready, precision)
        engine = Engine(ready, self.plan.preset, device=self._accelerator.device, precision=inference)
        facts = {
            "train_precision": precision,
            "inference_precision": inference,
            "device": str(engine.device),
            "temperature": self._calibrate(learning),
        }
        answers: dict[PartName, Probabilities] = {}
        figures: dict[PartName, Figures] = {}
        for name in [part for part in self.dataset.parts if part != "train"]:
            answers[name] = self._answer(name, learning, engine)
            figures[name] = self.task.measure(answers[name], self._job.targets(name), self.dataset.classes)
            result = {"figures": {part: f.to_dict() for part, f in figures.items()}, **facts}
            header = self._header(learning, epochs, result)
            save_model(self.folder.model, learning.network, header)  # a bad test image costs no training
        remarks = self._remarks(learning)
        shown = {"seed": self.plan.recipe.seed, **facts, "threads": self.start["threads"], **self.start["versions"]}
        report = make_report(
            self.start,
            self.dataset,
            learning.plan,
            learning.network,
            epochs,
            figures,
            answers,
            self.monitor,
            shown,
            remarks,
            self.trials,
            learning.choice,
        )
        write_report(self.folder.report, report)
        self.write([*self._lines(epochs), {"event": "result", **result}])
        self.outcome = Outcome(figures, self.folder.model, self.folder.report, remarks)

    def _calibrate(self, learning: Learning) -> float:
        """Fit the temperature on the images held back, and answer with it from now on."""
        temperature = fit_temperature(learning.logits, self._job.targets("val"), multilabel=self.task.multilabel)
        self.task = replace(self.task, temperature=temperature)
        return temperature

    def _answer(self, part: PartName, learning: Learning, engine: Engine) -> Probabilities:
        """Of the val part with temperatures that were fitted on other images of it, as its own would flatter."""
        if part != "val":
            return self.task.probabilities(self._job.logits(engine, part))
        # a classifier that was made by regression has learned from them since
        logits = learning.logits if learning.choice else self._job.logits(engine, part)
        tempered = cross_tempered(logits, self._job.targets(part), multilabel=self.task.multilabel)
        return ClassifyTask(self.task.multilabel).probabilities(tempered.astype(np.float32))

    def _remarks(self, learning: Learning) -> dict[PartName, str]:
        """What the parts served for beside being measured."""
        if learning.choice is None:
            chosen = "what learns" if len(self.trials) > 1 else "the best epoch"
            return {"val": f"{chosen} was chosen on it"}
        chosen = "what learns was chosen on it, and " if len(self.trials) > 1 else ""
        return {"val": f"{chosen}it was measured before the classifier learned from it, too"}

    def _inference_precision(self, network: nn.Module, precision: Precision) -> Precision:
        """bf16 only where it was faster in training and answers as fp32 does on held-back images."""
        if precision == "fp32":
            return "fp32"
        held_back = self._job.some("val", self.plan, EVALUATION_BATCH).images.to(self._accelerator.device)
        return "bf16" if bf16_agrees(network, held_back, multilabel=self.task.multilabel) else "fp32"

    def _lines(self, epochs: list[Epoch]) -> list[dict[str, Any]]:
        """The record so far."""
        trials = [{"event": "trial", **trial.to_dict()} for trial in self.trials]
        return [self.start, *trials, *epoch_lines(epochs)]

    def _header(self, learning: Learning, epochs: list[Epoch], result: Mapping[str, Any]) -> ModelFile:
        more = {
            "trials": [trial.to_dict() for trial in self.trials],
            "learned_from_val": learning.choice is not None,
            "figures": {part: scalars(figures) for part, figures in result["figures"].items()},
        }
        return self._model_file(learning.plan, self.task.name, epochs, {**result, **more}, self.task.thresholds)


def scalars(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The figures without what grows with the classes: a model file's header is bounded."""
    return {name: value for name, value in figures.items() if name not in ("per_class", "confusion", "reliability")}

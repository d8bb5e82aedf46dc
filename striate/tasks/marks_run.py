"""A run on boxes or points: the training of a localizer, a landmark network or a detector, from plan to model file."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic

import numpy as np
import torch
from torch import nn

from striate.data import MarkedDataset, MarkedItem, MarkedLoader, PartName, evenly
from striate.errors import ArgumentError, DivergenceError
from striate.models import Network, create_model, save_model
from striate.runtime import Engine, folded
from striate.tasks.learning import learns_norm, least_in_batch
from striate.tasks.marks_plan import MarksPlan
from striate.tasks.marks_predictor import MarksPredictor
from striate.tasks.marks_report import make_marks_report
from striate.tasks.marks_task import Figures, Found, MarksTask
from striate.tasks.material import Watch
from striate.tasks.outcome import Outcome
from striate.tasks.recorded_run import RecordedRun
from striate.tasks.report import write_report
from striate.tasks.run_folder import RunFolder
from striate.tasks.run_record import decide_precision, epoch_lines
from striate.training import (
    Device,
    Epoch,
    Precision,
    Step,
    freeze,
)

EVALUATION_BATCH = 16


@dataclass(frozen=True)
class _Val(Generic[MarkedItem, Found]):
    """What an epoch is judged by: the held-back images."""

    loader: MarkedLoader[MarkedItem]
    task: MarksTask[MarkedItem, Found]
    plan: MarksPlan
    precision: Precision

    @torch.inference_mode()
    def figures(self, network: nn.Module) -> dict[str, float]:
        """The figure that counts, and the cost."""
        device = next(network.parameters()).device
        engine = Engine(network, self.plan.preset, device=device, precision=self.precision)
        predictor = MarksPredictor(engine, self.task)
        loss, cost = self.task.loss(self.plan.preset), 0.0
        found: list[Found] = []
        for batch in self.loader.epoch(0):
            answers = engine.answer(batch.images)
            cost += float(loss(answers, batch.targets.to(device))) * len(batch.images)
            if not math.isfinite(cost):
                raise DivergenceError(
                    "the network's answers are no longer numbers: the learning rate is probably too high"
                )
            found += predictor.found(answers, batch, self.loader.part)
        items = self.loader.part.items
        monitored = self.task.monitored(found, items, self.plan.preset.labels)
        return {self.task.monitor: monitored, "loss": cost / len(items)}


class MarksRun(RecordedRun, Generic[MarkedItem, Found]):
    """A training that is planned; iterate over it to run it, one `Epoch` at a time. It has what `Run` has.

    Attributes:
        folder: where it writes.
        dataset: what it learns from.
        task: what it learns.
        plan: everything that decides it, and why.
        start: the first line of its record: wishes, plan, data, versions.
        outcome: what came of it, once the iteration has ended.
    """

    def __init__(
        self,
        folder: RunFolder,
        dataset: MarkedDataset[MarkedItem],
        task: MarksTask[MarkedItem, Found],
        plan: MarksPlan,
        start: dict[str, Any],
        device: Device,
        workers: int,
    ):
        super().__init__(folder, start, plan.weights, device)
        self.plan = plan
        self.dataset: MarkedDataset[MarkedItem] = dataset
        self.task: MarksTask[MarkedItem, Found] = task
        self.outcome: Outcome[Figures] | None = None
        self.trials: Sequence[Any] = ()
        self._workers = workers
        self.network = _make_network(plan)  # before any folder is made: it may be refused
        freeze(self.network, plan.freeze)
        self._check_batch_norm()

    def headline(self, figures: Any) -> str:
        """The figure that counts, in words."""
        return str(self.task.score(figures))

    def epochs(
        self, on_step: Callable[[Step], None] | None = None, on_features: Watch | None = None
    ) -> Iterator[Epoch]:
        """Train, measure, and write model, record and report.

        Args:
            on_step: called after every step, to show progress.
            on_features: never called: features move with the images' distortions, so none are kept.

        Yields:
            A record of each epoch; after a resume the finished ones come first, as they were.
        """
        train, val = self._loader("train", distorted=True), self._loader("val", distorted=False)
        epochs: list[Epoch] = []
        try:
            measure = partial(self._measure_precision, train)
            precision = decide_precision(self.plan.precision, self.start, measure, self.write)
            train.start()
            val.start()
            for epoch in self._fit(
                self.plan,
                self.network,
                train,
                _Val(val, self.task, self.plan, precision).figures,
                loss=self.task.loss(self.plan.preset),
                monitor="loss" if self.plan.by_loss else self.task.monitor,
                lower_is_better=self.plan.by_loss or self.task.lower_is_better,
                precision=precision,
                on_step=on_step,
            ):
                epochs.append(epoch)
                yield epoch
        finally:
            train.close()
            val.close()
        if self.is_main:
            self._finish(epochs, precision)

    def _loader(self, part: PartName, *, distorted: bool) -> MarkedLoader[MarkedItem]:
        accelerator, plan = self._accelerator, self.plan
        return MarkedLoader(
            self.dataset.parts[part],
            plan.preset,
            self.task.targets,
            pipeline=plan.pipeline if distorted else None,
            mosaic=plan.mosaic if distorted else 0.0,
            pairs=self.dataset.pairs,
            batch_size=plan.batch_size if distorted else EVALUATION_BATCH,
            seed=plan.recipe.seed,
            workers=self._workers,
            shuffle=distorted,
            rank=accelerator.process_index if distorted else 0,
            world_size=accelerator.num_processes if distorted else 1,
            pin=accelerator.device.type == "cuda",
        )

    def _measure_precision(self, train: MarkedLoader[MarkedItem]) -> Precision:
        """The faster one; of several processes the first one's."""
        self.network.to(device=self._accelerator.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        batch = next(train.some(0, np.array(evenly(len(train.part), self.plan.batch_size))))
        return self._faster_precision(self.network, batch.images, batch.targets, self.task.loss(self.plan.preset))

    def _check_batch_norm(self) -> None:
        """A batch norm can't learn from one value a channel.

        Raises:
            ArgumentError: batches of one image, of which the last stages see a single cell.
        """
        plan, images = self.plan, len(self.dataset.parts["train"])
        least = least_in_batch(images, plan.batch_size, self._accelerator.num_processes)
        if least > 1 or not learns_norm(self.network):
            return
        with torch.no_grad():
            seen = self.network.eval().features(torch.zeros(1, plan.preset.channels, *plan.preset.size_hw))
        if any(activation.shape[2:].numel() == 1 for activation in seen.values()):
            raise ArgumentError(
                f"batch_size must leave two images or more in every batch for the batch norm of {plan.network}: "
                f"{images} images in batches of {plan.batch_size} leave {least}"
            )

    def _finish(self, epochs: Sequence[Epoch], precision: Precision) -> None:
        """Choose thresholds on held-back images, measure, and write what a training is for."""
        engine = Engine(folded(self.network), self.plan.preset, device=self._accelerator.device)
        predictor = MarksPredictor(engine, self.task)
        found: dict[PartName, list[Found]] = {
            name: predictor.answer(part, workers=self._workers)
            for name, part in self.dataset.parts.items()
            if name != "train"
        }
        labels, items = self.plan.preset.labels, {name: part.items for name, part in self.dataset.parts.items()}
        given, self.task = self.task, self.task.calibrated(found["val"], items["val"], labels)
        figures: dict[PartName, Figures] = {name: self.task.measure(found[name], items[name], labels) for name in found}
        result = {
            "figures": {name: f.to_dict() for name, f in figures.items()},
            "train_precision": precision,
            "device": str(engine.device),
            "thresholds": self.task.thresholds,
        }
        chosen = "epoch was" if self.task == given else "epoch and the threshold were"
        remarks: dict[PartName, str] = {"val": f"the best {chosen} chosen on it"}
        header = self._model_file(self.plan, self.task.name, epochs, result, self.task.thresholds)
        save_model(self.folder.model, self.network, header)
        report = make_marks_report(
            self.task, self.dataset, self.plan, self.network, self.start, epochs, figures, found, result, remarks
        )
        write_report(self.folder.report, report)
        self.write([self.start, *epoch_lines(epochs), {"event": "result", **result}])
        self.outcome = Outcome(figures, self.folder.model, self.folder.report, remarks)


def _make_network(plan: MarksPlan) -> Network:
    """The network that a plan begins with; its seed decides what is random."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.recipe.seed)
        return create_model(plan.network, weights=plan.weights, **plan.arguments)

"""A run on recordings: the training of a classifier of signals, volumes or clips, as `Run` is of images."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from striate.data import PartName, evenly
from striate.data.workers import workers_for
from striate.errors import ArgumentError, DivergenceError
from striate.metrics import cross_tempered, fit_temperature
from striate.models import ModelFile, Network, save_model
from striate.recordings import RecordingDataset, RecordingLoader, RecordingPart
from striate.runtime import Logits, RecordingEngine, folded
from striate.tasks.classify import ClassifyTask, Figures, Probabilities
from striate.tasks.learning import EVALUATION_BATCH, learns_norm, least_in_batch, new_network
from striate.tasks.material import Watch
from striate.tasks.outcome import Outcome
from striate.tasks.recorded_run import RecordedRun
from striate.tasks.recording_plan import RecordingPlan
from striate.tasks.recording_report import make_recording_report
from striate.tasks.report import write_report
from striate.tasks.run import scalars
from striate.tasks.run_folder import RunFolder
from striate.tasks.run_record import AGAIN, decide_precision, epoch_lines
from striate.tasks.thawing import Trial
from striate.training import Device, Epoch, Precision, Step, bf16_agrees, freeze

_MANY = 4_000_000  # samples of the training part, from which on other processes read and distort


@dataclass(frozen=True)
class _Lesson:
    """A network that learns from one part and is watched on another."""

    network: Network
    train: RecordingPart
    watched: RecordingPart
    monitor: str | None
    name: str


class RecordingRun(RecordedRun):
    """A training that is planned; iterate over it to run it, one `Epoch` at a time. It has what `Run` has.

    Where recordings are few the network learns twice: from what is not held back, to be measured and to choose its best
    epoch; then another one from all, by the same recipe to its end, which is what the model file holds.

    Attributes:
        folder: where it writes.
        dataset: what it learns from.
        plan: everything that decides it, and why.
        start: the first line of its record: wishes, plan, data, versions.
        network: what learned, once the iteration has ended.
        trials: of one that learns twice what the first network was worth.
        outcome: what came of it, once the iteration has ended.
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
        super().__init__(folder, start, plan.weights, device)
        self.dataset, self.plan = dataset, plan
        self.task = ClassifyTask(multilabel=False)
        self.trials: list[Trial] = []
        self.outcome: Outcome[Any] | None = None
        self._workers, self._watched = workers, "val"
        self.network = self._new_network()  # before any folder is made: it may be refused
        self._check_batches()

    @property
    def monitor(self) -> str:
        """The figure by which the best epoch is chosen: where classes are weighted, each counts alike."""
        return "balanced_accuracy" if self.plan.class_weights else self.task.monitor

    @property
    def watched(self) -> str:
        """The part that the figures of the epoch under way are of."""
        return self._watched

    def headline(self, figures: Figures) -> str:
        """The figure that counts, in words."""
        return self.task.headline(figures, f"{self.dataset.shape}s")

    def epochs(
        self, on_step: Callable[[Step], None] | None = None, on_features: Watch | None = None
    ) -> Iterator[Epoch]:
        """Train, measure, and write model, record and report.

        Args:
            on_step: called after every step, to show progress.
            on_features: never called: recordings are distorted anew in every epoch.

        Yields:
            A record of each epoch; after a resume the finished ones come first, as they were. Of a network that learns
            twice those of the second training follow, from 1 again.
        """
        precision = decide_precision(self.plan.precision, self.start, self._measure_precision, self.write)
        train, val, start = self.dataset.parts["train"], self.dataset.parts["val"], time.perf_counter()
        first, second = list[Epoch](), list[Epoch]()
        for epoch in self._learn(_Lesson(self.network, train, val, self.monitor, "first"), precision, on_step):
            first.append(epoch)
            yield epoch
        held_back = self._logits(self._engine(self.network, precision), "val")
        if self.plan.again:
            self._tell_trial(first, time.perf_counter() - start)
            self.network, self._watched = self._new_network(), "known val"
            lesson = _Lesson(self.network, joined(train, val), val, None, "second")
            for epoch in self._learn(lesson, precision, on_step, first):
                second.append(epoch)
                yield epoch
        if self.is_main:
            self._finish(first, second, precision, held_back)

    def _new_network(self) -> Network:
        network = new_network(self.plan, lambda most: self._some("train", most)[0])
        freeze(network, self.plan.freeze)
        return network

    def _check_batches(self) -> None:
        number, plan = len(self.dataset.parts["train"]), self.plan
        least = least_in_batch(number, plan.batch_size, self._accelerator.num_processes)
        if learns_norm(self.network) and least < 2:
            raise ArgumentError(
                f"batch_size must leave two {self.dataset.shape}s or more in every batch for the batch norm of "
                f"{plan.network}: {number} in batches of {plan.batch_size} leave {least}"
            )

    def _learn(
        self,
        lesson: _Lesson,
        precision: Precision,
        on_step: Callable[[Step], None] | None,
        before: list[Epoch] | None = None,
    ) -> Iterator[Epoch]:
        """At the end the lesson's network has the best epoch's weights and is in eval mode."""
        train, watched = self._loader(lesson.train, distorted=True), self._loader(lesson.watched, distorted=False)
        try:
            train.start()  # before the first epoch, whose time is that of learning
            watched.start()
            yield from self._fit(
                self.plan,
                lesson.network,
                train,
                partial(self._validate, watched, targets_of(lesson.watched), precision),
                loss=self.task.loss(self.plan.recipe.label_smoothing, self.plan.class_weights),
                monitor=lesson.monitor,
                precision=precision,
                on_step=on_step,
                num_classes=self.dataset.num_classes,
                checkpoints=self.folder.candidate(lesson.name),
                before=before,
            )
        finally:
            train.close()
            watched.close()

    def _validate(
        self,
        watched: RecordingLoader,
        targets: NDArray[np.int64],
        precision: Precision,
        network: nn.Module,
    ) -> dict[str, float]:
        """The figures of an epoch: what chooses the best one, and the cost."""
        engine = self._engine(network, precision)
        logits = engine.run(batch.images for batch in watched.epoch(0))
        if not np.isfinite(logits).all():
            raise DivergenceError("the network's answers are no longer numbers: the learning rate is probably too high")
        figures = self.task.measure(self.task.probabilities(logits), targets, self.dataset.classes)
        loss = self.task.loss(0.0)(torch.from_numpy(logits), torch.from_numpy(targets))
        return {self.monitor: getattr(figures, self.monitor), "loss": float(loss)}

    def _engine(self, network: nn.Module, precision: Precision) -> RecordingEngine:
        device = self._accelerator.device
        return RecordingEngine(network, self.plan.preset, device=device, precision=precision)

    def _loader(self, part: RecordingPart, *, distorted: bool) -> RecordingLoader:
        """The recordings of a part: distorted, in another order each epoch and shared by the processes, or as is."""
        plan, accelerator = self.plan, self._accelerator
        many = len(part) * int(np.prod(plan.preset.size)) * plan.preset.channels >= _MANY
        return RecordingLoader(
            part,
            plan.preset,
            pipeline=plan.pipeline if distorted else None,
            batch_size=plan.batch_size if distorted else min(EVALUATION_BATCH, 4 * plan.batch_size),
            seed=plan.recipe.seed,
            workers=self._workers if many else workers_for(len(part), self._workers),
            shuffle=distorted,
            rank=accelerator.process_index if distorted else 0,
            world_size=accelerator.num_processes if distorted else 1,
            pin=accelerator.device.type == "cuda",
            resample=plan.resample,
        )

    def _some(self, name: PartName, most: int) -> tuple[Tensor, Tensor]:
        """Some recordings of a part and their targets, spread evenly over it and read in this process."""
        part = self.dataset.parts[name]
        few = replace(part, items=[part.items[i] for i in evenly(len(part), most)], groups=())
        (batch,) = RecordingLoader(few, self.plan.preset, batch_size=most, resample=self.plan.resample).epoch(0)
        return batch.images, batch.targets

    def _measure_precision(self) -> Precision:
        """The faster one; of several processes the first one's.

        Of volumes and clips on a CPU it is fp32: oneDNN's bf16 gradient of a 3-D convolution is NaN now and then where
        an axis has two samples (seen in torch 2.13).
        """
        device = self._accelerator.device
        if device.type == "cpu" and self.plan.preset.dims == 3:
            return "fp32"
        images, targets = self._some("train", self.plan.batch_size)
        return self._faster_precision(self.network.to(device), images, targets, self.task.loss(0.0))

    def _logits(self, engine: RecordingEngine, name: PartName) -> Logits:
        """(N, K) of the recordings of a part, in its order."""
        loader = self._loader(self.dataset.parts[name], distorted=False)
        try:
            return engine.run(batch.images for batch in loader.epoch(0))
        finally:
            loader.close()

    def _tell_trial(self, epochs: list[Epoch], seconds: float) -> None:
        score = max((epoch.figures[self.monitor] for epoch in epochs), default=None)
        learn = sum(p.numel() for p in self.network.parameters() if p.requires_grad)
        train, val = (len(self.dataset.parts[name]) for name in ("train", "val"))
        why = f"measured on {val} held back; what is kept learns from all {train + val}"
        self.trials.append(Trial(f"from {train}", score, None, None, False, learn, seconds, why, thawed=False))

    def _finish(self, first: list[Epoch], second: list[Epoch], precision: Precision, held_back: Logits) -> None:
        """Measure, and write what a training is for."""
        ready = folded(self.network)  # as `load` will run it
        inference = self._inference_precision(ready, precision)
        engine = self._engine(ready, inference)
        targets = targets_of(self.dataset.parts["val"])
        temperature = fit_temperature(held_back, targets)
        self.task = replace(self.task, temperature=temperature)
        facts = {
            "train_precision": precision,
            "inference_precision": inference,
            "device": str(engine.device),
            "temperature": temperature,
        }
        # with temperatures that were fitted on other recordings of it, as its own would flatter
        tempered = cross_tempered(held_back, targets).astype(np.float32)
        answers: dict[PartName, Probabilities] = {"val": ClassifyTask(multilabel=False).probabilities(tempered)}
        figures: dict[PartName, Figures] = {}
        for name in [part for part in self.dataset.parts if part != "train"]:
            if name != "val":
                answers[name] = self.task.probabilities(self._logits(engine, name))
            figures[name] = self.task.measure(answers[name], targets_of(self.dataset.parts[name]), self.dataset.classes)
            result = {"figures": {part: f.to_dict() for part, f in figures.items()}, **facts}
            again = {"epochs_again": [epoch.to_dict() for epoch in second]} if second else {}
            save_model(self.folder.model, self.network, self._header(first, {**result, **again}))
        remarks = self._remarks()
        shown = {"seed": self.plan.recipe.seed, **facts, "threads": self.start["threads"], **self.start["versions"]}
        report = make_recording_report(self, first, figures, answers, shown, remarks)
        write_report(self.folder.report, report)
        told = [*epoch_lines(first), *epoch_lines(second, AGAIN)]
        self.write([self.start, *told, {"event": "result", **result}])
        self.outcome = Outcome(figures, self.folder.model, self.folder.report, remarks)

    def _remarks(self) -> dict[PartName, str]:
        """What the parts served for beside being measured."""
        chosen = "the best epoch was chosen on it"
        learned = ", and it was measured before the network learned from it, too"
        return {"val": chosen + learned if self.plan.again else chosen}

    def _inference_precision(self, network: nn.Module, precision: Precision) -> Precision:
        """bf16 only where it was faster in training and answers as fp32 does on held-back recordings."""
        if precision == "fp32":
            return "fp32"
        device = self._accelerator.device
        images, _ = self._some("val", min(EVALUATION_BATCH, 4 * self.plan.batch_size))
        return "bf16" if bf16_agrees(network.to(device), images.to(device)) else "fp32"

    def _header(self, epochs: list[Epoch], result: Mapping[str, Any]) -> ModelFile:
        more = {
            "learned_from_val": self.plan.again,
            "figures": {part: scalars(figures) for part, figures in result["figures"].items()},
        }
        return self._model_file(self.plan, self.task.name, epochs, {**result, **more}, self.task.thresholds)


def targets_of(part: RecordingPart) -> NDArray[np.int64]:
    """(N,) the class numbers of a part's recordings."""
    return np.array([item.labels[0] for item in part.items], dtype=np.int64)


def joined(*parts: RecordingPart) -> RecordingPart:
    """Several parts of one data set as one; they were cut out of one, and share its store.

    Example:
        >>> from striate.data.records import Item
        >>> one, other = (RecordingPart([Item(name, (0,))], store=None, groups=[name]) for name in "ab")
        >>> joined(one, other).groups
        ('a', 'b')
    """
    items = tuple(item for part in parts for item in part.items)
    return replace(parts[0], items=items, groups=tuple(group for part in parts for group in part.groups))

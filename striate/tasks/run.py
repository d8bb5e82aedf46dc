"""A run: the training of a classifier from its plan to a model file, a record and a report."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from striate.data import Batch, Dataset, Loader, Part, PartName, evenly
from striate.errors import ArgumentError, StriateError
from striate.layers import Norm
from striate.models import ModelFile, Network, create_model, find_source, save_model
from striate.runtime import Engine, folded
from striate.tasks.classifier import Classifier
from striate.tasks.classify import ClassifyTask, Figures, Probabilities
from striate.tasks.evaluation import answer
from striate.tasks.material import Frozen, Material, Watch
from striate.tasks.plan import Plan
from striate.tasks.report import make_report, write_report
from striate.tasks.run_folder import RunFolder
from striate.training import (
    Device,
    Epoch,
    Precision,
    Step,
    agree,
    bf16_agrees,
    choose_precision,
    fit,
    freeze,
    is_frozen,
    make_accelerator,
)

_EVALUATION_BATCH = 64


@dataclass(frozen=True)
class Outcome:
    """What came of a training.

    Attributes:
        figures: by part: "val", by which the best epoch was chosen, and "test", by which nothing was.
        model: the model file.
        report: the page for people.
    """

    figures: Mapping[PartName, Figures]
    model: Path
    report: Path


class Run:
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
        self.folder, self.dataset, self.plan, self.start = folder, dataset, plan, start
        self.task = ClassifyTask(dataset.multilabel)
        self.outcome: Outcome | None = None
        self._accelerator = make_accelerator(device)
        self._device, self._workers = device, workers
        self._network = self._make_network()
        self._refuse_lonely_images()

    @property
    def is_main(self) -> bool:
        """Whether this is the one of several processes that writes and speaks."""
        return bool(self._accelerator.is_main_process)

    @property
    def monitor(self) -> str:
        """The figure by which the best epoch is chosen: where classes are weighted, each counts alike."""
        return "balanced_accuracy" if self.plan.class_weights else self.task.monitor

    @property
    def notice(self) -> str:
        """What to tell a person once: the licence of the weights that it starts from."""
        return find_source(self.plan.weights).notice if self.plan.weights else ""

    def __iter__(self) -> Iterator[Epoch]:
        return self.epochs()

    def epochs(
        self, on_step: Callable[[Step], None] | None = None, on_features: Watch | None = None
    ) -> Iterator[Epoch]:
        """Train, measure, and write model, record and report.

        Args:
            on_step: called after every step, to show progress.
            on_features: called as features are computed, with the views that are done and those to do.

        Yields:
            A record of each epoch; after a resume the finished ones come first, as they were.
        """
        network = self._network
        precision = self._decide_precision(network)
        epochs: list[Epoch] = []
        material = self._features(precision, on_features) or self._images(precision)
        try:
            for epoch in fit(
                material.learner,
                material.train,
                lambda trained: self._validate(material.answer(trained)),
                loss=self.task.loss(self.plan.recipe.label_smoothing, self.plan.class_weights),
                recipe=self.plan.recipe,
                monitor=self.monitor,
                device=self._device,
                precision=precision,
                channels_last=True,
                folder=self.folder.checkpoints,
                resume=True,  # the folder of a new run has no checkpoint
                arguments={"plan": self.plan.to_dict(), "fingerprint": self.dataset.fingerprint},
                num_classes=self.dataset.num_classes,
                on_step=on_step,
            ):
                epochs.append(epoch)
                self.write(self._lines(epochs))
                yield epoch
        finally:
            material.close()
        self._finish(network.eval(), epochs, precision)

    def _make_network(self) -> Network:
        plan = self.plan
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(plan.recipe.seed)
            network = create_model(plan.network, weights=plan.weights, **plan.arguments)
        freeze(network, plan.freeze)
        return network

    def _refuse_lonely_images(self) -> None:
        """Batch norm can't learn from a batch of one image."""
        images, most = len(self.dataset.parts["train"]), self.plan.batch_size * self._accelerator.num_processes
        smallest = images // math.ceil(images / most) // self._accelerator.num_processes
        norms = (m for m in self._network.modules() if isinstance(m, Norm) and not is_frozen(m))
        if smallest < 2 and any(norms):
            raise ArgumentError(
                f"batch_size must leave two images or more in every batch for the batch norm of {self.plan.network}: "
                f"{images} images in batches of {self.plan.batch_size} leave {smallest}"
            )

    def _images(self, precision: Precision) -> Material:
        """The whole network, on images that are decoded in each epoch."""
        train, val = self._loader("train", distorted=True), self._loader("val", distorted=False)
        train.start()
        val.start()

        def answer(trained: nn.Module) -> NDArray[np.float32]:
            classifier = self._classifier(trained, precision)
            return classifier.engine.run(batch.images for batch in val.epoch(0))

        def close() -> None:
            train.close()
            val.close()

        return Material(self._network, train, answer, close)

    def _features(self, precision: Precision, on_features: Watch | None) -> Material | None:
        """What of the network is not frozen, on features that are computed once; None if they are not to be kept."""
        if not self.plan.views:
            return None
        parts = self.dataset.parts
        targets = {part: torch.from_numpy(self.task.targets(parts[part], self.dataset.num_classes)) for part in parts}
        frozen = Frozen(self._network, self.plan, parts, precision, self._accelerator)
        material = frozen.material(targets, self.folder.checkpoints / "features", self._workers, on_features)
        remark = "the features are too many to keep: images are decoded and distorted in each epoch"
        if material is None and remark not in self.start["remarks"]:
            self.start["remarks"].append(remark)
        return material

    def _loader(self, part: PartName, *, distorted: bool) -> Loader:
        return Loader(
            self.dataset.parts[part],
            self.plan.preset,
            pipeline=self.plan.pipeline if distorted else None,
            batch_size=self.plan.batch_size if distorted else _EVALUATION_BATCH,
            seed=self.plan.recipe.seed,
            workers=self._workers,
            shuffle=distorted,
            multilabel_classes=self._multilabel_classes,
            rank=self._accelerator.process_index if distorted else 0,
            world_size=self._accelerator.num_processes if distorted else 1,
            pin=self._accelerator.device.type == "cuda",
        )

    def _decide_precision(self, network: Network) -> Precision:
        """What was asked for; "auto" is measured once and recorded, so that a resumed run obeys it."""
        if self.plan.precision != "auto":
            return self.plan.precision
        if "precision" not in self.start:
            # a head is trained in no time, and the features in fp32 may serve others
            self.start["precision"] = "fp32" if self.plan.views else self._measure_precision(network)
            self.start["command"] = [*self.start["command"], "--precision", self.start["precision"]]
            self.write([self.start])
        precision: Precision = self.start["precision"]
        return precision

    def _measure_precision(self, network: Network) -> Precision:
        """The faster one; of several processes the first one's."""
        batch = self._some("train", self.plan.batch_size)
        network.to(device=self._accelerator.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        images, targets = batch.images.to(self._accelerator.device), batch.targets.to(self._accelerator.device)
        return agree([choose_precision(network, images, targets, self.task.loss(0.0))])[0]

    def _some(self, part: PartName, most: int) -> Batch:
        """Some images of a part, spread evenly over it and read in this process."""
        images = self.dataset.parts[part]
        few = Part([images.items[i] for i in evenly(len(images), most)], images.store)
        loader = Loader(few, self.plan.preset, batch_size=most, multilabel_classes=self._multilabel_classes)
        return next(loader.epoch(0))

    @property
    def _multilabel_classes(self) -> int | None:
        return self.dataset.num_classes if self.task.multilabel else None

    def _validate(self, logits: NDArray[np.float32]) -> dict[str, float]:
        """The figures of an epoch, from the logits of the val part: what chooses the best one, and the cost."""
        if not np.isfinite(logits).all():
            raise StriateError("the network's answers are no longer numbers: the learning rate is probably too high")
        targets = self.task.targets(self.dataset.parts["val"], self.dataset.num_classes)
        figures = self.task.measure(self.task.probabilities(logits), targets, self.dataset.classes)
        loss = self.task.loss(0.0)(torch.from_numpy(logits), torch.from_numpy(targets))
        return {self.monitor: getattr(figures, self.monitor), "loss": float(loss)}

    def _classifier(self, network: nn.Module, precision: Precision) -> Classifier:
        return Classifier(
            Engine(network, self.plan.preset, device=self._accelerator.device, precision=precision), self.task
        )

    def _finish(self, network: Network, epochs: list[Epoch], precision: Precision) -> None:
        """Measure the best epoch's weights and write what a training is for."""
        if not self.is_main:
            return
        ready = folded(network)  # as `load` will run it
        inference = self._inference_precision(ready, precision)
        classifier = self._classifier(ready, inference)
        facts = {
            "train_precision": precision,
            "inference_precision": inference,
            "device": str(classifier.engine.device),
        }
        answers: dict[PartName, Probabilities] = {}
        figures: dict[PartName, Figures] = {}
        for name in [part for part in self.dataset.parts if part != "train"]:
            answers[name] = answer(classifier, self.dataset.parts[name], workers=self._workers)
            figures[name] = self._measure(name, answers[name])
            result = {"figures": {part: f.to_dict() for part, f in figures.items()}, **facts}
            save_model(self.folder.model, network, self._header(epochs, result))  # a bad test image costs no training
        shown = {"seed": self.plan.recipe.seed, **facts, "threads": self.start["threads"], **self.start["versions"]}
        report = make_report(
            self.start, self.dataset, self.plan, network, epochs, figures, answers, self.monitor, shown
        )
        write_report(self.folder.report, report)
        self.write([*self._lines(epochs), {"event": "result", **result}])
        self.outcome = Outcome(figures, self.folder.model, self.folder.report)

    def _inference_precision(self, network: nn.Module, precision: Precision) -> Precision:
        """bf16 only where it was faster in training and answers as fp32 does on held-back images."""
        if precision == "fp32":
            return "fp32"
        held_back = self._some("val", _EVALUATION_BATCH).images.to(self._accelerator.device)
        return "bf16" if bf16_agrees(network, held_back, multilabel=self.task.multilabel) else "fp32"

    def _lines(self, epochs: list[Epoch]) -> list[dict[str, Any]]:
        """The record so far."""
        return [self.start, *({"event": "epoch", **epoch.to_dict()} for epoch in epochs)]

    def _measure(self, part: PartName, probabilities: Probabilities) -> Figures:
        targets = self.task.targets(self.dataset.parts[part], self.dataset.num_classes)
        return self.task.measure(probabilities, targets, self.dataset.classes)

    def _header(self, epochs: list[Epoch], result: Mapping[str, Any]) -> ModelFile:
        plan = self.plan
        scalars = {part: _scalars(figures) for part, figures in result["figures"].items()}
        return ModelFile(
            network=plan.network,
            arguments=plan.arguments,
            task=self.task.name,
            preset=plan.preset,
            thresholds={"probability": self.task.threshold} if self.task.multilabel else {},
            record={
                **{name: self.start[name] for name in ("fingerprint", "cut_seed", "val_share", "images", "command")},
                "remarks": self.start["remarks"][:20],  # all of them are in the run's record
                "plan": plan.to_dict(),
                "epochs": [epoch.to_dict() for epoch in epochs],
                **result,
                "figures": scalars,
            },
            licence=find_source(plan.weights).licence if plan.weights else "",
        )

    def write(self, lines: list[dict[str, Any]]) -> None:
        """Replace the record by these lines; one process of several does."""
        if self.is_main:
            self.folder.write(lines)


def _scalars(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The figures without what grows with the classes: a model file's header is bounded."""
    return {name: value for name, value in figures.items() if name not in ("per_class", "confusion", "reliability")}

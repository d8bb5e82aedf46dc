"""A run of an encoder: its training, from the plan to a model file, a record and a report."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch

from striate.data import (
    Dataset,
    IdentityLoader,
    Loader,
    Part,
    PartName,
    RelatedPart,
    RowLoader,
    evenly,
    splice_identities,
    turn_identities,
    turned_views,
)
from striate.faces import join_views
from striate.models import ModelFile, save_model
from striate.runtime import Engine, folded
from striate.tasks.learning import EVALUATION_BATCH, make_network
from striate.tasks.material import Watch
from striate.tasks.outcome import Outcome
from striate.tasks.recorded_run import RecordedRun
from striate.tasks.report import write_report
from striate.tasks.run_folder import RunFolder
from striate.tasks.run_record import decide_precision, epoch_lines
from striate.tasks.verify import Encodings, VerifyFigures, make_cost, make_unit, measure_encodings
from striate.tasks.verify_plan import VerifyPlan
from striate.tasks.verify_report import make_verify_report
from striate.tasks.verify_validation import MONITOR, Validation, batches_of
from striate.training import (
    CollapseAlarm,
    Device,
    Epoch,
    Precision,
    Siamese,
    SiameseLoss,
    Step,
    freeze,
)


class VerifyRun(RecordedRun):
    """A training that is planned; iterate over it to run it, one `Epoch` at a time. It has what `Run` has.

    Attributes:
        folder: where it writes.
        dataset: what it learns from.
        plan: everything that decides it, and why.
        start: the first line of its record: wishes, plan, data, versions.
        siamese: what learns: the encoder, and the pair classifier where the loss has one.
        outcome: what came of it, once the iteration has ended.
    """

    def __init__(
        self, folder: RunFolder, dataset: Dataset, plan: VerifyPlan, start: dict[str, Any], device: Device, workers: int
    ):
        super().__init__(folder, start, plan.weights, device)
        self.dataset, self.plan = dataset, plan
        self.outcome: Outcome[VerifyFigures] | None = None
        self.trials: Sequence[Any] = ()
        self._workers = workers
        encoder = make_network(plan, dataset.parts["train"])  # before any folder is made: it may be refused
        freeze(encoder, plan.freeze)
        self.siamese = Siamese(encoder, make_unit(plan.loss, plan.dim))

    def headline(self, figures: VerifyFigures) -> str:
        """The figures that count, in words."""
        return str(figures)

    def epochs(
        self, on_step: Callable[[Step], None] | None = None, on_features: Watch | None = None
    ) -> Iterator[Epoch]:
        """Train, measure, and write model, record and report.

        Args:
            on_step: called after every step, to show progress.
            on_features: never called: images are distorted anew in every epoch.

        Yields:
            A record of each epoch; after a resume the finished ones come first, as they were.

        Raises:
            CollapseError: the encoder answers the same to every image; says what to do.
        """
        train, val = self._train_loader(), self._loader(self.dataset.parts["val"])
        epochs: list[Epoch] = []
        try:
            precision = decide_precision(self.plan.precision, self.start, self._measure_precision, self.write)
            train.start()
            val.start()
            for epoch in self._fit(
                self.plan,
                self.siamese,
                train,
                Validation(val, self.plan, precision, self._accelerator.device).figures,
                loss=self._loss(CollapseAlarm()),
                monitor=MONITOR,
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

    def _loss(self, alarm: CollapseAlarm | None) -> SiameseLoss:
        return SiameseLoss(make_cost(self.plan.loss, self.plan.mining, self.siamese.unit), alarm)

    def _train_loader(self) -> IdentityLoader | RowLoader:
        """Distorted images, shared by the processes."""
        plan, accelerator, part = self.plan, self._accelerator, self.dataset.parts["train"]
        shared: dict[str, Any] = {
            "pipeline": plan.pipeline,
            "seed": plan.recipe.seed,
            "workers": self._workers,
            "rank": accelerator.process_index,
            "world_size": accelerator.num_processes,
            "pin": accelerator.device.type == "cuda",
        }
        if isinstance(part, RelatedPart):
            return RowLoader(part, plan.preset, batch_size=plan.batch_size, **shared)
        number = self.dataset.num_classes
        if plan.spliced:
            part, number = splice_identities(part, number, seed=plan.recipe.seed), number**2
        part = turn_identities(part, number) if plan.turned else part
        people, images = plan.num_identities, plan.num_images
        return IdentityLoader(part, plan.preset, num_identities=people, num_images=images, **shared)

    def _loader(self, part: Part) -> Loader:
        """The images of a part as they are, in their order."""
        return Loader(part, self.plan.preset, batch_size=EVALUATION_BATCH, workers=self._workers)

    def _measure_precision(self) -> Precision:
        """The faster one; of several processes the first one's."""
        self.siamese.to(device=self._accelerator.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return self._faster_precision(self.siamese, *self._some(), self._loss(None))

    def _some(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The images and targets of a batch as in training, read in this process and not distorted."""
        part = self.dataset.parts["train"]
        places, targets = batches_of(part, self.plan.num_identities, self.plan.num_images)[0]
        chosen = places[list(evenly(len(places), self.plan.batch_size))]
        few = Part([part.items[i] for i in chosen.tolist()], part.store)
        (batch,) = Loader(few, self.plan.preset, batch_size=len(few)).epoch(0)
        return batch.images, targets[: len(few)]

    def _finish(self, epochs: Sequence[Epoch], precision: Precision) -> None:
        """Choose τ on held-back images, measure, and write what a training is for."""
        ready = Siamese(folded(self.siamese.encoder))  # as `load` will run it
        engine = Engine(ready, self.plan.preset, device=self._accelerator.device)
        parts = {name: part for name, part in self.dataset.parts.items() if name != "train"}
        found: dict[PartName, Encodings] = {}
        figures: dict[PartName, VerifyFigures] = {}
        threshold: float | None = None
        for name, part in parts.items():  # val comes first
            found[name] = self._encode(engine, name)
            figures[name] = measure_encodings(found[name], part, threshold=threshold, unit=self.siamese.unit)
            threshold = figures[name].distances.threshold
        result = {
            "figures": {name: f.to_dict() for name, f in figures.items()},
            "train_precision": precision,
            "device": str(engine.device),
            "thresholds": {"distance": threshold},
        }
        remarks: dict[PartName, str] = {"val": "the best epoch and the threshold were chosen on it"}
        save_model(self.folder.model, self.siamese.encoder, self._header(epochs, result))
        report = make_verify_report(
            self.dataset, self.plan, ready.encoder, self.start, epochs, figures, found, result, remarks
        )
        write_report(self.folder.report, report)
        self.write([self.start, *epoch_lines(epochs), {"event": "result", **result}])
        self.outcome = Outcome(figures, self.folder.model, self.folder.report, remarks)

    def _encode(self, engine: Engine, name: PartName) -> Encodings:
        """Encodings of a part as `Encoder.encode` makes them."""
        part = self.dataset.parts[name]
        loader = self._loader(turned_views(part) if self.plan.turned else part)
        try:
            encodings = engine.run(batch.images for batch in loader.epoch(0))
        finally:
            loader.close()
        return join_views(encodings) if self.plan.turned else encodings

    def _header(self, epochs: Sequence[Epoch], result: Mapping[str, Any]) -> ModelFile:
        unit = self.siamese.unit
        told = {**result, "pair_unit": unit.to_dict() if unit else None}
        return self._model_file(self.plan, "verify", epochs, told, result["thresholds"])

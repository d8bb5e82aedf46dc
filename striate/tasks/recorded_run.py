"""What every run of a training has: a folder with a record, the weights that it starts from, and the loop."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

from torch import Tensor, nn

from striate.models import ModelFile, find_source
from striate.models.document import AnyPreset
from striate.tasks.material import Watch
from striate.tasks.run_folder import RunFolder
from striate.tasks.run_record import AGAIN, epoch_lines, training_record
from striate.training import (
    Batches,
    Device,
    Epoch,
    Loss,
    Precision,
    Recipe,
    Step,
    agree,
    choose_precision,
    fit,
    make_accelerator,
)


class Planned(Protocol):
    """What the loop and the model file ask of a plan."""

    @property
    def network(self) -> str:
        """Name in the registry."""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What the network is built with."""

    @property
    def preset(self) -> AnyPreset:
        """What it expects of its input."""

    @property
    def recipe(self) -> Recipe:
        """How to train."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; a resumed training must share them."""


class RecordedRun(ABC):
    """A training that is planned; iterate over it to run it, one `Epoch` at a time.

    Args:
        folder: where it writes.
        start: the first line of its record: wishes, plan, data, versions.
        weights: the published weights whose licence the model inherits; None for random ones.
        device: where to compute.
    """

    def __init__(self, folder: RunFolder, start: dict[str, Any], weights: str | None, device: Device):
        self.folder, self.start = folder, start
        self._source = find_source(weights) if weights else None
        self._device = device
        self._accelerator = make_accelerator(device)

    @property
    def is_main(self) -> bool:
        """Whether this is the one of several processes that writes and speaks."""
        return bool(self._accelerator.is_main_process)

    @property
    def watched(self) -> str:
        """The part that the figures of the epoch under way are of."""
        return "val"

    @property
    def notice(self) -> str:
        """What to tell a person once: the licence of the weights that it starts from."""
        return self._source.notice if self._source else ""

    @property
    def licence(self) -> str:
        """Of those weights, for the model file; empty without any."""
        return self._source.licence if self._source else ""

    def __iter__(self) -> Iterator[Epoch]:
        return self.epochs()

    @abstractmethod
    def epochs(
        self, on_step: Callable[[Step], None] | None = None, on_features: Watch | None = None
    ) -> Iterator[Epoch]:
        """Train, measure, and write what a training is for."""

    def begin(self) -> Self:
        """Make the folder and write the record's first line, once all is known to be sound; returns the run."""
        self.folder.create()
        self.write([self.start])
        return self

    def write(self, lines: list[dict[str, Any]]) -> None:
        """Replace the record by these lines; one process of several does."""
        if self.is_main:
            self.folder.write(lines)

    def _fit(
        self,
        plan: Planned,
        network: nn.Module,
        train: Batches,
        validate: Callable[[nn.Module], Mapping[str, float]],
        *,
        loss: Loss,
        monitor: str | None,
        lower_is_better: bool = False,
        precision: Precision,
        on_step: Callable[[Step], None] | None,
        num_classes: int | None = None,
        checkpoints: Path | None = None,
        before: Sequence[Epoch] | None = None,
    ) -> Iterator[Epoch]:
        """`fit` as the plan says, with the record written after every epoch.

        Args:
            plan, network, train, validate, loss, monitor, lower_is_better, precision, on_step, num_classes: of `fit`.
            checkpoints: their folder; the run's if left out.
            before: epochs of the training that was measured, where this one is another after it.
        """
        epochs: list[Epoch] = []
        for epoch in fit(
            network,
            train,
            validate,
            loss=loss,
            recipe=plan.recipe,
            monitor=monitor,
            lower_is_better=lower_is_better,
            device=self._device,
            precision=precision,
            channels_last=True,
            folder=checkpoints or self.folder.checkpoints,
            resume=True,  # the folder of what is new has no checkpoint
            arguments={"plan": plan.to_dict(), "fingerprint": self.start["fingerprint"]},
            num_classes=num_classes,
            on_step=on_step,
        ):
            epochs.append(epoch)
            told = epoch_lines(epochs) if before is None else [*epoch_lines(before), *epoch_lines(epochs, AGAIN)]
            self.write([self.start, *told])
            yield epoch

    def _faster_precision(self, network: nn.Module, images: Tensor, targets: Tensor, loss: Loss) -> Precision:
        """The one in which a network on its device is trained faster; of several processes the first one's."""
        device = self._accelerator.device
        return agree([choose_precision(network, images.to(device), targets.to(device), loss)])[0]

    def _model_file(
        self,
        plan: Planned,
        task: str,
        epochs: Sequence[Epoch],
        result: Mapping[str, Any],
        thresholds: Mapping[str, float] | None = None,
    ) -> ModelFile:
        """What the model file says of its weights.

        Args:
            plan: that was carried out.
            task: the job, as the model file calls it.
            epochs: of the training.
            result: what the file's record says of the end.
            thresholds: by name, where the task decides by any.
        """
        return ModelFile(
            network=plan.network,
            arguments=plan.arguments,
            task=task,
            preset=plan.preset,
            thresholds=thresholds or {},
            record=training_record(self.start, plan.to_dict(), epochs, result),
            licence=self.licence,
        )

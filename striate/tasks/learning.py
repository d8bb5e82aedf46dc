"""One network learns as a plan says: on images, on kept features, or its classifier at once, by regression."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from striate.data import Batch, Dataset, Loader, Part, PartName, evenly
from striate.errors import ArgumentError, DivergenceError
from striate.layers import Norm
from striate.models import Network, create_model, find_entry
from striate.runtime import Engine
from striate.tasks.classify import ClassifyTask
from striate.tasks.material import Frozen, Kept, Material, Watch
from striate.tasks.part_logits import Logits, part_logits
from striate.tasks.plan import Plan
from striate.tasks.regression import Regression
from striate.training import Device, Epoch, FittedHead, Precision, Step, fit, freeze, is_frozen

if TYPE_CHECKING:
    from accelerate import Accelerator

    from striate.tasks.recording_plan import RecordingPlan

EVALUATION_BATCH = 64
_PREPARE_WITH = 1000  # images
TOO_MANY = "the features are too many to keep: images are decoded and distorted in each epoch"


@dataclass(frozen=True)
class Job:
    """What all that learn in one run share.

    Attributes:
        dataset: what they learn from.
        task: what their logits mean.
        monitor: the figure by which the best epoch is chosen.
        accelerator: device and processes.
        device: as it was asked for.
        workers: processes that decode and distort.
        remark: takes word of what a person should know.
    """

    dataset: Dataset
    task: ClassifyTask
    monitor: str
    accelerator: "Accelerator"
    device: Device
    workers: int
    remark: Callable[[str], None]

    def targets(self, part: PartName) -> NDArray[np.int64]:
        """(N,) or (N, K), see `ClassifyTask.targets`."""
        return self.task.targets(self.dataset.parts[part], self.dataset.num_classes)

    def loader(self, part: PartName, plan: Plan, *, distorted: bool) -> Loader:
        """The images of a part: distorted, in another order each epoch and shared by the processes, or as they are."""
        return Loader(
            self.dataset.parts[part],
            plan.preset,
            pipeline=plan.pipeline if distorted else None,
            batch_size=plan.batch_size if distorted else EVALUATION_BATCH,
            seed=plan.recipe.seed,
            workers=self.workers,
            shuffle=distorted,
            multilabel_classes=self._multilabel_classes,
            rank=self.accelerator.process_index if distorted else 0,
            world_size=self.accelerator.num_processes if distorted else 1,
            pin=self.accelerator.device.type == "cuda",
        )

    def logits(self, engine: Engine, part: PartName) -> Logits:
        """(N, K) of the images of a part, in its order."""
        images, classes = self.dataset.parts[part], self._multilabel_classes
        return part_logits(engine, images, multilabel_classes=classes, workers=self.workers)

    def some(self, part: PartName, plan: Plan, most: int) -> Batch:
        """Some images of a part, spread evenly over it and read in this process."""
        images = self.dataset.parts[part]
        few = Part([images.items[i] for i in evenly(len(images), most)], images.store)
        loader = Loader(few, plan.preset, batch_size=most, multilabel_classes=self._multilabel_classes)
        return next(loader.epoch(0))

    @property
    def _multilabel_classes(self) -> int | None:
        return self.dataset.num_classes if self.task.multilabel else None


def make_network(plan: Plan, train: Part) -> Network:
    """The network that a plan begins with: its seed decides what is random, and training images what they must."""

    def some_images(most: int) -> Tensor:
        some = [train.items[i]._replace(labels=(0,)) for i in evenly(len(train), most)]
        (batch,) = Loader(Part(some, train.store), plan.preset, batch_size=most).epoch(0)
        return batch.images

    return new_network(plan, some_images)


def new_network(plan: "Plan | RecordingPlan", some: Callable[[int], Tensor]) -> Network:
    """The same, of images or recordings; `some` gives at most so many as the network sees them, (N, C, *S)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.recipe.seed)
        network = create_model(plan.network, weights=plan.weights, **plan.arguments)
    prepare = find_entry(plan.network).prepare
    if prepare and not plan.weights:
        prepare(network, some(_PREPARE_WITH))
    return network


class Learning:
    """A network, and how it learns.

    Args:
        job: what all share.
        plan: how it learns; of `plan.freeze` anything but "auto".
        network: what learns, in place.
        folder: for its checkpoints, which must exist.

    Attributes:
        logits: (N, K) of the val part by what was learned, once `epochs` has ended.
        choice: what cross-validation said, where the classifier was made by regression.

    Raises:
        ArgumentError: a stage that the network doesn't have, or batches too small for its batch norm.
    """

    def __init__(self, job: Job, plan: Plan, network: Network, folder: Path):
        self.job, self.plan, self.network, self.folder = job, plan, network, folder
        self.logits: Logits = np.empty((0, job.dataset.num_classes), np.float32)
        self.choice: FittedHead | None = None
        freeze(network, plan.freeze)
        if learns_norm(network) and (smallest := smallest_batch(job, plan)) < 2:
            raise ArgumentError(
                f"batch_size must leave two images or more in every batch for the batch norm of {plan.network}: "
                f"{len(job.dataset.parts['train'])} images in batches of {plan.batch_size} leave {smallest}"
            )

    @property
    def parameters(self) -> int:
        """How many numbers learn."""
        return sum(p.numel() for p in self.network.parameters() if p.requires_grad)

    def epochs(
        self, precision: Precision, on_step: Callable[[Step], None] | None, on_features: Watch | None
    ) -> Iterator[Epoch]:
        """Learn; at the end the network has the best epoch's weights and is in eval mode."""
        kept = self._keep_features(precision, on_features) if self.plan.views else None
        if kept and self.plan.regression:
            with kept:
                yield self._regress(kept)
            return
        material = kept.material(self.job.accelerator.device, precision) if kept else self._images(precision)
        try:
            yield from fit(
                material.learner,
                material.train,
                lambda trained: self._validate(material.answer(trained)),
                loss=self.job.task.loss(self.plan.recipe.label_smoothing, self.plan.class_weights),
                recipe=self.plan.recipe,
                monitor=self.job.monitor,
                device=self.job.device,
                precision=precision,
                channels_last=True,
                folder=self.folder,
                resume=True,  # the folder of what is new has no checkpoint
                arguments={"plan": self.plan.to_dict(), "fingerprint": self.job.dataset.fingerprint},
                num_classes=self.job.dataset.num_classes,
                on_step=on_step,
            )
            self.logits = material.answer(material.learner)
        finally:
            material.close()
        self.network.eval()

    def refit(self, precision: Precision) -> None:
        """Make the classifier once more, of the images held back as well, at the strength that was chosen without."""
        kept = self._keep_features(precision, None)
        assert kept
        assert self.choice
        with kept:
            head = self._regression(kept).fit(self.choice.strength, [kept.train, kept.val])
        head.put_into(self._classifier)

    def _regress(self, kept: Kept) -> Epoch:
        """The classifier at once."""
        start = time.perf_counter()
        regression = self._regression(kept)
        self.choice = regression.choose()
        regression.fit(self.choice.strength, [kept.train]).put_into(self._classifier)
        self.network.eval()
        self.logits = kept.answer(kept.learner, self.job.accelerator.device, "fp32")
        figures = self._validate(self.logits)
        loss = self.choice.losses[self.choice.strength]
        return Epoch(1, loss, 0.0, figures, time.perf_counter() - start, 0.0, best=True)

    def _regression(self, kept: Kept) -> Regression:
        return Regression(kept, self.job.dataset.num_classes, self.plan.class_weights, self.plan.recipe.seed)

    @property
    def _classifier(self) -> nn.Linear:
        classifier = self.network.head.classifier
        assert isinstance(classifier, nn.Linear)  # see `can_regress`
        return classifier

    def _keep_features(self, precision: Precision, on_features: Watch | None) -> Kept | None:
        """The features of what is frozen, computed once; None if they are too many."""
        parts = self.job.dataset.parts
        targets = {part: torch.from_numpy(self.job.targets(part)) for part in parts}
        frozen = Frozen(self.network, self.plan, parts, precision, self.job.accelerator)
        kept = frozen.keep(targets, self.folder / "features", self.job.workers, on_features)
        if kept is None:
            self.job.remark(TOO_MANY)
        return kept

    def _images(self, precision: Precision) -> Material:
        """The whole network, on images that are decoded in each epoch."""
        train = self.job.loader("train", self.plan, distorted=True)
        val = self.job.loader("val", self.plan, distorted=False)
        train.start()  # before the first epoch, whose time is that of learning
        val.start()
        device = self.job.accelerator.device

        def answer(trained: nn.Module) -> Logits:
            engine = Engine(trained, self.plan.preset, device=device, precision=precision)
            return engine.run(batch.images for batch in val.epoch(0))

        def close() -> None:
            train.close()
            val.close()

        return Material(self.network, train, answer, close)

    def _validate(self, logits: Logits) -> dict[str, float]:
        """The figures of an epoch, from the logits of the val part: what chooses the best one, and the cost."""
        if not np.isfinite(logits).all():
            raise DivergenceError("the network's answers are no longer numbers: the learning rate is probably too high")
        task, targets = self.job.task, self.job.targets("val")
        figures = task.measure(task.probabilities(logits), targets, self.job.dataset.classes)
        loss = task.loss(0.0)(torch.from_numpy(logits), torch.from_numpy(targets))
        return {self.job.monitor: getattr(figures, self.job.monitor), "loss": float(loss)}


def smallest_batch(job: Job, plan: Plan) -> int:
    """How many images are in the smallest batch of a process."""
    return least_in_batch(len(job.dataset.parts["train"]), plan.batch_size, job.accelerator.num_processes)


def least_in_batch(images: int, batch_size: int, processes: int) -> int:
    """How many images are in the smallest batch of a process, of so many images in all."""
    return images // math.ceil(images / (batch_size * processes)) // processes


def learns_norm(network: nn.Module) -> bool:
    """Whether some batch norm is not frozen: it can't learn from a batch of one image."""
    return any(isinstance(m, Norm) and not is_frozen(m) for m in network.modules())


def can_regress(network: Network, task: ClassifyTask) -> bool:
    """Whether a network's logits are one dense layer's with a bias, and an image shows one class."""
    *_, last = network.head.children()
    dense = isinstance(last, nn.Linear) and last.bias is not None
    return not task.multilabel and isinstance(network.head, nn.Sequential) and dense

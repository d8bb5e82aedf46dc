"""What a run trains on: images, decoded and distorted anew in each epoch, or features, computed once and kept."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from striate.data import Part, PartName
from striate.errors import OutputError
from striate.models import Network
from striate.runtime import Engine, folded
from striate.tasks.plan import Plan
from striate.training import (
    Batches,
    CachedFeatures,
    FeatureCache,
    PartFeatures,
    Precision,
    autocast,
    cut_network,
    describe_features,
)

if TYPE_CHECKING:
    from accelerate import Accelerator

Watch = Callable[[int, int], None]  # (views done, views in all)
_VALIDATION_BATCH = 64


@dataclass(frozen=True)
class Material:
    """What `fit` is given.

    Attributes:
        learner: what it trains: the network, or what of it is not frozen.
        train: what it trains it on.
        answer: the learner, or its moving average, in eval mode -> logits (N, K) of the val part.
        close: lets go of processes and files.
    """

    learner: nn.Module
    train: Batches
    answer: Callable[[nn.Module], NDArray[np.float32]]
    close: Callable[[], None]


@dataclass(frozen=True)
class Kept:
    """What is frozen has been computed once: the features of all images, and what of the network learns on them.

    Use it as a context, or `close` it: features are files.

    Attributes:
        learner: features -> logits.
        train: in all views.
        val: as evaluation sees them.
    """

    learner: Network
    train: CachedFeatures
    val: CachedFeatures

    def answer(self, learner: nn.Module, device: torch.device, precision: Precision) -> NDArray[np.float32]:
        """The learner, or its moving average, in eval mode -> logits (N, K) of the val part."""
        return answer_features(learner, self.val, device, precision)

    def material(self, device: torch.device, precision: Precision) -> Material:
        """What `fit` is given."""
        return Material(self.learner, self.train, lambda rest: self.answer(rest, device, precision), self.close)

    def close(self) -> None:
        """Let go of the files."""
        self.train.features.close()
        self.val.features.close()

    def __enter__(self) -> "Kept":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Frozen:
    """A network of which the first stages, or all, are frozen.

    Attributes:
        network: all of it.
        plan: how it learns.
        parts: "train" and "val".
        precision: in which features are computed and the rest is trained.
        accelerator: device and processes.
    """

    network: Network
    plan: Plan
    parts: Mapping[PartName, Part]
    precision: Precision
    accelerator: "Accelerator"

    def keep(
        self, targets: Mapping[PartName, Tensor], spare_folder: Path, workers: int, on_features: Watch | None
    ) -> Kept | None:
        """Compute the features that are not in the cache; None if they are too many for it.

        Args:
            targets: of each part.
            spare_folder: for features if the cache can't be written to.
            workers: processes that decode and distort.
            on_features: called with the views that are done and those to do.
        """
        cut = cut_network(self.network)
        device = self.accelerator.device
        engine = Engine(folded(cut.frozen), self.plan.preset, device=device, precision=self.precision)
        shape = engine.run([]).shape[1:]  # a batch of none tells it
        if not FeatureCache().can_hold(self.plan.views * len(self.parts["train"]) + len(self.parts["val"]), shape):
            return None
        description = describe_features(self.network, cut, shape, f"{self.precision} on {device.type}")
        train = self._open("train", description, spare_folder)
        val = self._open("val", description, spare_folder)
        self._compute(engine, (train, val), workers, on_features)
        held_back = CachedFeatures(val, targets["val"], batch_size=_VALIDATION_BATCH)
        return Kept(cut.rest, self._batches(train, targets["train"]), held_back)

    def _open(self, part: PartName, description: dict[str, Any], spare_folder: Path) -> PartFeatures:
        """The features of a part: of what trains all views, of the rest evaluation's."""
        plan, images = self.plan, self.parts[part]
        options: dict[str, Any] = {}
        if part == "train":
            options = {"pipeline": plan.pipeline, "views": plan.views, "seed": plan.recipe.seed}
        try:
            return PartFeatures(FeatureCache(), images, plan.preset, description, **options)
        except OutputError:
            return PartFeatures(FeatureCache(spare_folder), images, plan.preset, description, **options)

    def _compute(self, engine: Engine, parts: Iterable[PartFeatures], workers: int, on_features: Watch | None) -> None:
        """Processes share what is missing; what others wrote to disks that this one can't see it computes itself."""
        rank, world_size = self.accelerator.process_index, self.accelerator.num_processes

        def compute(images: Tensor) -> NDArray[np.float32]:
            return engine.run([images])

        for features in parts:
            features.fill(compute, workers=workers, rank=rank, world_size=world_size, on_images=on_features)
        self.accelerator.wait_for_everyone()
        for features in parts:
            features.fill(compute)

    def _batches(self, features: PartFeatures, targets: Tensor) -> CachedFeatures:
        """In the order in which a `Loader` would give the images."""
        return CachedFeatures(
            features,
            targets,
            batch_size=self.plan.batch_size,
            seed=self.plan.recipe.seed,
            shuffle=True,
            rank=self.accelerator.process_index,
            world_size=self.accelerator.num_processes,
        )


@torch.inference_mode()
def answer_features(
    rest: nn.Module, features: CachedFeatures, device: torch.device, precision: Precision
) -> NDArray[np.float32]:
    """Logits (N, K) of all features, in their order."""
    with autocast(device.type, precision):
        parts = [rest(batch.images.to(device)).float().cpu().numpy() for batch in features.epoch(0)]
    return np.concatenate(parts)

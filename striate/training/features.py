"""The features of a part's images: computed once in each view, kept in the cache, read batch by batch."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import PIL
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.batch_loader import Batch
from striate.data.loader import Loader
from striate.data.pipeline import Pipeline
from striate.data.records import Part
from striate.data.sampler import Indices, count_batches, epoch_batches, order_rng
from striate.data.workers import workers_for
from striate.errors import ArgumentError, DataError
from striate.models.network import Network
from striate.preset import Preset
from striate.training.cut import Cut, content_digest
from striate.training.feature_cache import FeatureCache
from striate.training.feature_store import FeatureStore, Rows
from striate.version import __version__

Compute = Callable[[Tensor], Rows]  # images (N, C, H, W), normalised -> features (N, *F)
_BATCH = 32  # images that are computed at once


def describe_features(network: Network, cut: Cut, shape: Sequence[int], computed: str) -> dict[str, Any]:
    """What decides the features of an image but for the image and the preset: the document of a `FeatureStore`.

    Args:
        network: whose frozen part it is.
        cut: of the network.
        shape: of an image's features.
        computed: precision and device, in words.
    """
    versions = {
        "striate": __version__,
        "torch": torch.__version__,
        "opencv": cv2.__version__,
        "pillow": PIL.__version__,
    }
    return {
        "network": network.name,
        "weights": content_digest(cut.frozen),
        "cut": cut.name,
        "shape": list(shape),
        "computed": computed,
        "versions": versions,
    }


class PartFeatures:
    """The features of a part's images, each in one view or several.

    View 0 is evaluation's. View v from 1 on is the pipeline's distortion of (seed, epoch v, index): what a `Loader`
    shows in that epoch. Rows are kept by the digest of the image's bytes; a distorted view's by view and index, too.

    Args:
        cache: where they are kept.
        part: the images.
        preset: what the network expects of them.
        description: of `describe_features`.
        pipeline: of the distorted views; None has view 0 alone.
        views: how many, at least 1.
        seed: of the distorted views.

    Raises:
        ArgumentError: no view, or several without a pipeline.
        OutputError: the cache can't be written to, or can't hold so much.
    """

    def __init__(
        self,
        cache: FeatureCache,
        part: Part,
        preset: Preset,
        description: dict[str, Any],
        *,
        pipeline: Pipeline | None = None,
        views: int = 1,
        seed: int = 0,
    ):
        if views < 1 or (views > 1 and pipeline is None):
            raise ArgumentError.of("views", "at least 1, and 1 without a pipeline", views)
        self.part, self.preset, self.pipeline, self.views, self.seed = part, preset, pipeline, views, seed
        self.shape: tuple[int, ...] = tuple(description["shape"])
        self._digests = [part.store.digest(item.path) for item in part.items]
        self._keys = [[_key(digest, view, i) for i, digest in enumerate(self._digests)] for view in range(views)]
        self._stores = [cache.open(description | {"preset": _plain(preset), "views": None}, self._keys[0])]
        if views > 1:
            assert pipeline is not None
            seen = {"preset": _seen(preset), "views": {"pipeline": pipeline.to_list(), "seed": seed}}
            wanted = [key for keys in self._keys[1:] for key in keys]
            self._stores.append(cache.open(description | seen, wanted))

    def __len__(self) -> int:
        return len(self.part)

    def missing(self) -> list[Indices]:
        """Of each view, the images whose features are not here, or not whole."""
        return [np.flatnonzero(~self._store(view).has(keys)) for view, keys in enumerate(self._keys)]

    def fill(
        self,
        compute: Compute,
        *,
        workers: int = 0,
        rank: int = 0,
        world_size: int = 1,
        on_images: Callable[[int, int], None] | None = None,
    ) -> None:
        """Compute what is missing. Stopped at any moment, it goes on from there.

        Args:
            compute: the frozen part of the network.
            workers: processes that decode and distort, where there are a thousand images or more to do.
            rank: which of the processes that share the work this is.
            world_size: how many they are.
            on_images: called after each batch with the views done and all that there are to do.

        Raises:
            DataError: an image can't be read, or was changed meanwhile.
            OutputError: the disk is full.
        """
        for store in self._stores:
            store.refresh()
        missing = [indices[rank::world_size] for indices in self.missing()]
        total, done = sum(map(len, missing)), 0
        for views in (range(1), range(1, self.views)):  # evaluation's, and the distorted ones by another loader
            if not any(len(missing[view]) for view in views):
                continue
            loader = self._loader(None if 0 in views else self.pipeline, workers_for(total, workers))
            try:
                for view in views:
                    for batch in loader.some(view, missing[view]):
                        self._keep(view, batch.indices.tolist(), compute(batch.images))
                        done += len(batch.indices)
                        if on_images:
                            on_images(done, total)
            finally:
                loader.close()

    def read(self, views: NDArray[np.int64], indices: Indices) -> Tensor:
        """(N, *F) the features of these images, each in its view.

        Raises:
            StriateError: they were not computed, or are damaged.
        """
        rows = torch.empty(len(indices), *self.shape)
        for store, chosen in zip(self._stores, (views == 0, views > 0), strict=False):
            keys = [self._keys[view][i] for view, i in zip(views[chosen], indices[chosen], strict=True)]
            rows[torch.from_numpy(chosen)] = torch.from_numpy(store.read(keys))
        return rows

    def refresh(self) -> None:
        """Find what other processes have added."""
        for store in self._stores:
            store.refresh()

    def close(self) -> None:
        """Let go of the files."""
        for store in self._stores:
            store.close()

    def _store(self, view: int) -> FeatureStore:
        return self._stores[min(view, 1)]

    def _loader(self, pipeline: Pipeline | None, workers: int) -> Loader:
        unlabelled = Part([item._replace(labels=(0,)) for item in self.part.items], self.part.store)
        return Loader(unlabelled, self.preset, pipeline=pipeline, batch_size=_BATCH, seed=self.seed, workers=workers)

    def _keep(self, view: int, indices: list[int], rows: Rows) -> None:
        """Append rows, if the images are still the ones whose digests are known."""
        for i in indices:
            path = self.part.items[i].path
            if self.part.store.digest(path) != self._digests[i]:
                raise DataError(f"{path} was changed while it was read")
        self._store(view).append([self._keys[view][i] for i in indices], rows)


class CachedFeatures:
    """`Batches` of features, in the order in which a `Loader` with the same arguments gives the images.

    In epoch e the image i is seen in view (e + i) modulo the number of views: all of them in so many epochs, and in
    each epoch as many images in one as in another.

    Args:
        features: computed already.
        targets: (n, …) of all images.
        batch_size, seed, shuffle, rank, world_size: as in `striate.data.Loader`.
    """

    def __init__(
        self,
        features: PartFeatures,
        targets: Tensor,
        *,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = False,
        rank: int = 0,
        world_size: int = 1,
    ):
        self.features, self.targets, self.batch_size, self.seed = features, targets, batch_size, seed
        self.shuffle, self.rank, self.world_size = shuffle, rank, world_size

    def __len__(self) -> int:
        return count_batches(len(self.features), self.batch_size, self.world_size)

    def epoch(self, epoch: int, start_step: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from a step on: features (N, *F) in the place of images."""
        order = np.arange(len(self.features))
        if self.shuffle:
            order_rng(self.seed, epoch).shuffle(order)
        batches = epoch_batches(order, self.batch_size, rank=self.rank, world_size=self.world_size)
        for indices in batches[start_step:]:
            rows = self.features.read((epoch + indices) % self.features.views, indices)
            chosen = torch.from_numpy(indices)
            yield Batch(rows, self.targets[chosen], chosen)


def _key(digest: str, view: int, index: int) -> bytes:
    where = f" view {view} of image {index}" if view else ""
    return hashlib.sha256(f"{digest}{where}".encode()).digest()


def _seen(preset: Preset) -> dict[str, Any]:
    """All of a preset but the names of classes."""
    return replace(preset, labels=()).to_dict()


def _plain(preset: Preset) -> dict[str, Any]:
    """What of a preset decides evaluation's view: nothing of the training images' colours."""
    return {name: value for name, value in _seen(preset).items() if name != "colour_pca"}

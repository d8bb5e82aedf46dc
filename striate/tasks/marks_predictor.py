"""A network of boxes or points that is ready to answer: images in, what was found on each of them out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Generic, NamedTuple

import numpy as np
import torch

from striate.data import (
    Batch,
    Distortion,
    MarkedItem,
    MarkedLoader,
    MarkedPart,
    Pixels,
    preset_distortion,
    read_image,
)
from striate.data.workers import workers_for
from striate.preset import Preset
from striate.runtime import Engine
from striate.tasks.classifier import Image, OnBad, readings
from striate.tasks.marks_task import Found, MarksTask


class _Prepared(NamedTuple):
    """An image as the network sees it, and how it came there."""

    planes: torch.Tensor  # (C, h, w)
    distortion: Distortion


class MarksPredictor(Generic[MarkedItem, Found]):
    """Images in; `Localization`, `Landmarks` or `Detections` out, in pixels of the images.

    Args:
        engine: the network with its preset.
        task: what its answers mean.
        record: how it was trained, as its model file says.
        notice: what to tell a person once, such as the licence of the weights.
        name: what to call it: the file that it was loaded from.
    """

    def __init__(
        self,
        engine: Engine,
        task: MarksTask[MarkedItem, Found],
        record: Mapping[str, Any] | None = None,
        notice: str = "",
        name: str = "",
    ):
        self.engine, self.record, self.notice, self.name = engine, record or {}, notice, name
        self.task: MarksTask[MarkedItem, Found] = task

    @property
    def preset(self) -> Preset:
        """What the network expects, and its labels."""
        return self.engine.preset

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes or points."""
        return self.preset.labels

    def predict(self, images: Iterable[Image], *, on_bad: OnBad | None = None) -> list[Found]:
        """What is on each image.

        Args:
            images: paths of image files, or uint8 arrays (H, W, C) with the preset's channels.
            on_bad: told of each file that can't be read, which then has no answer.

        Raises:
            ImageError: a file can't be read, and nobody is told.
            ShapeError: an array is not an image of the preset's channels.
        """
        return list(self.stream(images, on_bad=on_bad))

    def stream(self, images: Iterable[Image], *, on_bad: OnBad | None = None) -> Iterator[Found]:
        """The same one by one, no more in memory than a batch; arguments and errors are those of `predict`."""
        prepared = readings(images, self._read, self._prepare, on_bad)
        while batch := list(islice(prepared, self.engine.batch_size)):
            answers = self.engine.answer(torch.stack([one.planes for one in batch]))
            found = self.task.found(answers, self.preset, [one.distortion for one in batch])
            yield from map(self.task.shown, found)

    def on_frames(self, tile: tuple[int, int] | None = None) -> Callable[[Sequence[Pixels]], list[Found]]:
        """A function of several images at once, as `annotate_video` takes it.

        Args:
            tile: side and overlap in pixels of tiles in which each image is looked at; None looks at it whole.

        Raises:
            ArgumentError: a model that finds one object an image has no use for tiles.
        """
        if tile is None:
            return lambda images: self.predict(images)
        return lambda images: [self.tiled(image, *tile) for image in images]

    def tiled(self, image: Image, side: int, overlap: int) -> Found:
        """What is on a large image, looked at in overlapping tiles: see `striate.runtime.detect_tiled`.

        Args:
            image: a path, or uint8 (H, W, C).
            side: of the tiles, in pixels of the image.
            overlap: as large are the objects, at most, that are found as if the image was looked at in one piece.

        Raises:
            ArgumentError: a number is out of range, or a model that finds one object an image.
        """
        pixels = image if isinstance(image, np.ndarray) else read_image(Path(image), channels=self.preset.channels)
        return self.task.tiled(self.predict, pixels, side, overlap)

    def answer(
        self, part: MarkedPart[MarkedItem], *, workers: int = 0, on_images: Callable[[int], None] | None = None
    ) -> list[Found]:
        """What is on each image of a part, in its order; `on_images` hears how many are done."""
        loader = MarkedLoader(
            part,
            self.preset,
            _no_targets,
            batch_size=self.engine.batch_size,
            workers=workers_for(len(part), workers),
        )
        found: list[Found] = []
        try:
            for batch in loader.epoch(0):
                found += self.found(self.engine.answer(batch.images), batch, part)
                if on_images:
                    on_images(len(found))
        finally:
            loader.close()
        return found

    def found(self, answers: Any, batch: Batch, part: MarkedPart[MarkedItem]) -> list[Found]:
        """What the network's answers to a batch of a part's undistorted images mean, in pixels of the images."""
        distortions = [preset_distortion(self.preset, part.items[i].size_hw) for i in batch.indices.tolist()]
        return self.task.found(answers, self.preset, distortions)

    def _read(self, path: Path) -> _Prepared:
        return self._prepare(read_image(path, channels=self.preset.channels))

    def _prepare(self, image: Pixels) -> _Prepared:
        self.engine.check(image)
        distortion = preset_distortion(self.preset, image.shape[:2])
        return _Prepared(torch.from_numpy(distortion.network_input(image, self.preset)), distortion)


def _no_targets(items: Sequence[object]) -> torch.Tensor:
    """Nothing is asked for."""
    return torch.zeros(len(items), 0)

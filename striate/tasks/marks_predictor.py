"""A network of boxes or points that is ready to answer: images in, what was found on each of them out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

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
from striate.errors import ArgumentError
from striate.runtime import Engine
from striate.tasks.classifier import Image, OnBad, readings
from striate.tasks.marks_finder import MarksFinder
from striate.tasks.marks_task import Found, MarksTask
from striate.tasks.reflection import AS_IS, Reflection, trained_reflections


class Prepared(NamedTuple):
    """An image as the network sees it, and how it came there."""

    planes: torch.Tensor  # (C, h, w)
    distortion: Distortion


class MarksPredictor(MarksFinder[MarkedItem, Found]):
    """Images in; `Localization`, `Landmarks` or `Detections` out, in pixels of the images.

    Args:
        engine: the network with its preset.
        task: what its answers mean.
        record: how it was trained, as its model file says.
        notice: what to tell a person once, such as the licence of the weights.
        name: what to call it: the file that it was loaded from.
        reflections: how each image is looked at, at least one; what several looks find is averaged.
    """

    def __init__(
        self,
        engine: Engine,
        task: MarksTask[MarkedItem, Found],
        record: Mapping[str, Any] | None = None,
        notice: str = "",
        name: str = "",
        reflections: Sequence[Reflection] = (AS_IS,),
    ):
        self.engine, self.record, self.notice, self.name = engine, record or {}, notice, name
        self.task: MarksTask[MarkedItem, Found] = task
        self.reflections = tuple(reflections)

    @property
    def members(self) -> "tuple[MarksPredictor[MarkedItem, Found], ...]":
        """This network alone."""
        return (self,)

    def mirrored(self) -> "MarksPredictor[MarkedItem, Found]":
        """The same with a look in each way that training showed it images; see `MarksFinder.mirrored`."""
        reflections = trained_reflections(self.record)
        if len(reflections) == 1:
            raise ArgumentError(
                f"{self.name or 'the model'} was shown no mirrored images: train it for them by --distort 'mirror, …', "
                "where there is no up and down 'mirror, flip, …'"
            )
        return MarksPredictor(self.engine, self.task, self.record, self.notice, self.name, reflections)

    def stream(self, images: Iterable[Image], *, on_bad: OnBad | None = None) -> Iterator[Found]:
        """The same as `predict` one by one, no more in memory than a batch; arguments and errors are the same."""
        prepared = readings(images, self._read, self.prepare, on_bad)
        while batch := list(islice(prepared, self.engine.batch_size)):
            yield from map(self.task.shown, self.look(batch))

    def prepare(self, image: Pixels) -> Prepared:
        """An image (H, W, C) as `look` takes it.

        Raises:
            ShapeError: it is not an image of the preset's channels.
        """
        self.engine.check(image)
        distortion = preset_distortion(self.preset, image.shape[:2])
        return Prepared(torch.from_numpy(distortion.network_input(image, self.preset)), distortion)

    def look(self, batch: Sequence[Prepared]) -> list[Found]:
        """All that was found on each image of a batch, the unlikely too."""
        return self._look(torch.stack([one.planes for one in batch]), [one.distortion for one in batch])

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
                found += self._look(batch.images, self._distortions(batch, part))
                if on_images:
                    on_images(len(found))
        finally:
            loader.close()
        return found

    def found(self, answers: Any, batch: Batch, part: MarkedPart[MarkedItem]) -> list[Found]:
        """What the network's answers to a batch of a part's undistorted images mean, in pixels of the images."""
        return self.task.found(answers, self.preset, self._distortions(batch, part))

    def _look(self, planes: torch.Tensor, distortions: Sequence[Distortion]) -> list[Found]:
        """What is on a batch (N, C, h, w): every reflection is looked at by itself."""
        looks = [self._look_at(reflection, planes, distortions) for reflection in self.reflections]
        return looks[0] if len(looks) == 1 else [self.task.fused(own) for own in zip(*looks, strict=True)]

    def _look_at(self, reflection: Reflection, planes: torch.Tensor, distortions: Sequence[Distortion]) -> list[Found]:
        answers = self.engine.answer(reflection.planes(planes))
        return self.task.found(answers, self.preset, [reflection.distortion(one) for one in distortions])

    def _distortions(self, batch: Batch, part: MarkedPart[MarkedItem]) -> list[Distortion]:
        """How the images of a part's batch came to the frame."""
        return [preset_distortion(self.preset, part.items[i].size_hw) for i in batch.indices.tolist()]

    def _read(self, path: Path) -> Prepared:
        return self.prepare(read_image(path, channels=self.preset.channels))


def _no_targets(items: Sequence[object]) -> torch.Tensor:
    """Nothing is asked for."""
    return torch.zeros(len(items), 0)

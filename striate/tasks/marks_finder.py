"""What finds boxes or points on images, be it one network or several together."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Generic

import numpy as np

from striate.data import MarkedItem, MarkedPart, Pixels, read_image
from striate.preset import Preset
from striate.tasks.classifier import Image, OnBad
from striate.tasks.marks_task import Found, MarksTask

if TYPE_CHECKING:
    from striate.tasks.marks_predictor import MarksPredictor


class MarksFinder(ABC, Generic[MarkedItem, Found]):
    """Images in; `Localization`, `Landmarks` or `Detections` out, in pixels of the images.

    Attributes:
        task: what the answers mean.
        name: what to call it.
        notice: what to tell a person once, such as the licence of the weights.
    """

    task: MarksTask[MarkedItem, Found]
    name: str
    notice: str

    @property
    @abstractmethod
    def members(self) -> "tuple[MarksPredictor[MarkedItem, Found], ...]":
        """The networks that look; all take the same channels and know the same labels."""

    @abstractmethod
    def mirrored(self) -> "MarksFinder[MarkedItem, Found]":
        """The same, but each image is looked at mirrored too, and upside down, as it was in training.

        What the looks find is averaged: see `MarksTask.fused`. Thresholds stay, since scores are averaged as well.

        Raises:
            ArgumentError: a network was never shown mirrored images.
        """

    @abstractmethod
    def stream(self, images: Iterable[Image], *, on_bad: OnBad | None = None) -> Iterator[Found]:
        """The same as `predict` one by one, no more in memory than a batch; arguments and errors are the same."""

    @abstractmethod
    def answer(
        self, part: MarkedPart[MarkedItem], *, workers: int = 0, on_images: Callable[[int], None] | None = None
    ) -> list[Found]:
        """What is on each image of a part, in its order; `on_images` hears how many are done."""

    @property
    def preset(self) -> Preset:
        """What the network expects, and its labels; of several networks the first one's."""
        return self.members[0].engine.preset

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

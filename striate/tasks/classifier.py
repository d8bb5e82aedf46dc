"""A classifier that is ready to answer: a network with its preset and what its logits mean."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from striate.data import ONE_CROP, Crops, Pixels, arrange_crops, decode_for_crops_hw, read_image
from striate.errors import DataError, ImageError
from striate.preset import Preset
from striate.results import Classes
from striate.runtime import Engine, Logits
from striate.tasks.classify import ClassifyTask, Probabilities

Image = str | Path | Pixels
OnBad = Callable[[Path, DataError], None]


class Classifier:
    """Images in, `Classes` out.

    Args:
        engine: the network with its preset.
        task: what its logits mean.
        record: how it was trained, as its model file says; empty for published weights.
        notice: what to tell a person once, such as the licence of the weights.
        name: what to call it beside others: the file or the name that it was loaded by.

    Example:
        >>> import striate
        >>> classifier = striate.load("efficientnet_lite0")
        >>> classifier.predict([np.zeros((300, 400, 3), np.uint8)])[0].probability < 0.9
        True
    """

    def __init__(
        self,
        engine: Engine,
        task: ClassifyTask,
        record: Mapping[str, Any] | None = None,
        notice: str = "",
        name: str = "",
    ):
        self.engine, self.task, self.record, self.notice, self.name = engine, task, record or {}, notice, name

    @property
    def preset(self) -> Preset:
        """What the network expects, and its labels."""
        return self.engine.preset

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the probabilities."""
        return self.preset.labels

    @property
    def members(self) -> "tuple[Classifier, ...]":
        """The networks whose answers are averaged: this one alone."""
        return (self,)

    @property
    def num_bytes(self) -> int:
        """Memory that the weights take."""
        network = self.engine.network
        return sum(tensor.nbytes for tensor in (*network.parameters(), *network.buffers()))

    def probabilities(
        self, images: Iterable[Image], *, crops: int | Crops = ONE_CROP, on_bad: OnBad | None = None
    ) -> Probabilities:
        """Images -> (N, K).

        Args:
            images: paths of image files, or uint8 arrays (H, W, C) with the preset's channels.
            crops: how often each image is looked at, or which crops of it, see `striate.data.arrange_crops`; their
                probabilities are averaged.
            on_bad: told of each file that can't be read, which then has no row.

        Raises:
            ImageError: a file can't be read, and nobody is told.
            ShapeError: an array is not an image of the preset's channels.
            ArgumentError: so many crops can't be arranged.
        """
        crops = as_crops(crops)
        return self.mean_of_crops(self.engine(self._pixels(images, crops, on_bad), crops=crops), crops)

    def predict(self, images: Iterable[Image], *, crops: int | Crops = ONE_CROP) -> list[Classes]:
        """What each image shows, the likeliest class first; the arguments and errors are those of `probabilities`."""
        return [self.task.to_classes(row, self.labels) for row in self.probabilities(images, crops=crops)]

    def mean_of_crops(self, logits: Logits, crops: Crops) -> Probabilities:
        """(N·V, K), those of an image's V crops together -> (N, K), the mean of their probabilities."""
        p = self.task.probabilities(logits)
        mean: Probabilities = p.reshape(-1, len(crops), p.shape[1]).mean(axis=1)
        return mean

    def aligned(self, answers: Sequence[Probabilities]) -> list[Probabilities]:
        """What an `Ensemble` does for each of its members; here there is one, whose order of classes it is."""
        return list(answers)

    def mean(self, answers: Sequence[Probabilities]) -> Probabilities:
        """What an `Ensemble` does with its members' answers; here there is one."""
        (answer,) = answers
        return answer

    def read(self, path: Path, crops: Crops = ONE_CROP) -> Pixels:
        """The pixels of an image file as the engine takes them; big JPEGs at a fraction of their size."""
        channels, at_least_hw = self.reading(crops)
        return read_image(path, channels=channels, at_least_hw=at_least_hw)

    def reading(self, crops: Crops) -> tuple[int, tuple[int, int]]:
        """How image files are read: in how many channels, and how large at least."""
        return self.preset.channels, decode_for_crops_hw(self.preset, crops)

    def _pixels(self, images: Iterable[Image], crops: Crops, on_bad: OnBad | None) -> Iterator[Pixels]:
        yield from readings(images, lambda path: self.read(path, crops), lambda pixels: pixels, on_bad)


def as_crops(crops: int | Crops) -> Crops:
    """Crops, which may be given by their number.

    Raises:
        ArgumentError: so many can't be arranged.

    Example:
        >>> len(as_crops(10))
        10
    """
    return crops if isinstance(crops, Crops) else arrange_crops(crops)


Seen = TypeVar("Seen")


def readings(
    images: Iterable[Image], read: Callable[[Path], Seen], take: Callable[[Pixels], Seen], on_bad: OnBad | None
) -> Iterator[Seen]:
    """Images as a classifier takes them, one at a time: files by `read`, arrays by `take`.

    Raises:
        ImageError: a file can't be read, and `on_bad` is None; else that is told, and the file left out.
    """
    for image in images:
        if isinstance(image, np.ndarray):
            yield take(image)
            continue
        try:
            seen = read(Path(image))
        except ImageError as e:
            if on_bad is None:
                raise
            on_bad(Path(image), e)
            continue
        yield seen

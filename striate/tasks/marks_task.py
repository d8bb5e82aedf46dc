"""What a job on marked images consists of: localization, landmarks and detection each fill it in their own way."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.data import Distortion, MarkedDataset, MarkedItem, Pixels
from striate.draw import Panel, Tile
from striate.errors import ArgumentError
from striate.preset import Preset
from striate.training import Loss

Found = TypeVar("Found")


class Figures(Protocol):
    """What every figure of merit can do."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        ...


@dataclass(frozen=True)
class Habits:
    """What a task usually trains with, where the user leaves the choice.

    Attributes:
        side: pixels a side of the network's input, at most.
        enlarge: how much larger than the images' longer side that may be.
        rate: learning rate.
        steps: updates of the weights.
        batch_size: images a step.
        distort: how training images are distorted, in words.
        recipe: the rest of the recipe.
    """

    side: int
    enlarge: float
    rate: float
    steps: int
    batch_size: int
    distort: str
    recipe: Mapping[str, Any]


@dataclass(frozen=True)
class Score:
    """The figure that counts, for people.

    Attributes:
        name: of the figure.
        value: a share, in [0, 1] as a rule.
        interval: its 95 % interval, or None.
        n: images.
        shares: further figures in [0, 1], by name.
        numbers: further figures of any size, by name.
    """

    name: str
    value: float
    interval: tuple[float, float] | None
    n: int
    shares: Mapping[str, float]
    numbers: Mapping[str, float]

    def __str__(self) -> str:
        between = "" if self.interval is None else " (95 % interval {:.2%} to {:.2%})".format(*self.interval)
        return f"{self.name} {self.value:.2%}{between} on {self.n} images"


class MarksTask(ABC, Generic[MarkedItem, Found]):
    """One job: target, head, loss, metric, result.

    Attributes:
        name: what a model file calls it.
        monitor: the figure by which the best epoch is chosen.
        lower_is_better: of that figure.
        habits: what it usually trains with.
        needs: what some image of each part must show, in words.
    """

    name: str
    monitor: str
    lower_is_better: bool = False
    habits: Habits
    needs: str

    @abstractmethod
    def open(
        self, path: str | Path, *, seed: int, val_share: float, skip_bad: bool, classes: Sequence[str] | None = None
    ) -> MarkedDataset[MarkedItem]:
        """The data; what does not suit the task is an error with a list of the images, or left out and recorded."""

    @abstractmethod
    def names(self, dataset: MarkedDataset[MarkedItem]) -> tuple[str, ...]:
        """Of the network's classes or points: the preset's labels."""

    @abstractmethod
    def arguments(self, preset: Preset, dataset: MarkedDataset[MarkedItem], seed: int) -> dict[str, Any]:
        """What the network is built with beside classes, channels and dimensions: plain values."""

    @abstractmethod
    def can_measure(self, item: MarkedItem, labels: Sequence[str]) -> bool:
        """Whether an image shows what `needs` says."""

    @property
    @abstractmethod
    def targets(self) -> Callable[[Sequence[MarkedItem]], Tensor]:
        """What the items of a batch, in pixels of the network's input, ask for."""

    @abstractmethod
    def loss(self, preset: Preset) -> Loss:
        """The cost of (what the network answers, targets)."""

    @abstractmethod
    def found(self, answers: Any, preset: Preset, distortions: Sequence[Distortion]) -> list[Found]:
        """What a network's answers to a batch mean, in pixels of each original image."""

    @abstractmethod
    def fused(self, looks: Sequence[Found]) -> Found:
        """One answer from what several looks at one image found, at least one."""

    def tiled(
        self, predict: Callable[[Sequence[Pixels]], list[Found]], image: Pixels, side: int, overlap: int
    ) -> Found:
        """What is on a large image, looked at in tiles.

        Raises:
            ArgumentError: one object an image is no matter of tiles.
        """
        raise ArgumentError.of("tile", "left out: tiles are for detectors", side)

    def shown(self, found: Found) -> Found:
        """What of it a person is told."""
        return found

    @abstractmethod
    def measure(self, found: Sequence[Found], items: Sequence[MarkedItem], labels: Sequence[str]) -> Figures:
        """Every figure of merit."""

    def monitored(self, found: Sequence[Found], items: Sequence[MarkedItem], labels: Sequence[str]) -> float:
        """The figure by which the best epoch is chosen."""
        return self.score(self.measure(found, items, labels)).value

    @abstractmethod
    def score(self, figures: Any) -> Score:
        """The figure that counts."""

    @abstractmethod
    def draw(self, image: Pixels, found: Found, item: MarkedItem | None = None) -> Pixels:
        """What was found on an image, and what should have been."""

    @abstractmethod
    def mistakes(
        self,
        found: Sequence[Found],
        items: Sequence[MarkedItem],
        load: Callable[[int], Pixels],
        labels: Sequence[str],
        most: int,
    ) -> list[Tile]:
        """The worst mistakes as pictures.

        Args:
            found, items: of each image.
            load: reads the image of a place in `items`.
            labels: names of the classes or points.
            most: pictures.
        """

    @abstractmethod
    def lines(self, found: Found) -> list[str]:
        """What was found, for people, a line each."""

    @property
    @abstractmethod
    def legend(self) -> str:
        """What `draw` draws how, in a sentence."""

    @abstractmethod
    def panels(self, figures: Any) -> list[Panel]:
        """Sections of a report: tables and charts of the figures."""

    @property
    @abstractmethod
    def thresholds(self) -> dict[str, float]:
        """What a model file keeps of it."""

    def calibrated(
        self, found: Sequence[Found], items: Sequence[MarkedItem], labels: Sequence[str]
    ) -> "MarksTask[MarkedItem, Found]":
        """The task with thresholds chosen on held-back images; as it is where there are none to choose."""
        return self


def weighted_mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the first axis; where all weights are 0 they count alike.

    Args:
        values: (V, ...)
        weights: (V,), at least 0.

    Example:
        >>> weighted_mean(np.array([[0.0, 4.0], [8.0, 0.0]]), np.array([0.75, 0.25]))
        array([2., 3.])
    """
    weights = weights if weights.any() else np.ones_like(weights)
    return np.asarray(np.average(values, axis=0, weights=weights))

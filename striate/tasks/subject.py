"""A network to be looked into: as it was built, layer by layer, with what it expects of its input."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from striate.data import Part, Pixels
from striate.draw import InputView
from striate.models import Network
from striate.recordings import RecordingPart
from striate.tasks.classify import ClassifyTask

Input = TypeVar("Input")  # an image's pixels, or a recording
Preset = TypeVar("Preset", covariant=True)
AnyPart = Part | RecordingPart


@dataclass(frozen=True, eq=False)
class Subject(ABC, Generic[Preset, Input]):
    """A network with its preset.

    Attributes:
        network: in eval mode, no batch norm folded, so that its layers are those of `striate table`.
        preset: what it expects of its input.
        task: what its logits mean; None where they are not of classes with names.
        name: the file or the name that it was loaded by.
        notice: what to tell a person once, such as the licence of the weights.
    """

    network: Network
    preset: Preset
    task: ClassifyTask | None
    name: str
    notice: str = ""

    @property
    @abstractmethod
    def input_shape(self) -> tuple[int, ...]:
        """(C, *S)"""

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """Of its classes, or none."""

    @property
    @abstractmethod
    def noun(self) -> str:
        """What it looks at."""

    @property
    @abstractmethod
    def view(self) -> InputView:
        """How its input is drawn."""

    @abstractmethod
    def read(self, source: Any) -> Input:
        """What lies in a file, or is given, if it suits the preset."""

    @abstractmethod
    def input(self, given: Input) -> Tensor:
        """What the network is given of it: (1, C, *S), normalised, where it computes."""

    @abstractmethod
    def seen(self, given: Input) -> Pixels:
        """What the network sees of it, as levels to draw: uint8 (*S, C')."""

    @abstractmethod
    def levels(self, x: Tensor) -> Pixels:
        """The same of a normalised input (C, *S)."""

    @abstractmethod
    def every(self, data: str | Path, *, skip_bad: bool = False) -> AnyPart:
        """All that some data holds, whatever it shows."""

    @abstractmethod
    def load(self, part: AnyPart, index: int) -> Input:
        """One of them."""

    @abstractmethod
    def batches(self, part: AnyPart, size: int) -> Iterator[Tensor]:
        """All of them, in their order: (N, C, *S) each."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next(self.network.parameters()).device

    def layer(self, name: str) -> str:
        """A layer's name, which for a stage may be the one that `striate table --stages` prints."""
        return f"stages.{name}" if name in self.network.stages else name

    def depths(self, number: int = 5) -> list[str]:
        """So many depths, spread evenly from the first to the last: stages, or blocks of stages where these are few."""
        names = [f"stages.{name}" for name in self.network.stages]
        if len(names) < number:
            names = [block for name in names for block in self._blocks(name)]
        count = min(number, len(names))
        return [names[round(i * (len(names) - 1) / max(1, count - 1))] for i in range(count)]

    def _blocks(self, stage: str) -> list[str]:
        """The residual blocks or modules that a stage is made of, or the stage itself."""
        children = dict(self.network.get_submodule(stage).named_children())
        blocks = [name for name, child in children.items() if any(child.children())]
        return [f"{stage}.{name}" for name in blocks] if len(blocks) == len(children) > 0 else [stage]


AnySubject = Subject[Any, Any]

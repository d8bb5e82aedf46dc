"""Checkpoints: all that a training needs to go on as if it had never stopped.

`last.safetensors` holds weights, optimizer, moving average, what the loss remembers, and progress; `best.safetensors`
the weights of the best epoch. Both are tensors and one JSON document, nothing that can run code, and each replaces its
forerunner whole. Random states are not among them: `fit` seeds every step from its number.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from striate.atomic import atomic_write
from striate.errors import ArgumentError, ModelFileError
from striate.training.ema import Ema
from striate.training.records import Progress

KEY = "striate_checkpoint_1"  # where the document stands in a file; another format gets another number


@dataclass
class State:
    """A training under way: what a checkpoint keeps.

    Attributes:
        network: the one that trains, without a wrapper.
        ema: the moving average of its weights, if there is one.
        loss: if it has a state, such as a count of steps.
        best: the state dict of the best epoch, on the CPU; empty before there is one.
    """

    network: nn.Module
    optimizer: Optimizer
    ema: Ema | None
    loss: nn.Module | None = None
    progress: Progress = field(default_factory=Progress)
    best: dict[str, Tensor] = field(default_factory=dict)

    @property
    def validated(self) -> nn.Module:
        """The network whose figures count: the average where there is one."""
        return self.ema.network if self.ema else self.network

    def keep_best(self) -> None:
        """Remember the weights of the validated network."""
        self.best = {name: _kept(tensor) for name, tensor in self.validated.state_dict().items()}

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor of the state but `best`, under a name that tells what it is."""
        found = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        if self.ema:
            found |= {f"ema.{name}": tensor for name, tensor in self.ema.network.state_dict().items()}
        if self.loss:
            found |= {f"loss.{name}": tensor for name, tensor in self.loss.state_dict().items()}
        for name, parameter in self.network.named_parameters():
            for key, tensor in self.optimizer.state.get(parameter, {}).items():
                found[f"optimizer.{key}.{name}"] = tensor
        return found

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `tensors`, into this network, optimizer, average and loss."""
        self.network.load_state_dict(_under("network.", tensors))
        if self.ema:
            self.ema.network.load_state_dict(_under("ema.", tensors))
        if self.loss:
            self.loss.load_state_dict(_under("loss.", tensors), strict=False)  # older checkpoints have none
        parameters = dict(self.network.named_parameters())
        for path, tensor in _under("optimizer.", tensors).items():
            key, name = path.split(".", 1)
            self.optimizer.state[parameters[name]][key] = _laid_out_like(parameters[name], tensor)


@dataclass
class Checkpoints:
    """The checkpoints in a folder.

    Args:
        folder: must exist; None keeps nothing.
        arguments: JSON values that a resumed training must share: recipe, data fingerprint, precision …
        every_seconds: how often `save_if_due` saves.
        writes: False in all processes but the first.
    """

    folder: Path | None
    arguments: Mapping[str, Any]
    every_seconds: float
    writes: bool = True
    saved_at: float = field(default_factory=time.monotonic)

    def save(self, state: State) -> None:
        """Write `last.safetensors`."""
        if self.folder and self.writes:
            document = {
                "arguments": self.arguments,
                "progress": state.progress.to_dict(),
                "threads": torch.get_num_threads(),
            }
            write_tensors(self.folder / "last.safetensors", state.tensors(), document)
        self.saved_at = time.monotonic()

    def save_if_due(self, state: State) -> None:
        """`save` if the last time was `every_seconds` ago or more. A resume from any moment is exact."""
        if time.monotonic() - self.saved_at >= self.every_seconds:
            self.save(state)

    def save_best(self, state: State) -> None:
        """Keep the validated weights, and write `best.safetensors`.

        It comes before `last`, so a kill between the two leaves a best that the resumed epoch writes again.
        """
        state.keep_best()
        if self.folder and self.writes:
            write_tensors(self.folder / "best.safetensors", state.best, {"epoch": len(state.progress.history)})

    def load(self, state: State) -> None:
        """Put the last checkpoint, if there is one, into the state, and its number of threads into torch.

        Raises:
            ArgumentError: it was written with other arguments; the message says which differ.
            ModelFileError: it is broken.
        """
        if self.folder is None or not (self.folder / "last.safetensors").exists():
            return
        for leftover in self.folder.glob(".*.safetensors.*") if self.writes else ():
            leftover.unlink()  # of a process that was killed while it wrote
        tensors, document = read_tensors(self.folder / "last.safetensors")
        refuse_differences(self.folder, document["arguments"], self.arguments)
        try:
            state.load(tensors)
        except (RuntimeError, KeyError) as e:
            raise ArgumentError(f"the checkpoint in {self.folder} is of another network: {e}") from e
        torch.set_num_threads(document["threads"])
        state.progress = Progress.from_dict(document["progress"])
        if state.progress.best:
            state.best = read_tensors(self.folder / "best.safetensors")[0]


def write_tensors(path: Path, tensors: Mapping[str, Tensor], document: Mapping[str, Any]) -> None:
    """Tensors and a JSON document as one safetensors file, written whole or not at all."""
    metadata = {KEY: json.dumps(document)}
    data = safetensors.torch.save({name: _kept(tensor) for name, tensor in tensors.items()}, metadata)
    with atomic_write(path) as f:
        f.write(data)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The inverse of `write_tensors`.

    Raises:
        ModelFileError: not such a file.
    """
    with _opened(path) as (file, document):
        return {name: file.get_tensor(name) for name in file.keys()}, document  # noqa: SIM118 - it is no mapping


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The file and its JSON document, no tensor read yet."""
    try:
        with safetensors.safe_open(path, "pt") as file:
            yield file, json.loads((file.metadata() or {})[KEY])
    except (OSError, safetensors.SafetensorError, KeyError, ValueError) as e:
        message = f"{path} is not a whole checkpoint of this version of striate ({e}); start again without resume"
        raise ModelFileError(message) from e


def refuse_differences(folder: Path, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Raise if two sets of arguments differ, naming each that does."""
    saved, given = _flat(then), _flat(json.loads(json.dumps(now)))
    saved = {name: value for name, value in given.items() if not value} | saved  # what is newer than it was off then
    names = [name for name in sorted(saved | given) if saved.get(name) != given.get(name)]
    if names:
        lines = [f"  {name}: {saved.get(name)!r} then, {given.get(name)!r} now" for name in names]
        raise ArgumentError("\n".join([f"the training in {folder} can't be resumed with other arguments", *lines]))


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, the names joined by dots."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _kept(tensor: Tensor) -> Tensor:
    """A copy on the CPU, contiguous and of its own memory, as safetensors asks."""
    return torch.empty(tensor.shape, dtype=tensor.dtype).copy_(tensor.detach())


def _laid_out_like(parameter: Tensor, tensor: Tensor) -> Tensor:
    """A copy in the parameter's memory layout and device, so that sums go in the same order; counters as they are."""
    return torch.empty_like(parameter).copy_(tensor).detach() if tensor.shape == parameter.shape else tensor.clone()

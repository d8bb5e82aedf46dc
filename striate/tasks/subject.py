"""A network to be looked into: as it was built, layer by layer, with what it expects of its input."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from striate.data import Pixels, crop_inputs, preset_distortion
from striate.errors import ModelFileError
from striate.models import Network, create_model, find_source, load_model
from striate.preset import Preset
from striate.tasks.classify import ClassifyTask, find_task
from striate.tasks.run_folder import RunFolder
from striate.training import Device, pick_device


@dataclass(frozen=True, eq=False)
class Subject:
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
    def input_shape(self) -> tuple[int, ...]:
        """(C, H, W)"""
        return (self.preset.channels, *self.preset.size_hw)

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

    def seen(self, image: Pixels) -> Pixels:
        """What the network sees of an image (H, W, C), as pixels: uint8 of the preset's size."""
        shown = preset_distortion(self.preset, (image.shape[0], image.shape[1])).image(image)
        return np.rint(shown).astype(np.uint8)

    def input(self, image: Pixels) -> Tensor:
        """What it is given of an image: (1, C, H, W), normalised, where it computes."""
        return torch.from_numpy(crop_inputs(image, self.preset)).to(self.device)

    def pixels(self, x: Tensor) -> Pixels:
        """The image (H, W, C) that a normalised input (C, H, W) stands for, clipped to what pixels can be."""
        mean, std = (np.array(v)[:, None, None] for v in (self.preset.mean, self.preset.std))
        image = x.detach().cpu().double().numpy() * std + mean
        pixels: Pixels = np.rint(np.clip(image, 0, 255)).astype(np.uint8).transpose(1, 2, 0)
        return pixels


def open_subject(model: str | Path, *, device: Device = "auto") -> Subject:
    """A model file of any task, a run's folder, or published weights by name.

    Raises:
        ModelFileError: a broken model file, a run without a model, or a network of signals or volumes.
        UnknownNameError: neither a file nor the name of weights.
        MissingExtraError, WeightsError: the weights are not here.
    """
    path = RunFolder(model).model if Path(model).is_dir() else Path(model)
    if path.is_file():
        return _from_file(path, str(model), device)
    if path.suffix:
        raise ModelFileError(f"no model file {path}: `striate train` writes one as RUN/model.safetensors")
    source = find_source(str(model))
    network = create_model(source.network, weights=source.name)
    task = ClassifyTask(False) if source.preset.labels else None
    return Subject(_ready(network, device), source.preset, task, source.name, source.notice)


def _from_file(path: Path, name: str, device: Device) -> Subject:
    network, header = load_model(path)
    if header.arguments["dims"] != 2:
        raise ModelFileError(f"{path}: a network of {header.arguments['dims']} dimensions; images have 2")
    task = find_task(header.task, header.thresholds) if header.task.startswith("classify") else None
    return Subject(_ready(network, device), header.image_preset, task, name)


def _ready(network: Network, device: Device) -> Network:
    return network.to(pick_device(device)).eval()

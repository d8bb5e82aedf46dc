"""A classifier that is ready to answer: from a model file, or from published weights by name."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from striate.data import Pixels, decode_at_least_hw, read_image
from striate.errors import ArgumentError, ModelFileError, ShapeError
from striate.models import check_size, create_model, find_source, load_model
from striate.preset import Preset
from striate.results import Classes
from striate.runtime import Engine, folded
from striate.tasks.classify import ClassifyTask, Probabilities, find_task
from striate.tasks.run_folder import RunFolder
from striate.training import Device

Image = str | Path | Pixels


class Classifier:
    """Images in, `Classes` out.

    Args:
        engine: the network with its preset.
        task: what its logits mean.
        record: how it was trained, as its model file says; empty for published weights.
        notice: what to tell a person once, such as the licence of the weights.

    Example:
        >>> import striate
        >>> classifier = striate.load("efficientnet_lite0")
        >>> classifier.predict([np.zeros((300, 400, 3), np.uint8)])[0].probability < 0.9
        True
    """

    def __init__(self, engine: Engine, task: ClassifyTask, record: Mapping[str, Any] | None = None, notice: str = ""):
        self.engine, self.task, self.record, self.notice = engine, task, record or {}, notice

    @property
    def preset(self) -> Preset:
        """What the network expects, and its labels."""
        return self.engine.preset

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the probabilities."""
        return self.preset.labels

    def probabilities(self, images: Iterable[Image]) -> Probabilities:
        """Images -> (N, K): files by path, or uint8 arrays (H, W, C) with the preset's channels."""
        return self.task.probabilities(self.engine(self._pixels(images)))

    def predict(self, images: Iterable[Image]) -> list[Classes]:
        """What each image shows, the likeliest class first.

        Args:
            images: paths of image files, or uint8 arrays (H, W, C) with the preset's channels.

        Raises:
            ImageError: a file can't be read.
            ShapeError: an array is not an image of the preset's channels.
        """
        return [self.task.to_classes(row, self.labels) for row in self.probabilities(images)]

    def _pixels(self, images: Iterable[Image]) -> Iterator[Pixels]:
        for image in images:
            yield image if isinstance(image, np.ndarray) else self.read(Path(image))

    def read(self, path: Path) -> Pixels:
        """The pixels of an image file as the engine takes them; big JPEGs at a fraction of their size."""
        return read_image(path, channels=self.preset.channels, at_least_hw=decode_at_least_hw(self.preset))


def load(model: str | Path, *, device: Device = "auto") -> Classifier:
    """A classifier from a model file, or from published weights by name.

    Args:
        model: a `.safetensors` that striate wrote, the folder of a run, or a name of `striate weights list`.
        device: where it computes.

    Raises:
        ModelFileError: the file is broken, hostile or of another version.
        UnknownNameError: neither a file nor the name of weights.
        ArgumentError: the weights don't know classes by name.
        MissingExtraError: the weights' package is not installed.
        WeightsError: the weights have not been fetched.
    """
    path = Path(model)
    if path.is_dir():
        path = RunFolder(path).model
    if path.is_file():
        return _from_file(path, device)
    if path.suffix:
        raise ModelFileError(f"no model file {path}: `striate train` writes one as RUN/model.safetensors")
    return _from_source(str(model), device)


def _from_file(path: Path, device: Device) -> Classifier:
    network, header = load_model(path)
    if header.arguments["dims"] != 2:
        raise ModelFileError(f"{path}: a network of {header.arguments['dims']} dimensions; images have 2")
    try:
        check_size(header.network, header.preset.size_hw)
    except ShapeError as e:
        raise ModelFileError(f"{path}: its preset does not suit its network: {e}") from e
    precision = header.record.get("inference_precision", "fp32")
    engine = Engine(folded(network), header.preset, device=device, precision=precision)
    return Classifier(engine, find_task(header.task, header.thresholds), header.record)


def _from_source(name: str, device: Device) -> Classifier:
    source = find_source(name)
    if not source.preset.labels:
        raise ArgumentError.of("model", "weights that know classes by name", f"{name}, of {source.trained_on}")
    network = create_model(source.network, num_classes=len(source.preset.labels), weights=name)
    return Classifier(Engine(folded(network), source.preset, device=device), ClassifyTask(False), notice=source.notice)

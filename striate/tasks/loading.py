"""Load what answers: a model file, a run, published weights by name, or several of these as one ensemble."""

from collections.abc import Sequence
from pathlib import Path

from striate.errors import ArgumentError, ModelFileError, ShapeError
from striate.models import check_size, create_model, find_source, load_model
from striate.runtime import Engine, folded
from striate.tasks.classifier import Classifier
from striate.tasks.classify import ClassifyTask, find_task
from striate.tasks.ensemble import Ensemble
from striate.tasks.ensemble_folder import EnsembleFolder
from striate.tasks.run_folder import RunFolder
from striate.training import Device

Model = str | Path


def load(model: Model | Sequence[Model], *, device: Device = "auto") -> Classifier | Ensemble:
    """A classifier from a model file, or from published weights by name; or an ensemble of several.

    Args:
        model: a `.safetensors` that striate wrote, the folder of a run or of an ensemble, or a name of `striate weights
            list`; or several of these, whose answers are averaged.
        device: where it computes.

    Raises:
        ModelFileError: a file is broken, hostile or of another version, or a run has no model yet.
        UnknownNameError: neither a file nor the name of weights.
        ArgumentError: the weights don't know classes by name, or networks don't know the same ones.
        MissingExtraError: the weights' package is not installed.
        WeightsError: the weights have not been fetched.
    """
    if isinstance(model, str | Path):
        return _load_one(model, device)
    members = [member for one in model for member in _load_one(one, device).members]
    if not members:
        raise ArgumentError("model must be at least one model file or name, got none")
    return members[0] if len(members) == 1 else Ensemble(members)


def _load_one(model: Model, device: Device) -> Classifier | Ensemble:
    path = Path(model)
    if EnsembleFolder(path).is_there():
        folders = EnsembleFolder(path).finished()
        return Ensemble([_from_file(folder.model, str(folder.path), device) for folder in folders])
    if path.is_dir():
        path = RunFolder(path).model
    if path.is_file():
        return _from_file(path, str(model), device)
    if path.suffix:
        raise ModelFileError(f"no model file {path}: `striate train` writes one as RUN/model.safetensors")
    return _from_source(str(model), device)


def _from_file(path: Path, name: str, device: Device) -> Classifier:
    network, header = load_model(path)
    if header.arguments["dims"] != 2:
        raise ModelFileError(f"{path}: a network of {header.arguments['dims']} dimensions; images have 2")
    try:
        check_size(header.network, header.preset.size_hw)
    except ShapeError as e:
        raise ModelFileError(f"{path}: its preset does not suit its network: {e}") from e
    precision = header.record.get("inference_precision", "fp32")
    engine = Engine(folded(network), header.preset, device=device, precision=precision)
    return Classifier(engine, find_task(header.task, header.thresholds), header.record, name=name)


def _from_source(name: str, device: Device) -> Classifier:
    source = find_source(name)
    if not source.preset.labels:
        raise ArgumentError.of("model", "weights that know classes by name", f"{name}, of {source.trained_on}")
    network = create_model(source.network, num_classes=len(source.preset.labels), weights=name)
    engine = Engine(folded(network), source.preset, device=device)
    return Classifier(engine, ClassifyTask(False), notice=source.notice, name=name)

"""Load what answers: a model file, a run, published weights by name, or several of these as one ensemble."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from striate.errors import ArgumentError, ModelFileError, ShapeError
from striate.faces import Encoder
from striate.models import ModelFile, check_size, create_model, find_source, load_model, read_header
from striate.recording_preset import RecordingPreset
from striate.runtime import Engine, RecordingEngine, folded
from striate.tasks.classifier import Classifier
from striate.tasks.classify import ClassifyTask, find_task
from striate.tasks.ensemble import Ensemble
from striate.tasks.ensemble_folder import EnsembleFolder
from striate.tasks.event_finder import EventFinder
from striate.tasks.events import EventTask
from striate.tasks.marks_ensemble import MarksEnsemble
from striate.tasks.marks_finder import MarksFinder
from striate.tasks.marks_predictor import MarksPredictor
from striate.tasks.marks_tasks import is_marks_task, restored_task
from striate.tasks.recording_classifier import RecordingClassifier
from striate.tasks.run_folder import RunFolder
from striate.training import Device, Precision

Model = str | Path


AnyPredictor = MarksFinder[Any, Any]
Loaded = Classifier | Ensemble | AnyPredictor | Encoder | RecordingClassifier | EventFinder


def load(model: Model | Sequence[Model], *, device: Device = "auto") -> Loaded:
    """What a model file, or published weights by name, answers with; or several of one task as an ensemble.

    Args:
        model: a `.safetensors` that striate wrote, the folder of a run or of an ensemble, or a name of `striate weights
            list`; or several of these, whose answers are averaged.
        device: where it computes.

    Returns:
        what has `predict(images)`: of classes, or of boxes or points, as the model was trained; of one that was trained
        to verify what has `encode(images)`; of one of signals, volumes or clips what has `predict(recordings)`, of
        classes or of events.

    Raises:
        ModelFileError: a file is broken, hostile or of another version, or a run has no model yet.
        UnknownNameError: neither a file nor the name of weights.
        ArgumentError: the weights don't know classes by name, or networks don't know the same ones or do other tasks.
        MissingExtraError: the weights' package is not installed.
        WeightsError: the weights have not been fetched.
    """
    models = [model] if isinstance(model, str | Path) else model
    loaded = [_load_one(one, device) for one in models]
    if len(loaded) == 1:
        return loaded[0]
    marks = [one for one in loaded if isinstance(one, MarksPredictor)]
    return MarksEnsemble(marks) if loaded and len(marks) == len(loaded) else _together(models, loaded)


def load_classifier(model: Model | Sequence[Model], *, device: Device = "auto") -> Classifier | Ensemble:
    """A classifier, or an ensemble of several; arguments and errors are those of `load`, and:

    Raises:
        ArgumentError: a model of boxes or points, of recordings, or an encoder.
    """
    models = [model] if isinstance(model, str | Path) else model
    return _together(models, [_load_one(one, device) for one in models])


def _together(models: Sequence[Model], loaded: Sequence[Loaded]) -> Classifier | Ensemble:
    """The classifiers that were loaded from these, as one."""
    own = zip(models, loaded, strict=True)
    members = [member for one, classifier in own for member in _classifier(one, classifier).members]
    if not members:
        raise ArgumentError("model must be at least one model file or name, got none")
    return members[0] if len(members) == 1 else Ensemble(members)


def _classifier(model: Model, loaded: Loaded) -> Classifier | Ensemble:
    if isinstance(loaded, MarksFinder):
        raise ArgumentError.of("model", "of classes", f"{model}, trained to {loaded.task.name}")
    if isinstance(loaded, Encoder):
        raise ArgumentError.of("model", "of classes", f"{model}, trained to verify")
    if isinstance(loaded, EventFinder):
        raise ArgumentError(f"{model} finds events in signals: striate predict looks at every window of them")
    if isinstance(loaded, RecordingClassifier):
        raise ArgumentError.of("model", "of images", f"{model}, trained on {loaded.preset.kind}s")
    return loaded


def _load_one(model: Model, device: Device) -> Loaded:
    path = Path(model)
    if EnsembleFolder(path).is_there():
        return load_classifier([folder.path for folder in EnsembleFolder(path).finished()], device=device)
    if path.is_dir():
        path = RunFolder(path).model
    if path.is_file():
        return _from_file(path, str(model), device)
    if path.suffix:
        raise ModelFileError(f"no model file {path}: `striate train` writes one as RUN/model.safetensors")
    return _from_source(str(model), device)


def _from_file(path: Path, name: str, device: Device) -> Loaded:
    if read_header(path).task == "verify":
        return Encoder.open(path, device=device)
    network, header = load_model(path)
    if header.task == "stylize":
        raise ArgumentError(f"model must answer, but {path} paints: striate stylize, or striate.tasks.Painter")
    if isinstance(header.preset, RecordingPreset):
        _check_fits(path, header)
        if header.task == EventTask.name:
            events = EventTask.restored(header.thresholds)
            return EventFinder(folded(network), header.preset, events, header.record, name=name, device=device)
        recordings = RecordingEngine(folded(network), header.preset, device=device, precision=_precision(header))
        return RecordingClassifier(recordings, find_task(header.task, header.thresholds), header.record, name)
    if header.arguments["dims"] != 2:
        raise ModelFileError(f"{path}: a network of {header.arguments['dims']} dimensions; images have 2")
    _check_fits(path, header)
    engine = Engine(folded(network), header.preset, device=device, precision=_precision(header))
    if is_marks_task(header.task):
        task = restored_task(header.task, header.arguments.get("head"), header.thresholds)
        return MarksPredictor(engine, task, header.record, name=name)
    return Classifier(engine, find_task(header.task, header.thresholds), header.record, name=name)


def _check_fits(path: Path, header: ModelFile) -> None:
    try:
        check_size(header.network, header.size)
    except ShapeError as e:
        raise ModelFileError(f"{path}: its preset does not suit its network: {e}") from e


def _precision(header: ModelFile) -> Precision:
    precision: Precision = header.record.get("inference_precision", "fp32")
    return precision


def _from_source(name: str, device: Device) -> Classifier:
    source = find_source(name)
    if not source.preset.labels:
        raise ArgumentError.of("model", "weights that know classes by name", f"{name}, of {source.trained_on}")
    network = create_model(source.network, num_classes=len(source.preset.labels), weights=name)
    engine = Engine(folded(network), source.preset, device=device)
    return Classifier(engine, ClassifyTask(False), notice=source.notice, name=name)

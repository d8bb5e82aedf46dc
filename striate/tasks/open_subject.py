"""Open a network to look into it: a model file, a run, or published weights by name."""

from pathlib import Path

from striate.errors import ModelFileError
from striate.models import Network, create_model, find_source, load_model
from striate.recording_preset import RecordingPreset
from striate.tasks.classify import ClassifyTask, find_task
from striate.tasks.events import EventTask
from striate.tasks.image_subject import ImageSubject
from striate.tasks.recording_subject import RecordingSubject
from striate.tasks.run_folder import RunFolder
from striate.tasks.subject import AnySubject
from striate.training import Device, pick_device


def open_subject(model: str | Path, *, device: Device = "auto") -> AnySubject:
    """A model file of any task, a run's folder, or published weights by name.

    Raises:
        ModelFileError: a broken model file, or a run without a model.
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
    return ImageSubject(_ready(network, device), source.preset, task, source.name, source.notice)


def _from_file(path: Path, name: str, device: Device) -> AnySubject:
    network, header = load_model(path)
    task = find_task(header.task, header.thresholds) if header.task.startswith("classify") else None
    if isinstance(header.preset, RecordingPreset):
        of_windows = ClassifyTask(False) if header.task == EventTask.name else task
        plan = header.record.get("plan", {})
        return RecordingSubject(_ready(network, device), header.preset, of_windows, name, plan=plan)
    if header.arguments["dims"] != 2:
        raise ModelFileError(f"{path}: a network of {header.arguments['dims']} dimensions; images have 2")
    return ImageSubject(_ready(network, device), header.preset, task, name)


def _ready(network: Network, device: Device) -> Network:
    return network.to(pick_device(device)).eval()

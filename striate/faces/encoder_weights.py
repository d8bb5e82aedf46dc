"""Where an encoder comes from: published weights by name, a model file, or what `striate faces calibrate` wrote."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from striate.atomic import atomic_write
from striate.errors import ArgumentError, ModelFileError, ShapeError, UnknownNameError
from striate.faces.align import FACENET_CHIP, Canonical
from striate.faces.encoder_preset import FORMAT, EncoderPreset, Threshold
from striate.models import SOURCES, ModelFile, check_size, create_model, load_model
from striate.models.network import CLASSIFIER
from striate.models.safetensors_header import parse_json
from striate.preset import Preset

_MAX_BYTES = 2**20  # of a preset as JSON; they have some 700
# DLIB_CHIP with the face 1.05 times as large: MTCNN's points are not quite those that dlib aligned its faces by. On the
# train part of LFW's development view 1.04 to 1.06 gave the lowest equal error rate of all pairs, .0068; .0087 at 1.
_DLIB = Canonical((150, 150), ((46.18, 45.18), (101.74, 45.18), (73.96, 76.64), (49.18, 104.42), (98.74, 104.42)))
PUBLISHED: Mapping[str, Canonical] = {  # encoders by name, and where a face's points stand in what they see
    "dlib_face": _DLIB,
    "inception_resnet_v1_vggface2": FACENET_CHIP,
    "inception_resnet_v1_casia_webface": FACENET_CHIP,
}
# What benchmarks/faces.py measured, for whoever has no pairs of their own.
_MEASURED: Mapping[str, Threshold] = {
    "dlib_face": Threshold(
        distance=0.3792,
        far=0.001,
        interval=(0.3783, 0.3801),
        true_accepts=478,
        same=500,
        false_accepts=1361,
        different=1_361_131,
        data="the train part of Labeled Faces in the Wild's development view, all its different pairs",
        date="2026-11-28",
    )
}


class EncoderWeights(NamedTuple):
    """An encoder before it is put on a device.

    Attributes:
        network: (N, C, H, W) -> (N, D).
        input: what the network expects.
        preset: what else makes its encodings.
        notice: what to tell a person once, such as the licence of the weights.
    """

    network: nn.Module
    input: Preset
    preset: EncoderPreset
    notice: str


def open_weights(encoder: str | Path) -> EncoderWeights:
    """What `Encoder.open` takes; its arguments and errors are told there."""
    path = Path(encoder)
    if path.suffix == ".json":
        return _calibrated(path)
    if path.is_dir():
        path = path / "model.safetensors"  # of a run
    if path.suffix or path.exists():
        return _trained(path)
    if str(encoder) not in PUBLISHED:
        raise UnknownNameError("encoder", str(encoder), PUBLISHED)
    return _published(str(encoder))


def write_preset(path: str | Path, preset: EncoderPreset) -> None:
    """Write an encoder as JSON, which `Encoder.open` reads; the weights stay where they are.

    Args:
        path: the file, whose name ends in .json.
        preset: the encoder. A model file is named as seen from the JSON's folder.

    Raises:
        ArgumentError: another suffix, by which nobody could open it.
        OutputError: the file can't be written.
    """
    path = Path(path)
    if path.suffix != ".json":
        raise ArgumentError.of("path", "a file ending in .json", str(path))
    if preset.weights not in PUBLISHED:
        model = Path(preset.weights).resolve()
        preset = replace(preset, weights=_seen_from(path.resolve().parent, model))
    with atomic_write(path) as f:
        f.write((json.dumps(preset.to_dict(), indent=2, ensure_ascii=False) + "\n").encode())


def published_preset(name: str) -> EncoderPreset:
    """The encoder of published weights, which need not be installed."""
    return EncoderPreset(name, SOURCES[name].digest(), PUBLISHED[name], mirrored=True, threshold=_MEASURED.get(name))


def _seen_from(folder: Path, model: Path) -> str:
    """A model beside or below the folder by its relative path, so that both can be moved; another by its whole path."""
    return (model.relative_to(folder) if model.is_relative_to(folder) else model).as_posix()


def _published(name: str) -> EncoderWeights:
    source = SOURCES[name]
    network = create_model(source.network, num_classes=source.classes, weights=name)
    if source.classes:  # it was trained to tell people apart: what its classifier was given describes them
        setattr(network.head, CLASSIFIER, nn.Identity())
    return EncoderWeights(network, source.preset, published_preset(name), source.notice)


def _trained(path: Path) -> EncoderWeights:
    network, header = load_model(path)
    if header.task != "verify":
        raise ModelFileError(f"{path}: trained to {header.task}, not to verify; only --task verify trains encoders")
    if header.arguments["dims"] != 2:
        raise ModelFileError(f"{path}: a network of {header.arguments['dims']} dimensions; images have 2")
    try:
        check_size(header.network, header.size)
    except ShapeError as e:
        raise ModelFileError(f"{path}: its preset does not suit its network: {e}") from e
    preset = EncoderPreset(str(path), _digest(path), None, False, _chosen(path, header), turned=_learned_turned(header))
    notice = f"weights {path}: {header.licence}, as those that its training began with" if header.licence else ""
    return EncoderWeights(network, header.image_preset, preset, notice)


def _learned_turned(header: ModelFile) -> bool:
    """Whether turned images were others to it in training: then it encodes an image in all views."""
    plan = header.record.get("plan")
    return isinstance(plan, Mapping) and plan.get("turned") is True


def _chosen(path: Path, header: ModelFile) -> Threshold | None:
    """The most accurate threshold on what was held back in training.

    Raises:
        ModelFileError: the header tells of it otherwise than training does.
    """
    if "distance" not in header.thresholds:
        return None
    try:
        figures = header.record["figures"]["val"]
        accepted = (figures["true_accepts"], figures["n_same"], figures["false_accepts"], figures["n_different"])
        return Threshold(header.thresholds["distance"], None, None, *accepted, "what was held back in training", None)
    except (ArgumentError, KeyError, TypeError) as e:
        raise ModelFileError(f"{path}: its threshold is not what training writes: {e}") from e


def _calibrated(path: Path) -> EncoderWeights:
    """Of the file τ is taken and the weights are looked up; all else has to be what they come with here."""
    values, threshold = _read_preset(path)
    named = values["weights"]
    # A whole path stays as it is.
    opened = _published(named) if named in PUBLISHED else _trained_for(path, named)
    preset = replace(opened.preset, threshold=threshold)
    here = preset.to_dict() | {"weights": named}
    if other := [name for name, value in here.items() if values[name] != value]:
        raise ModelFileError(
            f"{path} was calibrated for another encoder than {preset.weights} is now ({', '.join(other)}): "
            "calibrate again"
        )
    return opened._replace(preset=preset)


def _trained_for(path: Path, named: str) -> EncoderWeights:
    """The model file that a calibrated encoder names."""
    try:
        return _trained(path.parent / named)
    except ModelFileError as e:
        raise ModelFileError(f"{path} was calibrated for {named}: {e}; put that back, or calibrate again") from e


def _read_preset(path: Path) -> tuple[dict[str, Any], Threshold | None]:
    """The fields of a file that `write_preset` may have written, not looked at but for the name of weights; and τ."""
    try:
        with path.open("rb") as f:
            text = f.read(_MAX_BYTES + 1)
    except OSError as e:
        raise ModelFileError(f"can't read {path}: {e.strerror}") from e
    try:
        if len(text) > _MAX_BYTES:
            raise ModelFileError(f"over {_MAX_BYTES} bytes, so no encoder")
        values, names = parse_json(text, "the encoder"), ["format", *(f.name for f in fields(EncoderPreset))]
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise ModelFileError(f"no encoder of the format {FORMAT}, which this striate reads")
        if set(values) != set(names):
            raise ModelFileError(f"an encoder has exactly {', '.join(names)}")
        if not isinstance(values["weights"], str) or "\0" in values["weights"]:
            raise ModelFileError("weights must be a name or a path")
        return values, None if values["threshold"] is None else Threshold.from_dict(values["threshold"])
    except (ArgumentError, ModelFileError) as e:
        raise ModelFileError(f"{path}: {e}") from e


def _digest(path: Path) -> str:
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()

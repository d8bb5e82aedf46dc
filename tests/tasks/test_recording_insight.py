"""Patches and explanations of networks of signals, volumes and clips."""

import json

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError, DataError
from striate.explain import Rectifier, capture
from striate.models import ModelFile, create_model, save_model
from striate.recording_preset import RecordingPreset
from striate.recordings import Recording, prepared
from striate.tasks import EXPLANATION_METHODS, explain, strongest_patches, write_explanation, write_patches
from striate.tasks.open_subject import open_subject
from tests.pulses import write_pulses

SIZES = {"signal": (64,), "volume": (10, 11, 12), "clip": (6, 11, 12)}
STEPS = {"signal": (0.01,), "volume": (1.0, 1.0, 2.0), "clip": (0.04, 1.0, 1.0)}


@pytest.fixture(params=SIZES)
def kind(request):
    return request.param


@pytest.fixture
def model(kind, tmp_path):
    """A network that nobody trained, and eight recordings beside it, larger than what it sees."""
    torch.manual_seed(0)
    size, step = SIZES[kind], STEPS[kind]
    preset = RecordingPreset(kind, size, step, 2, (0.0, 1.0), (1.0, 2.0), labels=("calm", "wild"))
    arguments = {"num_classes": 2, "in_channels": 2, "dims": len(size)}
    network = create_model("small_convnet", **arguments, width=0.25)
    header = ModelFile("small_convnet", arguments | {"width": 0.25}, "classify", preset, {"temperature": 1.0})
    save_model(tmp_path / "model.safetensors", network, header)
    (tmp_path / "data").mkdir()
    for i in range(8):
        values = np.random.default_rng(i).normal(size=(2, *(n + 3 for n in size))).astype(np.float32)
        np.savez(tmp_path / "data" / f"{i}.npz", values=values, spacing=step, kind=kind)
    return tmp_path / "model.safetensors"


def test_every_method_draws_a_picture(kind, model, tmp_path):
    slow = {"inversion", "maximisation"} if kind == "clip" else set()  # drawn as volumes are
    methods = [name for name in EXPLANATION_METHODS if name not in slow]
    found = explain(model, tmp_path / "data" / "0.npz", methods)
    assert len(found.pictures) == len(methods)
    assert all(p.image.dtype == np.uint8 and p.image.std() > 0 for p in found.pictures)
    assert found.seen.shape[:-1] == SIZES[kind]
    write_explanation(found, tmp_path / "why.png")
    assert (tmp_path / "why.png").read_bytes()[1:4] == b"PNG"
    assert json.loads(json.dumps(found.to_dict()))["target"]["name"] == found.name
    assert found.name.startswith(("calm", "wild"))


def test_patches_are_the_networks(kind, model, tmp_path):
    found = strongest_patches(model, tmp_path / "data", ["stage1", "stage3"], units=3, k=4)
    subject = open_subject(model)
    preset = subject.preset
    paths = [item.path for item in found.part.items]
    assert [path.rpartition("/")[2] for path in paths] == [f"{i}.npz" for i in range(8)]
    x = torch.stack([torch.from_numpy(prepared(found.part.load(i), preset)) for i in range(8)])
    for layer in found.layers:
        activation = capture(subject.network, [layer.row.layer], x)[layer.row.layer]
        for unit in layer.units:
            for patch in unit.patches:
                there = activation[patch.image, unit.unit, *patch.position]
                assert there.item() == pytest.approx(patch.strength, rel=1e-4)
    write_patches(found, tmp_path / "page.png", reconstruct=Rectifier.GUIDED)
    assert (tmp_path / "page.png").read_bytes()[1:4] == b"PNG"
    document = json.loads(json.dumps(found.to_dict()))
    assert document[f"{kind}s"] == 8
    assert document["input_shape"] == [2, *SIZES[kind]]


def test_what_does_not_suit_is_refused(kind, model, tmp_path):
    other = np.zeros((1, *SIZES[kind]), np.float32)
    np.savez(tmp_path / "data" / "other.npz", values=other, spacing=STEPS[kind], kind=kind)
    with pytest.raises(DataError, match="channels"):
        explain(model, tmp_path / "data" / "other.npz")
    with pytest.raises(DataError, match="channels"):
        strongest_patches(model, tmp_path / "data")
    assert len(strongest_patches(model, tmp_path / "data", ["stage1"], units=1, k=1, skip_bad=True).part) == 8
    with pytest.raises(DataError):
        strongest_patches(model, tmp_path / "nothing")
    with pytest.raises(ArgumentError, match="at"):
        explain(model, tmp_path / "data" / "0.npz", at=1e9)


@pytest.mark.parametrize("resampled", [True, False])
def test_another_rate_is_looked_into_as_it_was_learned_from(tmp_path, resampled):
    preset = RecordingPreset("signal", (64,), (0.01,), 1, (0.0,), (1.0,), labels=("calm", "wild"))
    arguments = {"num_classes": 2, "in_channels": 1, "dims": 1}
    header = ModelFile("small_convnet", arguments, "classify", preset, {}, {"plan": {"resample": resampled}})
    save_model(tmp_path / "m.safetensors", create_model("small_convnet", **arguments), header)
    (tmp_path / "data").mkdir()
    np.savez(tmp_path / "data" / "fast.npz", values=np.sin(np.arange(128.0)), spacing=0.005)
    if resampled:
        assert explain(tmp_path / "m.safetensors", tmp_path / "data" / "fast.npz", ["saliency"]).seen.shape == (64, 1)
        assert len(strongest_patches(tmp_path / "m.safetensors", tmp_path / "data", ["stage1"], units=1, k=1).part) == 1
        return
    with pytest.raises(DataError, match="--resample"):
        explain(tmp_path / "m.safetensors", tmp_path / "data" / "fast.npz", ["saliency"])


def test_a_place_in_a_long_signal(tmp_path):
    torch.manual_seed(0)
    preset = RecordingPreset("signal", (80,), (0.01,), 1, (0.0,), (1.0,), labels=("N", "V"), channel_names=("II",))
    arguments = {"num_classes": 2, "in_channels": 1, "dims": 1}
    plan = {"channels": ["II"], "cut": {"window_s": 0.8, "symbols": ["N", "V"], "background": 0.0, "apart_s": 0.1}}
    header = ModelFile("event_convnet", arguments, "classify", preset, {"temperature": 1.0}, {"plan": plan})
    save_model(tmp_path / "m.safetensors", create_model("event_convnet", **arguments), header)
    record = write_pulses(tmp_path / "records", "a", seconds=20)
    subject = open_subject(tmp_path / "m.safetensors")
    whole = subject.read(record)
    assert (whole.channels, whole.channel_names) == (1, ("II",))
    window = subject.around(whole, 5.0)
    assert (window.values == whole.values[:, 460:540]).all()
    edge = subject.around(whole, 0.1)
    assert (edge.values[:, :30] == 0).all()  # border
    assert (edge.values[:, 30:] == whole.values[:, :50]).all()
    at = explain(tmp_path / "m.safetensors", record, ["saliency"], at=5.0)
    cut = explain(tmp_path / "m.safetensors", Recording("signal", whole.values[:, 460:540], (0.01,)), ["saliency"])
    assert at.name == cut.name
    assert (at.pictures[0].image == cut.pictures[0].image).all()
    found = strongest_patches(tmp_path / "m.safetensors", tmp_path / "records", ["stage1"], units=2, k=2)
    assert all("@" in item.path for item in found.part.items)  # the windows that it learned from

"""Whole trainings on signals and volumes, small ones: what is yielded, written and kept."""

import html
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import striate
from striate.errors import ArgumentError, DataError, ModelFileError
from striate.models import load_model, read_header, save_model
from striate.recording_preset import RecordingPreset
from striate.recordings import open_recordings
from striate.tasks import RecordingClassifier, RecordingRun, load_classifier
from striate.tasks.recording_run import joined
from tests.tasks.waves import RATE, waves, write_blobs, write_waves

SMALL = {"epochs": 2, "batch_size": 8, "precision": "fp32"}


@pytest.fixture
def data():
    return write_waves("waves.npz")


def record_of(run):
    start, *epochs, result = map(json.loads, Path(run, "record.jsonl").read_text().splitlines())
    return start, epochs, result


def same_weights(first, second):
    a, b = (load_model(Path(run, "model.safetensors"))[0].state_dict() for run in (first, second))
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_what_is_yielded_and_written(data):
    run = striate.train(data, out="run", **SMALL)
    assert isinstance(run, RecordingRun)
    assert run.outcome is None
    assert not Path("run/model.safetensors").exists(), "nothing is trained before it is asked for"
    epochs = list(run)
    assert [epoch.epoch for epoch in epochs] == [1, 2, 1, 2], "it learns again from all"
    assert [trial.name for trial in run.trials] == ["from 24"]
    start, lines, result = record_of("run")
    assert start["images"] == {"train": 24, "val": 6, "test": 10}
    assert [line["loss"] for line in lines] == [epoch.loss for epoch in epochs]
    assert [line["event"] for line in lines] == ["epoch"] * 2 + ["epoch again"] * 2
    assert set(lines[0]["figures"]) == {"accuracy", "loss"}
    assert result["figures"]["test"]["accuracy"] == run.outcome.figures["test"].accuracy
    assert run.outcome.figures["val"].n == 6
    header = read_header(run.outcome.model)
    assert isinstance(header.preset, RecordingPreset)
    assert (header.task, header.preset.kind, header.preset.size) == ("classify", "signal", (64,))
    assert (header.preset.spacing, header.preset.labels) == ((1 / RATE,), ("fast", "slow"))
    assert header.arguments == {"num_classes": 2, "in_channels": 1, "dims": 1}
    assert header.record["learned_from_val"]
    assert header.thresholds["temperature"] == result["temperature"]


def test_it_learns_and_evaluation_gives_the_recorded_figures(data):
    run = striate.train(data, out="run", **SMALL | {"epochs": 5})
    list(run)
    assert run.outcome.figures["test"].accuracy >= 0.9
    evaluation = striate.evaluate("run", data)
    assert (evaluation.part, evaluation.remarks) == ("test", ())
    assert evaluation.figures.accuracy == run.outcome.figures["test"].accuracy
    assert evaluation.figures.log_loss == pytest.approx(run.outcome.figures["test"].log_loss, abs=1e-5)
    (remark,) = striate.evaluate("run", data, part="val").remarks
    assert remark == ("the model was trained on this data; after choosing by these signals it learned from them, too")


def test_a_loaded_model_answers_files_arrays_and_recordings(data):
    list(striate.train(data, out="run", **SMALL))
    classifier = striate.load("run")
    assert isinstance(classifier, RecordingClassifier)
    part = open_recordings(data).parts["test"]
    recordings = [part.load(i) for i in range(len(part))]
    np.savez("one.npz", x=recordings[0].values[None], y=["?"], spacing=1 / RATE)
    p = classifier.probabilities(recordings)
    assert p.shape == (10, 2)
    assert p.sum(axis=1) == pytest.approx(1)
    assert classifier.probabilities([r.values for r in recordings]) == pytest.approx(p)
    assert classifier.probabilities([]).shape == (0, 2)
    assert [c.label for c in classifier.predict(recordings)] == [classifier.labels[i] for i in p.argmax(axis=1)]
    with pytest.raises(ArgumentError, match="trained on signals"):
        load_classifier("run")


def test_volumes():
    """Of the network for volumes, with their spacing; another spacing is refused unless it may be resampled."""
    data = write_blobs("blobs.npz")
    run = striate.train(data, out="run", **SMALL)
    list(run)
    assert (run.plan.network, run.plan.preset.standardise) == ("small_convnet", "each")
    header = read_header("run/model.safetensors")
    assert (header.preset.size, header.preset.spacing, header.arguments["dims"]) == ((8, 8, 8), (1.0, 1.0, 2.0), 3)
    with np.load(data) as arrays:
        np.savez("other.npz", x=arrays["x"], y=arrays["y"], spacing=np.array([1.0, 1.0, 1.0]))
    with pytest.raises(DataError, match="resample"):
        striate.evaluate("run", "other.npz")
    assert striate.evaluate("run", "other.npz", resample=True).figures.n == 16


@pytest.mark.skipif(torch.cuda.is_available(), reason="what a CPU does")
def test_volumes_are_never_trained_in_bf16_on_a_cpu_unless_asked():
    """There some gradients are NaN where an axis has two samples, as the 8 of a side have in the last stage."""
    run = striate.train(write_blobs("blobs.npz"), out="run", epochs=1)
    list(run)
    assert run.start["precision"] == "fp32"


def write_beats(name, seconds=40, rate=50):
    """A WFDB record with a beat each second, every second one a V and twice as high."""
    wfdb = pytest.importorskip("wfdb")
    rng = np.random.default_rng(0)
    places = np.arange(rate, seconds * rate - rate, rate)
    signal = rng.normal(0, 0.05, (seconds * rate, 1))
    for number, place in enumerate(places):
        signal[place - 2 : place + 3, 0] += np.array([0.2, 0.6, 1.0, 0.6, 0.2]) * (1 + number % 2)
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    folder, stem = str(Path(name).parent), Path(name).name
    wfdb.wrsamp(stem, fs=rate, units=["mV"], sig_name=["II"], p_signal=signal, fmt=["16"], write_dir=folder)
    wfdb.wrann(stem, "atr", places, ["NV"[i % 2] for i in range(len(places))], fs=rate, write_dir=folder)


def test_windows_of_annotated_records():
    for name in ("beats/a", "beats/b"):
        write_beats(name)
    wishes = {**SMALL, "window": 0.5, "symbols": ("N", "V"), "val_share": 0.5}
    run = striate.train("beats", out="run", **wishes)
    assert (run.plan.preset.size, run.plan.preset.spacing, run.plan.preset.labels) == ((25,), (0.02,), ("N", "V"))
    assert "--window 0.5 --symbols N,V" in " ".join(run.start["command"])
    assert {len(set(part.groups)) for part in run.dataset.parts.values()} == {1}, "a record is in one part alone"
    next(iter(run))
    run = striate.train("beats", out="run", resume=True)
    list(run)
    evaluation = striate.evaluate("run", "beats", part="val")
    assert evaluation.figures.n == run.outcome.figures["val"].n == 38
    for lacking in ("window", "symbols"):
        with pytest.raises(ArgumentError, match="window and symbols go together"):
            striate.train("beats", out="other", **{**wishes, lacking: None})


def test_the_report(data):
    list(striate.train(data, out="run", **SMALL | {"epochs": 1, "lr": 1e-7}))
    page = Path("run/report.html").read_text(encoding="utf-8")
    assert not re.search(r"<(script|link)|src=\"(?!data:)|https?://(?!www\.w3\.org)", page), "asks nothing of a server"
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    for words in (
        "10 signals",
        "new signals of the same kind",
        "Worst mistakes",
        "block1",
        "What is kept learned once more",
    ):
        assert words in text, words
    assert page.count("<li><figure><img") >= 1, "mistakes are drawn"


def test_the_same_again(data):
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        list(striate.train(data, out=out, seed=seed, **SMALL))
    assert same_weights("a", "b")
    assert not same_weights("a", "c")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nobody left, and its data."""
    folder = tmp_path_factory.mktemp("whole")
    data = write_waves(folder / "waves.npz")
    list(striate.train(data, out=folder / "run", **SMALL | {"epochs": 3}))
    return folder / "run", data


@pytest.mark.parametrize("left_after", [1, 3, 5])
def test_a_run_that_is_left_can_be_resumed(whole, left_after):
    """In the first training, between the two, and in the second: same epochs, weights and figures, to the bit."""
    whole, data = whole
    wishes = {**SMALL, "epochs": 3}
    for number, _ in enumerate(striate.train(data, out="run", **wishes), 1):
        if number == left_after:
            break
    assert not Path("run/model.safetensors").exists()
    list(striate.train(data, out="run", resume=True))
    (_, epochs, result), (_, own, own_result) = record_of(whole), record_of("run")
    assert [(e["epoch"], e["loss"], e["figures"]) for e in own] == [
        (e["epoch"], e["loss"], e["figures"]) for e in epochs
    ]
    assert own_result == result
    assert same_weights("run", whole)


def test_what_a_resumed_run_refuses(data):
    next(iter(striate.train(data, out="run", **SMALL)))
    with pytest.raises(ArgumentError, match="epochs must be the run's own, 2"):
        striate.train(data, out="run", resume=True, epochs=3)
    with pytest.raises(ArgumentError, match="other signals or labels"):
        striate.train(write_waves("other.npz", train=32), out="run", resume=True)


def test_a_val_part_of_the_datas_own_is_never_learned_from():
    x, y = waves(20, 5)
    data = write_waves("waves.npz", x_val=x, y_val=y)
    run = striate.train(data, out="run", **SMALL)
    assert [epoch.epoch for epoch in run] == [1, 2]
    assert (run.plan.again, run.trials) == (False, [])
    assert run.outcome.remarks == {"val": "the best epoch was chosen on it"}


def test_a_batch_of_one_is_refused_before_anything_is_written(data):
    with pytest.raises(ArgumentError, match="two signals or more in every batch"):
        striate.train(data, out="run", batch_size=1)
    assert not Path("run").exists()


def test_recordings_have_neither_a_check_nor_an_ensemble(data):
    with pytest.raises(ArgumentError, match="ensembles and checks beforehand are of images alone"):
        striate.tasks.check_training(data)


def test_a_preset_that_does_not_suit_its_network(data):
    """A lying file: fewer samples than the network can take."""
    list(striate.train(write_blobs("blobs.npz"), out="run", **SMALL | {"epochs": 1}))
    network, header = load_model("run/model.safetensors")
    save_model("bad.safetensors", network, replace(header, preset=replace(header.preset, size=(8, 2, 8))))
    with pytest.raises(ModelFileError, match="does not suit its network"):
        striate.load("bad.safetensors")


def test_parts_are_joined_with_their_groups():
    x, y = waves(8)
    np.savez("people.npz", x=x, y=y, groups=np.array(list("aabbccdd")), spacing=0.01)
    parts = open_recordings("people.npz").parts
    both = joined(parts["train"], parts["val"])
    assert len(both) == len(both.groups) == 8
    assert both.load(0).values.shape == (1, 64)


PROCESS = """
import torch

import striate
from striate.training import leave

torch.set_num_threads(1)
list(striate.train("waves.npz", out="two", device="cpu", **{options}))
leave()
"""


@pytest.mark.slow
def test_two_processes_learn_what_one_does():
    """Each takes half of a step's signals, which are distorted alike, in both trainings; one of them writes."""
    data = write_waves("waves.npz", train=40, length=32)  # 32 and 8 held back: all batches are full
    options = {**SMALL, "model": "lenet5", "distort": "shift 0.1, noise 0.1"}  # batch norm would see half of a batch
    list(striate.train(data, out="one", device="cpu", **options))
    Path("train.py").write_text(PROCESS.replace("{options}", repr(options | {"batch_size": 4})))
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "train.py")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *launcher], check=True, env=environment, capture_output=True, timeout=120)
    one, two = (load_model(Path(run, "model.safetensors"))[0].state_dict() for run in ("one", "two"))
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, rtol=1e-4, atol=1e-5)
    (_, epochs, result), (_, same_epochs, same_result) = map(record_of, ("one", "two"))
    assert [line["event"] for line in same_epochs] == ["epoch"] * 2 + ["epoch again"] * 2
    assert [e["loss"] for e in same_epochs] == pytest.approx([e["loss"] for e in epochs], rel=1e-4)
    assert same_result["figures"]["test"]["accuracy"] == result["figures"]["test"]["accuracy"]

"""Files of recordings, found and answered."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from striate.errors import DataError
from striate.models import create_model
from striate.recording_preset import RecordingPreset
from striate.runtime import RecordingEngine
from striate.tasks import ClassifyTask, RecordingClassifier, predict_recordings, recording_files, write_predictions
from tests.tasks.waves import waves


@pytest.fixture
def classifier():
    torch.manual_seed(0)
    preset = RecordingPreset("signal", (64,), (0.0,), 1, (0.0,), (1.0,), labels=("fast", "slow"))
    return RecordingClassifier(
        RecordingEngine(create_model("resnet20", num_classes=2, in_channels=1, dims=1), preset), ClassifyTask(False)
    )


@pytest.fixture
def files():
    x, _ = waves(3)
    for i, name in enumerate(("a.npy", "in/b.npy", "in/deeper/c.npy")):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        np.save(name, x[i])
    Path("in/notes.txt").write_text("not a recording")
    return x


def test_files_folders_and_patterns_each_once_in_order(files):
    assert list(map(str, recording_files(["in", "a.npy", "in/b.npy"]))) == ["in/b.npy", "in/deeper/c.npy", "a.npy"]
    assert list(map(str, recording_files(["**/*.npy"]))) == ["a.npy", "in/b.npy", "in/deeper/c.npy"]


def test_frames_and_series_are_one_recording():
    for name in ("clips/one/1.jpg", "clips/one/2.jpg", "scans/x/1.dcm", "scans/y.npy"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    assert list(map(str, recording_files(["clips", "scans"]))) == ["clips/one", "scans/x", "scans/y.npy"]
    assert list(map(str, recording_files(["clips/one"]))) == ["clips/one"]


def test_what_is_not_there_is_listed():
    Path("empty").mkdir()
    with pytest.raises(DataError) as caught:
        recording_files(["no.npy", "empty", "*.wav"])
    text = str(caught.value)
    for word in ("no.npy: no such file", "empty: a folder without signals", "*.wav: no signal, volume or clip matches"):
        assert word in text


def test_answers_are_those_of_the_arrays(classifier, files):
    predictions, problems = predict_recordings(classifier, ["a.npy", "in"])
    assert problems == []
    assert [p.path for p in predictions] == ["a.npy", "in/b.npy", "in/deeper/c.npy"]
    expected = classifier.probabilities(list(files))
    for prediction, row in zip(predictions, expected, strict=True):
        assert prediction.classes.probability == pytest.approx(row.max(), abs=1e-6)
    write_predictions("out.csv", predictions, top=2)
    (header, *rows) = csv.reader(Path("out.csv").read_text().splitlines())
    assert len(rows) == 3
    assert header == ["path", "label1", "probability1", "label2", "probability2"]


def test_bad_files_are_listed_or_left_out(classifier, files):
    np.save("nan.npy", np.full((1, 64), np.nan, np.float32))
    np.save("wide.npy", np.zeros((2, 64), np.float32))
    with pytest.raises(DataError) as caught:
        predict_recordings(classifier, ["a.npy", "nan.npy", "wide.npy"])
    assert "2 of 3 signals can't be used" in str(caught.value)
    assert "wide.npy: the network was trained on 1 channels" in str(caught.value)
    predictions, problems = predict_recordings(classifier, ["a.npy", "nan.npy", "wide.npy"], skip_bad=True)
    assert ([p.path for p in predictions], [p.path for p in problems]) == (["a.npy"], ["nan.npy", "wide.npy"])

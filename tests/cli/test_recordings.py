"""The verbs on signals: what is printed, what is written, what is refused."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from tests.tasks.waves import RATE, waves, write_waves

SMALL = ("--epochs", 2, "--batch-size", 8, "--precision", "fp32")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished training on waves, and its data."""
    from striate.tasks import train

    folder = tmp_path_factory.mktemp("waves")
    data = write_waves(folder / "waves.npz")
    list(train(data, out=folder / "run", epochs=3, batch_size=8, precision="fp32"))
    return folder / "run", data


@pytest.fixture
def files():
    """Two waves, one an .npz that says its rate, one of half of it."""
    x, y = waves(2, 7)
    np.savez("a.npz", x=x[:1], y=y[:1], spacing=1 / RATE)
    Path("in").mkdir()
    for name, step in (("in/b.npz", 1 / RATE), ("half.npz", 2 / RATE)):
        np.savez(name, values=x[1], spacing=step)


def test_train_says_what_it_does(striate):
    data = write_waves("waves.npz")
    result = striate("train", data, "--out", "run", *SMALL)
    assert result.code == 0, result.err
    assert "signals: 24 train, 6 val, 10 test" in result.err
    assert "time_series_resnet: small enough to learn from a few hundred signals" in result.err
    assert "learns twice: from 24 signals, measured on 6 held back, then from all 30" in result.err
    assert result.err.count("  val accuracy") == 2
    assert result.err.count("  known val accuracy") == 2
    assert "on 10 signals (nothing was chosen on it)" in result.out
    assert Path("run/report.html").is_file()


def test_train_in_json(striate):
    result = striate("train", write_waves("waves.npz"), "--out", "run", *SMALL, "--json")
    printed = json.loads(result.out)
    assert set(printed["figures"]) == {"val", "test"}
    assert (printed["model"], printed["remarks"]) == ("run/model.safetensors", [])


def test_ctrl_c_and_resume(striate, stop_at_step):
    data = write_waves("waves.npz")
    with stop_at_step(4):
        result = striate("train", data, "--out", "run", *SMALL)
    assert result.code == 130
    assert f"striate train {data} --out run --resume" in result.err
    assert striate("train", data, "--out", "run", "--resume").code == 0
    assert "finished" in striate("train", data, "--out", "run", "--resume").err


def test_evaluate(striate, trained):
    run, data = trained
    result = striate("evaluate", run, data)
    assert "on 10 signals: test of" in result.out
    assert result.out.splitlines()[1].split() == ["class", "signals", "precision", "recall", "F1"]
    printed = json.loads(striate("evaluate", run, data, "--part", "val", "--json").out)
    assert (printed["part"], printed["n"]) == ("val", 6)


def test_predict(striate, trained, files):
    run, _ = trained
    result = striate("predict", run, "in", "--top", 1, "--csv", "out.csv")
    assert result.code == 0, result.err
    name, answer = result.out.splitlines()
    assert name == "in/b.npz"
    assert answer.split()[1] in ("slow", "fast")
    rows = list(csv.DictReader(Path("out.csv").read_text().splitlines()))
    assert [row["path"] for row in rows] == ["in/b.npz"]
    (printed,) = json.loads(striate("predict", run, "in/b.npz", "--json").out)
    assert printed["path"] == "in/b.npz"
    assert {c["label"] for c in printed["labels"]} == {"slow", "fast"}


def test_another_rate_is_refused_unless_it_may_be_resampled(striate, trained, files):
    run, _ = trained
    result = striate("predict", run, "in/b.npz", "half.npz")
    assert result.code == 1
    assert "half.npz: the network was trained on 0.01 s from one sample to the next along time, and this" in result.err
    assert "has 0.02 s: predict and evaluate with --resample" in result.err
    assert striate("predict", run, "in/b.npz", "half.npz", "--resample").code == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("predict", "RUN", "in", "--crops", 5), "of images alone"),
        (("predict", "RUN", "in", "--tile", 64), "of boxes and points alone"),
        (("evaluate", "RUN", "DATA", "--crops", 5), "of images alone"),
        (("predict", "RUN", "in", "--mirrored"), "of boxes and points alone"),
        (("evaluate", "RUN", "DATA", "--mirrored"), "of boxes and points alone"),
        (("predict", "RUN", "no.npy"), "no.npy: no such file"),
        (("train", "DATA", "--check"), "are of images alone"),
        (("train", "DATA", "--ensemble", 2), "are of images alone"),
        (("train", "DATA", "--window", 0.5), "window and symbols go together"),
        (("train", "DATA", "--symbols", "N"), "window and symbols go together"),
        (("train", "DATA", "--window", 0), "seconds above 0"),
        (("train", "DATA", "--task", "detect"), ""),
        (("train", "empty", "--resample"), "resample is of signals"),
    ],
)
def test_what_is_refused(striate, trained, files, arguments, word):
    Path("empty").mkdir()
    places = {"RUN": trained[0], "DATA": trained[1]}
    result = striate(*(places.get(argument, argument) for argument in arguments))
    assert result.code not in (0, None)
    assert word in result.err
    assert not Path("runs").exists()

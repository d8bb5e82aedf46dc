"""`striate train --task verify` and what follows, as a user types it."""

import json
import re

import pytest

from striate.models import read_header
from tests.conftest import write_stripes

NAMES = ("ant", "bee", "cat", "dog", "eel", "fly")
TRAIN = (
    *("--task", "verify", "--model", "lenet5", "--epochs", "2", "--batch-size", "16", "--dim", "16"),
    *("--precision", "fp32", "--workers", "0", "--distort", "none"),
)


@pytest.fixture
def data():
    return write_stripes("d", NAMES, 12)


def test_train_tells_what_it_does(striate, data):
    code, out, err = striate("train", data, "--out", "run", *TRAIN, "--mining", "hard")
    assert code == 0, err
    assert "6 identities, images: 48 train, 24 val" in err
    assert "batches of 4 identities with 4 images each; 2 identities are held back" in err
    assert len(re.findall(r"^ +\d  loss \d.*val auc ", err, re.MULTILINE)) == 2
    assert re.search(
        r"^val: verification .*one-shot identification .*threshold were chosen on it\)$", out, re.MULTILINE
    )
    assert "model:  run/model.safetensors\nreport: run/report.html\n" in out


def test_train_as_json_and_evaluate(striate, data):
    code, out, err = striate("train", data, "--out", "run", *TRAIN, "--loss", "pair", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert set(told) == {"model", "report", "remarks", "figures"}
    assert {"auc", "eer", "accuracy", "one_shot", "pair_unit"} <= set(told["figures"]["val"])
    assert read_header(told["model"]).task == "verify"
    code, out, err = striate("evaluate", "run", data, "--part", "val", "--out", "worst.png")
    assert code == 0, err
    assert err.endswith("worst.png\n")
    for words in ("verification ", "true accepts, ", "pair classifier: ", "false accepts"):
        assert words in out, words
    code, out, _ = striate("evaluate", "run", data, "--json")
    assert json.loads(out)["part"] == "val"


def test_the_recorded_command_does_the_same(striate, data, same_weights):
    striate("train", data, "--out", "run", *TRAIN, "--loss", "chi-square", "--recipe", "ema_decay=0.5")
    recorded = json.loads((data.parent / "run" / "record.jsonl").read_text().splitlines()[0])["command"]
    code, _, err = striate(*recorded[1:], "--out", "again", "--workers", "0")
    assert code == 0, err
    assert same_weights("run/model.safetensors", "again/model.safetensors")


@pytest.mark.parametrize("step", [1, 4])
def test_ctrl_c_within_an_epoch(striate, data, stop_at_step, same_weights, step):
    """Three steps are an epoch."""
    striate("train", data, "--out", "whole", *TRAIN, "--mining", "random")
    with stop_at_step(step):
        code, _, err = striate("train", data, "--out", "run", *TRAIN, "--mining", "random")
    assert code != 0
    assert "go on with: striate train" in err
    code, _, err = striate("train", data, "--out", "run", "--resume", "--workers", "0")
    assert code == 0, err
    assert same_weights("whole/model.safetensors", "run/model.safetensors")


# (what is typed, what the message says)
REFUSED = [
    (("train", "d", "--dim", "16", "--out", "run"), "dim is of encoders"),
    (("train", "d", *TRAIN, "--window", "1", "--out", "run"), "window is of signals with annotations"),
    (("train", "d", *TRAIN, "--symbols", "N,V", "--out", "run"), "symbols is of signals with annotations"),
    (("train", "d", *TRAIN, "--resample", "--out", "run"), "resample is of signals, volumes or clips"),
    (("train", "d", *TRAIN, "--channels", "red", "--out", "run"), "channels is of signals, volumes or clips"),
    (("train", "d", *TRAIN, "--mosaic", "1", "--out", "run"), "mosaic is of detectors: leave it out for verify"),
    (("train", "d", *TRAIN, "--check"), "task must be classify"),
    (("train", "d", *TRAIN, "--ensemble", "2", "--out", "run"), "task must be classify"),
    (("train", "d", *TRAIN, "--loss", "modern", "--out", "run"), "no loss of encoders named 'modern'"),
]


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_what_is_refused(striate, data, words, message):
    code, _, err = striate(*words)
    assert code != 0
    assert message in err


def test_an_encoder_does_not_predict(striate, data):
    striate("train", data, "--out", "run", *TRAIN)
    for words, message in (
        (("predict", "run", "d/ant/0.png"), "an encoder verifies"),
        (("evaluate", "run", data, "--crops", "10"), "--crops"),
        (("evaluate", "run", data, "--mirrored"), "--mirrored is of boxes and points alone"),
        (("evaluate", "run", data, "--with", "run"), "of classes"),
    ):
        code, _, err = striate(*words)
        assert code != 0
        assert message in err

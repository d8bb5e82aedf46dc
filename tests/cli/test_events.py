import json

import pytest
import torch

import striate as house
from tests.pulses import pulses, write_pulses


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("events")
    write_pulses(root / "one", "a", seconds=60)
    write_pulses(root / "two", "b", seconds=20, seed=7)
    return root


@pytest.fixture(scope="module")
def run(records):
    options = {"window": 0.8, "symbols": ("N", "V"), "channels": ("II",), "precision": "fp32", "epochs": 6}
    list(house.train(records / "one", task="events", out=records / "run", **options))
    return records / "run"


def test_train_says_what_it_finds(striate, records, tmp_path):
    options = ("--task", "events", "--window", 0.8, "--symbols", "N,V", "--channels", "II", "--precision", "fp32")
    code, out, err = striate("train", records / "one", "--out", tmp_path / "run", "--epochs", 1, *options)
    assert code == 0, err
    assert "sensitivity" in out
    assert "the best epoch and the threshold were chosen on it" in out
    assert "event_convnet" in err
    command = json.loads((tmp_path / "run" / "record.jsonl").read_text().splitlines()[0])["command"]
    assert set(map(str, options)) <= set(command)


def test_predict(striate, run, records, tmp_path):
    beats = len(pulses(20, 7)[1])
    code, out, err = striate("predict", run, records / "two" / "b.hea", "--out", tmp_path / "b.png")
    assert code == 0, err
    assert f"{beats} events in 20.0 s" in out
    assert len(out.splitlines()) == 1 + beats
    assert (tmp_path / "b.png").exists()
    code, out, _ = striate("predict", run, records / "two", "--json")
    (document,) = json.loads(out)
    assert len(document["events"]) == beats
    assert set(document["events"][0]) == {"seconds", "label", "confidence"}


def test_evaluate(striate, run, records, tmp_path):
    code, out, err = striate("evaluate", run, records / "two", "--out", tmp_path / "wrong.png")
    assert code == 0, err
    assert out.startswith("sensitivity 100.00%")
    assert f"no mistakes, so no page: {tmp_path / 'wrong.png'}" in err
    code, out, _ = striate("evaluate", run, records / "two" / "b.hea", "--json")
    assert json.loads(out)["found"]["false_alarms"] == 0


def test_what_is_refused(striate, run, records, tmp_path):
    for words, message in [
        (("windows", run, records / "two" / "b.hea"), "striate predict looks at every window"),
        (("predict", run, records / "two", "--top", 3), "--top"),
        (("evaluate", run, records / "two", "--crops", 5), "--crops"),
        (("evaluate", run, records / "two", "--mirrored"), "--mirrored is of boxes and points alone"),
        (("predict", run, tmp_path / "nothing.hea"), "no such file"),
        (("train", records / "one", "--task", "events", "--out", tmp_path / "new"), "window and symbols"),
    ]:
        code, _, err = striate(*words)
        assert code in (1, 2)
        assert message in err

"""`striate train --check` tells by its exit code, in words and in JSON, and writes nothing."""

import json
from pathlib import Path

import pytest


@pytest.fixture
def data(write_stripes):
    return write_stripes("data", ("across", "along"), 8)


def test_all_is_well(striate, data):
    code, out, err = striate("train", data, "--model", "lenet5", "--out", "run", "--check")
    assert code == 0, err
    assert [line.split(":")[0] for line in out.splitlines()] == [
        f"ok    {name}" for name in ("labels", "images", "first loss", "gradient", "one batch")
    ]
    assert not Path("run").exists()
    assert not Path("runs").exists()


def test_a_dead_rate(striate, data):
    code, out, _ = striate("train", data, "--model", "lenet5", "--lr", "1e-7", "--check")
    assert code == 1
    assert "FAIL  one batch: learning rate 1e-07 is dead" in out
    assert "try --lr 0.001" in out


def test_json(striate, data):
    code, out, err = striate("train", data, "--model", "lenet5", "--lr", "1e-7", "--check", "--json")
    assert code == 1, err
    document = json.loads(out)
    assert document["passed"] is False
    assert [f["name"] for f in document["findings"] if not f["passed"]] == ["one batch"]


def test_arguments_are_refused_as_in_training(striate, data):
    code, out, err = striate("train", data, "--model", "lenet6", "--check")
    assert (code, out) == (1, "")
    assert "no model named 'lenet6'" in err

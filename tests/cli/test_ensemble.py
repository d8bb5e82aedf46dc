"""Several networks and several crops from the command line; an ensemble that is stopped and goes on."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import striate as house
from striate.tasks import EnsembleFolder

WITH = ("--model", "lenet5", "--batch-size", "8", "--precision", "fp32", "--workers", "0")


def json_of(result):
    code, out, err = result
    assert code == 0, err
    return json.loads(out)


def test_evaluate_with_crops(striate, trained):
    once = json_of(striate("evaluate", trained.model, trained.data, "--json"))
    found = json_of(striate("evaluate", trained.model, trained.data, "--crops", "10", "--json"))
    assert [c["name"] for c in found["contenders"]] == ["one crop", "10 crops"]
    assert [c["score"] for c in found["contenders"]] == [once["accuracy"], found["accuracy"]]
    (gain,) = found["gains"]
    assert gain["change"]["difference"] == pytest.approx(found["accuracy"] - once["accuracy"])
    assert len(gain["change"]["interval"]) == 2
    assert gain["times_seconds"] > 1
    assert "contenders" not in once
    code, out, err = striate("evaluate", trained.model, trained.data, "--crops", "18", "--crop-scale", "0.9")
    assert code == 0
    assert re.search(r"^ +accuracy +seconds +MB of weights$", out, re.MULTILINE)
    assert re.search(r"^one crop +\d+\.\d\d% +\d+\.\d\d +0\.2$", out, re.MULTILINE)
    assert re.search(r"^18 crops over one crop: [+-]\d+\.\d\d points \(95 % interval ", out, re.MULTILINE)
    assert "every second crop is mirrored" in err


def test_evaluate_several(striate, trained):
    command = ("evaluate", trained.model, trained.data, "--with", trained.run, "--with", trained.model)
    found = json_of(striate(*command, "--json"))
    assert [c["name"] for c in found["contenders"]][-2:] == ["mean of the members", "ensemble of 3"]
    out = striate(*command).out
    assert re.search(rf"^ensemble of 3 over {re.escape(str(trained.model))}: \+0\.00 points", out, re.MULTILINE)
    assert "3.0 times the memory of weights" in out


def test_predict_several(striate, trained):
    image = trained.data / "test/along/0.png"
    once = json_of(striate("predict", trained.model, image, "--json"))
    found = json_of(striate("predict", trained.model, image, "--with", trained.run, "--json"))
    assert found[0]["labels"][0]["label"] == once[0]["labels"][0]["label"]
    assert found[0]["labels"][0]["probability"] == pytest.approx(once[0]["labels"][0]["probability"])
    code, out, err = striate("predict", trained.model, image, "--with", trained.run, "--crops", "5")
    assert (code, out.splitlines()[0]) == (0, str(image))
    assert "2 networks × 5 crops: 10 answers averaged for each of 1 images" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--crops 7", "error: crops must be one of 1, 2, 4, 5, "),
        ("--crops 0", "error: crops must be one of 1, 2, 4, 5, "),
        ("--crops 10 --crop-scale wide", "error: crop_scale must be numbers with commas between them"),
        ("--crops 5 --crop-scale 1,1", "error: crop_scale must be different numbers above 0"),
        ("--crops 5 --crop-scale 3", "error: crop_scale must be 1 at most, the preset's whole square, got 3.0"),
        ("--with nowhere.safetensors", "error: no model file nowhere.safetensors"),
        ("--with efficientnet_lite0", "error: members of an ensemble must know the same classes by name; "),
    ],
)
@pytest.mark.parametrize("verb", ["evaluate", "predict"])
def test_refused(striate, trained, verb, options, message):
    if "lite0" in options and not house.models.find_source("efficientnet_lite0").is_installed():
        pytest.skip("the weights' package is not installed")
    code, out, err = striate(verb, trained.model, trained.data, *options.split())
    assert (code, out) == (1, "")
    assert message in err
    assert "Traceback" not in err


def test_train_and_use_an_ensemble(striate, write_stripes):
    data = write_stripes("d", ("across", "along"), per_class=10)
    found = json_of(striate("train", data, "--out", "e", "--ensemble", "2", "--epochs", "1", *WITH, "--json"))
    assert (found["ensemble"], found["seeds"], found["remarks"]) == ("e", [0, 1], [])
    assert found["parts"]["val"]["n"] == 4
    assert found["parts"]["val"]["contenders"][-1]["name"] == "ensemble of 2"
    assert Path(found["report"]).is_file()
    code, out, err = striate("evaluate", "e", data, "--part", "val", "--crops", "5")
    assert code == 0
    assert "ensemble of 2, 5 crops" in out
    assert "2 of 2 members were trained on this data" in err
    assert striate("predict", "e", data / "along/0.png").code == 0
    code, out, err = striate("train", data, "--out", "e", "--resume")
    assert (code, out, err) == (1, "", "error: the ensemble in e is finished\n")
    assert [row["run"] for row in json_of(striate("compare", "e/member-1", "e/member-2", "--json"))]


@pytest.mark.skipif(os.name != "posix", reason="signals to groups of processes are POSIX's")
def test_ctrl_c_stops_all_members_and_they_go_on(striate, write_stripes, same_weights):
    """Two at a time, as a terminal stops them; resumed they end as if never stopped."""
    data = write_stripes("my data", ("across", "along"), per_class=10)
    command = ("train", str(data), "--out", "e", "--ensemble", "2", "--epochs", "40", *WITH)
    process = subprocess.Popen(
        [sys.executable, "-m", "striate", *command],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "2", "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    with process:
        next(line for line in process.stderr if line.startswith("member "))
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    (again,) = re.findall(r"^stopped; go on with: striate (.*)$", err, re.MULTILINE)
    folders = [EnsembleFolder("e").member(number) for number in (1, 2)]
    assert not any(folder.model.exists() for folder in folders), "stopped too late to tell"
    assert any(list(folder.checkpoints.glob("last*")) for folder in folders)
    code, out, err = striate(*shlex.split(again), "--workers", "0")
    assert code == 0, err
    assert "2 members; 2 to train, 1 at a time" in err
    assert out.count("ensemble of 2 over e/member-") == 1
    alone = house.train(
        data, out="alone", seed=1, cut_seed=0, model="lenet5", batch_size=8, epochs=40, precision="fp32"
    )
    list(alone)
    assert same_weights("e/member-2/model.safetensors", alone.outcome.model)

"""Members are what `train` makes of their seeds, to the bit; the same images are held back from all of them."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import striate
from striate.errors import ArgumentError, DataError, OutputError, StriateError, UnknownNameError
from striate.models import find_source, load_model
from striate.tasks import EnsembleFolder, train_ensemble
from striate.training import Epoch

WITH = {"model": "lenet5", "epochs": 2, "batch_size": 8, "precision": "fp32"}


installed = pytest.mark.skipif(
    not find_source("efficientnet_lite0").is_installed(), reason="the extra 'pretrained' is not installed"
)


@pytest.fixture
def two_threads():
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def data(tmp_path_factory, write_stripes):
    root = tmp_path_factory.mktemp("ensemble")
    for number, (part, per_class) in enumerate((("train", 10), ("test", 4))):
        write_stripes(root / "data" / part, ("across", "along"), per_class, first=100 * number)
    return root / "data"


@pytest.fixture(scope="module")
def pair(data):
    """Two members, trained side by side: their run, and what it yielded."""
    torch.set_num_threads(2)
    run = train_ensemble(data, 2, out=data.parent / "pair", seed=5, **WITH)
    told, steps = [], []
    for member, epoch in run.epochs(on_step=lambda member, step: steps.append((member, step))):
        told.append((member, epoch))
    torch.set_num_threads(1)
    return run, told, steps


def same_weights(first, second):
    a, b = (load_model(path)[0].state_dict() for path in (first, second))
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_what_it_yields(pair):
    run, told, steps = pair
    assert (run.size, run.at_once, run.to_train) == (2, 2, [1, 2])
    assert sorted((member, epoch.epoch) for member, epoch in told) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert all(isinstance(epoch, Epoch) and "accuracy" in epoch.figures for _, epoch in told)
    assert {member for member, _ in steps} == {1, 2}


@pytest.mark.parametrize("member", [1, 2])
def test_a_member_is_what_train_makes_of_its_seed(data, pair, member):
    run, told, _ = pair
    folder = run.folder.member(member)
    start = folder.read()[0]
    command = ["--seed", str(4 + member), "--precision", "fp32"] + ["--cut-seed", "5"] * (member > 1)
    assert start["command"][-len(command) :] == command
    assert (start["cut_seed"], start["threads"]) == (5, 1)
    alone = striate.train(data, out=f"alone{member}", seed=4 + member, cut_seed=5, **WITH)
    epochs = list(alone)
    assert [e.figures for e in epochs] == [e.figures for number, e in told if number == member]
    assert same_weights(alone.outcome.model, folder.model)


def test_what_all_are_worth_together(data, pair):
    run, _, _ = pair
    ensemble = striate.load(run.folder.path)
    assert len(ensemble) == 2
    assert not same_weights(run.folder.member(1).model, run.folder.member(2).model)
    assert list(run.outcome.evaluations) == ["val", "test"]
    test = run.outcome.evaluations["test"]
    paths = sorted((data / "test").glob("*/*.png"))
    rows = np.mean([m.probabilities(paths) for m in ensemble.members], axis=0)
    targets = [ensemble.labels.index(path.parent.name) for path in paths]
    assert test.figures.log_loss == pytest.approx(-np.log(rows[np.arange(8), targets]).mean(), rel=1e-4)
    assert (test.remarks, len(test.contenders), len(test.gains)) == ((), 4, 1)
    val = run.outcome.evaluations["val"]
    assert val.remarks[0].startswith("2 of 2 members were trained on this data; their best epochs were chosen")
    again = striate.evaluate(run.folder.path, data, part="val")
    assert again.figures.confusion == val.figures.confusion  # the cut is found again
    assert again.figures.log_loss == pytest.approx(val.figures.log_loss, rel=1e-4)
    record = json.loads(run.folder.record.read_text())
    assert record["seeds"] == [5, 6]
    assert record["parts"]["test"]["accuracy"] == test.figures.accuracy
    page = run.outcome.report.read_text(encoding="utf-8")
    assert "An ensemble of 2 lenet5" in page
    assert f"test: accuracy {test.figures.accuracy:.2%}" in page
    assert "member-2" in page


def test_a_finished_one_is_left_alone(data, pair):
    run, _, _ = pair
    with pytest.raises(ArgumentError, match="is finished"):
        train_ensemble(data, out=run.folder.path, resume=True)
    with pytest.raises(OutputError, match="holds an ensemble already: go on with --resume"):
        train_ensemble(data, 2, out=run.folder.path, **WITH)
    with pytest.raises(OutputError, match="holds a run already"):
        train_ensemble(data, 2, out=run.folder.member(1).path, **WITH)


@pytest.mark.usefixtures("two_threads")
def test_finished_members_stay_and_interrupted_ones_go_on(data, pair):
    """The first is finished, the second was stopped after its first epoch, the third was never begun."""
    shutil.copytree(pair[0].folder.path, "e")
    folder = EnsembleFolder("e")
    record = folder.read()
    del record["parts"]
    folder.write(record | {"seeds": [5, 6, 7]})
    finished = folder.member(1).model.stat().st_mtime_ns
    shutil.rmtree(folder.member(2).path)
    torch.set_num_threads(1)
    stopped = striate.train(data, out=folder.member(2).path, seed=6, cut_seed=5, **WITH)
    for _ in stopped:
        break
    torch.set_num_threads(2)
    run = train_ensemble(data, out="e", resume=True, members=3, model="lenet5", seed=5)
    assert run.to_train == [2, 3]
    told = [(member, epoch.epoch) for member, epoch in run]
    assert sorted(told) == [(2, 1), (2, 2), (3, 1), (3, 2)]
    assert folder.member(1).model.stat().st_mtime_ns == finished
    assert same_weights(folder.member(2).model, pair[0].folder.member(2).model)
    assert folder.member(3).read()[0]["plan"]["recipe"]["seed"] == 7
    assert len(run.outcome.evaluations["test"].contenders) == 5


def test_all_members_finished_but_not_measured(data, pair):
    """Killed in the very end: no process is started again."""
    shutil.copytree(pair[0].folder.path, "e")
    record = EnsembleFolder("e").read()
    del record["parts"]
    EnsembleFolder("e").write(record)
    run = train_ensemble(data, out="e", resume=True)
    assert list(run) == []
    first, again = (r.outcome.evaluations["test"].figures for r in (pair[0], run))
    assert first.confusion == again.confusion
    assert first.log_loss == pytest.approx(again.log_loss, rel=1e-4)


def test_a_failing_member_ends_all(data):
    run = train_ensemble(data, 2, out="e", **{**WITH, "lr": 1e30})
    with pytest.raises(StriateError, match=r"^member 1: .*learning rate.* is probably too high"):
        list(run)
    assert not Path("e/member-1/model.safetensors").exists()


# What is asked for, and what is said before anything is written.
@pytest.mark.parametrize(
    ("wishes", "error", "message"),
    [
        ({"members": 1}, ArgumentError, "ensemble must be 2 to 100 members, got 1"),
        ({"members": None}, ArgumentError, "ensemble must be 2 to 100 members, got None"),
        ({"model": "lenet6"}, UnknownNameError, "no model named 'lenet6'"),
        ({"val_share": 1.5}, ArgumentError, "val_share must be between 0 and 1"),
        ({"workers": -1}, ArgumentError, "workers must be at least 0"),
        ({"freeze": "nowhere"}, StriateError, "nowhere"),
        ({"resume": True}, ArgumentError, re.escape("(with ensemble.json), got 'e'")),
        ({"resume": True, "out": None}, ArgumentError, "resume needs out"),
    ],
)
def test_refused(data, wishes, error, message):
    with pytest.raises(error, match=message):
        train_ensemble(data, **{"members": 2, "out": "e", **WITH, **wishes})
    assert not Path("e").exists()


def test_other_wishes_when_resumed(data):
    train_ensemble(data, 2, out="e", **WITH)  # planned, not begun
    for wish, own in ({"members": 3}, 2), ({"lr": 0.5}, None), ({"seed": 3}, 0), ({"val_share": 0.3}, 0.2):
        ((name, value),) = wish.items()
        expected = "left out, as when the run began" if own is None else f"the run's own, {own}, when it is resumed"
        with pytest.raises(ArgumentError, match=f"{name} must be {expected}, got {value}"):
            train_ensemble(data, out="e", resume=True, **wish)
    shutil.copytree(data, "other")
    Path("other/train/along/0.png").unlink()
    with pytest.raises(ArgumentError, match="other has other images or labels"):
        train_ensemble("other", out="e", resume=True)
    with pytest.raises(ArgumentError, match="out must be a folder outside of the data"):
        train_ensemble(data, 2, out=data / "e")
    with pytest.raises(DataError, match="no such file"):
        train_ensemble("nowhere", 2, out="e2")
    with pytest.raises(TypeError, match="'colour'"):
        train_ensemble(data, 2, out="e2", colour="red")


@installed
def test_members_on_pretrained_weights_learn_whole(write_stripes):
    """Heads on the same frozen stages would be the same head, and would have learned from what they are measured on."""
    data = write_stripes("photos", ("across", "along"), 6)
    run = train_ensemble(data, 2, out="two", model="efficientnet_lite0", epochs=None)
    assert run.plan.freeze == "none"
    assert run.record["wishes"]["freeze"] == "none"
    with pytest.raises(ArgumentError, match="freeze must be none, or the last frozen stage, for members that differ"):
        train_ensemble(data, 2, out="auto", model="efficientnet_lite0", freeze="auto")

"""A frozen network trained on kept features: the same network as on images, sooner, whatever happens on the way."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import striate
from striate.data import Pipeline
from striate.errors import ArgumentError
from striate.models import load_model
from striate.tasks import planning
from striate.training import FeatureCache, feature_cache

FROZEN = {"model": "resnet20", "weights": "none", "freeze": "all", "epochs": 4, "batch_size": 5, "precision": "fp32"}


@pytest.fixture
def data(write_png):
    """Coloured pictures of 32 pixels, which a network of that size sees as they are."""
    rng = np.random.default_rng(0)
    for label, channel in (("blue", 0), ("red", 2)):
        Path("data", label).mkdir(parents=True)
        for i in range(9):
            picture = rng.integers(0, 200, (32, 32, 3), dtype=np.uint8)
            picture[..., channel] += 50
            write_png(Path(f"data/{label}/{i}.png"), picture)
    return Path("data")


def trained(data, out, **options):
    """A run to its end, and the views that it computed."""
    run = striate.train(data, out=out, **FROZEN | options)
    seen = []
    epochs = list(run.epochs(on_features=lambda done, total: seen.append(done)))
    return run, epochs, max(seen, default=0)


def weights(out):
    return load_model(f"{out}/model.safetensors")[0].state_dict()


def same(one, other):
    return all(torch.equal(tensor, weights(other)[name]) for name, tensor in weights(one).items())


def test_with_the_cache_as_without_it(data, monkeypatch):
    """The same losses, figures and logits to 1e-5, where there is no distortion."""
    monkeypatch.setattr(planning, "default_pipeline", lambda preset: Pipeline(()))
    without, epochs, none = trained(data, "without", views=0)
    kept, kept_epochs, computed = trained(data, "kept", views=1)
    assert (none, computed) == (0, len(kept.dataset.parts["train"]))
    assert FeatureCache().entries()[0].rows == 18
    for one, other in zip(epochs, kept_epochs, strict=True):
        assert one.loss == pytest.approx(other.loss, abs=1e-5)
        assert one.figures == pytest.approx(other.figures, abs=1e-5)
    x = torch.randn(4, 3, 32, 32)
    with torch.no_grad():
        one, other = (load_model(f"{out}/model.safetensors")[0](x) for out in ("without", "kept"))
    assert (one - other).abs().max() < 1e-5
    assert without.outcome.figures["val"].accuracy == kept.outcome.figures["val"].accuracy


@pytest.mark.parametrize("wishes", [{"recipe": {"cutmix": 1.0}}, {"freeze": "stage1"}], ids=str)
def test_what_changes_in_each_epoch_is_not_kept(data, wishes):
    assert striate.train(data, out="run", **FROZEN | wishes).plan.views == 0


@pytest.mark.parametrize(
    ("wishes", "views"), [({"distort": "none"}, 1), ({"epochs": 3}, 3), ({"views": 7}, 7)], ids=str
)
def test_how_many_views(data, wishes, views):
    assert striate.train(data, out="run", **FROZEN | wishes).plan.views == views


def test_distorted_views(data):
    run, epochs, computed = trained(data, "a")
    assert run.plan.views == 4
    assert any("4 views of each image" in reason for reason in run.plan.reasons)
    assert computed == 4 * len(run.dataset.parts["train"])
    assert run.outcome.figures["val"].accuracy == max(epoch.figures["accuracy"] for epoch in epochs)
    assert json.loads(Path("a/record.jsonl").read_text().splitlines()[0])["plan"]["views"] == 4
    again = trained(data, "b")
    assert again[2] == 0, "nothing is computed a second time"
    assert same("a", "b")


@pytest.mark.parametrize("number", [1, 3])
def test_left_and_resumed_is_never_left(data, number):
    trained(data, "whole")
    run = striate.train(data, out="run", **FROZEN)
    for epoch in run:
        if epoch.epoch == number:
            break
    assert len(list(striate.train(data, out="run", resume=True))) == 4
    assert same("whole", "run")


def test_stopped_while_features_are_computed(data):
    def stop(done, total):
        raise KeyboardInterrupt

    trained(data, "whole")
    FeatureCache().prune(most_bytes=0)
    with pytest.raises(KeyboardInterrupt):
        list(striate.train(data, out="run", **FROZEN).epochs(on_features=stop))
    list(striate.train(data, out="run", resume=True))
    assert same("whole", "run")


def test_precision_is_not_measured_for_a_head(data, monkeypatch):
    monkeypatch.delattr("striate.tasks.recorded_run.choose_precision")
    run, _, _ = trained(data, "run", precision="auto")
    assert run.start["precision"] == "fp32"


def test_a_cache_that_cannot_be_written(data, monkeypatch):
    trained(data, "whole")
    monkeypatch.setenv("STRIATE_CACHE", str(Path("file").absolute()))
    Path("file").write_text("no folder")
    trained(data, "run")
    assert same("whole", "run")


def test_features_that_are_too_many(data, monkeypatch):
    monkeypatch.setattr(feature_cache.FeatureCache, "can_hold", lambda self, count, shape: False)
    run, _, computed = trained(data, "run", epochs=1)
    assert computed == 0
    assert [remark for remark in run.start["remarks"] if "too many to keep" in remark]


def test_several_labels(data):
    rows = ["path,label", *(f"{p.parent.name}/{p.name},{p.parent.name};any" for p in sorted(data.rglob("*.png")))]
    Path("data/list.csv").write_text("\n".join(rows))
    run, epochs, _ = trained("data/list.csv", "run")
    assert set(epochs[0].figures) == {"micro_f1", "loss"}
    assert run.outcome.figures["val"].micro_f1 == max(epoch.figures["micro_f1"] for epoch in epochs)


def test_auxiliary_heads_and_features_that_are_maps(data):
    for model in ("googlenet", "squeezenet1_1"):
        _, epochs, _ = trained(data, model, model=model, epochs=1, views=1)
        assert np.isfinite(epochs[0].loss)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"views": -1}, "views must be an integer of at least 0, got -1"),
        ({"views": 2, "freeze": "none"}, "views must be 0 or left out unless stages are frozen"),
        ({"views": 2, "recipe": {"mixup": 0.2}}, "unless stages are frozen and images are not mixed, got 2"),
    ],
)
def test_wrong_views(data, wishes, message):
    with pytest.raises(ArgumentError, match=message):
        striate.train(data, out="run", **FROZEN | wishes)
    assert not Path("run").exists()


PROCESS = f"""
import torch

import striate
from striate.training import leave

torch.set_num_threads(1)
list(striate.train("data", out="run", device="cpu", **{FROZEN | {"batch_size": 3, "epochs": 2}}))
leave()
"""


def test_two_processes(data):
    """They share the computing, and each step's images."""
    Path("train.py").write_text(PROCESS)
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "train.py")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *launcher], check=True, env=environment, capture_output=True, timeout=120)
    assert sorted(entry.rows for entry in FeatureCache().entries()) == [14, 18]
    assert np.isfinite(striate.load("run").probabilities([np.zeros((32, 32, 3), np.uint8)])).all()

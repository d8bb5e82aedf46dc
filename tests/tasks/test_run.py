"""Whole trainings, small ones: what is yielded, written and kept."""

import html
import json
import re
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

import striate
from striate.errors import ArgumentError, DataError, OutputError, StriateError
from striate.models import create_model, load_model
from striate.tasks import Outcome

SMALL = {"model": "lenet5", "epochs": 2, "batch_size": 8, "precision": "fp32"}


@pytest.fixture
def data(write_stripes):
    """Three classes, cut by striate itself."""
    return write_stripes("data", ("across", "along", "aslant"), per_class=10)


def test_what_is_yielded_and_written(data):
    run = striate.train(data, out="run", **SMALL)
    assert run.outcome is None
    assert not Path("run/model.safetensors").exists(), "nothing is trained before it is asked for"
    epochs = list(run)
    assert [epoch.epoch for epoch in epochs] == [1, 2]
    assert set(epochs[0].figures) == {"accuracy", "loss"}
    assert isinstance(run.outcome, Outcome)
    assert run.outcome.figures["val"].n == 6

    start, *lines, result = map(json.loads, Path("run/record.jsonl").read_text().splitlines())
    assert start["images"] == {"train": 24, "val": 6}
    assert start["wishes"]["epochs"] == 2
    assert [line["epoch"] for line in lines] == [1, 2]
    assert [line["loss"] for line in lines] == [epoch.loss for epoch in epochs]
    assert result["figures"]["val"]["accuracy"] == run.outcome.figures["val"].accuracy
    _, header = load_model(run.outcome.model)
    assert header.preset.labels == ("across", "along", "aslant")
    assert (header.task, header.record["fingerprint"]) == ("classify", start["fingerprint"])
    best = max(epochs, key=lambda e: (e.figures["accuracy"], -e.figures["loss"]))
    assert run.outcome.figures["val"].accuracy == best.figures["accuracy"]


def test_distortions_and_mixing_that_were_asked_for(write_png):
    """In colour, with everything at once: recorded, in the command, and the preset knows the training colours."""
    rng = np.random.default_rng(0)
    for name, colour in (("red", (150, 30, 20)), ("blue", (10, 40, 160))):
        Path("colours", name).mkdir(parents=True)
        for i in range(8):
            picture = rng.integers(0, 90, (28, 28, 1)) + np.array(colour)
            write_png(Path(f"colours/{name}/{i}.png"), picture.astype(np.uint8)[..., ::-1])
    words, recipe = "mirror, crop 0.6-1, warp 1, pca 0.1, erase 0.25", {"mixup": 0.2, "cutmix": 1.0}
    for out in "ab":
        run = striate.train("colours", out=out, **SMALL, distort=words, recipe=recipe)
        list(run)
    start = json.loads(Path("a/record.jsonl").read_text().splitlines()[0])
    assert start["wishes"]["distort"] == words
    assert [step["name"] for step in start["plan"]["pipeline"]] == ["mirror", "crop", "warp", "pca_colour", "erase"]
    assert words in start["command"]
    a, header = load_model("a/model.safetensors")
    assert len(header.preset.colour_pca) == 3
    b, _ = load_model("b/model.safetensors")
    assert all(torch.equal(tensor, b.state_dict()[name]) for name, tensor in a.state_dict().items())


def test_the_same_again(data):
    for out in ("a", "b"):
        list(striate.train(data, out=out, **SMALL, seed=1))
    list(striate.train(data, out="c", **SMALL, seed=2))
    a, b, c = (load_model(f"{out}/model.safetensors")[0].state_dict() for out in "abc")
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not all(torch.equal(a[name], c[name]) for name in a)


def test_auxiliary_heads_learn_and_are_silent_after(data):
    torch.manual_seed(0)
    before = create_model("googlenet", num_classes=3, in_channels=1).auxiliary.state_dict()
    list(striate.train(data, out="run", **SMALL | {"model": "googlenet", "epochs": 1}))
    network, _ = load_model("run/model.safetensors")
    after = network.auxiliary.state_dict()
    assert all(not torch.equal(before[name], after[name]) for name in before if name.endswith("weight"))
    (answer,) = striate.load("run/model.safetensors").predict([np.zeros((32, 32, 1), np.uint8)])
    assert set(answer.labels) == {"across", "along", "aslant"}


def test_iterated_twice_is_the_same_training(data):
    run = striate.train(data, out="run", **SMALL)
    assert [e.loss for e in run] == [e.loss for e in run]


def test_an_iteration_that_is_left_can_be_resumed(data, trained):
    for _ in striate.train(trained.data, out="run", model="lenet5", epochs=6, batch_size=8, precision="fp32"):
        break
    assert not Path("run/model.safetensors").exists()
    assert len(list(striate.train(trained.data, out="run", resume=True))) == 6
    resumed, whole = (load_model(p)[0].state_dict() for p in ("run/model.safetensors", trained.model))
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


def test_nothing_is_written_before_all_is_known_to_be_sound(data):
    with pytest.raises(ArgumentError, match="freeze must be"):
        striate.train(data, out="run", **SMALL, freeze="conv9")
    with pytest.raises(DataError, match="no such file"):
        striate.train("nowhere", out="run")
    with pytest.raises(ArgumentError, match=r"recipe must be parts of it by name, .*, got 'mixup=1'"):
        striate.train(data, out="run", recipe="mixup=1")
    with pytest.raises(ArgumentError, match="workers must be at least 0"):
        striate.train(data, out="run", **SMALL, workers=-1)
    assert not Path("run").exists()


def test_a_run_is_not_written_over(data):
    striate.train(data, out="run", **SMALL)
    with pytest.raises(OutputError, match="run holds a run already"):
        striate.train(data, out="run", **SMALL)


def test_a_test_part_alone_cannot_be_trained_on(write_stripes):
    write_stripes("d/test", ("a", "b"), per_class=2)
    write_stripes("d/val", ("a", "b"), per_class=2, first=50)
    with pytest.raises(DataError, match="train"):
        striate.train("d", out="run", model="lenet5")


def test_a_learning_rate_that_is_too_high_is_told(data):
    with pytest.raises(StriateError, match="learning rate"):
        list(striate.train(data, out="run", **{**SMALL, "epochs": 9}, optimizer="sgd", lr=1e9))


def test_weighted_classes(write_stripes):
    """Where a class is rare, the best epoch is chosen by the balanced accuracy, and the report says it."""
    write_stripes("d", ("common",), per_class=24)
    write_stripes("d", ("unused", "rare"), per_class=6)
    for path in Path("d/unused").iterdir():
        path.unlink()
    Path("d/unused").rmdir()
    run = striate.train("d", out="run", **SMALL)
    assert "classes are weighted: 'rare' has 5 images of 24" in run.plan.reasons
    epochs = list(run)
    assert set(epochs[0].figures) == {"balanced_accuracy", "loss"}
    assert "balanced accuracy" in run.outcome.report.read_text()


def test_ctrl_c_between_epochs(data):
    """A script that is interrupted gets its KeyboardInterrupt, and what is done is kept."""
    run = striate.train(data, out="run", **SMALL)
    next(epochs := iter(run))
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    del epochs
    assert len(list(striate.train(data, out="run", resume=True))) == 2


# Frozen means frozen


@pytest.fixture
def colours(write_png):
    """Coloured pictures of 32 pixels: reddish or bluish noise."""
    rng = np.random.default_rng(0)
    for label, channel in (("blue", 0), ("red", 2)):
        Path("colours", label).mkdir(parents=True)
        for i in range(6):
            picture = rng.integers(0, 200, (32, 32, 3), dtype=np.uint8)
            picture[..., channel] += 50
            write_png(Path(f"colours/{label}/{i}.png"), picture)
    return Path("colours")


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18"])
@pytest.mark.parametrize("until", ["all", "second"])
def test_a_frozen_backbone_does_not_move_by_a_bit(colours, name, until):
    """Neither its weights, nor its batch-norm statistics, nor what it answers; what is behind it learns."""
    torch.manual_seed(7)
    before = create_model(name, num_classes=2)
    names = list(before.stages)
    frozen, thawed = (names, []) if until == "all" else (names[:2], names[2:])
    freeze = "all" if until == "all" else frozen[-1]
    wishes = {"model": name, "weights": "none", "freeze": freeze, "epochs": 2, "batch_size": 5, "precision": "fp32"}
    list(striate.train(colours, out="run", **wishes, seed=7))
    after, _ = load_model("run/model.safetensors")

    then, now = before.state_dict(), after.state_dict()
    for key, tensor in then.items():
        stage = key.split(".")[1] if key.startswith("stages.") else "head"
        if stage in frozen:
            assert torch.equal(tensor, now[key]), key
    for stage in (*(f"stages.{stage}" for stage in thawed), "head"):
        assert any(not torch.equal(then[key], now[key]) for key in then if key.startswith(stage)), stage
    x = torch.randn(3, 3, 32, 32)
    with torch.no_grad():
        old, new = before.eval().features(x), after.features(x)
    assert all(torch.equal(old[stage], new[stage]) for stage in frozen)
    assert not any(torch.equal(old[stage], new[stage]) for stage in thawed)


# Several labels an image


@pytest.fixture
def tagged(write_png, stripes):
    """Pictures whose left half shows one pattern and whose right half another, or none: a table `a;b`."""
    rows = ["path,label"]
    Path("tagged").mkdir()
    for i in range(48):
        left, right = i % 2, (i // 2) % 2
        halves = [stripes(0, i), stripes(4, i)]
        picture = np.full((28, 28), 128, np.uint8)
        if left:
            picture[:, :14] = halves[0][:, :14]
        if right:
            picture[:, 14:] = halves[1][:, 14:]
        write_png(Path(f"tagged/{i}.png"), picture)
        rows.append(f"{i}.png,{';'.join(['wide'] * left + ['narrow'] * right)}")
    Path("tagged/list.csv").write_text("\n".join(rows))
    return Path("tagged/list.csv")


def test_several_labels_from_end_to_end(tagged):
    run = striate.train(tagged, out="run", model="lenet5", epochs=12, batch_size=8)
    epochs = list(run)
    assert set(epochs[0].figures) == {"micro_f1", "loss"}
    classifier = striate.load("run/model.safetensors")
    assert classifier.task.multilabel
    assert classifier.labels == ("narrow", "wide")
    none, wide, narrow, both = classifier.predict([f"tagged/{i}.png" for i in range(4)])
    for answer, shown in ((none, set()), (wide, {"wide"}), (narrow, {"narrow"}), (both, {"wide", "narrow"})):
        assert {label for label, p in zip(answer.labels, answer.probabilities, strict=True) if p >= 0.5} == shown
    found = striate.evaluate(classifier, tagged, part="all").figures
    assert found.n == 48
    assert found.micro_f1 > 0.9
    assert {score.label: score.n for score in found.per_class} == {"narrow": 24, "wide": 24}
    page = Path("run/report.html").read_text(encoding="utf-8")
    assert "micro F1" in page or "micro f1" in page
    _, header = load_model("run/model.safetensors")
    assert (header.task, header.thresholds["probability"]) == ("classify_multilabel", 0.5)


def test_one_label_data_measures_a_model_of_several(tagged, write_stripes):
    """Data that happens to name one class an image is fine for a model of several."""
    list(striate.train(tagged, out="run", **SMALL))
    lines = tagged.read_text().splitlines()
    few = [line for line in lines[1:] if ";" not in line and not line.endswith(",")]
    Path("tagged/one.csv").write_text("\n".join([lines[0], *few]))
    found = striate.evaluate("run/model.safetensors", "tagged/one.csv")
    assert found.figures.n == len(few)
    assert hasattr(found.figures, "micro_f1")


# The report


def test_the_report_of_a_run(write_stripes):
    """Every section that the issue asks for, from a run that makes mistakes; all names are text."""
    labels = ("<b>bold</b>", "a & b", "plain")
    rows = ["path,label,part"]
    for part, n, first in (("train", 8, 0), ("test", 4, 50)):
        write_stripes(f"d/{part}", ("0", "1", "2"), per_class=n, first=first)
        rows += [f"{part}/{kind}/{i}.png,{label},{part}" for kind, label in enumerate(labels) for i in range(n)]
    Path("d/list.csv").write_text("\n".join(rows))
    run = striate.train("d/list.csv", out="run", **SMALL, lr=1e-9)
    list(run)
    page = run.outcome.report.read_text(encoding="utf-8")
    assert not re.search(r"<(script|link)|src=\"(?!data:)|https?://(?!www\.w3\.org)", page), "asks nothing of a server"
    assert "<b>bold" not in page
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    choice = ("the best epoch was chosen on it", "nothing but this figure")
    sections = (*choice, "confusion", "mistake", "stages.conv1", "striate")
    for words in (*labels, *sections):
        assert words.casefold() in text.casefold(), words
    assert run.dataset.fingerprint[:12] in text
    assert page.count("data:image/") >= 1  # pictures of mistakes


def test_another_share_is_held_back(data):
    """Recorded, in the command, obeyed by evaluate and by a resumed run."""
    run = striate.train(data, out="run", val_share=0.4, **SMALL)
    list(run)
    assert {name: len(part) for name, part in run.dataset.parts.items()} == {"train": 18, "val": 12}
    assert "--val-share 0.4" in " ".join(run.start["command"])
    assert striate.evaluate("run", data, part="val").figures.n == 12
    with pytest.raises(ArgumentError, match="val_share must be between 0 and 1"):
        striate.train(data, out="other", val_share=1.0, **SMALL)


def test_a_new_head(data):
    """Hidden layers in the place of the last stage: in the command, in the model file, and it predicts."""
    run = striate.train(data, out="run", last_stage="conv1", hidden=(12, 6), weights="none", **SMALL)
    list(run)
    assert "--last-stage conv1 --hidden 12,6" in " ".join(run.start["command"])
    network, header = load_model("run/model.safetensors")
    assert list(network.stages) == ["conv1"]
    assert (header.arguments["last_stage"], header.arguments["hidden"]) == ("conv1", [12, 6])
    assert striate.load("run").predict([np.zeros((28, 28, 1), np.uint8)])[0].label in ("across", "along", "aslant")


def test_views_of_what_some_frozen_stages_make(data):
    """A stage that learns on kept features of those before it, as deep as the frozen ones go."""
    options = {**SMALL, "weights": "none", "freeze": "conv1"}
    run = striate.train(data, out="kept", views=2, **options)
    computed = []
    list(run.epochs(on_features=lambda done, total: computed.append(total)))
    assert max(computed) == 2 * 24
    torch.manual_seed(0)
    start, trained = create_model("lenet5", num_classes=3, in_channels=1), load_model("kept/model.safetensors")[0]
    same = {name: torch.equal(p, dict(trained.named_parameters())[name]) for name, p in start.named_parameters()}
    assert all(kept == name.startswith("stages.conv1.") for name, kept in same.items())

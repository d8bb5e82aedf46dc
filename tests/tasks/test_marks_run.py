"""Whole trainings on boxes and points, small ones: they learn, and what they write says what they did."""

import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import striate
from striate.data import open_boxes, open_points
from striate.errors import ArgumentError, DataError, DivergenceError
from striate.metrics import measure_landmarks
from striate.models import load_model
from striate.results import Landmarks
from striate.tasks import evaluate_marks
from striate.training import choose_precision
from tests.squares import CORNERS, write_squares

TASKS = ("localize", "landmarks", "detect")
FIGURES = {"localize": "all_right", "landmarks": "mean_error", "detect": "map50"}
SMALL = {"model": "lenet5", "epochs": 2, "batch_size": 8, "precision": "fp32", "distort": "none"}


def record_of(run):
    start, *epochs, result = map(json.loads, Path(run, "record.jsonl").read_text().splitlines())
    return start, epochs, result


def same_weights(first, second):
    a, b = (load_model(Path(run, "model.safetensors"))[0].state_dict() for run in (first, second))
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.fixture
def data():
    return write_squares("d", parts={"train": 16, "val": 8})


# They learn


def test_localization_learns(marked_trained):
    """Chance is a quarter: to find nothing is right where there is nothing."""
    test = record_of(marked_trained("localize").run)[2]["figures"]["test"]
    assert test["presence_accuracy"] > 0.9
    assert test["class_accuracy"] > 0.9
    assert test["all_right"] > 0.4


def test_landmarks_learn(marked_trained):
    """Much nearer than the mean of all training points, the best guess of who does not look."""
    trained = marked_trained("landmarks")
    dataset = open_points(trained.data, val_share=0)
    middle = np.nanmean([item.xy for item in dataset.parts["train"].items if item.present], axis=0)
    items = dataset.parts["test"].items
    guess = [Landmarks(1.0, CORNERS, tuple(map(tuple, middle.tolist())))] * len(items)
    present = np.array([item.present for item in items])
    chance = measure_landmarks(guess, present, np.stack([item.xy for item in items]), CORNERS, reference=(0, 1))
    test = record_of(trained.run)[2]["figures"]["test"]
    assert test["mean_error"] < 0.7 * chance.mean_error
    assert test["presence_accuracy"] > 0.9


def test_detection_learns(marked_trained):
    test = record_of(marked_trained("detect").run)[2]["figures"]["test"]
    assert test["map50"] > 0.8


GRID = {"model": "resnet20", "epochs": 4, "size": 32, "distort": "mirror"}
OTHER_LOSSES = [
    ("localize", "documents", {"epochs": 10}, "localize_linear"),
    ("landmarks", "documents", {"epochs": 10}, "landmarks_linear"),
    ("detect", "documents", {**GRID, "mosaic": 0.3}, "detect_grid"),
    ("detect", "exponential", GRID, "detect_grid"),
]


@pytest.mark.parametrize(("task", "loss", "options", "name"), OTHER_LOSSES)
def test_other_losses_learn(task, loss, options, name):
    root = write_squares("d", parts={"train": 32, "val": 8})
    table = "points.csv" if task == "landmarks" else "boxes.csv"
    run = striate.train(root / table, task=task, loss=loss, out="run", **{**SMALL, "lr": 3e-3, **options})
    epochs = list(run)
    assert epochs[-1].loss < 0.7 * epochs[0].loss
    header = load_model("run/model.safetensors")[1]
    assert header.task == name
    assert header.arguments.get("form") == {"detect": "linear" if loss == "documents" else loss}.get(task)
    assert f" --loss {loss}" in " ".join(run.start["command"])
    figures = run.outcome.figures["val"]
    assert evaluate_marks(striate.load("run"), root / table, part="val").figures == figures


# What they write


@pytest.mark.parametrize("task", TASKS)
def test_the_record_and_the_model_file(marked_trained, task):
    trained = marked_trained(task)
    start, epochs, result = record_of(trained.run)
    assert start["images"] == {"train": 48, "val": 16, "test": 16}
    assert start["command"][:5] == ["striate", "train", str(trained.data), "--model", start["wishes"]["model"]]
    assert f"--task {task}" in " ".join(start["command"])
    assert start["plan"]["task"] == task
    figure = FIGURES[task]
    assert [set(epoch["figures"]) for epoch in epochs] == [{figure, "loss"}] * len(epochs)
    kept = min((epoch["figures"] for epoch in epochs), key=lambda figures: figures["loss"])  # of 16 held-back images
    assert result["figures"]["val"][figure] == pytest.approx(kept[figure], rel=1e-4)  # in other batches
    header = load_model(trained.model)[1]
    assert header.task == task
    assert header.preset.labels == (CORNERS if task == "landmarks" else ("blue", "red"))
    assert header.record["fingerprint"] == start["fingerprint"]
    assert header.record["figures"] == result["figures"]
    assert header.thresholds == result["thresholds"]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("part", ["val", "test"])
def test_evaluation_gives_the_recorded_figures(marked_trained, task, part):
    trained = marked_trained(task)
    evaluation = evaluate_marks(striate.load(trained.run), trained.data, part=part)
    recorded = record_of(trained.run)[2]["figures"][part]
    assert json.loads(json.dumps(evaluation.figures.to_dict())) == recorded
    known = ["the model was trained on this data; its best epoch was chosen on these images"] if part == "val" else []
    assert list(evaluation.remarks) == known


@pytest.mark.parametrize("task", TASKS)
def test_the_report(marked_trained, task):
    trained = marked_trained(task)
    page = (trained.run / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"<(script|link)|src=\"(?!data:)|https?://(?!www\.w3\.org)", page), "asks nothing of a server"
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    score = {"localize": "all right", "landmarks": "mean error", "detect": "mAP@.5"}[task]
    names = CORNERS if task == "landmarks" else ("blue", "red")
    for words in (score, *names, f"--task {task}", "chosen on it", "the one with the lowest loss", "stages."):
        assert words.casefold() in text.casefold(), words


# Stopped and resumed


def test_the_same_again(data):
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        list(striate.train(data / "points.csv", task="landmarks", out=out, **SMALL, seed=seed))
    assert same_weights("a", "b")
    assert not same_weights("a", "c")


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("localize", {"epochs": 4, "distort": "mirror, crop 0.5-1"}),
        ("landmarks", {"epochs": 4, "distort": "mirror, rotate 15", "recipe": {"ema_decay": 0.9}}),
        ("detect", {"model": "squeezenet1_1", "weights": "none", "epochs": 3, "size": 32, "mosaic": 0.5}),
    ],
)
def test_a_run_that_is_left_can_be_resumed(data, task, options):
    """Same epochs, weights, thresholds and figures, to the bit."""
    table = data / ("points.csv" if task == "landmarks" else "boxes.csv")
    wishes = {**SMALL, "task": task, **options}
    list(striate.train(table, out="whole", **wishes))
    for epoch in striate.train(table, out="run", **wishes):
        if epoch.epoch == 2:
            break
    assert not Path("run/model.safetensors").exists()
    list(striate.train(table, out="run", resume=True))
    (_, epochs, result), (_, own, own_result) = record_of("whole"), record_of("run")
    assert [(e["loss"], e["figures"]) for e in own] == [(e["loss"], e["figures"]) for e in epochs]
    assert own_result == result
    assert same_weights("run", "whole")


PROCESS = """
import torch

import striate
from striate.training import leave

torch.set_num_threads(1)
list(striate.train("d/boxes.csv", out="two", device="cpu", **{options}))
leave()
"""


@pytest.mark.slow
def test_two_processes_learn_what_one_does(data):
    """Each takes half of a step's images, mosaics among them; one of them writes."""
    options = {**SMALL, "task": "detect", "loss": "documents", "distort": "mirror", "mosaic": 0.5}
    list(striate.train(data / "boxes.csv", out="one", device="cpu", **options))
    Path("train.py").write_text(PROCESS.replace("{options}", repr(options | {"batch_size": 4})))
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "train.py")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *launcher], check=True, env=environment, capture_output=True, timeout=120)
    one, two = (load_model(Path(run, "model.safetensors"))[0].state_dict() for run in ("one", "two"))
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, rtol=1e-4, atol=1e-5)
    assert record_of("two")[2]["figures"] == record_of("one")[2]["figures"]


@pytest.mark.parametrize("task", TASKS)
def test_precision_is_measured_once_and_obeyed_on_resume(data, monkeypatch, task):
    """What is measured is replaced by bf16, in which training and validation then run; the model answers in fp32."""
    table, measured = data / ("points.csv" if task == "landmarks" else "boxes.csv"), []

    def choose(*arguments):
        measured.append(choose_precision(*arguments, trials=1))
        return "bf16"

    monkeypatch.setattr("striate.tasks.recorded_run.choose_precision", choose)
    options = {**SMALL, "task": task, "precision": None}
    next(iter(striate.train(table, out="run", **options)))
    list(striate.train(table, out="run", resume=True))
    start, epochs, result = record_of("run")
    assert len(measured) == 1
    assert measured[0] in ("fp32", "bf16")
    assert (start["precision"], start["command"][-2:]) == ("bf16", ["--precision", "bf16"])
    assert (len(epochs), result["train_precision"]) == (2, "bf16")
    assert striate.load("run").engine.precision == "fp32"


def test_what_a_resumed_run_refuses(data):
    wishes = {**SMALL, "task": "localize", "loss": "documents"}
    next(iter(striate.train(data / "boxes.csv", out="run", **wishes)))
    for other, message in (
        ({"task": "detect"}, "task must be the run's own, 'localize'"),
        ({"loss": "modern"}, "loss must be the run's own, 'documents'"),
        ({"epochs": 9}, "epochs must be the run's own, 2"),
    ):
        with pytest.raises(ArgumentError, match=message):
            striate.train(data / "boxes.csv", out="run", resume=True, **other)
    write_squares("other", parts={"train": 16, "val": 8}, seed=1)
    with pytest.raises(ArgumentError, match="other images or labels"):
        striate.train("other/boxes.csv", out="run", resume=True)
    list(striate.train(data / "boxes.csv", out="run", resume=True, **wishes))
    with pytest.raises(ArgumentError, match="is finished"):
        striate.train(data / "boxes.csv", out="run", resume=True)


@pytest.mark.parametrize("task", ["localize", "landmarks"])
@pytest.mark.parametrize("loss", ["documents", "modern"])
def test_a_learning_rate_that_is_too_high_is_told(data, task, loss):
    table = "points.csv" if task == "landmarks" else "boxes.csv"
    wishes = {**SMALL, "epochs": 9, "optimizer": "sgd", "lr": 1e9}
    with pytest.raises(DivergenceError, match="too high"):
        list(striate.train(data / table, task=task, loss=loss, out="run", **wishes))


# Data that does not suit


def test_several_boxes_are_no_localization():
    data = write_squares("d", parts={"train": 16, "val": 8}, most=3, hw=(40, 60)) / "boxes.csv"
    dataset = open_boxes(data)
    several = [item.path for part in dataset.parts.values() for item in part.items if len(item) > 1]
    with pytest.raises(DataError, match="can't be used") as caught:
        striate.train(data, task="localize", out="run", **SMALL)
    assert [problem.path for problem in caught.value.problems] == several
    assert not Path("run").exists()
    run = striate.train(data, task="localize", out="run", skip_bad=True, **SMALL)
    assert sum(map(len, run.dataset.parts.values())) == 24 - len(several)
    assert next(r for r in run.start["remarks"] if "localization knows one" in r).startswith("skipped")
    assert not {item.path for part in run.dataset.parts.values() for item in part.items} & set(several)


def table_of(data, *rows, columns="path,label,x0,y0,x1,y1,part,difficult,crowd"):
    path = Path(data, "table.csv")
    path.write_text("\n".join([columns, *rows]) + "\n")
    return path


def test_crowds_and_difficult_boxes_are_not_several(data):
    """One that counts beside them is one object."""
    rows = []
    for part in ("train", "val"):
        for i in range(8):
            rows += [
                f"{part}{i}.png,red,1,1,20,20,{part},0,0",
                f"{part}{i}.png,red,3,3,30,30,{part},{i % 2},{1 - i % 2}",
            ]
    run = striate.train(table_of(data, *rows), task="localize", out="run", **SMALL)
    list(run)
    assert (run.outcome.figures["val"].n, run.outcome.figures["val"].present) == (8, 8)
    assert "2 boxes" not in Path("run/report.html").read_text()


TRAIN = [f"train{i}.png,red,1,1,9,{i + 4},train,0,0" for i in range(4)]
POINTS = "path,left_x,left_y,right_x,right_y,part"
NOTHING_TO_MEASURE = [
    ("localize", [*TRAIN, "val0.png,,,,,,val,0,0"], "no image of the val part of .* has a box"),
    ("detect", [*TRAIN, "val0.png,red,1,1,9,9,val,1,0"], "no image of the val part of .* has a box"),
    ("detect", ["train0.png,,,,,,train,0,0", "val0.png,red,1,1,9,9,val,0,0"], "no image of the train part"),
    ("localize", [row.replace(",train,", ",test,") for row in TRAIN], "has no train part, only test"),
]


@pytest.mark.parametrize(("task", "rows", "message"), NOTHING_TO_MEASURE)
def test_a_part_without_objects(data, task, rows, message):
    with pytest.raises(DataError, match=message):
        striate.train(table_of(data, *rows), task=task, out="run", **SMALL)
    assert not Path("run").exists()


@pytest.mark.parametrize("bad", ["val", "test"])
def test_a_part_without_points(data, bad):
    """Known before the training rather than when it is over."""
    rows = {part: [f"{part}{i}.png,1,2,9,{i + 4},{part}" for i in range(4)] for part in ("train", "val")}
    rows["test"] = [f"train{i}.png,1,2,9,{i + 4},test" for i in range(8, 12)]
    rows[bad] = [re.sub(r"png,.*,", "png,,,,,", row) for row in rows[bad]]
    table = table_of(data, *(row for some in rows.values() for row in some), columns=POINTS)
    with pytest.raises(DataError, match=f"no image of the {bad} part of .* has points and the distance"):
        striate.train(table, task="landmarks", out="run", **SMALL)
    assert not Path("run").exists()


def test_a_val_part_is_cut_where_there_is_none():
    data = write_squares("d", parts={"": 20})
    columns = "path,label,x0,y0,x1,y1"
    rows = [",".join(line.split(",")[:6]) for line in (data / "boxes.csv").read_text().splitlines()[1:]]
    run = striate.train(table_of(data, *rows, columns=columns), task="localize", out="run", val_share=0.4, **SMALL)
    list(run)
    assert {name: len(part) for name, part in run.dataset.parts.items()} == {"train": 12, "val": 8}
    evaluation = evaluate_marks(striate.load("run"), data / "table.csv")
    assert (evaluation.part, evaluation.figures) == ("val", run.outcome.figures["val"])


def test_frozen_stages_do_not_move(data):
    list(striate.train(data / "boxes.csv", task="localize", out="a", freeze="conv1", **SMALL))
    list(striate.train(data / "boxes.csv", task="localize", out="b", freeze="conv1", **SMALL | {"epochs": 1}))
    a, b = (load_model(f"{out}/model.safetensors")[0].state_dict() for out in "ab")
    same = {name: torch.equal(tensor, b[name]) for name, tensor in a.items()}
    assert all(kept == name.startswith("stages.conv1.") for name, kept in same.items())


def test_mirrored_corners_stay_left_and_right():
    """With mirrored training images only: a left corner that was called right would land on the other side."""
    data = write_squares("d", parts={"train": 48, "val": 16}) / "points.csv"
    wishes = {**SMALL, "epochs": 16, "lr": 3e-3, "distort": "mirror 1"}
    run = striate.train(data, task="landmarks", out="run", **wishes)
    list(run)
    items = open_points(data, val_share=0).parts["val"].items
    found = striate.load("run").predict([data.parent / item.path for item in items if item.present])
    wide = [one["right_top"][0] - one["left_top"][0] for one in found]
    assert np.mean(wide) > 8

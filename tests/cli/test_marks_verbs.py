"""train, evaluate and predict where boxes or points are learned, as a user types them."""

import json
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from striate.data import read_image, read_video, write_video
from striate.models import load_model
from tests.cli.conftest import everything
from tests.squares import CORNERS, write_squares

TASKS = ("localize", "landmarks", "detect")
TRAIN = ("--model", "lenet5", "--epochs", "2", "--batch-size", "8", "--precision", "fp32", "--workers", "0")


@pytest.fixture(params=TASKS)
def task(request):
    return request.param


@pytest.fixture
def data():
    return write_squares("d", parts={"train": 16, "val": 8})


def table(task):
    return "points.csv" if task == "landmarks" else "boxes.csv"


# train


def test_train_tells_what_it_does(striate, data, task):
    code, out, err = striate("train", data / table(task), "--task", task, "--out", "run", *TRAIN)
    assert code == 0, err
    what = "4 points" if task == "landmarks" else "2 classes"
    assert f"{what}, images: 16 train, 8 val" in err
    assert "lenet5, from random weights" in err
    monitor = {"localize": "all_right", "landmarks": "mean_error", "detect": "map50"}[task]
    assert len(re.findall(rf"^ +\d  loss \d.*val {monitor} ", err, re.MULTILINE)) == 2
    chosen = "epoch and the threshold were" if task == "detect" else "epoch was"
    told = rf"^val: (all right|mean error|mAP@\.5) .*\(the best {chosen} chosen on it\)$"
    assert re.search(told, out, re.MULTILINE), out
    assert "model:  run/model.safetensors\nreport: run/report.html\n" in out


def test_train_as_json(striate, data):
    words = ("--task", "detect", "--loss", "documents", "--mosaic", "0.5", *TRAIN)
    code, out, err = striate("train", data / "boxes.csv", "--out", "run", *words, "--json")
    assert code == 0, err
    told = json.loads(out)
    assert set(told) == {"model", "report", "remarks", "figures"}
    assert {"map", "map50", "per_class"} <= set(told["figures"]["val"])
    assert load_model(told["model"])[1].task == "detect_grid"


def test_the_recorded_command_does_the_same(striate, data, same_weights):
    """What a run's record says was typed, typed again."""
    words = ("--task", "localize", "--loss", "documents", "--distort", "mirror, crop 0.6-1", "--seed", "3")
    assert striate("train", data / "boxes.csv", "--out", "a", *TRAIN, *words).code == 0
    start = json.loads(Path("a/record.jsonl").read_text().splitlines()[0])
    assert striate(*start["command"][1:], "--out", "b", "--workers", "0").code == 0
    assert same_weights("a/model.safetensors", "b/model.safetensors")


def test_ctrl_c_again_and_again(striate, data, stop_at_step, same_weights):
    """To the bit, with mosaics under way, by a worker or without."""
    options = ("--task", "detect", "--model", "squeezenet1_1", "--weights", "none", "--size", "32", "--mosaic", "0.5")
    command = ("train", data / "boxes.csv", *TRAIN, *options)
    assert striate(*command, "--out", "whole").code == 0
    again = ()
    for step in (1, 3, 4):  # within the first epoch, within the second, after the last
        with stop_at_step(step):
            code, out, err = striate(*command, "--out", "run", *again)
        assert (code, out) == (130, "")
        assert "stopped; go on with: striate train d/boxes.csv --out run --resume" in err
        assert not Path("run/model.safetensors").exists()
        again = ("--resume",)
    code, _, err = striate("train", data / "boxes.csv", "--out", "run", "--resume", "--workers", "1")
    assert code == 0, err
    assert same_weights("run/model.safetensors", "whole/model.safetensors")


# evaluate


def test_evaluate(striate, marked_trained, task):
    trained = marked_trained(task)
    code, out, err = striate("evaluate", trained.model, trained.data, "--out", "worst.png")
    assert code == 0, err
    assert ("written: worst.png" in err) == Path("worst.png").exists()
    assert "worst.png" in err
    first, *lines = out.splitlines()
    assert first.endswith(f"on 16 images: test of {trained.data}")
    for name in CORNERS if task == "landmarks" else ("blue", "red"):
        assert any(line.strip().startswith(name) for line in lines), name


def test_evaluate_as_json(striate, marked_trained, task):
    trained = marked_trained(task)
    code, out, err = striate("evaluate", trained.run, trained.data, "--part", "val", "--json")
    assert code == 0, err
    told = json.loads(out)
    result = json.loads((trained.run / "record.jsonl").read_text().splitlines()[-1])
    assert {name: told[name] for name in result["figures"]["val"]} == result["figures"]["val"]
    assert (told["part"], told["n"]) == ("val", 16)
    assert "its best epoch was chosen on these images" in err


# predict


def test_predict(striate, marked_trained, task):
    trained = marked_trained(task)
    there, empty = trained.data.parent / "test0.png", trained.data.parent / "test3.png"
    code, out, err = striate("predict", trained.model, there, empty, "--out", "drawn")
    assert code == 0, err
    assert "2 images, " in err
    assert "drawn: drawn" in err
    head, *lines = out.split(f"{empty}\n")[0].splitlines()
    assert head == str(there)
    assert lines[0].startswith("  left_top: ") if task == "landmarks" else re.search("red|blue", lines[0])
    assert out.rstrip().endswith("nothing")
    assert sorted(p.name for p in Path("drawn").iterdir()) == ["test0.png", "test3.png"]


def test_predict_as_json(striate, marked_trained, task):
    trained = marked_trained(task)
    code, out, err = striate("predict", trained.model, trained.data.parent / "test?.png", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert [Path(one["path"]).name for one in told] == [f"test{i}.png" for i in range(10)]
    more = {"localize": {"xyxy", "labels"}, "landmarks": {"points"}, "detect": {"detections"}}[task]
    assert more <= set(told[0])


def test_predict_in_tiles(striate, marked_trained):
    trained = marked_trained("detect")
    parts = [read_image(trained.data.parent / f"test{i}.png") for i in (0, 1)]
    cv2.imwrite("wide.png", np.hstack(parts)[..., ::-1])
    for overlap in ((), ("--overlap", "30")):
        code, out, err = striate("predict", trained.model, "wide.png", "--tile", "64", *overlap, "--json")
        assert code == 0, err
        (told,) = json.loads(out)
        assert len(told["detections"]) >= 2
        assert all(0 <= one["xyxy"][0] < one["xyxy"][2] <= 128 for one in told["detections"])


def test_several_looks(striate, marked_trained):
    """Mirrored ones, those of two models, and both."""
    trained = marked_trained("detect")
    image, told = trained.data.parent / "test0.png", []
    for words in (["--mirrored"], ["--with", trained.run], ["--with", trained.run, "--mirrored"]):
        code, out, err = striate("evaluate", trained.model, trained.data, *words)
        assert code == 0, err
        assert re.match(r"mAP@\.5 .* on 16 images: test of ", out)
        code, out, err = striate("predict", trained.model, image, *words, "--out", "drawn", "--json")
        assert code == 0, err
        told.append(json.loads(out))
    mirrored, twice, _ = told
    (plain,) = json.loads(striate("predict", trained.model, image, "--json").out)
    assert len(twice[0]["detections"]) == len(plain["detections"])
    assert mirrored[0]["detections"] != plain["detections"]


@pytest.fixture
def video(marked_trained):
    """Six frames of test pictures."""
    trained = marked_trained("detect")
    with write_video("in.mp4", 10.0, (48, 64)) as add:
        for i in range(6):
            add(read_image(trained.data.parent / f"test{i}.png"))
    return Path("in.mp4")


@pytest.mark.parametrize("video_task", ["localize", "detect"])
def test_predict_on_a_video(striate, marked_trained, video, video_task):
    code, out, err = striate("predict", marked_trained(video_task).model, video, "--out", "out.mp4", "--json")
    assert code == 0, err
    frames = list(map(json.loads, out.splitlines()))
    assert len(frames) == 6
    assert "6 frames, " in err
    assert "written: out.mp4" in err
    with read_video("out.mp4") as written:
        assert len(list(written)) == 6


def test_predict_on_the_beginning_of_a_video(striate, marked_trained, video):
    code, out, err = striate("predict", marked_trained("detect").model, video, "--seconds", "0.3", "--json")
    assert code == 0, err
    assert len(out.splitlines()) == 3
    assert not Path("out.mp4").exists()


def test_compare(striate, marked_trained, data):
    """Of errors the lowest is the best."""
    trained = marked_trained("landmarks").run
    words = ("--task", "landmarks", *TRAIN, "--lr", "1e-9")
    assert striate("train", data / "points.csv", "--out", "worse", *words).code == 0
    code, out, err = striate("compare", "worse", trained, "--out", "c.html", "--json")
    assert code == 0, err
    assert [Path(row["run"]).name for row in json.loads(out)] == ["landmarks", "worse"]


# What is refused: an exit code other than 0, one message, nothing on stdout, no file made, changed or lost.

TRAIN_SMALL = "--model lenet5 --epochs 1 --workers 0"
BAD_TRAININGS = [
    ("d/boxes.csv --task segment", "--task"),
    ("d/boxes.csv --task localize --loss nosuch", "--loss"),
    ("d/boxes.csv --task localize --mosaic 0.5", "mosaic is of detectors: leave it out for localize"),
    ("d/boxes.csv --task detect --mosaic 2", "mosaic must be a share in [0, 1] of a detector's images, got 2.0"),
    ("d/boxes.csv --task localize --views 2", "views is of classification of images: leave it out for localize"),
    ("d/boxes.csv --task localize --hidden 8", "hidden is of classification"),
    ("d/boxes.csv --task localize --last-stage conv1", "last_stage is of classification"),
    ("d/boxes.csv --task localize --freeze auto", "freeze must be none, all or a stage"),
    (
        "d/boxes.csv --task localize --recipe mixup=0.2",
        "mixup in the recipe is of classification: leave it out for localize",
    ),
    ("d/boxes.csv --task localize --epochs 0", "epochs must be an integer of at least 1, got 0"),
    ("d/boxes.csv --task localize --size 48", "size must be 32 pixels a side for lenet5"),
    ("d/boxes.csv --task landmarks", "no points in d/boxes.csv"),
    ("d/points.csv --task detect", "d/points.csv"),
    ("d/several.csv --task localize", "train0.png: 2 boxes; localization knows one object an image"),
    ("d/nowhere.csv --task detect", "no such file or folder: d/nowhere.csv"),
    (
        "d/boxes.csv --task localize --ensemble 2",
        "task must be classify: an ensemble is of classifiers",
    ),
    (
        "d/boxes.csv --task localize --check",
        "task must be classify: other tasks are not tried on one batch, got 'localize'",
    ),
    ("d --task localize --out d/run", "out must be a folder outside of the data d"),
]


@pytest.mark.parametrize(("words", "message"), BAD_TRAININGS, ids=[row[0] for row in BAD_TRAININGS])
def test_bad_trainings(refused, data, words, message):
    Path("d/several.csv").write_text(
        "path,label,x0,y0,x1,y1,part\ntrain0.png,red,1,1,9,9,train\ntrain0.png,red,11,1,19,9,train\n"
        "train1.png,red,1,1,9,9,train\nval1.png,blue,1,1,9,9,val\n"
    )
    command = ("train", "--out", "run", *TRAIN_SMALL.split(), *words.split())
    assert message in " ".join(refused(*command).replace("│", " ").split())


BAD_COMMANDS = [
    ("predict {localize} x.png --tile 64", "x.png"),
    ("predict {localize} {image} --tile 64", "tiles are for detectors"),
    ("predict {detect} {image} --tile 64 --overlap 64", "overlap"),
    ("predict {detect} {image} --tile 8", "--tile"),
    ("predict {detect} {image} --csv a.csv", "--csv is of classes alone"),
    ("predict {detect} {image} --top 3", "--top is of classes alone"),
    ("predict {detect} {image} --crops 2", "--crops is of classes alone"),
    ("predict {detect} {image} --crop-scale 0.8", "--crop-scale is of classes alone"),
    ("predict {detect} {image} --overlap 64", "goes with --tile"),
    ("predict {detect} {image} --seconds 1", "goes with a video or --camera"),
    ("predict {detect} {image} --with {localize}", "members of an ensemble must have the same task"),
    ("evaluate {detect} {boxes} --with {localize}", "members of an ensemble must have the same task"),
    ("predict {detect} {image} --with {classes}", "model must be of classes"),
    ("predict {localize} {image} --mirrored", "was shown no mirrored images: train it for them by --distort 'mirror"),
    ("evaluate {localize} {boxes} --mirrored", "was shown no mirrored images"),
    ("evaluate {localize} {boxes} --out worst.jpg", "out must be a file ending in .png, got 'worst.jpg'"),
    ("evaluate {localize} {boxes} --out no/worst.png", "can't write no/worst.png: no folder"),
    ("predict {classes} {image} --mirrored", "--mirrored is of boxes and points alone (of classes: --crops 2)"),
    ("evaluate {classes} {boxes} --mirrored", "--mirrored is of boxes and points alone (of classes: --crops 2)"),
    ("predict {detect} {image} --out {detect}/x", "can't make the folder"),
    ("predict {detect} nowhere.mp4", "nowhere.mp4"),
    ("predict {detect} nowhere.mp4 {image}", "one video at a time, and no images beside it"),
    ("predict {detect} {image} --camera 0", "a camera and paths can't be looked at together"),
    ("predict {detect} broken.mp4 --out out.mp4", "broken.mp4"),
    ("predict {detect} good.mp4 --out good.mp4", "out must be another file than the source"),
    ("predict {detect} good.mp4 --out out.exe", "out.exe"),
    ("predict {detect} good.mp4 --skip-bad", "goes with images"),
    ("predict {detect} good.mp4 --seconds 0", "seconds must be above 0"),
    ("predict {localize} good.mp4 --tile 64", "tiles are for detectors"),
    ("predict {detect} copy.png --out .", "would be drawn over"),
    ("predict {detect} bad.png", "bad.png: not a JPEG"),
    ("predict {classes} {image} --out drawn", "--out is of boxes, points and events alone"),
    ("predict {detect} {image} --resample", "--resample is of signals, volumes and clips alone"),
    ("predict {classes} {image} --tile 64", "--tile is of boxes and points alone"),
    ("predict {classes} {image} --camera 0", "--camera is of boxes and points alone"),
    ("predict {classes} {image} --seconds 1", "--seconds is of boxes and points alone"),
    ("evaluate {detect} {points}", "points.csv"),
    ("evaluate {landmarks} {boxes}", "no points in"),
    ("evaluate {detect} {boxes} --part nosuch", "--part"),
    ("evaluate {detect} {boxes} --resample", "--resample is of signals, volumes and clips alone"),
    ("evaluate {detect} {boxes} --crops 2", "--crops is of classes alone"),
    ("evaluate {detect} {boxes} --crop-scale 0.8", "--crop-scale is of classes alone"),
    ("compare {landmarks_run} {classes_run} --out c.html", "runs must be judged by the same figure"),
]


@pytest.mark.parametrize(("command", "message"), BAD_COMMANDS, ids=[row[0] for row in BAD_COMMANDS])
def test_bad_commands(refused, marked_trained, trained, video, command, message):
    places = {name: marked_trained(name).model for name in TASKS} | {"classes": trained.model}
    places |= {f"{name}_run": Path(path).parent for name, path in places.items()}
    boxes = marked_trained("localize").data
    image = boxes.parent / "test0.png"
    places |= {"boxes": boxes, "points": marked_trained("landmarks").data, "image": image}
    video.rename("good.mp4")
    Path("broken.mp4").write_bytes(b"hello")
    Path("bad.png").write_text("hello")
    shutil.copy(image, "copy.png")
    before = everything(boxes.parent)
    err = refused(*(word.format(**places) for word in command.split()))
    assert message in " ".join(err.replace("│", " ").split())
    assert everything(boxes.parent) == before


def test_skip_bad(striate, marked_trained, task):
    trained = marked_trained(task)
    Path("bad.png").write_text("hello")
    shutil.copy(trained.data.parent / "test0.png", "good.png")
    code, out, err = striate("predict", trained.model, "bad.png", "good.png", "--skip-bad", "--json")
    assert code == 0, err
    assert [one["path"] for one in json.loads(out)] == ["good.png"]
    assert "skipped bad.png: not a JPEG" in err


def test_a_learning_rate_that_is_too_high(striate, data):
    """It is said in one sentence; the run's folder stays, with what was done."""
    words = ("--task", "localize", "--optimizer", "sgd", "--lr", "1e9", "--out", "run")
    code, out, err = striate("train", data / "boxes.csv", *TRAIN, *words)
    assert (code, out) == (1, "")
    assert err.count("error: ") == 1
    assert "too high" in err
    assert not Path("run/model.safetensors").exists()

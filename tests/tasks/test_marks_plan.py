"""Plans of trainings on boxes and points: what is chosen, what is refused before anything is written."""

import json
from pathlib import Path

import pytest

import striate
from striate.errors import ArgumentError, ShapeError, StriateError, UnknownNameError
from striate.tasks.marks_plan import MarksPlan
from tests.squares import write_squares

SMALL = {"model": "lenet5", "epochs": 1, "precision": "fp32"}


@pytest.fixture
def data():
    return write_squares("d", parts={"train": 8, "val": 4})


def plan_of(data, task, **wishes):
    return striate.train(data, task=task, out=f"run {len(list(Path().iterdir()))}", **wishes).plan


@pytest.mark.parametrize(("val", "few"), [(1, True), (50, True), (51, False)])
def test_where_few_are_held_back_the_loss_chooses_the_epoch(val, few):
    data = write_squares("few", parts={"train": 4, "val": val})
    plan = plan_of(data / "boxes.csv", "detect", **SMALL)
    assert plan.by_loss == few
    assert any("the lowest loss" in reason for reason in plan.reasons) == few
    assert MarksPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


REFUSED = [
    ({"views": 2}, ArgumentError, "views is of classification of images: leave it out for localize"),
    ({"hidden": (4,)}, ArgumentError, "hidden is of classification"),
    ({"last_stage": "conv1"}, ArgumentError, "last_stage is of classification"),
    ({"recipe": {"mixup": 0.2}}, ArgumentError, "mixup in the recipe is of classification: leave it out for localize"),
    ({"recipe": {"cutmix": 0.2}}, ArgumentError, "cutmix in the recipe"),
    ({"recipe": {"label_smoothing": 0.1}}, ArgumentError, "label_smoothing in the recipe"),
    ({"freeze": "auto"}, ArgumentError, "freeze must be none, all or a stage"),
    ({"freeze": "conv9"}, ArgumentError, "freeze must be"),
    ({"mosaic": 0.5}, ArgumentError, "mosaic is of detectors: leave it out for localize"),
    ({"task": "landmarks", "mosaic": 0.5}, ArgumentError, "mosaic is of detectors"),
    ({"task": "detect", "mosaic": 1.5}, ArgumentError, "mosaic must be a share in .* of a detector's images"),
    ({"task": "detect", "mosaic": -0.1}, ArgumentError, "mosaic must be"),
    ({"task": "classify", "mosaic": 0.5}, ArgumentError, "mosaic is of detectors: leave it out for classes of images"),
    ({"task": "classify", "loss": "modern"}, ArgumentError, "loss is of .*tasks on boxes or points"),
    ({"task": "segment"}, UnknownNameError, "no task named 'segment'"),
    ({"loss": "nosuch"}, UnknownNameError, "no loss named 'nosuch'; known: modern, documents"),
    ({"loss": "exponential"}, UnknownNameError, "no loss named 'exponential'; known: modern, documents"),
    ({"model": "nosuch"}, UnknownNameError, "nosuch"),
    ({"weights": "nosuch"}, UnknownNameError, "nosuch"),
    ({"epochs": 0}, ArgumentError, "epochs must be an integer of at least 1, got 0"),
    ({"lr": -1.0}, ArgumentError, "lr must be finite and positive"),
    ({"batch_size": 0}, ArgumentError, "batch_size must be"),
    ({"size": 48}, ShapeError, "size must be 32 pixels a side for lenet5"),
    ({"size": 8, "model": "resnet18", "weights": "none"}, ShapeError, "size must be at least 32"),
    ({"distort": "nosuch"}, ArgumentError, "distort must be"),
    ({"val_share": 1.0}, ArgumentError, "val_share must be"),
    ({"workers": -1}, ArgumentError, "workers must be"),
    (
        {"task": "detect", "batch_size": 1, "model": "resnet18", "weights": "none", "size": 32},
        ArgumentError,
        "batch norm of resnet18",
    ),
]


@pytest.mark.parametrize(("wishes", "error", "message"), REFUSED)
def test_wishes_that_are_refused(data, wishes, error, message):
    table = data / ("points.csv" if wishes.get("task") == "landmarks" else "boxes.csv")
    with pytest.raises(error, match=message):
        striate.train(table, out="run", **{"task": "localize", **SMALL, **wishes})
    assert not Path("run").exists()


@pytest.mark.parametrize(("task", "table"), [("landmarks", "boxes.csv"), ("detect", "points.csv")])
def test_data_of_another_task(data, task, table):
    with pytest.raises(StriateError, match=r"no (points|boxes) in|columns"):
        striate.train(data / table, task=task, out="run", **SMALL)
    assert not Path("run").exists()


@pytest.mark.parametrize("task", ["localize", "landmarks", "detect"])
@pytest.mark.parametrize("loss", [None, "documents"])
def test_through_json(data, task, loss):
    plan = plan_of(data / ("points.csv" if task == "landmarks" else "boxes.csv"), task, loss=loss, **SMALL)
    assert MarksPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


@pytest.mark.parametrize(
    ("hw", "size", "frame"),
    [
        ((32, 32), None, (64, 64)),  # enlarged twice
        ((40, 60), None, (96, 128)),  # as wide as the images
        ((60, 40), None, (128, 96)),
        ((300, 400), None, (160, 224)),  # the habit's 224 at most
        ((32, 32), 96, (96, 96)),
        ((30, 60), 128, (64, 128)),
        ((32, 32), 48, (48, 48)),  # no side is longer than what was asked for
        ((10, 100), 96, (32, 96)),
    ],
)
def test_the_frame(hw, size, frame):
    """The whole image in a letterbox; sides are multiples of 32 unless another one is asked for."""
    data = write_squares("d", parts={"train": 5, "val": 2}, hw=hw)
    preset = plan_of(data / "boxes.csv", "localize", model="resnet18", weights="none", epochs=1, size=size).preset
    assert (preset.size_hw, preset.fit) == (frame, "letterbox")


def test_images_of_other_sizes_and_orientations():
    """The frame suits the median; every one fits in."""
    for number, hw in enumerate([(40, 60), (60, 40), (50, 50), (44, 66)]):
        write_squares(f"d/{number}", parts={"train": 4, "val": 2}, hw=hw, seed=number)
    head, rows = None, []
    for number in range(4):
        head, *own = Path(f"d/{number}/boxes.csv").read_text().splitlines()
        rows += [f"{number}/{row}" for row in own]
    Path("d/all.csv").write_text("\n".join([head, *rows]))
    run = striate.train("d/all.csv", task="localize", out="run", **SMALL)
    list(run)
    assert run.outcome.figures["val"].n == 8
    for one, (path, width, height) in zip(
        striate.load("run").predict(["d/0/val0.png", "d/1/val0.png"]), [(0, 60, 40), (1, 40, 60)], strict=True
    ):
        left, top, right, bottom = one.xyxy
        assert 0 <= left <= right <= width, path
        assert 0 <= top <= bottom <= height, path


def test_what_is_chosen(data):
    plan = plan_of(data / "boxes.csv", "localize", **SMALL)
    sizes = {"num_classes": 2, "in_channels": 3, "dims": 2}
    assert plan.arguments == sizes | {"head": "localize", "size_hw": [32, 32], "last_stage": "conv2"}
    assert (plan.weights, plan.freeze, plan.mosaic) == (None, "none", 0.0)
    assert plan.preset.labels == ("blue", "red")
    assert plan.reasons[:2] == ("lenet5, from random weights", "sees the whole image, in 32 x 32 pixels")
    detect = plan_of(data / "boxes.csv", "detect", loss="documents", mosaic=0.5, **SMALL)
    assert (detect.arguments["head"], detect.mosaic) == ("grid", 0.5)
    assert len(detect.arguments["anchors"]) == 10
    assert plan_of(data / "boxes.csv", "detect", **SMALL).arguments["levels"] == ["conv1", "conv2"]

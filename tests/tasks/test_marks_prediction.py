"""What a trained model of boxes or points says of files, and how it draws it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import striate
from striate.data import open_boxes, read_image
from striate.errors import ArgumentError, DataError, ImageError, ModelFileError, OutputError, ShapeError
from striate.models import load_model, save_model
from striate.ops import box_iou
from striate.results import Detections, Landmarks, Localization
from striate.tasks import MarksPredictor, draw_found, evaluate_marks, find_in_files
from tests.squares import write_picture, write_squares

TASKS = {"localize": Localization, "landmarks": Landmarks, "detect": Detections}


@pytest.fixture(params=TASKS)
def task(request):
    return request.param


@pytest.fixture
def predictor(marked_trained, task):
    return striate.load(marked_trained(task).run, device="cpu")


def images_of(trained):
    return sorted(trained.data.parent.glob("test?.png"))


def told(found):
    return [one.to_dict() for one in found]


def test_files_and_arrays_are_the_same(marked_trained, predictor, task):
    paths = images_of(marked_trained(task))
    found = predictor.predict(paths)
    assert {type(one) for one in found} == {TASKS[task]}
    assert told(predictor.predict([read_image(path) for path in paths])) == told(found)
    assert told(predictor.stream(paths)) == told(found)
    assert [path for path, _ in find_in_files(predictor, paths)[0]] == list(map(str, paths))
    assert predictor.predict([]) == []


def test_a_batch_answers_as_single_images_do(marked_trained, predictor, task):
    paths = images_of(marked_trained(task))[:4]
    for together, alone in zip(predictor.predict(paths), (predictor.predict([path])[0] for path in paths), strict=True):
        for one, other in zip(flat(together), flat(alone), strict=True):
            assert one == pytest.approx(other, abs=2e-2)


def flat(found):
    if isinstance(found, Detections):
        return np.sort(found.xyxy, axis=0).ravel().tolist()
    return list(np.ravel(found.xyxy if isinstance(found, Localization) else found.xy))


def test_lines_say_what_is_there(marked_trained, predictor, task):
    (something,), (nothing,) = (predictor.predict([marked_trained(task).data.parent / f"test{i}.png"]) for i in (0, 3))
    assert predictor.task.lines(nothing)[0].endswith("nothing")
    first = predictor.task.lines(something)[0]
    assert first.startswith("left_top: ") if task == "landmarks" else ("red" in first or "blue" in first)


def test_pictures_are_drawn(marked_trained, predictor, task):
    """Where something was found, pixels change; the image itself is not written to."""
    path = marked_trained(task).data.parent / "test0.png"
    before = read_image(path)
    write_picture(Path("other/test0.png"), before)
    answers, _ = find_in_files(predictor, [path, "other"])
    assert draw_found(predictor, answers[:1], "one.png") == Path("one.png")
    assert Path("one.png").is_file()
    with pytest.raises(ArgumentError, match=f"out must be a folder, as there are {len(answers)} images, got 'one.jpg'"):
        draw_found(predictor, answers, "one.jpg")
    folder = draw_found(predictor, answers, "out/pictures")
    assert sorted(p.name for p in folder.iterdir()) == ["test0-2.png", "test0.png"]
    drawn = read_image(folder / "test0.png")
    assert drawn.shape[2] == 3
    assert drawn.shape != before.shape or (drawn != before).any()
    assert (read_image(path) == before).all()
    with pytest.raises(OutputError, match="drawn over"):
        draw_found(predictor, answers, "other")
    assert (read_image("other/test0.png") == before).all()
    Path("file").write_text("x")
    with pytest.raises(OutputError, match="can't make the folder file"):
        draw_found(predictor, answers, "file")


def test_files_that_cannot_be_read(marked_trained, predictor, task):
    good = marked_trained(task).data.parent / "test0.png"
    Path("bad.png").write_text("hello")
    with pytest.raises(DataError, match="1 of 2 images can't be read") as caught:
        find_in_files(predictor, [good, "bad.png"])
    assert [p.path for p in caught.value.problems] == ["bad.png"]
    found, bad = find_in_files(predictor, ["bad.png", good], skip_bad=True)
    assert [path for path, _ in found] == [str(good)]
    assert told(one for _, one in found) == told(predictor.predict([good]))
    assert [p.path for p in bad] == ["bad.png"]
    with pytest.raises(ImageError, match=r"bad\.png"):
        predictor.predict(["bad.png"])
    with pytest.raises(ShapeError, match="image"):
        predictor.predict([np.zeros((4, 4), np.uint8)])


def test_tiles_find_what_the_whole_image_would_be_too_large_for(marked_trained):
    """Four pictures beside each other; each is seen at the size that was learned."""
    trained = marked_trained("detect")
    detector = striate.load(trained.run)
    parts = [read_image(trained.data.parent / f"test{i}.png") for i in (0, 1, 2, 4)]
    large = np.vstack([np.hstack(parts[:2]), np.hstack(parts[2:])])
    squares = open_boxes(trained.data, val_share=0).parts["test"].items
    corners = {"test0.png": (0, 0), "test1.png": (64, 0), "test2.png": (0, 48), "test4.png": (64, 48)}
    wanted = np.concatenate([item.xyxy + np.tile(corners[item.path], 2) for item in squares if item.path in corners])
    tiled = detector.tiled(large, 64, 40)
    best = box_iou(torch.from_numpy(wanted), torch.from_numpy(tiled.xyxy.copy())).amax(dim=1)
    assert (best > 0.4).all()
    assert (tiled.xyxy >= 0).all()
    assert (tiled.xyxy[:, 2:] <= [128, 96]).all()
    write_picture(Path("large.png"), large)
    (answer,), _ = find_in_files(detector, ["large.png"], tile=(64, 40))
    assert answer.found.to_dict() == tiled.to_dict()
    with pytest.raises(ArgumentError, match="overlap"):
        detector.tiled(large, 64, 64)


@pytest.mark.parametrize("one_object", ["localize", "landmarks"])
def test_tiles_are_for_detectors(marked_trained, one_object):
    trained = marked_trained(one_object)
    with pytest.raises(ArgumentError, match="tiles are for detectors"):
        find_in_files(striate.load(trained.run), images_of(trained), tile=(32, 8))


def test_other_data_is_measured(predictor, task):
    """Of other images than those it learned from, in another size, all in one part."""
    root = write_squares("d", parts={"": 12}, hw=(48, 64), seed=9)
    for name in ("boxes.csv", "points.csv"):
        head, *rows = (root / name).read_text().splitlines()
        (root / name).write_text("\n".join([head.removesuffix(",part"), *(row.rsplit(",", 1)[0] for row in rows)]))
    seen = []
    evaluation = evaluate_marks(
        predictor,
        root / ("points.csv" if task == "landmarks" else "boxes.csv"),
        on_images=lambda done, total: seen.append((done, total)),
    )
    assert (evaluation.part, evaluation.figures.n, evaluation.remarks) == ("all", 12, ())
    assert seen[-1] == (12, 12)
    assert evaluation.to_dict()["part"] == "all"
    with pytest.raises(ArgumentError, match="part must be one of the data's, train, or all, got 'test'"):
        evaluate_marks(predictor, root / ("points.csv" if task == "landmarks" else "boxes.csv"), part="test")


def test_data_with_other_names_is_refused(predictor, task):
    write_picture(Path("a.png"), np.zeros((32, 32, 3), np.uint8))
    if task == "landmarks":
        Path("t.csv").write_text("path,nose_x,nose_y,chin_x,chin_y\na.png,1,2,3,4\n")
    else:
        Path("t.csv").write_text("path,label,x0,y0,x1,y1\na.png,green,1,2,3,4\n")
    with pytest.raises((ArgumentError, DataError), match=r"green|left_top"):
        evaluate_marks(predictor, "t.csv")


def test_models_of_classes_and_of_boxes_are_told_apart(marked_trained, trained):
    localizer = marked_trained("localize").run
    assert isinstance(striate.load(localizer), MarksPredictor)
    with pytest.raises(ArgumentError, match=r"model must be of classes, got .*localize"):
        striate.load([localizer, trained.run])


def test_a_model_file_without_its_threshold(marked_trained, task):
    network, header = load_model(marked_trained(task).model)
    save_model("m.safetensors", network, header.__class__(**{**vars(header), "thresholds": {}}))
    with pytest.raises(ModelFileError, match=f"a model for {task} must have the threshold"):
        striate.load("m.safetensors")


def test_cv2_and_striate_read_the_same(marked_trained):
    """The fixtures write RGB as BGR: a red square is red to both."""
    path = marked_trained("localize").data.parent / "test0.png"
    assert (cv2.imread(str(path))[..., ::-1] == read_image(path)).all()


def test_evaluate_takes_any_model(marked_trained, predictor, task):
    trained = marked_trained(task)
    assert striate.evaluate(trained.run, trained.data).to_dict() == evaluate_marks(predictor, trained.data).to_dict()
    with pytest.raises(
        ArgumentError, match="crops must be 1 for an encoder or a model of boxes, points or recordings, got 10"
    ):
        striate.evaluate(trained.run, trained.data, crops=10)

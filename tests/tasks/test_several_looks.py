"""Boxes and points that are looked for several times, by one network or by many, and fused."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

import striate
from striate.data import read_image
from striate.errors import ArgumentError, ImageError, ShapeError
from striate.models.detector import Decoded
from striate.preset import Preset
from striate.results import Classes, Detections, Landmarks, Localization
from striate.runtime import Engine
from striate.tasks import MarksEnsemble, MarksPredictor, evaluate_marks
from striate.tasks.detect import DetectTask
from striate.tasks.landmarks import LandmarksTask
from striate.tasks.localize import LocalizeTask

PLAIN = {"mean": (0.0,) * 3, "std": (255.0,) * 3, "border": (0.0,) * 3}
BOXES = Preset((48, 64), fit="letterbox", labels=("red", "green"), **PLAIN)
FACE = Preset((64, 64), fit="letterbox", labels=("left_eye", "nose", "right_eye"), **PLAIN)
ALL = {"plan": {"pipeline": [{"name": "mirror", "probability": 0.5}, {"name": "flip", "probability": 0.5}]}}


# Networks that are right in every mirror, but for a shift to one side of the frame.


@dataclass
class Boxes:
    """One for each class."""

    boxes: torch.Tensor

    def decode(self):
        scores = torch.eye(self.boxes.shape[1]) * torch.tensor([0.9, 0.6])
        return Decoded(self.boxes, scores.expand(len(self.boxes), -1, -1))


class Hulls(torch.nn.Module):
    """The hull of what is red, and of what is green."""

    def __init__(self, shift=0.0):
        super().__init__()
        self.shift = shift
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, planes):
        boxes = torch.tensor([[hull(image[i]) for i in (0, 1)] for image in planes])
        return Boxes(boxes + torch.tensor([self.shift, 0, self.shift, 0]))


class Place(Hulls):
    """The hull of what is red, in the course documents' numbers."""

    def forward(self, planes):
        left, top, right, bottom = super().forward(planes).boxes[:, 0].T
        height, width = planes.shape[2:]
        there = [
            (left + right) / 2 / width,
            (top + bottom) / 2 / height,
            (bottom - top) / height,
            (right - left) / width,
        ]
        ones = torch.ones(len(planes))
        return torch.stack([0.75 * ones, *there, 0.75 * ones, 0.25 * ones], dim=1)


class Eyes(Hulls):
    """Two red eyes and a green nose: the left one is that at the left, of a face that stands on its head the other."""

    def forward(self, planes):
        answers = []
        for image in planes:
            half = image.clone()[0]
            columns = half.amax(dim=0).gt(0.5).nonzero()[:, 0]
            middle = int(columns.float().mean().round())
            at_left, at_right = middle_of(half[:, :middle]), middle_of(half[:, middle:], middle)
            nose = middle_of(image[1])
            upright = nose[1] > (at_left[1] + at_right[1]) / 2
            eyes = (at_left, at_right) if upright else (at_right, at_left)
            points = [eyes[0], nose, eyes[1]]
            height, width = half.shape
            answers.append([0.8, *(v for x, y in points for v in ((x + self.shift) / width, y / height))])
        return torch.tensor(answers)


def hull(plane):
    rows, columns = (plane > 0.5).nonzero(as_tuple=True)
    ends = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    return [float(end) for end in ends]


def middle_of(plane, left=0):
    x0, y0, x1, y1 = hull(plane)
    return left + (x0 + x1) / 2, (y0 + y1) / 2


def predictor(network, preset, task, record=ALL, name="a"):
    return MarksPredictor(Engine(network, preset, batch_size=2), task, record, name=name)


def picture(hw=(40, 61)):
    """A red and a green box, neither in the middle."""
    image = np.zeros((*hw, 3), np.uint8)
    image[5:17, 4:30, 0] = 255
    image[20:36, 36:54, 1] = 255
    return image


def face(hw=(64, 50)):
    image = np.zeros((*hw, 3), np.uint8)
    for x, y, channel in ((10, 12, 0), (34, 20, 0), (25, 40, 1)):
        image[y - 2 : y + 2, x - 2 : x + 2, channel] = 255
    return image


def detector(shift=0.0, **options):
    return predictor(Hulls(shift), BOXES, DetectTask(confidence=0.3), **options)


def same(found, other, tolerance=1e-4):
    return flat(found) == pytest.approx(flat(other), abs=tolerance)


def flat(found):
    if isinstance(found, Detections):
        return [*found.xyxy.ravel(), *found.confidence, *found.class_id]
    return [found.presence, *np.ravel(found.xyxy if isinstance(found, Localization) else found.xy)]


KINDS = {  # network, preset, task, image
    "detect": (Hulls, BOXES, DetectTask(confidence=0.3), picture()),
    "localize": (Place, BOXES, LocalizeTask(linear=True), picture()),
    "landmarks": (Eyes, FACE, LandmarksTask(linear=True), face()),
}


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


def test_mirrored_looks_of_a_network_that_is_right_in_each(kind):
    """They are the plain one; left and right keep their names."""
    network, preset, task, image = kind
    plain = predictor(network(), preset, task)
    (once,), (often,) = plain.predict([image]), plain.mirrored().predict([image])
    assert len(plain.mirrored().reflections) == 4
    assert same(often, once)
    if isinstance(once, Landmarks):
        assert once["left_eye"] == pytest.approx((10, 12), abs=0.6)
        assert often["left_eye"][0] < often["nose"][0] < often["right_eye"][0]


def test_mirrored_looks_take_an_error_to_one_side_away(kind):
    network, preset, task, image = kind
    (right,) = predictor(network(), preset, task).predict([image])
    shifted = predictor(network(1.5), preset, task)
    assert not same(shifted.predict([image])[0], right, 0.5)
    assert same(shifted.mirrored().predict([image])[0], right)


def test_flips_alone():
    """Upside down only: the error to the side stays."""
    record = {"plan": {"pipeline": [{"name": "flip", "probability": 0.5}]}}
    flipped = detector(1.5, record=record).mirrored()
    assert len(flipped.reflections) == 2
    assert same(flipped.predict([picture()])[0], detector(1.5).predict([picture()])[0])


def test_boxes_that_the_network_gives_with_swapped_corners_stay_away():
    """A mirror must not put them in order."""

    class Swapped(Hulls):
        def forward(self, planes):
            return Boxes(super().forward(planes).boxes[..., [2, 1, 0, 3]])

    found = predictor(Swapped(), BOXES, DetectTask(confidence=0.3))
    assert len(found.predict([picture()])[0]) == len(found.mirrored().predict([picture()])[0]) == 0


def test_training_without_mirrors():
    with pytest.raises(ArgumentError, match="a was shown no mirrored images: train it for them by --distort 'mirror"):
        detector(record={}).mirrored()
    with pytest.raises(ArgumentError, match="b was shown no mirrored images"):
        MarksEnsemble([detector(), detector(record={}, name="b")]).mirrored()


def test_tiles_and_frames_are_looked_at_mirrored():
    image = np.concatenate([picture((48, 64)), picture((48, 64))], axis=1)
    assert same(detector().mirrored().tiled(image, 64, 30), detector().tiled(image, 64, 30))
    frames = [picture(), picture((48, 64)), picture()]
    for seen, wanted in zip(detector(1.5).mirrored().on_frames()(frames), detector().predict(frames), strict=True):
        assert same(seen, wanted)


# What fusing does


def detections(*rows):
    table = np.array(rows, float).reshape(-1, 6)
    names = np.array(["red", "green"])[table[:, 0].astype(int)]
    return Detections(table[:, 2:], table[:, 1], table[:, 0].astype(np.int64), tuple(names))


def test_fused_detections():
    task = DetectTask()
    one = detections((1, 0.5, 0, 0, 10, 10), (0, 0.75, 20, 0, 30, 10))
    fused = task.fused([one, detections((1, 0.5, 0, 0, 10, 12)), Detections.empty()])
    assert fused.labels == ("green", "red")
    assert fused.confidence.tolist() == pytest.approx([1 / 3, 0.25])
    assert fused.xyxy.tolist() == [[0, 0, 10, 11], [20, 0, 30, 10]]
    assert len(task.fused([Detections.empty()] * 2)) == 0
    assert task.fused([one]).to_dict() == one[[1, 0]].to_dict()
    many = detections(*((0, 0.5, 20 * i, 0, 20 * i + 10, 10) for i in range(200)))
    more = detections(*((0, 0.4, 20 * i, 50, 20 * i + 10, 60) for i in range(200)))
    assert len(task.fused([many, more])) == 300


def test_fused_places_are_weighted_by_presence():
    """What a look says of an object that it does not see means nothing."""
    one = Localization(0.75, (0, 0, 10, 10), Classes(("ant", "bee"), (0.8, 0.2)))
    other = Localization(0.25, (4, 4, 14, 18), Classes(("bee", "ant"), (1.0, 0.0)))
    fused = LocalizeTask(threshold=0.4).fused([one, other])
    assert (fused.presence, fused.threshold, fused.xyxy) == (0.5, 0.4, (1, 1, 11, 12))
    assert fused.classes.labels == ("ant", "bee")
    assert fused.classes.probabilities == pytest.approx((0.6, 0.4))
    points = [Landmarks(p, ("a", "b"), ((x, 0.0), (0.0, x))) for p, x in ((0.75, 0.0), (0.25, 8.0))]
    assert LandmarksTask(threshold=0.4).fused(points) == Landmarks(0.5, ("a", "b"), ((2.0, 0.0), (0.0, 2.0)), 0.4)


def test_nobody_sees_anything():
    """Presences of 0: the plain mean, which means nothing but is finite."""
    nothing = [Localization(0.0, (x, 0, x + 2, 2), Classes(("ant",), (1.0,))) for x in (0, 4)]
    assert LocalizeTask().fused(nothing).xyxy == (2, 0, 4, 2)
    points = [Landmarks(0.0, ("a",), ((x, 0.0),)) for x in (0.0, 4.0)]
    assert LandmarksTask().fused(points).xy == ((2.0, 0.0),)


# Several networks


def test_members_that_err_to_either_side(kind):
    """Each prepares images in its own size."""
    network, preset, task, image = kind
    right = predictor(network(), preset, task)
    other = predictor(network(-1.5), preset, task)
    together = MarksEnsemble([predictor(network(1.5), preset, task), other])
    assert same(together.predict([image] * 3)[2], right.predict([image])[0])
    larger = Preset(tuple(2 * side for side in preset.size_hw), fit="letterbox", labels=preset.labels, **PLAIN)
    mixed = MarksEnsemble([right, predictor(network(), larger, task)])
    assert same(mixed.predict([image])[0], right.predict([image])[0], 1.0)
    assert same(together.mirrored().predict([image])[0], right.predict([image])[0])
    assert together.predict([]) == []


def test_an_ensemble_has_what_its_users_need():
    members = [detector(), predictor(Hulls(), BOXES, DetectTask(confidence=0.5))]
    members[0].notice = members[1].notice = "some licence"
    together = MarksEnsemble(members)
    assert (together.name, together.notice, len(together)) == ("ensemble of 2", "some licence", 2)
    assert (together.labels, together.preset) == (("red", "green"), BOXES)
    assert together.task.thresholds == {"confidence": 0.4, "iou": 0.5}
    assert same(together.on_frames()([picture()])[0], members[0].predict([picture()])[0])
    image = np.concatenate([picture((48, 64))] * 2, axis=1)
    for tiled in (together.tiled(image, 64, 30), *together.on_frames((64, 30))([image])):
        assert same(tiled, members[0].tiled(image, 64, 30))
    with pytest.raises(ShapeError, match="image"):
        together.predict([picture()[..., :1]])


def test_files_that_an_ensemble_cannot_read(tmp_path):
    (tmp_path / "bad.png").write_text("hello")
    together, problems = MarksEnsemble([detector(), detector()]), []
    found = together.predict([tmp_path / "bad.png", picture()], on_bad=lambda path, e: problems.append(path.name))
    assert (len(found), problems) == (1, ["bad.png"])
    with pytest.raises(ImageError, match=r"bad\.png"):
        together.predict([tmp_path / "bad.png"])


def of(**options):
    return predictor(
        Hulls(), Preset(**{"size_hw": (48, 64), "labels": BOXES.labels, **options}), DetectTask(), name="b"
    )


REFUSED = {
    "none": ([], "members must be at least one model of boxes or points, got none"),
    "other labels": (
        [detector(), of(labels=("red", "blue"))],
        "the same labels; a has red, green, b has red, blue",
    ),
    "another order": ([detector(), of(labels=("green", "red"))], "the same labels; a has red, green, b has green, red"),
    "other channels": (
        [detector(), of(channels=1, mean=(0.0,), std=(1.0,), border=(0.0,))],
        "the same channels; a has 3, b has 1",
    ),
    "other tasks": (
        [detector(), predictor(Place(), BOXES, LocalizeTask())],
        "the same task; a has detect, a has localize",
    ),
}


@pytest.mark.parametrize(("members", "message"), REFUSED.values(), ids=REFUSED)
def test_members_that_do_not_fit(members, message):
    with pytest.raises(ArgumentError, match=message):
        MarksEnsemble(members)


# Trained networks


def test_a_trained_detector(marked_trained):
    """Mirrored and twice; what is measured is what is predicted."""
    trained = marked_trained("detect")
    plain, twice = striate.load(trained.run), striate.load([trained.run, trained.model])
    assert isinstance(twice, MarksEnsemble)
    paths = sorted(trained.data.parent.glob("test?.png"))
    for found, other in zip(twice.predict(paths), plain.predict(paths), strict=True):
        assert same(found, other)
    score = evaluate_marks(plain, trained.data).score.value
    assert evaluate_marks(twice, trained.data).score.value == pytest.approx(score)
    often, done = plain.mirrored(), []
    evaluation = evaluate_marks(often, trained.data, out="worst.png")
    assert evaluation.score.value > score - 0.2
    assert evaluation.to_dict() == striate.evaluate(often, trained.data).to_dict()
    striate.evaluate(twice, trained.data, on_images=lambda now, total: done.append((now, total)))
    assert done == [(8, 16), (16, 16)]
    pixels = [read_image(path) for path in paths]
    assert [found.to_dict() for found in often.predict(paths)] == [found.to_dict() for found in often.predict(pixels)]


@pytest.mark.parametrize("one_object", ["localize", "landmarks"])
def test_trained_networks_of_one_object(marked_trained, one_object):
    trained = marked_trained(one_object)
    plain, twice = striate.load(trained.run), striate.load([trained.run, trained.run])
    paths = sorted(trained.data.parent.glob("test?.png"))
    for found, other in zip(twice.predict(paths), plain.predict(paths), strict=True):
        assert same(found, other)
    assert "members were trained on this data" in evaluate_marks(twice, trained.data, part="val").remarks[0]
    with pytest.raises(ArgumentError, match="was shown no mirrored images"):
        plain.mirrored()
    with pytest.raises(ArgumentError, match="tiles are for detectors"):
        twice.tiled(paths[0], 32, 8)

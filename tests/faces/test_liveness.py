"""Liveness: which part of an image is looked at, whose answers are averaged, and what never passes."""

import zipfile

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import striate
from striate.data import write_image
from striate.errors import ArgumentError, ModelFileError, ShapeError, WeightsError
from striate.faces import LivenessChecker, live_crop
from striate.faces.liveness import Look, live_box
from striate.models import ModelFile, create_model, find_source, save_model
from striate.preset import Preset
from striate.results import Face, Liveness
from striate.runtime import Engine
from tests.faces.astronauts import astronaut

PRESET = Preset(size_hw=(80, 80), mean=(0.0,) * 3, std=(255.0,) * 3, fit="stretch", labels=("not live", "live"))


def face(left, top, right, bottom):
    x, y = (left + right) / 2, (top + bottom) / 2
    return Face((left, top, right, bottom), 1.0, ((x, y),) * 5)


def network(seed=0, **options):
    torch.manual_seed(seed)
    return create_model("minifasnet_v2", width=1 / 8, **{"num_classes": 2, **options}).eval()


def engine(seed=0, preset=PRESET):
    return Engine(network(seed), preset, batch_size=3)


def pictures(n, hw=(120, 160)):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (*hw, 3), dtype=np.uint8) for _ in range(n)]


def slow_box(xyxy, height, width, scale):
    """As its authors describe it, step by step: enlarge, move right, down, left, up, then cut off fractions."""
    left, top, right, bottom = xyxy
    w, h = right - left, bottom - top
    scale = min(scale, (height - 1) / h, (width - 1) / w)
    x0, x1 = left + w / 2 - scale * w / 2, left + w / 2 + scale * w / 2
    y0, y1 = top + h / 2 - scale * h / 2, top + h / 2 + scale * h / 2
    if x0 < 0:
        x0, x1 = 0, x1 - x0
    if y0 < 0:
        y0, y1 = 0, y1 - y0
    if x1 > width:
        x0, x1 = x0 - (x1 - width), width
    if y1 > height:
        y0, y1 = y0 - (y1 - height), height
    return x0, y0, x1, y1


@given(
    st.tuples(st.floats(-50, 200), st.floats(-50, 200), st.floats(1, 150), st.floats(1, 150)),
    st.integers(2, 200),
    st.integers(2, 200),
    st.sampled_from([1.0, 2.7, 4.0]),
)
def test_box_is_the_authors(box, height, width, scale):
    x, y, w, h = box
    found = live_box(face(x, y, x + w, y + h), (height, width), scale)
    for side, wanted in zip(found, slow_box((x, y, x + w, y + h), height, width, scale), strict=True):
        assert wanted - 1 - 1e-6 < side <= wanted + 1  # whole pixels, and one at least
    left, top, right, bottom = found
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height


# box, (height, width), times, left, top, right, bottom
BOXES = [
    ((40, 40, 60, 60), (100, 100), 2.7, (23, 23, 77, 77)),  # around its centre
    ((0, 40, 20, 60), (100, 100), 2.0, (0, 30, 40, 70)),  # moved right
    ((90, 90, 110, 110), (100, 100), 2.0, (60, 60, 100, 100)),  # half outside: moved left and up
    ((500, 500, 520, 520), (100, 100), 2.0, (60, 60, 100, 100)),  # far outside
    ((10, 10, 90, 90), (100, 100), 4.0, (0, 0, 99, 99)),  # no larger than the image
    ((0, 0, 0.1, 0.1), (100, 100), 2.0, (0, 0, 1, 1)),  # a pixel at least
    ((0, 0, 1, 1), (1, 1), 4.0, (0, 0, 1, 1)),  # an image of one
]


@pytest.mark.parametrize(("xyxy", "hw", "times", "box"), BOXES)
def test_boxes_by_hand(xyxy, hw, times, box):
    assert live_box(face(*xyxy), hw, times) == box


@pytest.mark.parametrize("shape", [(100, 100), (100, 100, 1), (100, 100, 3), (100, 100, 4)])
def test_crops_are_in_colour(shape):
    crop = live_crop(np.full(shape, 255, np.uint8), face(40, 40, 60, 70), 2.0)
    assert crop.shape == (60, 40, 3)
    assert (crop == 255).all()


@pytest.mark.parametrize("aliased", [True, False])
def test_probability_is_the_mean_of_the_networks(aliased):
    images, faces = pictures(4), [face(20 + 5 * i, 30, 60 + 9 * i, 90) for i in range(4)]
    looks = [Look(engine(seed), times, aliased) for seed, times in ((0, 1.0), (1, 2.7))]
    found = LivenessChecker(looks).check(images, faces)
    for image, one, answer in zip(images, faces, found, strict=True):
        live = []
        for look in looks:
            left, top, right, bottom = live_box(one, image.shape[:2], look.enlarged)
            crop = image[top:bottom, left:right]
            crop = cv2.resize(crop, (80, 80)) if aliased else crop
            live.append(torch.from_numpy(look.engine([crop])).softmax(dim=1)[0, 1].item())
        assert answer.probability == pytest.approx(np.mean(live), abs=1e-5)
        assert answer.live == (answer.probability > 0.5)


def test_by_batch_or_one_by_one():
    images, faces = pictures(7), [face(20 + 5 * i, 30, 60 + 9 * i, 90) for i in range(7)]
    checker = LivenessChecker([Look(engine(), 2.0)])
    together = [answer.probability for answer in checker.check(images, faces)]
    apart = [checker.check([image], [one])[0].probability for image, one in zip(images, faces, strict=True)]
    assert together == pytest.approx(apart, abs=1e-6)
    assert checker.check([], []) == []


def test_threshold():
    images, faces = pictures(1), [face(20, 20, 60, 60)]
    look = Look(engine(), 2.0)
    p = LivenessChecker([look]).check(images, faces)[0].probability
    for threshold, live in ((p - 1e-3, True), (p, False), (1.0, False)):
        assert LivenessChecker([look], threshold=threshold).check(images, faces) == [Liveness(live, p)]


def test_a_missing_model_raises(tmp_path, monkeypatch):
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match="not on this machine: striate weights fetch minifasnet_v2"):
        LivenessChecker.open()
    with pytest.raises(ModelFileError, match=r"none\.safetensors"):
        LivenessChecker.open(tmp_path / "none.safetensors")


def saved(path, labels=("live", "not live"), task="classify", channels=3):
    outputs = len(labels) or 16  # numbers of an encoding
    arguments = {"num_classes": outputs, "in_channels": channels, "dims": 2, "width": 1 / 8}
    preset = Preset(
        size_hw=(80, 80), channels=channels, mean=(0.0,) * channels, std=(255.0,) * channels, labels=tuple(labels)
    )
    model = network(num_classes=outputs, in_channels=channels)
    save_model(path, model, ModelFile("minifasnet_v2", arguments, task, preset))
    return path


def test_a_model_of_ones_own(tmp_path):
    path = saved(tmp_path / "model.safetensors")
    images, faces = pictures(3), [face(20, 20, 60, 60)] * 3
    found = LivenessChecker.open(path, enlarged=2.0, device="cpu").check(images, faces)
    assert found == LivenessChecker.open(tmp_path, enlarged=2.0, device="cpu").check(images, faces)  # its folder
    classes = striate.load(path).predict([live_crop(image, one, 2.0) for image, one in zip(images, faces, strict=True)])
    wanted = [dict(zip(c.labels, c.probabilities, strict=True))["live"] for c in classes]
    assert [answer.probability for answer in found] == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": ("real", "fake")}, "knows no class 'live' among others: its task is classify, of real, fake"),
        ({"labels": ("live",)}, "knows no class 'live' among others"),
        ({"task": "multilabel"}, "its task is multilabel, of live, not live$"),
        ({"task": "verify", "labels": ()}, "its task is verify$"),
        ({"channels": 1}, "expects 1 channels; liveness is told from colours, 3"),
    ],
)
def test_models_that_cannot_tell(tmp_path, options, message):
    with pytest.raises(ModelFileError, match=message):
        LivenessChecker.open(saved(tmp_path / "model.safetensors", **options))


def test_the_recipe(tmp_path):
    """Crops in two folders, `striate train`, and the run's folder as the checker's model: of stripes and of noise."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:60, :60]
    images = {"live": [], "not live": []}
    for _ in range(24):
        waves = 127 + 120 * np.sin(0.4 * (x + y) + rng.uniform(0, 6))
        images["live"].append(np.repeat(waves[..., None], 3, axis=2).astype(np.uint8))
        images["not live"].append(rng.integers(0, 256, (60, 60, 3), dtype=np.uint8))
    for label, some in images.items():
        for i, image in enumerate(some[:20]):
            path = tmp_path / "data" / label / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_image(path, live_crop(image, face(20, 20, 40, 40), 2.7))
    options = {"model": "lenet5", "epochs": 6, "batch_size": 8, "precision": "fp32", "distort": "none"}
    list(striate.train(tmp_path / "data", out=tmp_path / "run", **options))
    checker = LivenessChecker.open(tmp_path / "run", enlarged=2.7, device="cpu")
    for label, some in images.items():
        answers = checker.check(some[20:], [face(20, 20, 40, 40)] * 4)
        assert [str(answer) for answer in answers] == [label] * 4


@pytest.fixture
def published(real_data, tmp_path, monkeypatch):
    """The published weights as if they had been fetched."""
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path))
    with zipfile.ZipFile(real_data / "weights.zip") as archive:
        for name in ("minifasnet_v2", "minifasnet_v1se"):
            where, digest = find_source(name).where, find_source(name).sha256
            where.place().parent.mkdir(exist_ok=True)
            where.place().write_bytes(archive.read(f"weights/anti_spoofing/{where.file}"))
            where.record(digest)


def test_an_astronaut_lives(published):
    checker = LivenessChecker.open(device="cpu")
    assert checker.notice.count("Apache-2.0") == 2
    found = checker.check([astronaut()], [face(172, 62, 277, 192)])
    assert found[0].live


class Answers:
    """In place of an engine: the same logits for each crop."""

    preset = PRESET

    def __init__(self, *logits):
        self.logits = np.array(logits, np.float32)

    def __call__(self, crops):
        return np.stack([self.logits for _ in crops])


@pytest.mark.parametrize("size", [-1e4, 0.0, 1e4])
def test_logits_of_any_size(size):
    (found,) = LivenessChecker([Look(Answers(size, size + 1), 2.0)]).check(pictures(1), [face(20, 20, 60, 60)])
    assert found.probability == pytest.approx(1 / (1 + np.exp(-1)))


def test_what_is_no_number_is_no_answer():
    checker = LivenessChecker([Look(Answers(0, np.nan), 2.0)])
    with pytest.raises(ModelFileError, match="answers no numbers"):
        checker.check(pictures(1), [face(20, 20, 60, 60)])


def test_bad_input():
    checker = LivenessChecker([Look(engine(), 2.0)])
    good = face(20, 20, 60, 60)
    with pytest.raises(ArgumentError, match="faces must be 2, one for each image, got 1"):
        checker.check(pictures(2), [good])
    with pytest.raises(ArgumentError, match="faces must be boxes with an area"):
        checker.check(pictures(1), [face(20, 20, 20, 60)])
    with pytest.raises(ShapeError, match="image must be of shape"):
        checker.check([np.zeros((20, 20, 2), np.uint8)], [good])
    with pytest.raises(ArgumentError, match="image must be of dtype uint8"):
        checker.check([np.zeros((20, 20, 3))], [good])
    with pytest.raises(ArgumentError, match="looks must be at least one"):
        LivenessChecker([])
    for threshold in (-0.1, 1.1, np.nan):
        with pytest.raises(ArgumentError, match=r"threshold must be in \[0, 1\]"):
            LivenessChecker([Look(engine(), 2.0)], threshold=threshold)
    for enlarged in (0.5, np.nan):
        with pytest.raises(ArgumentError, match="enlarged must be at least 1"):
            LivenessChecker.open("model.safetensors", enlarged=enlarged)

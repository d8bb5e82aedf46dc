"""Sliding windows against windows cut out by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.data import write_image
from striate.errors import ArgumentError, ImageError, OutputError, ShapeError, UnknownNameError
from striate.layers import sequential
from striate.models import Network, create_model
from striate.preset import Preset
from striate.runtime import Engine
from striate.tasks import Classifier, ClassifyTask, Ensemble, SlidingWindows, search_files, windows

ONE_CLASS = ClassifyTask(multilabel=False)
LABELS = ("nothing", "black", "white")


def brightness_network(side=8, stride=4):
    """Grey, black or white, by the mean of a window; it must be filled to be seen."""
    head = sequential(flatten=nn.Flatten(), classifier=nn.Linear((side // stride) ** 2, 3))
    network = Network({"mean": nn.Sequential(nn.Conv2d(1, 1, stride, stride, bias=False))}, head)
    with torch.no_grad():
        network.stages["mean"][0].weight.fill_(1 / stride**2)
        network.head.classifier.weight.copy_(torch.tensor([[0.0], [-40.0], [40.0]]) * (stride / side) ** 2)
        network.head.classifier.bias.copy_(torch.tensor([0.0, -36.0, -36.0]))  # from nine tenths on
    return network


def classifier_of(network, size_hw=(8, 8), task=ONE_CLASS):
    preset = Preset(size_hw=size_hw, channels=1, mean=(127.5,), std=(127.5,), fit="stretch", labels=LABELS)
    return Classifier(Engine(network, preset), task)


@pytest.fixture
def brightness():
    return classifier_of(brightness_network())


@pytest.fixture
def lenet():
    torch.manual_seed(0)
    network = create_model("lenet5", num_classes=3, in_channels=1)
    with torch.no_grad():
        network.head.classifier.weight.mul_(5)  # so that it is sure of something
    return classifier_of(network, (32, 32))


def noise(height, width, seed=0):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (-(-height // 6), -(-width // 6)), dtype=np.uint8)
    return np.kron(coarse, np.ones((6, 6), np.uint8))[:height, :width, None]


def grey_with(xyxy, value, hw=(64, 96)):
    image = np.full((*hw, 1), 128, np.uint8)
    left, top, right, bottom = xyxy
    image[top:bottom, left:right] = value
    return image


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize(
    ("xyxy", "value", "label"),
    [((24, 16, 32, 24), 255, "white"), ((24, 16, 40, 32), 0, "black"), ((32, 32, 64, 64), 255, "white")],
)
def test_an_object_as_large_as_a_window_is_found_where_it_is(brightness, dense, xyxy, value, label):
    finder = SlidingWindows(brightness, (8, 16, 32), dense=dense, background=["nothing"], iou_threshold=1)
    (found,) = finder([grey_with(xyxy, value)])
    assert set(found.labels) == {label}
    assert set(found.class_id.tolist()) == {LABELS.index(label)}
    left, top, right, bottom = xyxy
    assert (found.xyxy >= (left, top, left, top)).all()  # smaller windows inside of it are full of it, too
    assert (found.xyxy <= (right, bottom, right, bottom)).all()
    assert [box for box in found.xyxy.tolist() if box[2] - box[0] == right - left] == [list(xyxy)]


@pytest.mark.parametrize("stride", [4, 7])
def test_every_window_is_what_the_classifier_says_of_it(lenet, stride):
    """At the network's own size, where nothing is rescaled; windows are cut out of the image here."""
    image = noise(48, 67)
    finder = SlidingWindows(lenet, (32,), strides=[stride], threshold=0.0, iou_threshold=1.0)
    (found,) = finder([image])
    assert len(found) == 3 * finder.count((48, 67))  # with no threshold and no suppression all is reported
    answers = dict(zip(map(tuple, np.c_[found.xyxy, found.class_id].tolist()), found.confidence, strict=True))
    for top in range(0, 48 - 31, stride):
        for left in range(0, 67 - 31, stride):
            (expected,) = lenet.probabilities([image[top : top + 32, left : left + 32]])
            got = [answers[left, top, left + 32, top + 32, k] for k in range(3)]
            np.testing.assert_allclose(got, expected, atol=1e-5)
    assert (np.diff(found.confidence) <= 0).all()


@pytest.mark.parametrize("image_hw", [(70, 100), (32, 32), (20, 90), (101, 64)])
def test_dense_is_crop_by_crop_where_nothing_pads(lenet, image_hw):
    options = {"sizes": (24, 32, 50), "threshold": 0.3, "iou_threshold": 0.9}
    (one,) = SlidingWindows(lenet, **options)([noise(*image_hw)])
    (other,) = SlidingWindows(lenet, dense=True, **options)([noise(*image_hw)])
    assert len(one) == len(other) > 0
    assert one.labels == other.labels
    np.testing.assert_allclose(one.xyxy, other.xyxy)
    np.testing.assert_allclose(one.confidence, other.confidence, atol=1e-5)


def test_tiles_are_the_whole(lenet, monkeypatch):
    image = noise(150, 211)
    (one,) = SlidingWindows(lenet, dense=True, threshold=0.3)([image])
    monkeypatch.setattr(windows, "_TILE", 57)
    (other,) = SlidingWindows(lenet, dense=True, threshold=0.3)([image])
    np.testing.assert_allclose(one.xyxy, other.xyxy)
    np.testing.assert_allclose(one.confidence, other.confidence, atol=1e-5)


@pytest.mark.parametrize("dense", [False, True])
def test_a_window_larger_than_the_image_is_the_image(brightness, dense):
    (found,) = SlidingWindows(brightness, (64,), dense=dense, threshold=0.5)([np.full((5, 9, 1), 128, np.uint8)])
    assert found.labels == ("nothing",)
    assert found.xyxy.tolist() == [[0, 0, 9, 5]]


def test_background_is_never_reported(brightness):
    image = grey_with((24, 16, 32, 24), 255)
    (all_of_it,) = SlidingWindows(brightness)([image])
    (some,) = SlidingWindows(brightness, background=["nothing"])([image])
    assert set(all_of_it.labels) == {"nothing", "white"}
    assert some.labels == ("white",)
    (none,) = SlidingWindows(brightness, background=LABELS)([image])
    assert len(none) == 0


def test_nothing_is_surer_than_certain(brightness):
    assert len(SlidingWindows(brightness, threshold=1.0)([grey_with((24, 16, 32, 24), 255)])[0]) == 0


def test_a_window_may_show_several_classes():
    several = classifier_of(brightness_network(), task=ClassifyTask(multilabel=True))
    (found,) = SlidingWindows(several, threshold=0.4)([np.full((8, 8, 1), 255, np.uint8)])
    assert sorted(found.labels) == ["nothing", "white"]  # the one at a half, the other surely


def test_strides_are_for_each_size_or_for_all(brightness):
    count = SlidingWindows(brightness, (8, 16), strides=[8, 16]).count((32, 32))
    assert count == 16 + 4
    assert SlidingWindows(brightness, (8, 16), strides=[8]).count((32, 32)) == 16 + 9
    assert SlidingWindows(brightness, (8, 16)).count((32, 32)) == 49 + 9
    assert SlidingWindows(brightness).count((32, 32)) == 49


def test_files_and_arrays(brightness, tmp_path):
    image = grey_with((24, 16, 32, 24), 255)
    write_image(tmp_path / "a.png", image)
    (tmp_path / "b.png").write_text("no image")
    finder, bad = SlidingWindows(brightness, background=["nothing"]), []
    found = finder.predict([tmp_path / "a.png", tmp_path / "b.png", image], on_bad=lambda path, e: bad.append(path))
    assert [one.labels for one in found] == [("white",)] * 2
    assert bad == [tmp_path / "b.png"]
    with pytest.raises(ImageError):
        finder.predict([tmp_path / "b.png"])


def test_files_are_drawn(brightness, tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("a.png", "b.png", "sub/a.png"):
        write_image(tmp_path / name, grey_with((24, 16, 32, 24), 255))
    finder = SlidingWindows(brightness, background=["nothing"])
    a, b, same = (tmp_path / name for name in ("a.png", "b.png", "sub/a.png"))
    (one,) = search_files(finder, [a], tmp_path / "drawn.jpg")
    assert (one.path, one.windows, one.found.labels) == (a, finder.count((64, 96)), ("white",))
    assert (tmp_path / "drawn.jpg").stat().st_size > 500
    assert len(list(search_files(finder, [a, b], tmp_path / "new" / "out"))) == 2
    assert sorted(p.name for p in (tmp_path / "new" / "out").iterdir()) == ["a.png", "b.png"]
    with pytest.raises(ArgumentError, match="out must be a folder, as there are 2 images"):
        list(search_files(finder, [a, b], tmp_path / "drawn.jpg"))
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="can't make the folder"):
        list(search_files(finder, [a, b], tmp_path / "file"))
    assert len(list(search_files(finder, [a, same], tmp_path / "out"))) == 2
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a-2.png", "a.png"]


def test_images_are_not_drawn_over(brightness, tmp_path):
    a, b = tmp_path / "a.png", tmp_path / "b.png"
    for path in (a, b):
        write_image(path, grey_with((24, 16, 32, 24), 255))
    before = a.read_bytes()
    finder = SlidingWindows(brightness, background=["nothing"])
    for files, out in (([a], a), ([a, b], tmp_path)):
        with pytest.raises(OutputError, match=r"a\.png would be drawn over"):
            list(search_files(finder, files, out))
    assert a.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sizes": (0,)}, "sizes must be"),
        ({"sizes": (8, -8)}, "sizes must be"),
        ({"strides": [0]}, "strides must be"),
        ({"strides": [4, 4]}, "strides must be none, one, or one for each size"),
        ({"strides": [9]}, "strides must be at most as long as the windows"),
        ({"strides": [4], "dense": True}, "strides must be none where the network is dense"),
        ({"threshold": 1.5}, "threshold must be"),
        ({"threshold": float("nan")}, "threshold must be"),
        ({"iou_threshold": -0.1}, "iou_threshold must be"),
    ],
)
def test_numbers_out_of_range_are_refused(brightness, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        SlidingWindows(brightness, **arguments)


def test_other_bad_input(brightness):
    with pytest.raises(UnknownNameError, match="no class named 'nothin'; did you mean 'nothing'"):
        SlidingWindows(brightness, background=["nothin"])
    with pytest.raises(ArgumentError, match="classifier must be a single network"):
        SlidingWindows(Ensemble([brightness, brightness]))
    with pytest.raises(ShapeError):
        SlidingWindows(brightness)([np.zeros((32, 32, 3), np.uint8)])
    with pytest.raises(ArgumentError, match="size must be at least about"):
        SlidingWindows(brightness, (1,))([np.zeros((3000, 4000, 1), np.uint8)])

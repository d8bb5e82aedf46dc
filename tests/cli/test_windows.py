import json

import cv2
import numpy as np
import pytest

from striate.data import read_image, write_image


@pytest.fixture
def scene(tmp_path, stripes):
    """Noise with two patches of a trained kind, 28 pixels a side."""
    image = np.random.default_rng(0).integers(100, 156, (96, 128)).astype(np.uint8)
    image[20:48, 30:58] = stripes(0, 900)
    image[60:88, 90:118] = stripes(1, 901)
    write_image(tmp_path / "scene.png", image)
    return tmp_path / "scene.png"


def test_boxes_are_printed_and_drawn(striate, trained, scene, tmp_path):
    options = ("--size", 28, "--size", 32, "--background", "aslant", "--threshold", 0.8)
    code, out, err = striate("windows", trained.model, scene, *options, "--out", tmp_path / "found.png")
    assert code == 0
    assert out.startswith(f"{scene}\n")
    assert "across" in out
    assert "aslant" not in out
    assert "windows on 1 images in" in err
    drawn = read_image(tmp_path / "found.png")
    assert drawn.shape == (96, 128, 3)
    assert (drawn != read_image(scene)).any()


def test_json_is_the_same_dense_and_crop_by_crop(striate, trained, scene):
    """LeNet-5 does not pad."""
    documents = []
    for dense in ((), ("--dense",)):
        code, out, _ = striate("windows", trained.model, scene, "--threshold", 0.5, *dense, "--json")
        assert code == 0
        documents.append(json.loads(out))
    (one,), (other,) = documents
    assert one["path"] == str(scene)
    assert one["windows"] == other["windows"] == 17 * 25
    assert [d["xyxy"] for d in one["detections"]] == [d["xyxy"] for d in other["detections"]]
    assert len(one["detections"]) > 0
    assert set(one["detections"][0]) == {"label", "class_id", "confidence", "xyxy"}


def test_several_images_are_drawn_into_a_folder(striate, trained, scene, tmp_path):
    cv2.imwrite(str(tmp_path / "other.png"), np.zeros((40, 40), np.uint8))
    code, *_ = striate("windows", trained.model, tmp_path, "--stride", 8, "--out", tmp_path / "out")
    assert code == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["other.png", "scene.png"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--dense", "--stride", 4), "strides must be none where the network is dense"),
        (("--size", 0), "sizes must be"),
        (("--threshold", 2), "threshold must be in [0, 1], got 2.0"),
        (("--background", "acros"), "no class named 'acros'; did you mean 'across'?"),
        (("other.png", "--out", "found.png"), "out must be a folder, as there are 2 images"),
    ],
)
def test_what_can_not_be_is_one_line(striate, trained, scene, options, message):
    write_image("other.png", read_image(scene))
    code, out, err = striate("windows", trained.model, scene, *options)
    assert (code, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1

"""`striate stylize` with a model file that paints."""

import json

import numpy as np
import pytest
import torch

from striate.data import read_image, write_image, write_video
from striate.models import ModelFile, find_entry, find_source, save_model
from striate.preset import Preset

STYLES = ("night", "wave")


@pytest.fixture
def files(tmp_path):
    """A model of two styles, a folder of photographs and a video."""
    torch.manual_seed(0)
    preset = Preset(size_hw=(32, 32), mean=(127.5,) * 3, std=(127.5,) * 3, labels=STYLES)
    network = find_entry("transform_net_slim").build(num_classes=2)
    header = ModelFile("transform_net_slim", {"num_classes": 2, "in_channels": 3, "dims": 2}, "stylize", preset)
    save_model(tmp_path / "model.safetensors", network, header)
    (tmp_path / "photos").mkdir()
    for i in range(3):
        write_image(tmp_path / f"photos/{i}.png", np.full((20, 30, 3), 80 * i, np.uint8))
    with write_video(tmp_path / "in.mp4", fps=10, size_hw=(20, 30)) as write:
        for i in range(3):
            write(np.full((20, 30, 3), 80 * i, np.uint8))
    return tmp_path


def test_an_image_a_folder_and_a_video_are_painted(striate, files):
    model = ("--model", files / "model.safetensors", "--device", "cpu")
    code, out, err = striate("stylize", files / "photos/1.png", "--out", files / "art.png", *model)
    assert (code, out) == (0, "")
    assert err.startswith("1 pictures, ")
    assert read_image(files / "art.png").shape == (20, 30, 3)
    words = ("stylize", files / "photos", "--out", files / "art", *model, "--style", "wave", "--size", 15, "--json")
    code, out, _ = striate(*words)
    assert code == 0
    assert json.loads(out)["painted"] == 3
    assert read_image(files / "art/2.png").shape == (10, 15, 3)
    both = ("--style", "wave", "--style", "night", "--style-weights", "1,3")
    code, _, err = striate("stylize", files / "in.mp4", "--out", files / "out.mp4", *model, *both)
    assert code == 0
    assert "3 frames" in err
    assert (files / "out.mp4").exists()


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (("--style", "waves"), 1, "no style named 'waves'; did you mean 'wave'"),
        (("--style-weights", "1,2"), 1, "for each of 1 styles"),
        (("--model", "other.safetensors"), 1, "can't read other.safetensors"),
        (("--model", "vgg19"), 2, "an image whose style to take is missing"),
        (("--camera", "0"), 2, "name one: an image, folder, video or --camera"),
        (("--model", "vgg19", "--camera", "0"), 2, "goes with a model file that paints"),
        (("--seconds", "1"), 2, "goes with a video or --camera"),
    ],
)
def test_what_can_not_be_painted_is_said(striate, files, more, code, message):
    usual = ("stylize", files / "photos/1.png", "--out", files / "art.png", "--model", files / "model.safetensors")
    found = striate(*usual, *more)
    assert found.code == code
    assert message in found.err
    assert not (files / "art.png").exists()


def test_a_network_learns_to_paint_and_paints(striate, tmp_path):
    if not find_source("efficientnet_lite0").is_installed():
        pytest.skip("efficientnet_lite0's weights are not installed")
    (tmp_path / "photos").mkdir()
    for i in range(4):
        write_image(tmp_path / f"photos/{i}.png", np.full((40, 40, 3), 60 * i, np.uint8))
    write_image(tmp_path / "night.png", np.full((40, 40, 3), (20, 20, 90), np.uint8))
    words = ("train", tmp_path / "photos", "--task", "stylize", "--style", tmp_path / "night.png", "--out", "run")
    options = ("--size", 32, "--epochs", 2, "--batch-size", 2, "--device", "cpu", "--workers", 0)
    code, out, err = striate(*words, *options)
    assert code == 0
    assert "photos, styles night, images: 3 train, 1 val" in err
    assert "val style" in err
    assert out.startswith("val: cost ")
    assert "report: run/samples.png" in out
    assert read_image("run/samples.png").shape[2] == 3
    code, *_ = striate("stylize", "photos/3.png", "--out", "art.png", "--model", "run/model.safetensors")
    assert code == 0

"""`striate stylize`, with random weights of VGG-19's first three stages."""

import json
import signal

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from striate import tasks
from striate.data import read_image

CHANNELS = {0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128), 10: (128, 256)} | dict.fromkeys(
    (12, 14, 16), (256, 256)
)


@pytest.fixture
def files(tmp_path):
    """A content, two styles and weights."""
    rng = np.random.default_rng(0)
    for name in ("content", "style", "other"):
        coarse = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / f"{name}.png"), cv2.resize(coarse, (64, 48), interpolation=cv2.INTER_CUBIC))
    torch.manual_seed(0)
    tensors = {}
    for number, (c_in, c_out) in CHANNELS.items():
        tensors[f"features.{number}.weight"] = torch.randn(c_out, c_in, 3, 3) * (2 / (9 * c_in)) ** 0.5
        tensors[f"features.{number}.bias"] = torch.zeros(c_out)
    save_file(tensors, tmp_path / "vgg19.safetensors")
    return tmp_path


def words(files, *more):
    usual = ("--weights", files / "vgg19.safetensors", "--out", files / "art.png", "--size", 32, "--steps", 3)
    return ("stylize", files / "content.png", files / "style.png", *usual, *more)


@pytest.mark.parametrize("model", ["vgg19", "vgg19_caffe"])
def test_a_picture_is_written_and_its_costs_are_told(striate, files, model):
    code, out, err = striate(*words(files, "--model", model, "--device", "cpu", "--json"))
    assert code == 0
    assert "of the style" in err
    told = json.loads(out)
    assert told["finished"]
    assert told["step"] <= told["steps"] == 3
    assert told["size_hw"] == [24, 32]
    assert told["losses"]["total"] >= told["losses"]["style"] > 0
    assert read_image(files / "art.png").shape == (24, 32, 3)


def test_every_option_is_heard(striate, files):
    options = ("--model", "vgg19", "--keep-colour", "--style-weights", "2,1", "--start", "noise", "--optimizer", "adam")
    usual = words(files, *options, "--strength", 3, "--seed", 1, "--memory", 2, "--preview", 1)
    code, out, _ = striate(*usual[:3], files / "other.png", *usual[3:])
    assert (code, out) == (0, "")
    assert read_image(files / "art.png").shape == (24, 32, 3)


def test_ctrl_c_keeps_the_best_so_far(striate, files, monkeypatch):
    started = tasks.stylize

    def stopping(*arguments, **options):
        for iterate in started(*arguments, **options):
            yield iterate
            if iterate.step == 2:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(tasks, "stylize", stopping)
    code, out, err = striate(*words(files, "--model", "vgg19", "--steps", 50, "--json"))
    assert code == 130
    assert err.startswith("stopped; step ")
    assert not json.loads(out)["finished"]
    assert read_image(files / "art.png").shape == (24, 32, 3)


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (("--model", "vgg91"), 1, "no style preset named 'vgg91'; did you mean 'vgg19'"),
        (("--model", "vgg19", "--size", 1), 1, "size must be 16 to 16384"),
        (("--model", "vgg19", "--style-weights", "a"), 2, "numbers with commas between them"),
        (("--model", "vgg19", "--style-weights", "1,2"), 1, "for each of 1 styles"),
        (("--model", "vgg19", "--out", "content.png"), 1, "would be drawn over"),
        (("--model", "vgg19", "--out", "art.xyz"), 1, "a file ending in .png"),
    ],
)
def test_what_can_not_be_done_is_said(striate, files, more, code, message):
    found = striate(*words(files, *more))
    assert found.code == code
    assert message in found.err
    assert not (files / "art.png").exists()

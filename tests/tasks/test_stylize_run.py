"""Whole trainings of networks that paint, small ones, by random weights; and what they paint."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import striate
from striate.data import read_image, read_video, write_image, write_video
from striate.errors import ArgumentError, ImageError, ModelFileError, OutputError, UnknownNameError
from striate.models import load_model, read_header
from striate.ops import content_cost, style_cost
from striate.tasks import STYLE_PRESETS, Painter, StylePreset, paint_images, paint_video, stylize_run
from striate.tasks.stylize_lesson import Painted, PaintLoss
from striate.tasks.stylize_network import StyleNetwork

CONV1, CONV2 = "stages.stage1.0.activation", "stages.stage2.0.activation"
FEATURES = StylePreset(network="vgg11", weights="vgg11", content=CONV2, style={"input": 1.0, CONV1: 1.0})
SMALL = {"task": "stylize", "size": 32, "epochs": 2, "batch_size": 2, "device": "cpu", "seed": 1, "weights": "small"}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "vgg11.safetensors"
    convs = {"features.0": torch.nn.Conv2d(3, 64, 3), "features.3": torch.nn.Conv2d(64, 128, 3)}
    save_file({f"{name}.{kind}": t.detach() for name, c in convs.items() for kind, t in c.named_parameters()}, path)
    return path


@pytest.fixture
def data(weights, tmp_path, monkeypatch):
    """Photographs, two styles, and a preset "small" whose weights are in a file."""
    rng = np.random.default_rng(0)
    for i in range(8):
        (tmp_path / "photos").mkdir(exist_ok=True)
        write_image(tmp_path / f"photos/{i}.png", rng.integers(0, 256, (36, 40, 3), dtype=np.uint8))
    write_image(tmp_path / "red.png", np.full((32, 32, 3), (230, 30, 20), np.uint8))
    write_image(tmp_path / "blue.png", np.full((32, 48, 3), (20, 40, 230), np.uint8))
    known = {**STYLE_PRESETS, "small": FEATURES}
    monkeypatch.setattr("striate.tasks.stylize_preset.STYLE_PRESETS", known)
    monkeypatch.setattr(
        stylize_run, "StyleNetwork", lambda preset, device: StyleNetwork(preset, weights=weights, device=device)
    )
    return tmp_path


def start(data, **options):
    styles = [data / "red.png", data / "blue.png"]
    return striate.train(data / "photos", out=data / "run", **SMALL | {"styles": styles} | options)


def make_loss(weights, styles):
    network = StyleNetwork(FEATURES, weights=weights)
    grams = {}
    for name in FEATURES.style:
        grams[name] = torch.cat([striate.ops.mean_gram(network(style)[name]) for style in styles])
    return network, PaintLoss(network, grams, 2.0)


def test_the_loss_is_that_of_style_transfer_for_each_picture(weights):
    torch.manual_seed(1)
    styles = [torch.rand(1, 3, 16, 24), torch.rand(1, 3, 24, 16)]
    network, loss = make_loss(weights, styles)
    images, pictures = torch.rand(3, 3, 16, 16) * 2 - 1, torch.rand(3, 3, 16, 16) * 2 - 1
    chosen = torch.tensor([1, 0, 1])
    found = loss.costs(Painted(images, pictures, chosen))
    for i, style in enumerate(chosen.tolist()):
        a, b, c = network((images[i : i + 1] + 1) / 2), network((pictures[i : i + 1] + 1) / 2), network(styles[style])
        expected = 10 * content_cost(a[CONV2], b[CONV2]) / content_cost(a[CONV2], a[CONV2] * 0)
        assert found.content[i].item() == pytest.approx(expected.item(), rel=1e-4)
        shares = [style_cost(c[n], b[n]) / style_cost(c[n], torch.zeros_like(b[n])) for n in FEATURES.style]
        assert found.style[i].item() == pytest.approx(2 * sum(s.item() for s in shares), rel=1e-4)
    assert loss(Painted(images, pictures, chosen), torch.zeros(3)).item() == pytest.approx(found.total.mean().item())


def test_a_training_learns_the_styles_and_says_what_it_did(data):
    run = start(data, epochs=12, lr=2e-3, strength=200.0)
    epochs = list(run)
    assert epochs[-1].figures["style"] < 0.75 * epochs[0].figures["style"]
    outcome = run.outcome
    first, *_, result = map(json.loads, Path(data, "run/record.jsonl").read_text().splitlines())
    assert first["images"] == {"train": 6, "val": 2}
    assert first["command"].count("--style") == 2
    assert result["figures"]["val"]["total"] == pytest.approx(outcome.figures["val"].total)
    assert min(e.figures["loss"] for e in epochs) == pytest.approx(outcome.figures["val"].total, rel=1e-4)
    assert read_image(outcome.report).shape[2] == 3
    header = read_header(outcome.model)
    assert (header.task, header.preset.labels) == ("stylize", ("red", "blue"))
    with pytest.raises(ArgumentError, match="paints: striate stylize"):
        striate.load(outcome.model)
    painter = Painter.open(outcome.model, device="cpu")
    grey = np.full((30, 42, 3), 128, np.uint8)
    red, blue = painter(grey, ["red"]).astype(float), painter(grey, ["blue"]).astype(float)
    assert red.shape == (30, 42, 3)
    assert (red - blue)[..., 0].mean() > 5 > -5 > (red - blue)[..., 2].mean()
    mixed = painter(grey, ["red", "blue"], [1, 3]).astype(float)
    assert red[..., 0].mean() > mixed[..., 0].mean() > blue[..., 0].mean() - 1


def test_stopped_and_resumed_it_is_as_if_it_had_not_been_stopped(data, monkeypatch):
    list(start(data))
    whole = load_model(data / "run/model.safetensors")[0].state_dict()
    (data / "run").rename(data / "whole")
    run = start(data)
    next(iter(run))
    with pytest.raises(ArgumentError, match="seed must be the run's own"):
        start(data, resume=True, seed=2)
    list(start(data, resume=True))
    again = load_model(data / "run/model.safetensors")[0].state_dict()
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_a_style_that_has_changed_is_not_resumed(data):
    next(iter(start(data)))
    write_image(data / "red.png", np.zeros((32, 32, 3), np.uint8))
    with pytest.raises(ArgumentError, match=r"red.png is another image"):
        start(data, resume=True)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"styles": None}, ArgumentError, "styles must be at least one image"),
        ({"styles": ["nothing.png"]}, ImageError, r"nothing.png: no such file"),
        ({"model": "resnet18"}, UnknownNameError, "no network that paints named 'resnet18'"),
        ({"weights": "vgg91"}, UnknownNameError, "no style preset named 'vgg91'"),
        ({"size": 30}, ArgumentError, "size must be a multiple of 4"),
        ({"strength": -1.0}, ArgumentError, "strength must be at least 0"),
        ({"freeze": "all"}, ArgumentError, "freeze is of networks that recognise: leave it out for stylize"),
        ({"recipe": {"mixup": 0.2}}, ArgumentError, "mixup in the recipe is of classification"),
        ({"recipe": {"label_smoothing": 0.1}}, ArgumentError, "label_smoothing in the recipe"),
        ({"task": "classify"}, ArgumentError, "styles is of networks that paint"),
        ({"resample": True}, ArgumentError, "resample is of signals, volumes or clips: leave it out for stylize"),
    ],
)
def test_what_can_not_be_learned_is_refused_and_nothing_is_written(data, options, error, message):
    with pytest.raises(error, match=message):
        start(data, **options)
    assert not (data / "run").exists()


@pytest.fixture
def painter():
    torch.manual_seed(0)
    network = striate.models.find_entry("transform_net_slim").build(num_classes=2)
    return Painter(network, ("red", "blue"), device=torch.device("cpu"))


def test_images_and_folders_are_painted_beside_themselves(data, painter):
    alone = paint_images(painter, [data / "photos/0.png"], data / "art.jpg")
    assert alone == {str(data / "photos/0.png"): data / "art.jpg"}
    several = paint_images(painter, [data / "photos"], data / "art")
    assert sorted(p.name for p in several.values()) == [f"{i}.png" for i in range(8)]
    np.testing.assert_array_equal(read_image(data / "art/3.png"), painter(read_image(data / "photos/3.png")))
    with pytest.raises(OutputError, match="would be drawn over"):
        paint_images(painter, [data / "photos"], data / "photos")


def test_a_video_is_painted_frame_by_frame(data, painter):
    with write_video(data / "in.mp4", fps=10, size_hw=(48, 64)) as write:
        for i in range(4):
            write(np.full((48, 64, 3), 60 * i, np.uint8))
    seen = []
    count = paint_video(
        lambda frame: painter(frame, size=32), data / "in.mp4", data / "out.mp4", on_frame=lambda *n: seen.append(n)
    )
    assert count == 4
    assert seen[-1] == (4, 4)
    with read_video(data / "out.mp4") as video:
        assert video.size_hw == (24, 32)
        assert len(list(video)) == 4


def test_styles_are_known_by_name(painter):
    assert painter.mixture([]) == (1.0, 0.0)
    assert painter.mixture(["blue", "red"], [1, 3]) == (0.75, 0.25)
    with pytest.raises(UnknownNameError, match="no style named 'blu'; did you mean 'blue'"):
        painter.mixture(["blu"])
    with pytest.raises(ArgumentError, match="a positive number for each of 1 styles"):
        painter.mixture(["blue"], [1, 2])


def test_a_model_of_something_else_does_not_paint(trained):
    with pytest.raises(ModelFileError, match="trained to classify, not to stylize"):
        Painter.open(trained.model)

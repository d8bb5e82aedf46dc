"""Detectors: levels of every family, shapes, gradients, what is read from raw answers, freezing and the model file."""

import pytest
import torch

from striate.errors import ArgumentError
from striate.models import ModelFile, blueprint, create_model, find_entry, load_model, model_names, save_model
from striate.models.detector import RARE
from striate.models.pyramid import grid_points
from striate.ops import read_volume, target_volume
from striate.preset import Preset
from striate.training import freeze, make_optimizer
from striate.training.recipe import Recipe

STRIDES = {  # others have 8, 16 and 32
    "lenet5": [2, 4],
    "lenet5_1998": [1, 2, 4],
    "airbench94": [2, 4, 8],
    "nin_cifar": [2, 4],
    "squeezenet1_0": [4, 8, 16],
    "squeezenet1_1": [4, 8, 16],
    "minifasnet_v2": [4, 8, 16],
    **{name: [1, 2, 4] for name in ("resnet20", "plain20", "small_convnet", "event_convnet")},
    "time_series_resnet": [1],
}
DEEP_CIFAR = {name for name in model_names() if name[-2:] in {"32", "44", "56", "10", "02"} and "1_1" not in name}
ANCHORS = [30.0, 60.0, 90.0, 40.0]
DETECTORS = [
    {"head": "pyramid"},
    {"head": "grid"},
    {"head": "grid", "anchors": ANCHORS, "last_stage": "stage3"},
    {"head": "grid", "anchors": ANCHORS, "form": "exponential"},
]

SEES_ALL = {"minifasnet_v1se"}  # its stages but the first weigh channels by means over the whole input


@pytest.mark.parametrize("name", [name for name in model_names() if name not in DEEP_CIFAR | SEES_ALL])
def test_levels_of_every_network(name):
    entry = find_entry(name)
    network = blueprint(entry.build, num_classes=3, in_channels=entry.channels, dims=2, head="pyramid")
    assert [level.stride for level in network.levels] == STRIDES.get(name, [8, 16, 32])
    assert list(network.stages)[-1] == network.levels[-1].stage


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_lite0", "inception_v3", "squeezenet1_1", "lenet5"])
@pytest.mark.parametrize("head", ["grid", "pyramid"])
def test_odd_sizes(name, head):
    narrow = {} if name == "lenet5" else {"width": 0.25}
    network = create_model(name, num_classes=2, in_channels=3, head=head, **narrow).eval()
    with torch.no_grad():
        boxes, scores = network(torch.randn(2, 3, 101, 150)).decode()
    assert boxes.shape == (2, scores.shape[1], 4)
    assert scores.shape[2] == 2
    assert boxes.isfinite().all()
    assert ((scores >= 0) & (scores <= 1)).all()
    assert (boxes[..., :2] <= boxes[..., 2:]).all()


@pytest.mark.parametrize("options", DETECTORS)
def test_every_parameter_of_the_head_learns(options):
    network = create_model("resnet18", num_classes=3, width=0.25, **options)
    answers = network(torch.randn(2, 3, 64, 64))
    raw = [answers.raw] if options["head"] == "grid" else [answers.boxes, answers.logits]
    sum((t * torch.randn_like(t)).sum() for t in raw).backward()
    assert all(p.grad is not None and p.grad.any() for p in network.head.parameters())
    assert network.name == "resnet18"


@pytest.mark.parametrize("options", DETECTORS)
def test_a_model_file_builds_it_again(options):
    arguments = {"num_classes": 2, "in_channels": 3, "dims": 2, "width": 0.25, **options}
    network = create_model("resnet18", **arguments).eval()
    preset = Preset(size_hw=(64, 64), labels=("cat", "dog"), fit="letterbox")
    save_model("detector.safetensors", network, ModelFile("resnet18", arguments, "detect", preset))
    again, _ = load_model("detector.safetensors")
    images = torch.randn(2, 3, 64, 64)
    for ours, theirs in zip(network(images).decode(), again(images).decode(), strict=True):
        assert torch.equal(ours, theirs)


def test_named_levels():
    network = create_model("resnet18", num_classes=2, width=0.25, head="pyramid", levels=["stage1", "stage3"])
    assert [(level.stage, level.stride) for level in network.levels] == [("stage1", 4), ("stage3", 16)]
    assert list(network.stages)[-1] == "stage3"
    assert network(torch.randn(1, 3, 64, 64)).logits.shape == (1, 16 * 16 + 4 * 4, 2)


def test_a_model_file_is_read_alike_whatever_is_chosen_later(monkeypatch):
    """Its arguments name the levels, so the rule by which they were chosen may change."""
    arguments = {"num_classes": 2, "in_channels": 3, "dims": 2, "width": 0.25, "head": "pyramid"}
    network = create_model("resnet18", **arguments).eval()
    assert network.choices == {"levels": ["stage2", "stage3", "stage4"]}
    header = ModelFile("resnet18", arguments | network.choices, "detect", Preset((64, 64), labels=("cat", "dog")))
    save_model("detector.safetensors", network, header)
    monkeypatch.setattr("striate.models.pyramid.MOST_LEVELS", 2)
    again, _ = load_model("detector.safetensors")
    assert again.levels == network.levels


def test_pretrained_stages_stay_as_they_are():
    torch.manual_seed(0)
    plain = create_model("resnet18", width=0.25)
    torch.manual_seed(0)
    detector = create_model("resnet18", width=0.25, head="pyramid")
    state = plain.state_dict()
    assert all(torch.equal(v, state[k]) for k, v in detector.state_dict().items() if k.startswith("stages."))


def test_freezing_and_rates_by_stage():
    network = create_model("resnet18", num_classes=2, width=0.25, head="pyramid")
    freeze(network, "stage2")
    network.train()
    assert not network.stages["stage2"].training
    assert network.stages["stage3"].training
    optimizer = make_optimizer(network, Recipe(stage_decay=0.5))
    assert {group["share"] for group in optimizer.param_groups} == {1.0, 0.5, 0.25}


def test_objects_are_rare_at_the_start():
    for options in (DETECTORS[0], DETECTORS[3]):
        network = create_model("resnet18", num_classes=1, width=0.25, **options).eval()
        scores = network(torch.randn(1, 3, 64, 64)).decode().scores
        assert 0.001 < scores.mean() < 0.1
    assert torch.tensor(RARE).sigmoid().item() == pytest.approx(0.01)


def test_the_documents_volume_is_read_as_they_read_it():
    """What `target_volume` writes, `decode` reads: boxes and pc times c."""
    network = create_model("resnet18", num_classes=3, width=0.25, head="grid", anchors=ANCHORS)
    answers = network(torch.zeros(1, 3, 96, 96))
    assert answers.raw.shape == (1, 3, 3, 2, 8)
    boxes = torch.tensor([[10.0, 20, 40, 80], [30, 30, 90, 60]])
    shape = {"size_hw": (96, 96), "grid_hw": (3, 3), "anchors_wh": answers.anchors_wh}
    target = target_volume(boxes, torch.tensor([2, 0]), 3, **shape)
    found = answers._replace(raw=target.volume[None]).decode()
    kept = found.scores[0].amax(1) > 0
    expected = read_volume(target.volume, size_hw=(96, 96))
    torch.testing.assert_close(found.boxes[0][kept], expected[0])
    assert found.scores[0][kept].argmax(1).tolist() == expected[2].tolist()


def test_places_without_an_anchor_are_as_large_as_their_cell():
    network = create_model("resnet18", num_classes=1, width=0.25, head="grid", form="exponential")
    torch.nn.init.zeros_(network.head.classifier.weight)
    boxes = network(torch.zeros(1, 3, 64, 96)).decode().boxes[0]
    assert boxes[0].tolist() == [0, 0, 32, 32]
    assert boxes[-1].tolist() == [64, 32, 96, 64]


def test_cells_of_a_map_that_does_not_cover_the_image_lie_in_its_middle():
    points = grid_points((1, 2), (50, 100), 32, like=torch.zeros(0))
    assert points.tolist() == [[34.0, 25.0], [66.0, 25.0]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"head": "grid", "anchors": [3.0]}, "anchors must be width, height"),
        ({"head": "grid", "anchors": [3.0, 0.0]}, "all above 0"),
        ({"head": "grid", "anchors": [3.0, float("nan")]}, "all above 0"),
        ({"head": "grid", "form": "squared"}, "form must be one of linear, exponential"),
        ({"head": "grid", "last_stage": "stage9"}, "last_stage must be a stage"),
        ({"head": "grid", "dims": 1}, "dims must be 2 for a head that finds places in images, got 1"),
        ({"head": "pyramid", "levels": ["stage9"]}, r"levels must be stages of growing strides \(stem, stage1, "),
        ({"head": "pyramid", "levels": ["stage3", "stage2"]}, "growing strides"),
        ({"head": "pyramid", "levels": ["stem", "stage1"]}, "growing strides"),  # both have 4
        ({"head": "pyramid", "dims": 3}, "dims must be 2 for a head that finds places in images, got 3"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ArgumentError, match=message):
        create_model("resnet18", **{"width": 0.25, **options})

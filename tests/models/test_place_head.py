"""Heads that say where: shapes, the model file, other sizes, freezing."""

import pytest
import torch

from striate.errors import ArgumentError
from striate.models import ModelFile, create_model, load_model, save_model
from striate.models.place_head import landmarks_head, localize_head
from striate.preset import Preset
from striate.training import freeze

ANSWERS = [
    ("localize", 3, 8),  # pc, bx, by, bh, bw, c1, c2, c3: the documents' y
    ("localize", 1, 6),
    ("landmarks", 64, 129),  # the documents' 64 landmarks
    ("landmarks", 1, 3),
]


@pytest.mark.parametrize(("head", "count", "answers"), ANSWERS)
def test_answers(head, count, answers):
    network = create_model("resnet18", num_classes=count, head=head, size_hw=[64, 96])
    assert network(torch.zeros(2, 3, 64, 96)).shape == (2, answers)


@pytest.mark.parametrize("head", ["localize", "landmarks"])
def test_what_a_cell_shows_matters_by_its_place(head):
    """Global pooling would give the same answer wherever the object is."""
    torch.manual_seed(0)
    network = create_model("resnet18", num_classes=2, head=head, size_hw=[64, 64]).eval()
    left = torch.zeros(1, 3, 64, 64)
    left[..., 16:32, 0:16] = 1
    with torch.no_grad():
        assert not torch.allclose(network(left), network(left.flip(-1)), atol=1e-5)


def test_grey_images_and_the_last_stage():
    arguments = {"num_classes": 2, "in_channels": 1, "head": "localize", "size_hw": [32, 64]}
    network = create_model("resnet18", **arguments, last_stage="stage2")
    assert list(network.stages)[-1] == "stage2"
    assert network(torch.zeros(1, 1, 32, 64)).shape == (1, 7)


@pytest.mark.parametrize(
    ("size_hw", "last"),
    [
        ([160, 160], "stage4"),  # five cells of 32 pixels
        ([160, 128], "stage3"),  # four of them on one side are too few
        ([80, 80], "stage3"),
        ([32, 32], "stage1"),  # eight, then four cells a side
        ([8, 8], "stage4"),  # none has five: all stages stay
    ],
)
def test_the_last_stage_with_five_cells_a_side_is_read(size_hw, last):
    network = create_model("resnet18", num_classes=2, width=0.125, head="localize", size_hw=size_hw)
    assert list(network.stages)[-1] == last
    assert network(torch.zeros(2, 3, *size_hw)).shape == (2, 7)


@pytest.mark.parametrize("head", ["localize", "landmarks"])
def test_what_was_chosen_builds_it_again(monkeypatch, head):
    """A model file names the last stage, so the rule by which it was chosen may change."""
    arguments = {"num_classes": 2, "width": 0.125, "head": head, "size_hw": [80, 80]}
    network = create_model("resnet18", **arguments)
    assert network.choices == {"last_stage": "stage3"}
    monkeypatch.setattr("striate.models.place_head.LEAST_CELLS", 2)
    assert list(create_model("resnet18", **arguments).stages)[-1] == "stage4"
    assert list(create_model("resnet18", **arguments, **network.choices).stages)[-1] == "stage3"


@pytest.mark.parametrize(("head", "count", "answers"), ANSWERS[::2])
def test_through_the_model_file(tmp_path, head, count, answers):
    torch.manual_seed(0)
    arguments = {"num_classes": count, "in_channels": 3, "dims": 2, "head": head, "size_hw": [32, 64]}
    network = create_model("resnet20", **arguments).eval()
    preset = Preset((32, 64), labels=tuple(f"name {i}" for i in range(count)))
    save_model(tmp_path / "m.safetensors", network, ModelFile("resnet20", arguments, head, preset))
    loaded, header = load_model(tmp_path / "m.safetensors")
    assert (header.task, header.arguments["head"], header.arguments["size_hw"]) == (head, head, [32, 64])
    x = torch.randn(2, 3, 32, 64)
    with torch.no_grad():
        assert torch.equal(loaded.eval()(x), network(x))
        assert network(x).shape == (2, answers)


def test_an_input_of_another_size_is_refused():
    """Its dense layers read a grid of one size."""
    network = create_model("resnet20", num_classes=2, head="localize", size_hw=[32, 32])
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        network(torch.zeros(1, 3, 64, 64))


@pytest.mark.parametrize("head", [localize_head, landmarks_head])
def test_making_the_head_leaves_the_backbone_as_it_was(head):
    """A pass through the network says how large its grid is; weights, statistics and modes don't hear of it."""
    network = create_model("resnet20", num_classes=10)
    network.stages["stage2"].eval()
    before = {name: tensor.clone() for name, tensor in network.stages.state_dict().items()}
    placed = head(network, 2, size=(3, 32, 32))
    assert all(torch.equal(tensor, before[name]) for name, tensor in placed.stages.state_dict().items())
    assert {name: stage.training for name, stage in placed.stages.items()} == {
        "stem": True,
        "stage1": True,
        "stage2": False,
        "stage3": True,
    }


@pytest.mark.parametrize(
    ("until", "frozen"), [("none", ()), ("stem", ("stem",)), ("all", ("stem", "stage1", "stage2", "stage3"))]
)
def test_freezing_by_stage(until, frozen):
    network = create_model("resnet20", num_classes=2, head="localize", size_hw=[32, 32])
    freeze(network, until)
    for stage, module in network.stages.items():
        assert all(p.requires_grad == (stage not in frozen) for p in module.parameters()), stage
    assert all(p.requires_grad for p in network.head.parameters())


BAD = [
    ({"dims": 1, "size_hw": [64]}, "dims must be 2"),
    ({"dims": 3}, "dims must be 2"),
    ({"last_stage": "stage9"}, r"last_stage must be a stage \(stem, stage1, stage2, stage3\), got 'stage9'"),
]


@pytest.mark.parametrize("head", ["localize", "landmarks"])
@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input(head, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        create_model("resnet20", **{"num_classes": 2, "head": head, "size_hw": [32, 32], **arguments})

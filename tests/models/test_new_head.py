"""New heads: what stays, what is new, and that a model file can build it again."""

import pytest
import torch

from striate.errors import ArgumentError, UnknownNameError
from striate.models import ModelFile, create_model, load_model, save_model
from striate.models.blueprint import blueprint
from striate.models.registry import find_entry
from striate.preset import Preset

CASES = [  # (network, last stage, hidden, channels at the head's input)
    ("resnet18", None, (64,), 512),
    ("resnet18", "stage3", (), 256),
    ("resnet18", "stage2", (64, 32), 128),
    ("lenet5", "conv1", (8,), 6),  # its own head is fixed to 32 pixels, the new one is not
    ("efficientnet_lite0", "stage5", (16,), 112),
    ("googlenet", "inception4a", (4,), 512),  # without the auxiliary heads of later stages
]


@pytest.mark.parametrize(("name", "last_stage", "hidden", "channels"), CASES)
def test_shapes(name, last_stage, hidden, channels):
    network = create_model(name, num_classes=3, last_stage=last_stage, hidden=hidden).eval()
    entry = find_entry(name)
    widths = [m.in_features for m in network.head.modules() if isinstance(m, torch.nn.Linear)]
    assert widths == [channels, *hidden]
    assert network.name == name
    if last_stage:
        assert list(network.stages)[-1] == last_stage
    images = torch.zeros(2, entry.channels, 96, 80)  # another size than the paper's
    assert network(images).shape == (2, 3)


def test_the_kept_stages_have_the_weights_that_they_would_have_had():
    torch.manual_seed(0)
    whole = create_model("resnet20")
    torch.manual_seed(0)
    short = create_model("resnet20", last_stage="stage2", hidden=(5,))
    state = whole.state_dict()
    assert all(torch.equal(state[k], v) for k, v in short.state_dict().items() if k.startswith("stages."))


def test_finding_the_channels_leaves_no_trace():
    network = create_model("resnet20", hidden=(5,))
    assert network.training
    assert all(module.training for module in network.modules())
    assert int(network.stages.stem.norm.num_batches_tracked) == 0


def test_a_model_file_builds_it_again():
    arguments = {"num_classes": 2, "in_channels": 1, "dims": 2, "last_stage": "conv1", "hidden": [7]}
    network = create_model("lenet5", **arguments).eval()
    preset = Preset(size_hw=(32, 32), channels=1, mean=(0.0,), std=(1.0,), labels=("0", "1"))
    save_model("short.safetensors", network, ModelFile("lenet5", arguments, "classify", preset))
    again, _ = load_model("short.safetensors")
    images = torch.randn(2, 1, 32, 32)
    assert torch.equal(network(images), again(images))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"last_stage": "conv9"}, r"last_stage must be a stage \(conv1, conv2\), got 'conv9'"),
        ({"hidden": (0,)}, "hidden must be numbers of units of at least 1"),
        ({"hidden": (True,)}, "hidden must be numbers of units of at least 1"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ArgumentError, match=message):
        create_model("lenet5", **options)


def test_unknown_options_are_still_refused():
    with pytest.raises(UnknownNameError, match="'last_stages'; did you mean 'last_stage'"):
        blueprint(find_entry("lenet5").build, last_stages="conv1")

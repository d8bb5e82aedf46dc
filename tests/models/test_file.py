"""The model file: what goes in comes out, and what is broken or hostile is an error that says so.

A tiny network stands for the zoo; lenet5 for what is registered.
"""

import json
import math
import threading
from dataclasses import replace

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save
from torch import nn

from striate.errors import ArgumentError, ModelFileError, OutputError, UnknownNameError
from striate.models import Network, blueprint, create_model, find_entry, model_names
from striate.models.file import ModelFile, load_model, read_header, save_model
from striate.models.registry import ENTRIES, register
from striate.models.safetensors_header import read_safetensors_header
from striate.preset import Preset
from striate.recording_preset import RecordingPreset

ARGUMENTS = {"num_classes": 3, "in_channels": 1, "dims": 2}
PRESET = Preset(size_hw=(8, 9), channels=1, mean=(33.3,), std=(78.6,), labels=("cat", "дог", 'o\'clock "x"'))


def tiny(*, dims=2, in_channels=3, num_classes=1000, tied=False):
    stages = {
        "a": nn.Sequential(nn.Conv2d(in_channels, 4, 3, padding=1), nn.BatchNorm2d(4)),
        "b": nn.Conv2d(4, 4, 3, bias=False),
        "c": nn.Conv2d(4, 4, 3, bias=False),
    }
    if tied:
        stages["c"].weight = stages["b"].weight
    head = nn.Sequential()
    head.add_module("pool", nn.AdaptiveAvgPool2d(1))
    head.add_module("flatten", nn.Flatten())
    head.add_module("classifier", nn.Linear(4, num_classes))
    return Network(stages, head)


@pytest.fixture(autouse=True, scope="module")
def tiny_is_registered():
    def tiny_net(**options):
        return tiny(**options)

    register(tiny, size=8, smallest=5, dims=(2,))(tiny_net)
    yield
    ENTRIES.pop("tiny_net")


def header(**changes):
    values = {
        "network": "tiny_net",
        "arguments": ARGUMENTS,
        "task": "classify",
        "preset": PRESET,
        "thresholds": {"дог": 0.5},
        "record": {"epochs": [{"loss": 0.25, "path": "caf\udce9.jpg"}], "best": None},
        "licence": "Apache-2.0",
    }
    return ModelFile(**values | changes)


def trained(seed=0, **options):
    """A network whose every tensor differs from a fresh one's."""
    torch.manual_seed(seed)
    network = find_entry("tiny_net").build(**ARGUMENTS, **options)
    network(torch.randn(5, 1, 8, 9))  # moves the batch norm's statistics
    return network.eval()


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(path, trained(), header())
    return path


def rewrite(path, change_document=lambda d: None, change_tensors=lambda t: None):
    """The same file with a changed document or changed tensors, written by the library itself."""
    with path.open("rb") as f:
        document = json.loads(read_safetensors_header(f).metadata["striate"])
    tensors = load(path.read_bytes())
    change_document(document)
    change_tensors(tensors)
    path.write_bytes(save(tensors, {"striate": json.dumps(document)}))


# What goes in comes out


def test_round_trip(saved):
    x = torch.randn(2, 1, 8, 9)
    network, found = load_model(saved)
    assert found == header() == read_header(saved)
    assert not network.training
    assert all(p.requires_grad for p in network.parameters())
    wanted = trained().state_dict()
    assert list(network.state_dict()) == list(wanted)
    assert all(torch.equal(t, wanted[name]) for name, t in network.state_dict().items())
    assert torch.equal(network(x), trained()(x))


def test_the_loaded_network_trains(saved):
    network, _ = load_model(saved)
    network.train()(torch.randn(2, 1, 8, 9)).sum().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_twice_the_same_model_gives_the_same_bytes_in_any_memory_format(tmp_path):
    for name, network in {
        "a": trained(),
        "b": trained(),
        "c": trained().to(memory_format=torch.channels_last),
    }.items():
        save_model(tmp_path / name, network, header())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == (tmp_path / "c").read_bytes()


def test_saving_leaves_the_network_as_it_was(tmp_path):
    network = trained().to(memory_format=torch.channels_last)
    before = {name: (t.data_ptr(), t.stride()) for name, t in network.state_dict().items()}
    save_model(tmp_path / "a", network, header())
    assert before == {name: (t.data_ptr(), t.stride()) for name, t in network.state_dict().items()}


def test_saving_a_loaded_model_gives_the_same_bytes(saved, tmp_path):
    save_model(tmp_path / "again", *load_model(saved))
    assert (tmp_path / "again").read_bytes() == saved.read_bytes()


def test_the_header_is_aligned_and_has_one_key(saved):
    assert int.from_bytes(saved.read_bytes()[:8], "little") % 8 == 0
    with saved.open("rb") as f:
        assert list(read_safetensors_header(f).metadata) == ["striate"]


def test_a_tied_parameter_is_stored_once_and_is_one_parameter_again(tmp_path):
    path = tmp_path / "a"
    save_model(path, trained(tied=True), header(arguments=ARGUMENTS | {"tied": True}))
    assert "stages.c.weight" not in load(path.read_bytes())
    network, found = load_model(path)
    assert network.stages["b"].weight is network.stages["c"].weight
    assert found.arguments["tied"] is True
    assert torch.equal(network.stages["c"].weight, trained(tied=True).stages["c"].weight)


def test_tensors_that_share_memory_by_hand(tmp_path):
    network = trained()
    network.stages["c"].weight.data = network.stages["b"].weight.data  # the same memory: a tie
    bias = torch.arange(8.0)
    network.stages["a"][0].bias.data = bias[:4]  # parts of one: not
    network.stages["a"][1].bias.data = bias[2:6]
    save_model(tmp_path / "a", network, header())
    again, _ = load_model(tmp_path / "a")
    assert all(torch.equal(t, again.state_dict()[name]) for name, t in network.state_dict().items())
    assert again.stages["b"].weight is again.stages["c"].weight
    assert again.stages["a"][0].bias.untyped_storage().nbytes() == 16


def test_a_network_of_the_zoo(tmp_path):
    arguments = {"num_classes": 10, "in_channels": 1, "dims": 2}
    network = create_model("lenet5", **arguments).eval()
    preset = Preset(size_hw=(32, 32), channels=1, mean=(0.0,), std=(255.0,))
    save_model(tmp_path / "a", network, ModelFile("lenet5", arguments, "classify", preset))
    x = torch.randn(3, 1, 32, 32)
    assert torch.equal(load_model(tmp_path / "a")[0](x), network(x))


@pytest.mark.parametrize("name", model_names())
def test_every_network_can_be_filled_from_a_file(name):
    """All of its buffers are in its state dict: others would stay without numbers."""
    network = blueprint(find_entry(name).build)
    tensors = {n for n, _ in (*network.named_parameters(), *network.named_buffers())}
    assert tensors <= set(network.state_dict())


# What save_model refuses, and what it leaves


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"record": {"loss": math.nan}}, "NaN"),
        ({"record": {"loss": math.inf}}, "NaN"),
        ({"record": {"when": {1, 2}}}, "JSON"),
        ({"record": {"lock": threading.Lock()}}, "JSON"),
        ({"record": {"text": "x" * (16 * 2**20)}}, "at most 16777216 bytes"),
        ({"arguments": ARGUMENTS | {"num_classes": 4}}, "a name for each of 4 classes, got '3 names'"),
        (
            {"arguments": ARGUMENTS | {"num_classes": 4}, "preset": replace(PRESET, labels=())},
            r"classifier.weight: the network has float32 \(4, 4\)",
        ),
        ({"arguments": ARGUMENTS | {"width": 4}}, "no option of tiny_net named 'width'"),
    ],
)
def test_a_header_that_cannot_be_written_leaves_no_file(tmp_path, change, word):
    with pytest.raises(ArgumentError, match=word):
        save_model(tmp_path / "a", trained(), header(**change))
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_network_and_another_dtype(tmp_path):
    with pytest.raises(UnknownNameError, match="did you mean 'tiny_net'"):
        save_model(tmp_path / "a", trained(), header(network="tiny-net"))
    with pytest.raises(ArgumentError, match="these have bfloat16"):
        save_model(tmp_path / "a", trained().bfloat16(), header())


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OutputError):
        save_model(tmp_path / "no" / "a", trained(), header())


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"format": 2}, "header.format"),
        ({"network": 3}, "header.network"),
        ({"task": None}, "header.task"),
        ({"licence": b"MIT"}, "header.licence"),
        ({"arguments": []}, "header.arguments"),
        ({"arguments": {}}, r"arguments\['num_classes'\]"),
        ({"arguments": ARGUMENTS | {"dims": "2"}}, r"arguments\['dims'\]"),
        ({"arguments": ARGUMENTS | {"num_classes": True}}, r"arguments\['num_classes'\]"),
        ({"arguments": ARGUMENTS | {"in_channels": 0}}, r"arguments\['in_channels'\]"),
        ({"arguments": ARGUMENTS | {"depths": (1, 2)}}, r"arguments\['depths'\]"),
        ({"arguments": ARGUMENTS | {"in_channels": 3}}, "preset.channels"),
        ({"thresholds": {"cat": math.nan}}, "thresholds"),
        ({"thresholds": {"cat": "high"}}, "thresholds"),
        ({"thresholds": {1: 0.5}}, "thresholds"),
        ({"record": "long"}, "record"),
        ({"versions": {"striate": 1}}, "versions"),
        ({"preset": {"size_hw": [8, 9]}}, "preset"),
    ],
)
def test_a_header_with_a_wrong_field(change, word):
    with pytest.raises(ArgumentError, match=word):
        header(**change)


# What load_model and read_header refuse


@pytest.mark.parametrize(
    ("change", "word"),
    [
        # another version
        ({"format": 2, "versions": {"striate": "0.9.1"}}, "format 2.*install striate 0.9.1 or newer"),
        ({"format": 2, "versions": 3}, "format 2.*striate unknown"),
        ({"format": "1"}, "format '1'"),
        ({"format": True}, "header.format"),
        # fields
        ({"surprise": 1}, "exactly"),
        ({"network": 1}, "header.network"),
        ({"record": []}, "header.record"),
        ({"ties": []}, "ties"),
        ({"ties": {"a": 1}}, "ties"),
        # presets that Preset alone would take, or fail on in its own way
        ({"preset": None}, "not sound"),
        ({"preset": {}}, "not sound"),
        ({"preset": {"size_hw": "ab"}}, "not sound"),
        ({"preset": PRESET.to_dict() | {"colour": 1}}, "not sound"),
        ({"preset": PRESET.to_dict() | {"size_hw": [8.5, 9]}}, "whole pixels"),
        ({"preset": PRESET.to_dict() | {"size_hw": [65535, 65535]}}, "at most 67108864 pixels"),
        ({"preset": PRESET.to_dict() | {"short_side": 10**9}}, "whole pixels"),
        ({"preset": PRESET.to_dict() | {"mean": ["a"]}}, "finite"),
        ({"preset": PRESET.to_dict() | {"mean": [10**400]}}, "finite"),
        ({"preset": PRESET.to_dict() | {"std": [None]}}, "not sound"),
        ({"preset": PRESET.to_dict() | {"labels": [1, 2, 3]}}, "strings"),
        ({"preset": PRESET.to_dict() | {"labels": {"a": 1}}}, "labels must be a tuple"),
        ({"preset": PRESET.to_dict() | {"colour_pca": [[1, 0, 0]] * 3}}, "where there are colours"),
        ({"preset": PRESET.to_dict() | {"labels": "abc"}}, "labels must be a tuple"),
        ({"preset": PRESET.to_dict() | {"filter": ["bilinear"]}}, "not sound"),
    ],
)
def test_documents_that_are_not_sound(saved, change, word):
    rewrite(saved, lambda document: document.update(change))
    for read in (read_header, load_model):
        with pytest.raises(ModelFileError, match=rf"(?s)model\.safetensors: .*({word})"):
            read(saved)


SIGNAL = RecordingPreset("signal", (40,), (0.01,), 1, (0.0,), (1.0,), labels=("a", "b", "c"), channel_names=("lead",))


def test_a_model_of_recordings(tmp_path):
    arguments = {**ARGUMENTS, "dims": 1}
    network = create_model("time_series_resnet", **arguments)
    save_model(tmp_path / "a", network, ModelFile("time_series_resnet", arguments, "classify", SIGNAL))
    loaded, found = load_model(tmp_path / "a")
    assert (found.preset, found.size) == (SIGNAL, (40,))
    with pytest.raises(ModelFileError, match="a model of signals, and images"):
        _ = found.image_preset
    x = torch.randn(2, 1, 40)
    assert torch.equal(loaded(x), network.eval()(x))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"kind": "sound"}, "one of signal"),
        ({"kind": ["signal"]}, "not sound"),
        ({"kind": "volume"}, "preset.size must be"),
        ({"size": [40, 40]}, "preset.size must be"),
        ({"size": [40.5]}, "whole samples"),
        ({"size": [2**60]}, "at most 67,108,864"),
        ({"size": "40"}, "not sound"),
        ({"spacing": [-1]}, "preset.spacing"),
        ({"spacing": [10**400]}, "not sound"),
        ({"mean": ["0"]}, "not sound"),
        ({"mean": [True]}, "finite numbers"),
        ({"std": [0]}, "positive"),
        ({"channels": 2}, "preset.mean"),
        ({"channels": 2, "mean": [0, 0], "std": [1, 1], "border": [0, 0], "channel_names": []}, "in_channels, 1"),
        ({"labels": [1, 2, 3]}, "strings"),
        ({"labels": "abc"}, "labels must be a tuple"),
        ({"channel_names": [1]}, "strings"),
        ({"fit": "fill"}, "one of crop"),
        ({"surprise": 1}, "made of"),
    ],
)
def test_presets_of_recordings_that_are_not_sound(saved, change, word):
    def lie(document):
        document["arguments"]["dims"] = 1
        document["preset"] = SIGNAL.to_dict() | change

    rewrite(saved, lie)
    with pytest.raises(ModelFileError, match=word):
        read_header(saved)


def test_a_preset_of_other_axes_than_the_networks(saved):
    rewrite(saved, lambda document: document.update(preset=SIGNAL.to_dict()))  # of two dimensions
    with pytest.raises(ModelFileError, match="of dims, 2"):
        read_header(saved)


@pytest.mark.parametrize("document", ["", "[]", "3", "null", '{"a":NaN}', "[" * 10**5, '{"ties": {"a": "b"'])
def test_documents_that_are_no_documents(saved, document):
    saved.write_bytes(save(load(saved.read_bytes()), {"striate": document}))
    with pytest.raises(ModelFileError, match="the document is not"):
        load_model(saved)


def test_a_document_without_a_field(saved):
    rewrite(saved, lambda document: document.pop("licence"))
    with pytest.raises(ModelFileError, match="exactly"):
        read_header(saved)


@pytest.mark.parametrize(
    ("network", "arguments", "word"),
    [
        ("tiny_met", {}, "no model named 'tiny_met'; did you mean 'tiny_net'"),
        ("tiny_net", {"width": 3}, "no option of tiny_net named 'width'"),
        ("tiny_net", {"dims": 3}, "dims"),
        ("tiny_net", {"num_classes": 2}, r"classifier.weight: the network has float32 \(2, 4\).*\(3, 4\)"),
        ("tiny_net", {"num_classes": 10**12}, r"the network has float32 \(1000000000000, 4\)"),
        ("tiny_net", {"num_classes": 10**18}, "can't build 'tiny_net'"),
        ("tiny_net", {"num_classes": 10**30}, "can't build 'tiny_net'"),
        ("lenet5", {}, "missing: stages.conv1.conv.weight"),
    ],
)
def test_arguments_are_compared_with_the_tensors_before_memory_is_taken(saved, network, arguments, word):
    nameless = replace(PRESET, labels=()).to_dict()
    rewrite(saved, lambda d: d.update(network=network, arguments=ARGUMENTS | arguments, preset=nameless))
    with pytest.raises(ModelFileError, match=f"(?s)model.safetensors: .*{word}"):
        load_model(saved)


def test_all_wrong_tensors_are_listed(saved):
    def spoil(tensors):
        del tensors["stages.b.weight"]
        tensors["extra"] = torch.zeros(1)
        tensors["head.classifier.bias"] = torch.zeros(7)
        tensors["head.classifier.weight"] = tensors["head.classifier.weight"].half()

    rewrite(saved, change_tensors=spoil)
    with pytest.raises(ModelFileError) as caught:
        load_model(saved)
    assert [line.split(":")[0].strip() for line in str(caught.value).splitlines()[1:]] == [
        "missing",
        "head.classifier.weight",
        "head.classifier.bias",
        "surplus",
    ]


@pytest.mark.parametrize(
    "ties",
    [
        {"stages.c.weight": "stages.d.weight"},  # to nothing
        {"stages.c.weight": "stages.b.weight"},  # of a tensor that is stored as well
        {"x": "y", "y": "x"},  # in a ring
    ],
)
def test_broken_ties(saved, ties):
    rewrite(saved, lambda document: document.update(ties=ties))
    with pytest.raises(ModelFileError, match="tie"):
        load_model(saved)


def test_a_tie_that_does_not_fit(saved):
    rewrite(
        saved, lambda d: d.update(ties={"stages.c.weight": "head.classifier.bias"}), lambda t: t.pop("stages.c.weight")
    )
    with pytest.raises(ModelFileError, match=r"stages.c.weight: the network has float32 \(4, 4, 3, 3\)"):
        load_model(saved)


def test_other_files(tmp_path):
    torch.save(trained().state_dict(), tmp_path / "a.pth")
    (tmp_path / "b").write_bytes(save({"w": torch.zeros(2)}))
    (tmp_path / "c").write_bytes(b"")
    for name, word in {
        "a.pth": "never unpickles",
        "b": "not one of striate's",
        "c": "truncated",
        "no-such-file": "No such file",
        ".": "directory",
    }.items():
        with pytest.raises(ModelFileError, match=word) as caught:
            load_model(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)


# Random damage: an error of ours or a network of the same shapes, never anything else


@pytest.fixture(scope="module")
def sound(tmp_path_factory, tiny_is_registered):
    path = tmp_path_factory.mktemp("sound") / "model.safetensors"
    save_model(path, trained(tied=True), header(arguments=ARGUMENTS | {"tied": True}))
    return path


def try_to_load(path, data):
    path.write_bytes(data)
    try:
        network, _ = load_model(path)
    except ModelFileError:
        return
    wanted = trained().state_dict()
    assert {n: t.shape for n, t in network.state_dict().items()} == {n: t.shape for n, t in wanted.items()}


many = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@many
@given(st.data())
def test_flipped_bits(sound, tmp_path, data):
    good = bytearray(sound.read_bytes())
    header_end = 8 + int.from_bytes(good[:8], "little")
    for _ in range(data.draw(st.integers(1, 3))):
        bit = data.draw(st.integers(0, 8 * header_end + 800) | st.integers(0, 8 * len(good) - 1))
        good[bit // 8] ^= 1 << bit % 8
    try_to_load(tmp_path / "model.safetensors", good)


@many
@given(st.floats(0, 1, exclude_max=True))
@example(0.0)
def test_truncations(sound, tmp_path, share):
    good = sound.read_bytes()
    (tmp_path / "model.safetensors").write_bytes(good[: int(share * len(good))])
    with pytest.raises(ModelFileError):
        load_model(tmp_path / "model.safetensors")


@many
@given(st.integers(0, 2**20), st.binary(max_size=20), st.integers(0, 20))
def test_spliced_bytes(sound, tmp_path, place, inserted, removed):
    good = sound.read_bytes()
    place %= len(good)
    try_to_load(tmp_path / "model.safetensors", good[:place] + inserted + good[place + removed :])

import pytest
import torch

from striate.errors import ArgumentError, ModelFileError, ShapeError, UnknownNameError
from striate.explain import Row, Table
from striate.models import blueprint, find_entry
from striate.tasks import network_table, parse_shape, side_by_side


def test_a_network_by_name_is_as_in_its_paper():
    found = network_table("lenet5")
    assert found.parameters == 61_706
    assert found.rows[0].shape == (1, 32, 32)
    assert network_table("resnet50").parameters == 25_557_032
    assert network_table("vgg16").parameters == 138_357_544


def test_another_input():
    assert network_table("resnet18", (3, 64, 96)).rows[0].shape == (3, 64, 96)
    signals = network_table("resnet18", (2, 500))
    assert (signals.rows[0].shape, len(signals.rows[-1].shape)) == ((2, 500), 1)


def test_a_model_file_has_its_own_classes_and_size(trained):
    found = network_table(trained.model)
    assert network_table(trained.run) == found
    assert found.rows[0].shape == (1, 32, 32)
    assert found.rows[-1].shape == (3,)
    assert found.parameters == 61_706 - 7 * 85  # three classes in place of ten


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "mobilenet_v2", "squeezenet1_1"])
def test_stages_add_up_to_the_layers(name):
    layers, stages = network_table(name), network_table(name, by_stage=True)
    features = blueprint(find_entry(name).build).eval()
    assert [row.layer for row in stages.rows] == ["input", *features.stages, "head"]
    assert (stages.parameters, stages.multiply_adds) == (layers.parameters, layers.multiply_adds)
    with torch.device("meta"):
        shapes = [f.shape[1:] for f in features.features(torch.zeros(1, 3, 224, 224)).values()]
    assert [row.shape for row in stages.rows[1:-1]] == shapes


def test_the_field_of_a_stage_is_that_of_its_last_layer():
    # The documents' recurrence by hand: 7/2, 3/2 (r = 11, s = 4), then six 3x3 of stride 4: 11 + 6 * 2 * 4.
    _, stem, stage1, *_ = network_table("plain34", by_stage=True).rows
    assert [(f.size, f.stride) for f in (stem.fields[0], stage1.fields[0])] == [(11, 4), (59, 4)]


# Stages of two networks, by letter; "-" where one has none.
@pytest.mark.parametrize(
    ("ours", "theirs", "names"),
    [
        ("abc", "abc", "abc"),
        ("abh", "abcdh", "abcdh"),
        ("abcdh", "abh", "abcdh"),
        ("axh", "ayh", "axyh"),
        ("", "ab", "ab"),
        ("ab", "", "ab"),
        ("ab", "ba", "ab"),  # another order: as ours has it
    ],
)
def test_side_by_side(ours, theirs, names):
    left, right = (Table(tuple(Row(name, "", (1,), 1, 1, None) for name in part)) for part in (ours, theirs))
    rows = side_by_side(left, right)
    assert "".join(name for name, *_ in rows) == names
    assert [bool(row) for _, row, _ in rows] == [name in ours for name in names]
    assert [bool(row) for _, _, row in rows] == [name in theirs for name in names]


def test_what_is_refused(trained):
    with pytest.raises(UnknownNameError, match="did you mean 'resnet18'"):
        network_table("resnet81")
    with pytest.raises((ShapeError, ArgumentError)):
        network_table("lenet5", (1, 8, 8))
    with pytest.raises(ModelFileError):
        network_table(trained.run / "record.jsonl")


@pytest.mark.parametrize(
    ("text", "shape"), [("3x224x224", (3, 224, 224)), ("1X9", (1, 9)), ("1x8x9x10", (1, 8, 9, 10))]
)
def test_shapes_from_text(text, shape):
    assert parse_shape(text) == shape


@pytest.mark.parametrize(
    "text", ["", "3", "x", "3x", "3x-1x2", "3x0x2", "3x1.5x2", "1x2x3x4x5", "3x70000x2", "3x²x2", "3,2,2"]
)
def test_text_that_is_no_shape(text):
    with pytest.raises(ArgumentError, match="input must be channels and sizes such as 3x224x224"):
        parse_shape(text)

import pytest

from striate.errors import ArgumentError, ModelFileError, ShapeError, UnknownNameError
from striate.tasks import network_table, parse_shape


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
    assert found.rows[0].shape == (1, 32, 32)
    assert found.rows[-1].shape == (3,)
    assert found.parameters == 61_706 - 7 * 85  # three classes in place of ten


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

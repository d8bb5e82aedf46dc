import pytest

from striate.errors import ShapeError, UnknownNameError
from striate.models import check_size, find_entry, model_names


def test_names_by_pattern() -> None:
    assert model_names("resnet1??") == ["resnet101", "resnet152", "resnet110"]
    assert model_names("nothing*") == []
    assert {"lenet5", "vgg16_bn", "plain34", "mobilenet_v2"} <= set(model_names())


def test_an_entry_knows_the_familys_options() -> None:
    common = {"dims", "in_channels", "num_classes", "width"}
    assert set(find_entry("vgg16").options) == common
    assert set(find_entry("lenet5").options) == common - {"width"}
    assert set(find_entry("resnet50").options) == {*common, "shortcut", "zero_last_norm"}


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [
        ("resnet18", 3, "size must be at least 32 pixels a side for resnet18, got 3"),
        ("resnet18", (224, 31), "size must be at least 32 pixels a side for resnet18, got (224, 31)"),
        ("vgg16", 0, "size must be at least 32 pixels a side for vgg16, got 0"),
        ("lenet5", 28, "size must be 32 pixels a side for lenet5, whose dense layers fix it, got 28"),
        ("lenet5", (32, 64), "size must be 32 pixels a side for lenet5, whose dense layers fix it, got (32, 64)"),
    ],
)
def test_sizes_that_a_network_cannot_take(name: str, size: int | tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError) as error:
        check_size(name, size)
    assert str(error.value) == message


def test_sizes_that_it_can() -> None:
    check_size("lenet5", 32)
    check_size("resnet18", (32, 1000))
    check_size("efficientnet_lite2", 260)
    with pytest.raises(UnknownNameError, match="did you mean 'lenet5'"):
        check_size("lenet", 32)

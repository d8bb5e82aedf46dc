"""The table of a network by name, or of the one in a model file."""

from collections.abc import Sequence
from pathlib import Path

from striate.errors import ArgumentError
from striate.explain import Table, table
from striate.models import blueprint, find_entry, load_model


def network_table(model: str | Path, input_shape: Sequence[int] = ()) -> Table:
    """Layer by layer: activation shape and size, parameters, multiply-adds, receptive field.

    Args:
        model: name of a network (built as in its paper, without numbers), or a trained model file.
        input_shape: (C, *S) of one input; () takes what the paper or the model's preset says.

    Raises:
        UnknownNameError: no such network.
        ModelFileError: a broken model file.
        ShapeError: the network does not take such an input.

    Example:
        >>> network_table("lenet5").parameters
        61706
    """
    if Path(model).is_file():
        network, header = load_model(Path(model))
        return table(network, input_shape or (header.preset.channels, *header.preset.size_hw))
    entry = find_entry(str(model))
    shape = tuple(input_shape) or (entry.channels, entry.size, entry.size)
    network = blueprint(entry.build, num_classes=entry.classes, in_channels=shape[0], dims=len(shape) - 1)
    return table(network, shape)


def parse_shape(text: str) -> tuple[int, ...]:
    """Sizes from text: channels first, an x between.

    Raises:
        ArgumentError: not two to four positive integers.

    Example:
        >>> parse_shape("3x224x224")
        (3, 224, 224)
    """
    sizes = text.lower().split("x")
    if not all(size.isdecimal() and 0 < int(size) <= 65535 for size in sizes) or not 2 <= len(sizes) <= 4:
        raise ArgumentError.of("input", "channels and sizes such as 3x224x224, each of 1 to 65535", text)
    return tuple(map(int, sizes))

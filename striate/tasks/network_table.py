"""The table of a network by name, or of the one in a model file."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from striate.errors import ArgumentError
from striate.explain import Row, Table, table
from striate.models import Network, blueprint, find_entry, load_model
from striate.tasks.run_folder import RunFolder


def network_table(model: str | Path, input_shape: Sequence[int] = (), *, by_stage: bool = False) -> Table:
    """Layer by layer: activation shape and size, parameters, multiply-adds, receptive field.

    Args:
        model: name of a network (built as in its paper, without numbers), a model file, or the folder of its run.
        input_shape: (C, *S) of one input; () takes what the paper or the model's preset says.
        by_stage: a row for each stage, by its name, and one for the head.

    Raises:
        UnknownNameError: no such network.
        ModelFileError: a broken model file.
        ShapeError: the network does not take such an input.

    Example:
        >>> network_table("lenet5").parameters
        61706
    """
    network, shape = _network(model, tuple(input_shape))
    if not by_stage:
        return table(network, shape)
    found = table(network, shape, whole=[*(f"stages.{name}" for name in network.stages), "head"])
    return Table(tuple(replace(row, layer=row.layer.removeprefix("stages."), kind="") for row in found.rows))


def _network(model: str | Path, shape: tuple[int, ...]) -> tuple[Network, tuple[int, ...]]:
    """The network and the shape of its input."""
    path = RunFolder(model).model if Path(model).is_dir() else Path(model)
    if path.is_file():
        network, header = load_model(path)
        return network, shape or (header.preset.channels, *header.size)
    entry = find_entry(str(model))
    shape = shape or (entry.channels, entry.size, entry.size)
    return blueprint(entry.build, num_classes=entry.classes, in_channels=shape[0], dims=len(shape) - 1), shape


def side_by_side(ours: Table, theirs: Table) -> list[tuple[str, Row | None, Row | None]]:
    """The rows of two tables by name, in the order of both; None where only the other one has it.

    Example:
        >>> rows = side_by_side(*(network_table(name, by_stage=True) for name in ("lenet5", "alexnet")))
        >>> [(name, ours is not None, theirs is not None) for name, ours, theirs in rows][2:5]
        [('conv2', True, True), ('conv3', False, True), ('conv4', False, True)]
    """
    left, right = ({row.layer: row for row in found.rows} for found in (ours, theirs))
    names: list[str] = []
    waiting, new = list(left), list[str]()
    for name in right:
        if name in waiting:  # a name that both have: before it what ours has, then what is new
            place = waiting.index(name)
            names += [*waiting[:place], *new, name]
            waiting, new = waiting[place + 1 :], []
        elif name not in left:
            new.append(name)
    return [(name, left.get(name), right.get(name)) for name in [*names, *waiting, *new]]


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

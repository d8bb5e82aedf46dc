"""Every network by name: a dict and a decorator."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from torch import Tensor

from striate.errors import ArgumentError, ShapeError, UnknownNameError
from striate.models.heads import find_head, head_options
from striate.models.network import Network
from striate.models.rename import Rename

Build = Callable[..., Network]


@dataclass(frozen=True)
class Entry:
    """What the registry knows of a network without building it.

    Attributes:
        name: what `create_model` takes.
        build: makes the network from its options; wrong ones are refused before anything is built.
        options: names of what `build` takes: `num_classes`, `in_channels`, `dims` and the family's own.
        size: pixels along each spatial side, as the paper feeds it.
        smallest: pixels a side: the fewest that leave a sample in the last stage, and at least its stride.
        channels: as the paper feeds it: 1 (grey) or 3 (RGB).
        classes: as many as the paper tells apart.
        dims: numbers of spatial dimensions it can be built in.
        fixed_size: dense layers after a flatten allow `size` alone.
        one_sided: its logits never change their sign, which says nothing of one class alone: their differences do.
        published: who publishes weights -> how their names of tensors become ours.
        prepare: what of a new network is computed from training images (N, C, *S) before it learns, in place; or None.
        paints: it answers with pictures, not with classes, and is none of `model_names()`.
    """

    name: str
    build: Build
    options: tuple[str, ...]
    size: int
    smallest: int
    channels: int
    classes: int
    dims: tuple[int, ...]
    fixed_size: bool
    one_sided: bool
    published: Mapping[str, Rename]
    prepare: Callable[[Network, Tensor], None] | None
    paints: bool = False


ENTRIES: dict[str, Entry] = {}


def register(
    family: Build,
    *,
    size: int = 224,
    smallest: int = 32,
    channels: int = 3,
    classes: int = 1000,
    dims: tuple[int, ...] = (1, 2, 3),
    fixed_size: bool = False,
    one_sided: bool = False,
    published: Mapping[str, Rename] | None = None,
    prepare: Callable[[Network, Tensor], None] | None = None,
    paints: bool = False,
) -> Callable[[Build], Build]:
    """Put a variant into the registry under its function's name; its options are the family's keyword arguments.

    The other arguments are described in `Entry`.

    Example:
        >>> from striate.models.resnet import basic_path, resnet
        >>> @register(resnet)
        ... def resnet10(**options):
        ...     return resnet(basic_path, (1, 1, 1, 1), **options)
        >>> resnet10(num_classes=0)
        Traceback (most recent call last):
        striate.errors.ArgumentError: num_classes must be an integer of at least 1, got 0
        >>> ENTRIES.pop("resnet10").options
        ('dims', 'in_channels', 'num_classes', 'width', 'shortcut', 'zero_last_norm')
    """
    parameters = inspect.signature(family).parameters.values()
    options = tuple(p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY)

    def enter(variant: Build) -> Build:
        @functools.wraps(variant)
        def build(**arguments: Any) -> Network:
            check_arguments(entry, arguments)
            network = variant(**{option: value for option, value in arguments.items() if option in options})
            network.name = name
            return with_new_head(network, entry, arguments)

        name = variant.__name__
        sizes = (size, smallest, channels, classes, dims)
        entry = Entry(name, build, options, *sizes, fixed_size, one_sided, published or {}, prepare, paints)
        ENTRIES[name] = entry
        return build

    return enter


def check_arguments(entry: Entry, arguments: Mapping[str, Any]) -> None:
    """Refuse what a network can't be built from, before it is built.

    Raises:
        UnknownNameError: no such head, or an option that neither the family nor the head has.
        ArgumentError: a number of classes, channels or dimensions out of range.
    """
    known = (*entry.options, *head_options(arguments.get("head")))
    for option in arguments:
        if option not in known:
            raise UnknownNameError(f"option of {entry.name}", option, known)
    for count in ("num_classes", "in_channels"):
        value = arguments.get(count, 1)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ArgumentError.of(count, "an integer of at least 1", value)
    width = arguments.get("width", 1.0)
    if not isinstance(width, int | float) or isinstance(width, bool) or not 0 < width <= 16:
        raise ArgumentError.of("width", "a factor above 0, at most 16", width)
    dims = arguments.get("dims", entry.dims[0])
    if not isinstance(dims, int) or isinstance(dims, bool) or dims not in entry.dims:
        raise ArgumentError.of("dims", f"one of {', '.join(map(str, entry.dims))} for {entry.name}", dims)


def with_new_head(network: Network, entry: Entry, arguments: Mapping[str, Any]) -> Network:
    """The network with the new head that the arguments ask for, or as it is.

    Raises:
        UnknownNameError: no such head.
        ArgumentError: what the head's function refuses.
    """
    head = arguments.get("head")
    _, *options = head_options(head)
    wanted = {name: arguments[name] for name in options if arguments.get(name)}
    if head is None and not wanted:
        return network
    dims = arguments.get("dims", 2)
    shape = (
        arguments.get("in_channels", entry.channels),
        *(entry.size if entry.fixed_size else entry.smallest,) * dims,
    )
    return find_head(head)(network, arguments.get("num_classes", entry.classes), size=shape, **wanted)


def check_size(name: str, size: int | Sequence[int]) -> None:
    """Refuse an input that is too small for a network, or not of the one size that it takes.

    Args:
        name: of the network.
        size: pixels of every side, or of each side.

    Raises:
        UnknownNameError: no such network.
        ShapeError: a side that the network can't take.

    Example:
        >>> check_size("resnet18", (64, 96))
        >>> check_size("resnet18", 3)
        Traceback (most recent call last):
        striate.errors.ShapeError: size must be at least 32 pixels a side for resnet18, got 3
    """
    entry = find_entry(name)
    sides = (size,) if isinstance(size, int) else tuple(size)
    if entry.fixed_size and any(side != entry.size for side in sides):
        raise ShapeError.of("size", f"{entry.size} pixels a side for {name}, whose dense layers fix it", size)
    if min(sides) < entry.smallest:
        raise ShapeError.of("size", f"at least {entry.smallest} pixels a side for {name}", size)


def find_entry(name: str) -> Entry:
    """The entry of a name.

    Raises:
        UnknownNameError: no such network; the message suggests the nearest.

    Example:
        >>> find_entry("lenet5").size
        32
    """
    if name not in ENTRIES:
        raise UnknownNameError("model", name, ENTRIES)
    return ENTRIES[name]


def model_names(pattern: str = "*") -> list[str]:
    """Names of registered networks that tell classes and match a shell pattern, in the order of registration.

    Example:
        >>> model_names("efficientnet*")
        ['efficientnet_lite0', 'efficientnet_lite1', 'efficientnet_lite2']
    """
    return [name for name, entry in ENTRIES.items() if fnmatchcase(name, pattern) and not entry.paints]

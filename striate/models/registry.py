"""Every network by name: a dict and a decorator."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeVar

from striate.errors import UnknownNameError
from striate.models.network import Network

Build = TypeVar("Build", bound=Callable[..., Network])


@dataclass(frozen=True)
class Entry:
    """What the registry knows of a network without building it.

    Attributes:
        name: what `create_model` takes.
        build: makes the network from `num_classes`, `in_channels`, `dims` and the family's options.
        size: pixels along each spatial side, as the paper feeds it.
        channels: as the paper feeds it: 1 (grey) or 3 (RGB).
        dims: numbers of spatial dimensions it can be built in.
        fixed_size: dense layers after a flatten allow `size` alone.
    """

    name: str
    build: Callable[..., Network]
    size: int
    channels: int
    dims: tuple[int, ...]
    fixed_size: bool


ENTRIES: dict[str, Entry] = {}


def register(
    *, size: int = 224, channels: int = 3, dims: tuple[int, ...] = (1, 2, 3), fixed_size: bool = False
) -> Callable[[Build], Build]:
    """Put a variant into the registry under its function's name.

    Example:
        >>> from striate.models.resnet import basic_path, ResNet
        >>> @register()
        ... def resnet10(**options):
        ...     return ResNet(basic_path, 1, (1, 1, 1, 1), **options)
        >>> ENTRIES.pop("resnet10").size
        224
    """

    def enter(build: Build) -> Build:
        ENTRIES[build.__name__] = Entry(build.__name__, build, size, channels, dims, fixed_size)
        return build

    return enter


def find_entry(name: str) -> Entry:
    """The entry of a name.

    Raises:
        UnknownNameError: no such network; the message suggests the nearest.
    """
    if name not in ENTRIES:
        raise UnknownNameError("model", name, ENTRIES)
    return ENTRIES[name]


def model_names(pattern: str = "*") -> list[str]:
    """Registered names that match a shell pattern, in the order of registration."""
    return [name for name in ENTRIES if fnmatchcase(name, pattern)]

"""What recordings are once they are opened: values on a regular grid, in parts, with a store that reads them.

It mirrors `striate.data.records`, whose `Item`, `PartName` and `Twins` it shares. Everything here can be pickled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from striate.data.records import Item, Opened, PartName, Twins
from striate.errors import ArgumentError, Problem, ShapeError
from striate.recording_preset import AXES, Kind

Values = NDArray[np.float32]  # (C, *S)


@dataclass(frozen=True, eq=False)
class Recording:
    """A signal, a volume or a clip: values at the points of a regular grid.

    Attributes:
        kind: what it is.
        values: float32 (C, L), (C, D, H, W) or (C, T, H, W), all finite.
        spacing: from one sample to the next along each axis, see `RecordingPreset.spacing`; 0 is unknown.
        channel_names: of the channels, or none.

    Raises:
        ShapeError: values of another type or number of axes, or of no samples.
        ArgumentError: another number of steps, or one below 0.

    Example:
        >>> second = Recording("signal", np.zeros((2, 360), np.float32), (1 / 360,), ("MLII", "V5"))
        >>> second.size, second.channels
        ((360,), 2)
    """

    kind: Kind
    values: Values
    spacing: tuple[float, ...]
    channel_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        axes = AXES[self.kind]
        if self.values.dtype != np.float32 or self.values.ndim != 1 + len(axes) or not self.values.size:
            expected = f"float32 (channels, {', '.join(axes)})"
            raise ShapeError.of("values", expected, f"{self.values.dtype} {self.values.shape}")
        if len(self.spacing) != len(axes) or min(self.spacing) < 0:
            raise ArgumentError.of("spacing", f"a step, or 0, along {', '.join(axes)}", self.spacing)

    @property
    def size(self) -> tuple[int, ...]:
        """Samples along each axis."""
        return self.values.shape[1:]

    @property
    def channels(self) -> int:
        """C."""
        return len(self.values)


class RecordingStore(Protocol):
    """Where recordings are read from. It can be pickled, and opens its files on first use."""

    def load(self, path: str) -> Recording:
        """The recording of that name; a DataError where it can't be read."""
        ...


@dataclass(frozen=True)
class RecordingPart:
    """The recordings of one part (train, val or test) and the store that reads them.

    Attributes:
        items: their names in the store, and their labels.
        store: reads them.
        groups: of each, what must not stand in two parts, such as the person or the record it is of; or none.
    """

    items: Sequence[Item]
    store: RecordingStore = field(repr=False)
    groups: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.items)

    def load(self, index: int) -> Recording:
        """The recording of the item at `index`."""
        return self.store.load(self.items[index].path)

    def counts(self, num_classes: int) -> NDArray[np.int64]:
        """How many recordings are of each class, (num_classes,)."""
        labels = [label for item in self.items for label in item.labels]
        return np.bincount(np.array(labels, dtype=np.int64), minlength=num_classes)


@dataclass(frozen=True)
class RecordingDataset(Opened):
    """Recordings that were opened and checked: all of one kind and of the same channels.

    Attributes:
        root, classes, parts, cut_seed, skipped, twins, fingerprint: as of `striate.data.Dataset`.
        kind: what it is, in words, such as "class folders of volumes".
        shape: signal, volume or clip.
        channels: of each recording.
        channel_names: where the data says.
        sizes: samples along each axis: the smallest, the median and the largest.
        spacings: all that occur, the commonest first.

    Raises:
        ArgumentError: no parts, or a part with another name.
    """

    root: str
    kind: str
    shape: Kind
    classes: tuple[str, ...]
    parts: dict[PartName, RecordingPart]
    channels: int
    channel_names: tuple[str, ...]
    sizes: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
    spacings: tuple[tuple[float, ...], ...]
    cut_seed: int | None = None
    skipped: tuple[Problem, ...] = ()
    twins: tuple[Twins, ...] = ()
    fingerprint: str = ""

    def __post_init__(self) -> None:
        if not self.parts or not set(self.parts) <= {"train", "val", "test"}:
            raise ArgumentError.of("parts", "some of train, val, test", list(self.parts))

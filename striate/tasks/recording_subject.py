"""A network of signals, volumes or clips, to be looked into."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data import Item, Pixels
from striate.draw import InputView, recording_levels, view_of
from striate.errors import ArgumentError, DataError, StriateError
from striate.recording_preset import Kind, RecordingPreset
from striate.recordings import (
    Recording,
    RecordingLoader,
    RecordingPart,
    RecordingStore,
    fit_factors,
    keep_as_trained,
    prepared,
    preset_distortion,
)
from striate.recordings.cut import Cut
from striate.recordings.find import find_table
from striate.recordings.stores import FileRecordings
from striate.tasks.recording_classifier import AnyRecording, as_trained
from striate.tasks.recording_plan import cut_from_dict
from striate.tasks.recording_prediction import recording_files
from striate.tasks.subject import AnyPart, Subject


@dataclass(frozen=True)
class AsTrained:
    """A store whose recordings have the channels that a network was trained on: see `keep_as_trained`."""

    store: RecordingStore
    names: Sequence[str]
    chosen: Sequence[str] | None

    def load(self, path: str) -> Recording:
        """A recording of the store."""
        return keep_as_trained(self.store.load(path), self.names, self.chosen)


@dataclass(frozen=True, eq=False)
class RecordingSubject(Subject[RecordingPreset, Recording]):
    """A network of recordings with its preset: see `Subject`.

    Attributes:
        plan: of its training: how records were cut, which channels it looks at, whether recordings were resampled.
    """

    plan: Mapping[str, Any] = field(default_factory=dict)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(C, *S)"""
        return (self.preset.channels, *self.preset.size)

    @property
    def labels(self) -> tuple[str, ...]:
        """Of its classes."""
        return self.preset.labels

    @property
    def noun(self) -> str:
        """What it looks at."""
        return self.preset.kind

    @property
    def view(self) -> InputView:
        """How its input is drawn."""
        return view_of(self.preset.kind)

    def read(self, source: AnyRecording) -> Recording:
        """See `striate.tasks.recording_classifier.as_trained`."""
        return as_trained(source, self.preset, self.plan)

    @property
    def resample(self) -> bool:
        """Whether recordings of another spacing are brought to the preset's: as its training did."""
        return bool(self.plan.get("resample"))

    def input(self, given: Recording) -> Tensor:
        """(1, C, *S)"""
        return torch.from_numpy(prepared(given, self.preset, self.resample)[None]).to(self.device)

    def seen(self, given: Recording) -> Pixels:
        """What the network sees of it."""
        return recording_levels(
            self.preset.kind, preset_distortion(given, self.preset, self.resample).values(given.values)
        )

    def levels(self, x: Tensor) -> Pixels:
        """Of a normalised input (C, *S)."""
        values: NDArray[np.float32] = x.detach().cpu().float().numpy()
        return recording_levels(self.preset.kind, values)

    def around(self, recording: Recording, second: float) -> Recording:
        """The window of a signal whose middle is at a second; what lies outside of the signal is border.

        Raises:
            ArgumentError: it is not a signal at a known rate, or does not last so long.
            DataError: a signal of another rate or number of channels.
        """
        if self.preset.kind != "signal" or not recording.spacing[0]:
            raise ArgumentError("at is of signals at a known rate: leave it out")
        fit_factors(recording, self.preset)
        (length,), (window,) = recording.size, self.preset.size
        middle = round(second / recording.spacing[0])
        if not 0 <= middle < length:
            raise ArgumentError.of("at", f"within the signal's {length * recording.spacing[0]:g} s", second)
        start = middle - window // 2
        border = np.array(self.preset.border, np.float32)[:, None]
        values = np.repeat(border, window, axis=1)
        low, high = max(start, 0), min(start + window, length)
        values[:, low - start : high - start] = recording.values[:, low:high]
        return Recording("signal", values, recording.spacing, recording.channel_names)

    def every(self, data: str | Path, *, skip_bad: bool = False) -> AnyPart:
        """All the recordings of some data, with classes or not; windows, where the network learned windows of records.

        Raises:
            DataError: no such data, or no recordings in it.
        """
        store, names = _all_of(Path(data), self.preset.kind, cut_from_dict(self.plan.get("cut")))
        trained = AsTrained(store, self.preset.channel_names, self.plan.get("channels"))
        part = RecordingPart(tuple(Item(name, (0,)) for name in names), trained)
        if not skip_bad:
            return part
        return RecordingPart(tuple(item for item in part.items if self._suits(part, item.path)), trained)

    def _suits(self, part: RecordingPart, path: str) -> bool:
        try:
            fit_factors(part.store.load(path), self.preset, self.resample)
        except StriateError:
            return False
        return True

    def load(self, part: AnyPart, index: int) -> Recording:
        """One of them."""
        assert isinstance(part, RecordingPart)
        return part.load(index)

    def batches(self, part: AnyPart, size: int) -> Iterator[Tensor]:
        """(N, C, *S) each."""
        assert isinstance(part, RecordingPart)
        loader = RecordingLoader(part, self.preset, batch_size=size, resample=self.resample)
        return (batch.images for batch in loader.epoch(0))


def _all_of(data: Path, kind: Kind, cut: Cut | None) -> tuple[RecordingStore, list[str]]:
    """The store of a data set and the names in it, or those of files without classes."""
    try:
        table = find_table(data, kind=kind, cut=cut)
    except DataError:
        if cut:
            raise
        return FileRecordings(Path(), kind), list(map(str, recording_files([data])))
    return table.store, sorted(row.path for row in table.rows)

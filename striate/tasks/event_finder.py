"""A finder of events: a classifier of windows made dense, which looks at whole signals of any length."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.errors import ArgumentError
from striate.models import Network, densify
from striate.ops import pick_peaks
from striate.recording_preset import RecordingPreset
from striate.recordings import BACKGROUND, Recording, Values, fit_factors, keep_as_trained, prepared, read_recording
from striate.recordings.wfdb_records import read_record
from striate.results import Events
from striate.runtime import run_in_pieces
from striate.tasks.events import EventTask, event_labels
from striate.training import Device, pick_device

AnySignal = Recording | Values | str | Path
_FAINT = 0.01  # what is less sure is no candidate


class EventFinder:
    """Signals in, `Events` out.

    The network is made dense and looks at every window of a signal, its total stride apart; before the beginning and
    behind the end stands the border, so that events are found there, too. An event is where the network is surest that
    there is one, not nearer to a surer one than the refractory time, and its class is the likeliest there. A network
    that pads sees beyond its window then, as it never did in training.

    Args:
        network: (N, C, L) -> logits (N, K) of a window.
        preset: what it expects of one: a signal at a known rate, cropped; one of its labels is "background".
        task: what it decides by.
        record: how it was trained, as its model file says.
        name: what to call it.
        device: where it computes.

    Raises:
        ArgumentError: a preset that says other things, or a network that can't be made dense.

    Example:
        >>> from striate.models import create_model
        >>> preset = RecordingPreset("signal", (288,), (1 / 360,), 1, (0.0,), (1.0,), labels=("N", "background"))
        >>> finder = EventFinder(create_model("event_convnet", dims=1), preset, EventTask.of_window(0.8))
        >>> minute = Recording("signal", np.zeros((1, 21600), np.float32), (1 / 360,))
        >>> len(finder.candidates(minute)), finder.labels, finder.exact  # a level is one peak at the most
        (1, ('N',), True)
    """

    notice = ""

    def __init__(
        self,
        network: Network,
        preset: RecordingPreset,
        task: EventTask,
        record: Mapping[str, Any] | None = None,
        *,
        name: str = "",
        device: Device = "cpu",
    ):
        _check_preset(preset)
        self.preset, self.task, self.record, self.name = preset, task, record or {}, name
        self._network = densify(network.to(pick_device(device)), preset.size)

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes of events."""
        return event_labels(self.preset.labels)

    @property
    def exact(self) -> bool:
        """Whether each window is looked at as if it were cut out; not so if the network pads."""
        return self._network.windows.exact

    def predict(self, signals: Iterable[AnySignal], *, resample: bool = False) -> list[Events]:
        """What happens in each signal, and when.

        Args:
            signals: files that `read` reads, or what it gives; or float32 arrays (C, L) at the preset's rate.
            resample: those of another rate are brought to the preset's.

        Raises:
            DataError: a signal can't be read, or is of another rate or number of channels.
        """
        return [self.find(self._read(signal), resample=resample) for signal in signals]

    def find(self, recording: Recording, *, resample: bool = False) -> Events:
        """The events of one signal of which the network is surer than its threshold.

        Raises:
            DataError: it is not a signal of the preset's channels and rate.
        """
        found = self.candidates(recording, resample=resample)
        return found[found.confidence > self.task.threshold]

    def candidates(self, recording: Recording, *, resample: bool = False) -> Events:
        """All that may be events, however unlikely, for a threshold to choose from; as `find` otherwise."""
        scores, step_s = self._scores(recording, resample)
        background = self.preset.labels.index(BACKGROUND)
        others = np.delete(scores, background, axis=0)  # (K - 1, S)
        odds = np.logaddexp.reduce(others, axis=0) - scores[background]
        places = pick_peaks(odds, max(1, round(self.task.refractory_s / step_s)), above=np.log(_FAINT))
        names = tuple(self.labels[i] for i in others[:, places].argmax(axis=0).tolist())
        sure = np.asarray(1 / (1 + np.exp(-odds[places])), np.float64)
        return Events(step_s * places.astype(np.float64), names, sure)

    def read(self, path: str | Path) -> Recording:
        """A signal from a file, with the preset's channels where both name theirs; gaps of WFDB records are border."""
        if Path(path).suffix.lower() == ".hea":
            recording = self._read_record(Path(path))
        else:
            recording = read_recording(path, kind="signal")
        return keep_as_trained(recording, self.preset.channel_names, self.record.get("plan", {}).get("channels"))

    def _read(self, signal: AnySignal) -> Recording:
        if isinstance(signal, Recording):
            return signal
        if isinstance(signal, np.ndarray):
            return Recording("signal", signal, self.preset.spacing)
        return self.read(signal)

    def _read_record(self, path: Path) -> Recording:
        record = read_record(path)
        border = np.resize(np.array(self.preset.border, np.float32), len(record.values))[:, None]
        values = np.where(np.isfinite(record.values), record.values, border)
        return Recording("signal", values, (1 / record.rate,), record.channel_names)

    def _scores(self, recording: Recording, resample: bool) -> tuple[NDArray[np.float64], float]:
        """(K, S) scores of windows whose middles begin at the signal's first sample, and seconds between them."""
        (factor,) = fit_factors(recording, self.preset, resample)
        length = max(1, floor(recording.size[0] * factor + 1e-6))
        signal = prepared(recording, replace(self.preset, size=(length,)), resample)
        (window,), (stride,) = self._network.windows.size, self._network.windows.stride
        behind = (length - 1) // stride * stride + window - window // 2 - length
        scales = (np.array(numbers, np.float32) for numbers in (self.preset.border, self.preset.mean, self.preset.std))
        border, mean, std = scales
        outside = ((border - mean) / std)[:, None]
        sides = [np.repeat(outside, n, axis=1) for n in (window // 2, max(0, behind))]
        scores = run_in_pieces(self._network, np.concatenate([sides[0], signal, sides[1]], axis=1))
        return scores.astype(np.float64), stride * recording.spacing[0] / factor


def _check_preset(preset: RecordingPreset) -> None:
    if preset.kind != "signal" or not preset.spacing[0]:
        raise ArgumentError.of("preset", "of signals at a known rate", f"{preset.kind}, {preset.spacing}")
    if preset.fit != "crop" or preset.standardise != "training":
        what = f"fit {preset.fit!r}, standardise {preset.standardise!r}"
        raise ArgumentError.of("preset", "one that crops, and standardises by the training data", what)
    if BACKGROUND not in preset.labels or len(preset.labels) < 2:
        raise ArgumentError.of("preset.labels", f"classes and {BACKGROUND!r}", preset.labels)

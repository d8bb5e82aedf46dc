"""A classifier of signals, volumes or clips that is ready to answer."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from striate.errors import DataError
from striate.recording_preset import RecordingPreset
from striate.recordings import Recording, Values, keep_as_trained, read_recording
from striate.results import Classes
from striate.runtime import RecordingEngine
from striate.tasks.classifier import OnBad
from striate.tasks.classify import ClassifyTask, Probabilities

AnyRecording = Recording | Values | str | Path


class RecordingClassifier:
    """Recordings in, `Classes` out.

    Args:
        engine: the network with its preset.
        task: what its logits mean.
        record: how it was trained, as its model file says.
        name: what to call it: the file that it was loaded from.

    Example:
        >>> from striate.models import create_model
        >>> preset = RecordingPreset("signal", (96,), (0.01,), 1, (0.0,), (1.0,), labels=("calm", "wild"))
        >>> engine = RecordingEngine(create_model("time_series_resnet", dims=1), preset)
        >>> classifier = RecordingClassifier(engine, ClassifyTask(multilabel=False))
        >>> classifier.predict([np.zeros((1, 96), np.float32)])[0].label in preset.labels
        True
    """

    notice = ""

    def __init__(
        self, engine: RecordingEngine, task: ClassifyTask, record: Mapping[str, Any] | None = None, name: str = ""
    ):
        self.engine, self.task, self.record, self.name = engine, task, record or {}, name

    @property
    def preset(self) -> RecordingPreset:
        """What the network expects, and its labels."""
        return self.engine.preset

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the probabilities."""
        return self.preset.labels

    def probabilities(
        self, recordings: Iterable[AnyRecording], *, resample: bool = False, on_bad: OnBad | None = None
    ) -> Probabilities:
        """Recordings -> (N, K).

        Args:
            recordings: files or folders that `striate.recordings.read_recording` reads, or what it gives; or float32
                arrays (C, *S), which are taken to have the preset's spacing.
            resample: those of another spacing are brought to the preset's.
            on_bad: told of each file that can't be used, which then has no row.

        Raises:
            DataError: a recording can't be read, or is of another kind, spacing or number of channels; and nobody is
                told.
        """
        return self.task.probabilities(self.engine.run_prepared(self._prepared(recordings, resample, on_bad)))

    def predict(self, recordings: Iterable[AnyRecording], *, resample: bool = False) -> list[Classes]:
        """What each recording shows, the likeliest class first; arguments and errors are those of `probabilities`."""
        rows = self.probabilities(recordings, resample=resample)
        return [self.task.to_classes(row, self.labels) for row in rows]

    def _prepared(self, recordings: Iterable[AnyRecording], resample: bool, on_bad: OnBad | None) -> Iterator[Values]:
        """One at a time, (C, *S) as the network is given it."""
        for one in recordings:
            try:
                recording = as_trained(one, self.preset, self.record.get("plan", {}))
                yield self.engine.prepare(recording, resample=resample)
            except DataError as e:
                if on_bad is None or not isinstance(one, str | Path):
                    raise
                on_bad(Path(one), e)


def as_trained(one: AnyRecording, preset: RecordingPreset, plan: Mapping[str, Any]) -> Recording:
    """A recording from a file, or what is given; arrays (C, *S) are taken to have the preset's spacing.

    Args:
        one: a file or folder, an array, or a recording, which is taken as it is.
        preset: what the network expects: the kind, and the names of its channels.
        plan: of the training, which may have chosen some channels of its data.

    Raises:
        DataError: the file can't be read.
    """
    if isinstance(one, Recording):
        return one
    if isinstance(one, np.ndarray):
        return Recording(preset.kind, one, preset.spacing)
    recording = read_recording(one, kind=preset.kind)
    return keep_as_trained(recording, preset.channel_names, plan.get("channels"))

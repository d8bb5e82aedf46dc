"""Measure a classifier of recordings on labelled ones."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from striate.data.workers import workers_for
from striate.recordings import RecordingDataset, RecordingLoader, open_recordings
from striate.tasks.evaluation_record import Evaluation, PartChoice
from striate.tasks.own_data import choose_part, open_as_trained, remarks_on, remarks_on_own
from striate.tasks.recording_classifier import RecordingClassifier
from striate.tasks.recording_plan import cut_from_dict
from striate.tasks.recording_run import targets_of


def evaluate_recordings(
    classifier: RecordingClassifier,
    data: str | Path,
    *,
    part: PartChoice | None = None,
    resample: bool = False,
    skip_bad: bool = False,
    workers: int = 0,
    on_images: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Measure a classifier of signals, volumes or clips; what was trained on windows of records is given the same.

    Args:
        classifier: what `load` returned.
        data: what `striate.recordings.open_recordings` takes.
        part: see `striate.tasks.evaluate`.
        resample: recordings of another spacing are brought to the preset's; so they are if the training did.
        skip_bad: go on without files that can't be read.
        workers: processes that read, where there are a thousand recordings or more.
        on_images: called after each batch, with the recordings that were answered and those in all.

    Raises:
        DataError: bad files, a class that the model does not know, or another kind, spacing or number of channels.
        ArgumentError: the data has no such part.
    """
    dataset = open_for(classifier.record, classifier.labels, data, skip_bad=skip_bad)
    name, recordings = choose_part(dataset.parts, part)
    loader = RecordingLoader(
        recordings,
        classifier.preset,
        batch_size=classifier.engine.batch_size,
        workers=workers_for(len(recordings), workers),
        resample=resample or resamples(classifier.record),
    )
    told = None if on_images is None else lambda done: on_images(done, len(recordings))
    try:
        logits = classifier.engine.run((batch.images for batch in loader.epoch(0)), on_images=told)
    finally:
        loader.close()
    task = classifier.task
    figures = task.measure(task.probabilities(logits), targets_of(recordings), classifier.labels)
    own = remarks_on_own([classifier.record], dataset.fingerprint, name, f"{dataset.shape}s")
    return Evaluation(figures, name, dataset.fingerprint, (*own, *remarks_on(dataset)))


def open_for(record: Mapping[str, Any], labels: Sequence[str], data: str | Path, *, skip_bad: bool) -> RecordingDataset:
    """Data as a model was trained on it: the same windows of records, the same channels, and its classes.

    Args:
        record: how the model was trained.
        labels: its classes, background with them.
        data, skip_bad: see `evaluate_recordings`.

    Raises:
        DataError: see `striate.recordings.open_recordings`.
    """
    plan = record.get("plan", {})
    how: dict[str, Any] = {"cut": cut_from_dict(plan.get("cut")), "channels": plan.get("channels")}
    return open_as_trained(partial(open_recordings, data, **how, skip_bad=skip_bad, classes=labels), [record])


def resamples(record: Mapping[str, Any]) -> bool:
    """Whether a model's training brought recordings of other spacings to one."""
    return bool(record.get("plan", {}).get("resample"))

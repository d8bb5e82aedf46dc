"""Measure a classifier of recordings on labelled ones."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from striate.data.workers import workers_for
from striate.recordings import RecordingLoader
from striate.tasks.evaluation_record import Evaluation, PartChoice
from striate.tasks.own_data import choose_part, open_as_trained, remarks_on, remarks_on_own
from striate.tasks.recording_classifier import RecordingClassifier
from striate.tasks.recording_plan import cut_from_dict
from striate.tasks.recording_run import targets_of
from striate.tasks.recording_start import open_cut


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
    plan = classifier.record.get("plan", {})
    opened = partial(
        open_cut,
        data,
        cut_from_dict(plan.get("cut")),
        channels=plan.get("channels"),
        skip_bad=skip_bad,
        classes=classifier.labels,
    )
    dataset = open_as_trained(opened, [classifier.record])
    name, recordings = choose_part(dataset.parts, part)
    loader = RecordingLoader(
        recordings,
        classifier.preset,
        batch_size=classifier.engine.batch_size,
        workers=workers_for(len(recordings), workers),
        resample=resample or bool(plan.get("resample")),
    )
    told = None if on_images is None else lambda done: on_images(done, len(recordings))
    try:
        logits = classifier.engine.run((batch.images for batch in loader.epoch(0)), on_images=told)
    finally:
        loader.close()
    task = classifier.task
    figures = task.measure(task.probabilities(logits), targets_of(recordings), classifier.labels)
    own = remarks_on_own([classifier.record], dataset.fingerprint, name)
    return Evaluation(figures, name, dataset.fingerprint, (*own, *remarks_on(dataset)))

"""Measure a classifier on labelled images."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path

import torch

from striate.data import ONE_CROP, Crops, Dataset, Part, open_data
from striate.errors import ArgumentError
from striate.faces import Encoder
from striate.tasks.classifier import Classifier, as_crops
from striate.tasks.classify import Probabilities
from striate.tasks.ensemble import Ensemble
from striate.tasks.evaluation_record import Evaluation, PartChoice
from striate.tasks.event_finder import EventFinder
from striate.tasks.events_evaluation import EventsEvaluation, evaluate_events
from striate.tasks.gain import Answers, Timed
from striate.tasks.loading import Loaded, Model, load
from striate.tasks.marks_evaluation import MarksEvaluation, Watch, evaluate_marks
from striate.tasks.marks_finder import MarksFinder
from striate.tasks.own_data import choose_part, open_as_trained, remarks_on, remarks_on_own
from striate.tasks.part_logits import part_logits
from striate.tasks.recording_classifier import RecordingClassifier
from striate.tasks.recording_evaluation import evaluate_recordings
from striate.tasks.verify_evaluation import VerifyEvaluation, evaluate_encoder
from striate.training import Device


def evaluate(
    model: Model | Sequence[Model] | Loaded,
    data: str | Path,
    *,
    part: PartChoice | None = None,
    crops: int | Crops = ONE_CROP,
    resample: bool = False,
    skip_bad: bool = False,
    workers: int = 0,
    device: Device = "auto",
    on_images: Watch | None = None,
) -> Evaluation | MarksEvaluation | VerifyEvaluation | EventsEvaluation:
    """Measure a model on labelled images; the names of classes or points must be the model's, of identities any.

    Args:
        model: what `load` returns or takes.
        data: what `striate.data.open_data` takes; for a model of boxes or points `open_boxes` or `open_points`; of an
            encoder `open_identities`; of signals, volumes or clips `striate.recordings.open_recordings`; of events
            records with annotations.
        part: which part; None takes test where there is one, else val, else all.
        crops: how often each image is looked at, or which crops of it, see `striate.data.arrange_crops`. With several
            each image is also measured with one, to tell what they gain.
        resample: of signals, volumes or clips: those of another rate or spacing are brought to the model's.
        skip_bad: go on without files that can't be read.
        workers: processes that decode, where there are a thousand images or more; 0 decodes in this one.
        device: where a model that is not loaded yet computes.
        on_images: called after each batch, with the crops that were answered and those in all.

    Raises:
        DataError: bad files, or a class that the model does not know.
        ArgumentError: the data has no such part, or its images show several classes and the model names one; or so many
            crops can't be arranged, or what is no classifier is asked for several.
    """
    crops = as_crops(crops)
    loaded = load(model, device=device) if isinstance(model, str | Path | Sequence) else model
    if isinstance(loaded, MarksFinder | Encoder | RecordingClassifier | EventFinder) and crops != ONE_CROP:
        raise ArgumentError.of("crops", "1 for an encoder or a model of boxes, points or recordings", len(crops))
    if isinstance(loaded, Encoder):
        return evaluate_encoder(loaded, data, part=part, skip_bad=skip_bad, on_images=on_images)
    if isinstance(loaded, EventFinder):
        return evaluate_events(loaded, data, part=part, resample=resample, skip_bad=skip_bad, on_records=on_images)
    if isinstance(loaded, RecordingClassifier):
        return evaluate_recordings(
            loaded, data, part=part, resample=resample, skip_bad=skip_bad, workers=workers, on_images=on_images
        )
    if isinstance(loaded, MarksFinder):
        return evaluate_marks(loaded, data, part=part, skip_bad=skip_bad, workers=workers, on_images=on_images)
    return evaluate_classes(
        loaded, data, part=part, crops=crops, skip_bad=skip_bad, workers=workers, on_images=on_images
    )


def evaluate_classes(
    classifier: Classifier | Ensemble,
    data: str | Path,
    *,
    part: PartChoice | None = None,
    crops: Crops = ONE_CROP,
    skip_bad: bool = False,
    workers: int = 0,
    on_images: Watch | None = None,
) -> Evaluation:
    """Measure a classifier, or several together; see `evaluate`."""
    records = [member.record for member in classifier.members]
    dataset = open_as_trained(partial(open_data, data, skip_bad=skip_bad, classes=classifier.labels), records)
    if dataset.multilabel and not classifier.task.multilabel:
        raise ArgumentError.of("data", "images of one class each, as the model's", "several classes an image")
    name, images = choose_part(dataset.parts, part)
    return measure(classifier, dataset, name, images, crops=crops, workers=workers, on_images=on_images)


def measure(
    classifier: Classifier | Ensemble,
    dataset: Dataset,
    name: str,
    part: Part,
    *,
    crops: Crops = ONE_CROP,
    workers: int = 0,
    on_images: Watch | None = None,
) -> Evaluation:
    """Measure a classifier on a part of a data set, which is called so; see `evaluate`."""
    answers = _ask(classifier, part, crops, workers, on_images)
    figures = classifier.task.measure(answers.final.probabilities, answers.targets, classifier.labels)
    own = remarks_on_own([member.record for member in classifier.members], dataset.fingerprint, name)
    remarks = (*own, *_mirrored(classifier, crops), *remarks_on(dataset))
    return Evaluation(figures, name, dataset.fingerprint, remarks, answers.contenders(), answers.gains())


def _ask(classifier: Classifier | Ensemble, part: Part, crops: Crops, workers: int, on_images: Watch | None) -> Answers:
    """Every member's answers, timed: with one crop, and with several if they are asked for."""
    rounds = [ONE_CROP] if crops == ONE_CROP else [ONE_CROP, crops]
    turns = [(member, views) for views in rounds for member in classifier.members]
    ends = list(accumulate(len(part) * len(views) for _, views in turns))
    answers = []
    for (member, views), end in zip(turns, ends, strict=True):
        watch = None if on_images is None else _shift(on_images, end - len(part) * len(views), ends[-1])
        if len(turns) > 1:
            _warm_up(member)
        start = time.perf_counter()
        probabilities = answer(member, part, crops=views, workers=workers, on_images=watch)
        answers.append(Timed(probabilities, time.perf_counter() - start))
    targets = classifier.task.targets(part, len(classifier.labels))
    members = len(classifier.members)
    return Answers(classifier, crops, targets, tuple(answers[:members]), tuple(answers[-members:]))


def _warm_up(classifier: Classifier) -> None:
    """What comes with the first image only is not the cost of any member or crop."""
    engine = classifier.engine
    engine.run([torch.zeros(1, engine.preset.channels, *engine.preset.size_hw)])


def _mirrored(classifier: Classifier | Ensemble, crops: Crops) -> list[str]:
    """A remark where a network is shown mirrored images and was not trained on any."""
    pipelines = [member.record.get("plan", {}).get("pipeline") for member in classifier.members]
    never = [steps for steps in pipelines if steps is not None and all(step["name"] != "mirror" for step in steps)]
    if not crops.mirrored or not never:
        return []
    return [f"every second crop is mirrored, and training showed no mirrored images (try {len(crops.spots)} crops)"]


def answer(
    classifier: Classifier,
    part: Part,
    *,
    crops: Crops = ONE_CROP,
    workers: int = 0,
    on_images: Callable[[int], None] | None = None,
) -> Probabilities:
    """The probabilities (N, K) of a part's images, in its order; `on_images` hears how many crops were answered."""
    logits = part_logits(
        classifier.engine,
        part,
        multilabel_classes=len(classifier.labels) if classifier.task.multilabel else None,
        crops=crops,
        workers=workers,
        on_images=on_images,
    )
    return classifier.mean_of_crops(logits, crops)


def _shift(on_images: Watch, before: int, total: int) -> Callable[[int], None]:
    return lambda done: on_images(before + done, total)

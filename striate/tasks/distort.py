"""A page of distorted training images: what a network in training would see."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from striate.atomic import atomic_write
from striate.data import Dataset, Pipeline, decode_at_least_hw, evenly, open_data, what_is_marked
from striate.data.sampler import sample_rng
from striate.draw import Row, View, views_png
from striate.errors import ArgumentError, DataError
from striate.preset import Preset
from striate.recordings import RecordingPipeline, is_recordings, recording_words
from striate.tasks.distort_marks import marked_rows
from striate.tasks.distort_recordings import recording_rows
from striate.tasks.picture_files import check_page
from striate.tasks.plan import Wishes
from striate.tasks.planning import make_plan
from striate.tasks.wish_kinds import refuse_foreign


def draw_distortions(
    data: str | Path,
    out: str | Path,
    *,
    distort: str | None = None,
    images: int = 4,
    views: int = 6,
    seed: int = 0,
    window: float | None = None,
    symbols: Sequence[str] | None = None,
    resample: bool | None = None,
) -> Pipeline | RecordingPipeline:
    """Write a page of training images, each as it is and as the first epochs of a training see it.

    Signals are drawn as traces, volumes as their middle slices, clips as some of their frames.

    They are the very distortions of `striate.train` with the same data and seed.

    Args:
        data: whatever `striate.data.open_data` opens, or boxes or points, which are drawn; or signals, volumes or
            clips, see `striate.recordings.open_recordings`.
        out: the page to write, PNG.
        distort: in words, see `striate.data.parse_distortions` and, of signals, volumes and clips,
            `striate.recordings.parse_recording_distortions`; None takes what suits the data.
        images: how many, spread evenly over the training part.
        views: how many epochs.
        seed: of the training.
        window, symbols, resample: of signals, volumes and clips, see `striate.train`.

    Returns:
        The pipeline that was drawn from.

    Raises:
        DataError: bad data.
        ArgumentError: words that can't be understood, or numbers under 1.
        OutputError: the page can't be written.
    """
    for name, number in (("images", images), ("views", views)):
        if number < 1:
            raise ArgumentError.of(name, "at least 1", number)
    check_page(out)
    wishes = Wishes(
        distort=distort, seed=seed, window=window, symbols=tuple(symbols) if symbols else None, resample=resample
    )
    rows: list[Row]
    pipeline: Pipeline | RecordingPipeline
    words = distort
    if is_recordings(data):
        rows, plan = recording_rows(data, wishes, images=images, views=views, seed=seed)
        pipeline, words = plan.pipeline, words or recording_words(plan.pipeline, plan.preset.dims)
    elif marked := what_is_marked(data):
        task = "detect" if marked == "boxes" else "landmarks"
        refuse_foreign(wishes, task)
        rows, pipeline = marked_rows(data, task, distort=distort, images=images, views=views, seed=seed)
    else:
        rows, pipeline = _rows(data, wishes, images, views, seed)
    page = views_png(rows, words or ", ".join(step["name"] for step in pipeline.to_list()))
    with atomic_write(Path(out)) as f:
        f.write(page)
    return pipeline


def _rows(data: str | Path, wishes: Wishes, images: int, views: int, seed: int) -> tuple[list[Row], Pipeline]:
    refuse_foreign(wishes, "classes")
    dataset = open_data(data, seed=seed)
    if "train" not in dataset.parts:
        raise DataError(f"{dataset.root} has no train part, whose images are distorted")
    plan = make_plan(dataset, wishes)
    chosen = evenly(len(dataset.parts["train"]), images)
    return [_row(dataset, index, plan.pipeline, plan.preset, seed, views) for index in chosen], plan.pipeline


def _row(dataset: Dataset, index: int, pipeline: Pipeline, preset: Preset, seed: int, views: int) -> Row:
    part = dataset.parts["train"]
    item, image = part.items[index], part.load(index, preset.channels, decode_at_least_hw(preset, pipeline))
    seen = []
    for epoch in range(views):
        distortion = pipeline.sample(sample_rng(seed, epoch, index), image.shape[:2], preset)
        seen.append(View(np.rint(distortion.image(image)).astype(np.uint8)))
    return Row(", ".join(dataset.classes[label] for label in item.labels), item.path, [View(image), *seen])

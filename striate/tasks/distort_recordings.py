"""Rows of a page of distorted signals, volumes or clips."""

from pathlib import Path

from striate.data import evenly
from striate.data.sampler import sample_rng
from striate.draw import Row, View, recording_limits, recording_picture
from striate.recordings import RecordingDataset, fit_factors, open_recordings
from striate.tasks.plan import Wishes
from striate.tasks.recording_plan import RecordingPlan
from striate.tasks.recording_planning import make_recording_plan
from striate.tasks.recording_start import wished_cut

SIDE = 300  # pixels of a picture


def recording_rows(
    data: str | Path, wishes: Wishes, *, images: int, views: int, seed: int
) -> tuple[list[Row], RecordingPlan]:
    """Training recordings as they are and as the first epochs of a training see them.

    Those of a row are drawn between the same values. Where annotated records are cut, a line stands at the annotation.

    Args:
        data: whatever `striate.recordings.open_recordings` opens.
        wishes: of the training.
        images, views, seed: see `striate.tasks.draw_distortions`.

    Returns:
        a row for each recording, and the plan of the training.

    Raises:
        DataError, ArgumentError: see `striate.tasks.draw_distortions`.
    """
    cut = wished_cut(wishes)
    dataset = open_recordings(data, cut=cut, seed=seed)
    plan = make_recording_plan(dataset, wishes, cut)
    chosen = evenly(len(dataset.parts["train"]), images)
    return [_row(dataset, plan, index, views, seed) for index in chosen], plan


def _row(dataset: RecordingDataset, plan: RecordingPlan, index: int, views: int, seed: int) -> Row:
    part, preset = dataset.parts["train"], plan.preset
    item, recording = part.items[index], part.load(index)
    limits = recording_limits(recording.kind, recording.values)
    event = [recording.size[0] // 2 + 0.5] if plan.cut else []
    pictures = [
        recording_picture(recording.kind, recording.values, recording.spacing, side=SIDE, limits=limits, marks=event)
    ]
    factors = fit_factors(recording, preset, plan.resample)
    steps = preset.spacing
    if preset.fit == "stretch":
        steps = tuple(s * n / m for s, n, m in zip(recording.spacing, recording.size, preset.size, strict=True))
    for epoch in range(views):
        distortion = plan.pipeline.sample(sample_rng(seed, epoch, index), recording.size, preset, factors)
        seen, marks = distortion.values(recording.values), [float(distortion.points([e])[0]) for e in event]
        pictures.append(recording_picture(recording.kind, seen, steps, side=SIDE, limits=limits, marks=marks))
    return Row(dataset.classes[item.labels[0]], item.path, [View(picture) for picture in pictures])

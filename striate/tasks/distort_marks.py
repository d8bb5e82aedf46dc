"""Rows of a page of distorted images with boxes or points, which move along."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from striate.data import VAL_SHARE, BoxItem, MarkedLoader, Pipeline, evenly
from striate.draw import Row, View
from striate.preset import Preset
from striate.tasks.marks_plan import make_marks_plan
from striate.tasks.marks_tasks import wished_task
from striate.tasks.plan import Wishes


def marked_rows(
    data: str | Path, task_name: str, *, distort: str | None, images: int, views: int, seed: int
) -> tuple[list[Row], Pipeline]:
    """Training images as they are and as the first epochs of a training on boxes or points see them.

    Args:
        data: boxes or points of any format.
        task_name: of the training.
        distort, images, views, seed: see `striate.tasks.draw_distortions`.

    Returns:
        a row for each image, and the pipeline.

    Raises:
        DataError, ArgumentError: see `striate.tasks.draw_distortions`.
    """
    task = wished_task(task_name, None)
    dataset = task.open(data, seed=seed, val_share=VAL_SHARE, skip_bad=False)
    plan = make_marks_plan(task, dataset, Wishes(distort=distort, seed=seed))
    part = dataset.parts["train"]
    chosen = np.array(evenly(len(part), images))
    loader = MarkedLoader(
        part,
        plan.preset,
        task.targets,
        pipeline=plan.pipeline,
        mosaic=plan.mosaic,
        pairs=dataset.pairs,
        batch_size=len(chosen),
        seed=seed,
    )
    seen = [next(loader.some(epoch, chosen)) for epoch in range(views)]
    rows = []
    for place, index in enumerate(chosen.tolist()):
        item = part.items[index]
        shown = [_view(batch.images[place], batch.targets[place], plan.preset, item) for batch in seen]
        labels = sorted({dataset.classes[label] for label in item.labels}) if isinstance(item, BoxItem) else []
        rows.append(Row(", ".join(labels), item.path, [_whole(part.load(index, plan.preset.channels), item), *shown]))
    return rows, plan.pipeline


def _whole(image: np.ndarray[Any, np.dtype[np.uint8]], item: Any) -> View:
    """An image as it is."""
    return View(image, boxes=item.xyxy) if isinstance(item, BoxItem) else View(image, points=item.xy)


def _view(planes: torch.Tensor, target: torch.Tensor, preset: Preset, item: Any) -> View:
    """What the network sees, (C, h, w), as a picture, with the marks of its target."""
    std, mean = (torch.tensor(values)[:, None, None] for values in (preset.std, preset.mean))
    picture = (planes * std + mean).round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
    if isinstance(item, BoxItem):
        return View(picture, boxes=target[target[:, 0] >= 0, 1:].double().numpy())
    points = target[1:].reshape(-1, 3)
    return View(picture, points=points[points[:, 2] > 0, :2].double().numpy())

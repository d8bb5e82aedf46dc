"""Measure a model of boxes or points on labelled images."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from striate.atomic import atomic_write
from striate.draw import sheet_png
from striate.tasks.marks_finder import MarksFinder
from striate.tasks.marks_report import mistake_tiles
from striate.tasks.marks_task import Figures, Score
from striate.tasks.own_data import choose_part, open_as_trained, remarks_on, remarks_on_own
from striate.tasks.picture_files import check_page

Watch = Callable[[int, int], None]  # (images done, images in all)


@dataclass(frozen=True)
class MarksEvaluation:
    """What a model of boxes or points is worth on some data.

    Attributes:
        figures: every figure of merit, the task's own record.
        score: the one that counts.
        part: which part of the data was measured.
        fingerprint: of the data.
        remarks: what a reader must know: skipped files, images that stand in two parts.
        mistakes: how many were drawn.
    """

    figures: Figures
    score: Score
    part: str
    fingerprint: str
    remarks: tuple[str, ...]
    mistakes: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: the figures, and what they are of."""
        return self.figures.to_dict() | {
            "part": self.part,
            "fingerprint": self.fingerprint,
            "remarks": list(self.remarks),
        }


def evaluate_marks(
    predictor: MarksFinder[Any, Any],
    data: str | Path,
    *,
    part: str | None = None,
    out: str | Path | None = None,
    skip_bad: bool = False,
    workers: int = 0,
    on_images: Watch | None = None,
) -> MarksEvaluation:
    """Measure a model of boxes or points; the names of classes or points must be the model's.

    Args:
        predictor: what `striate.load` returns for such a model.
        data: what `striate.data.open_boxes` or `open_points` takes.
        part: "train", "val", "test" or "all"; None takes test where there is one, else val, else all.
        out: a page of the worst mistakes as PNG; it is not written where there are none.
        skip_bad: go on without images of which something can't be used.
        workers: processes that decode, where there are a thousand images or more.
        on_images: called after each batch, with the images that were answered and those in all.

    Raises:
        DataError: bad files or labels, or a class that the model does not know.
        ArgumentError: the data has no such part, or no .png.
        OutputError: the page can't be written, or would be drawn over an image.
    """
    if out:
        check_page(out, data)
    task, records = predictor.task, [member.record for member in predictor.members]
    dataset = open_as_trained(partial(task.open, data, skip_bad=skip_bad, classes=predictor.labels), records)
    name, images = choose_part(dataset.parts, part)
    count = len(images)
    found = predictor.answer(
        images, workers=workers, on_images=None if on_images is None else lambda done: on_images(done, count)
    )
    figures = task.measure(found, images.items, predictor.labels)
    tiles = mistake_tiles(task, images, predictor.preset, found) if out else []
    if out and tiles:
        with atomic_write(Path(out)) as f:
            f.write(sheet_png(tiles))
    remarks = (*remarks_on_own(records, dataset.fingerprint, name), *remarks_on(dataset))
    return MarksEvaluation(figures, task.score(figures), name, dataset.fingerprint, remarks, len(tiles))

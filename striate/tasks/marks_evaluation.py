"""Measure a model of boxes or points on labelled images."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.atomic import atomic_write
from striate.data import VAL_SHARE, MarkedDataset, MarkedPart, evaluation_part
from striate.draw import sheet_png
from striate.errors import ArgumentError
from striate.tasks.marks_predictor import MarksPredictor
from striate.tasks.marks_report import mistake_tiles
from striate.tasks.marks_start import remarks_on_marks
from striate.tasks.marks_task import Figures, Score

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
    """

    figures: Figures
    score: Score
    part: str
    fingerprint: str
    remarks: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: the figures, and what they are of."""
        return self.figures.to_dict() | {
            "part": self.part,
            "fingerprint": self.fingerprint,
            "remarks": list(self.remarks),
        }


def evaluate_marks(
    predictor: MarksPredictor[Any, Any],
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
        workers: processes that decode, where there are many images.
        on_images: called after each batch, with the images that were answered and those in all.

    Raises:
        DataError: bad files or labels, or a class that the model does not know.
        ArgumentError: the data has no such part.
        OutputError: the page can't be written.
    """
    dataset = _open(predictor, data, skip_bad)
    name, images = _choose(dataset, part)
    count = len(images)
    found = predictor.answer(
        images, workers=workers, on_images=None if on_images is None else lambda done: on_images(done, count)
    )
    figures = predictor.task.measure(found, images.items, predictor.labels)
    tiles = mistake_tiles(predictor.task, images, predictor.preset, found) if out else []
    if out and tiles:
        with atomic_write(Path(out)) as f:
            f.write(sheet_png(tiles))
    remarks = (*_own(predictor, dataset, name), *remarks_on_marks(dataset))
    return MarksEvaluation(figures, predictor.task.score(figures), name, dataset.fingerprint, remarks)


def _open(predictor: MarksPredictor[Any, Any], data: str | Path, skip_bad: bool) -> MarkedDataset[Any]:
    """The data as its owner divided it; the data that the model was trained on as it was divided then."""
    record, labels = predictor.record, predictor.labels
    dataset = predictor.task.open(data, seed=0, val_share=0, skip_bad=skip_bad, classes=labels)
    if dataset.fingerprint != record.get("fingerprint") or record.get("cut_seed") is None:
        return dataset
    share = record.get("val_share", VAL_SHARE)
    return predictor.task.open(data, seed=record["cut_seed"], val_share=share, skip_bad=skip_bad, classes=labels)


def _own(predictor: MarksPredictor[Any, Any], dataset: MarkedDataset[Any], part: str) -> list[str]:
    """A remark where the figure is on images that the model knows."""
    if dataset.fingerprint != predictor.record.get("fingerprint") or part == "test":
        return []
    used = {
        "train": "it learned from these images",
        "all": "it learned from many of these images",
        "val": "its best epoch was chosen on these images",
    }[part]
    return [f"the model was trained on this data; {used}"]


def _choose(dataset: MarkedDataset[Any], part: str | None) -> tuple[str, MarkedPart[Any]]:
    name = part or evaluation_part(dataset.images)
    if name == "all" or (part is None and list(dataset.parts) == ["train"]):
        parts = tuple(dataset.parts.values())
        return "all", MarkedPart(tuple(item for p in parts for item in p.items), parts[0].store)
    if name not in dataset.parts:
        raise ArgumentError.of("part", f"one of the data's, {', '.join(dataset.parts)}, or all", name)
    return name, next(images for own, images in dataset.parts.items() if own == name)

"""Measure a classifier on labelled images."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from striate.data import VAL_SHARE, Dataset, Loader, Part, evaluation_part, open_data
from striate.errors import ArgumentError
from striate.tasks.classifier import Classifier, load
from striate.tasks.classify import Figures, Probabilities
from striate.training import Device

PartChoice = Literal["train", "val", "test", "all"]
_WORTH_WORKERS = 1000  # images, from which on starting processes pays
Watch = Callable[[int, int], None]  # (images done, images in all)


@dataclass(frozen=True)
class Evaluation:
    """What a classifier is worth on some data.

    Attributes:
        figures: every figure of merit.
        part: which part of the data was measured.
        fingerprint: of the data.
        remarks: what a reader must know: skipped files, images that stand in two parts.
    """

    figures: Figures
    part: str
    fingerprint: str
    remarks: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: the figures, and what they are of."""
        own = {"part": self.part, "fingerprint": self.fingerprint, "remarks": list(self.remarks)}
        return self.figures.to_dict() | own


def evaluate(
    model: str | Path | Classifier,
    data: str | Path,
    *,
    part: PartChoice | None = None,
    skip_bad: bool = False,
    workers: int = 0,
    device: Device = "auto",
    on_images: Watch | None = None,
) -> Evaluation:
    """Measure a model on labelled images; the names of their classes must be the model's.

    Args:
        model: a classifier, or what `load` takes.
        data: what `striate.data.open_data` takes.
        part: which part; None takes test where there is one, else val, else all.
        skip_bad: go on without files that can't be read.
        workers: processes that decode, where there are a thousand images or more; 0 decodes in this one.
        device: where a model that is not loaded yet computes.
        on_images: called after each batch.

    Raises:
        DataError: bad files, or a class that the model does not know.
        ArgumentError: the data has no such part, or its images show several classes and the model names one.
    """
    classifier = model if isinstance(model, Classifier) else load(model, device=device)
    dataset = _open(classifier, data, skip_bad)
    if dataset.multilabel and not classifier.task.multilabel:
        raise ArgumentError.of("data", "images of one class each, as the model's", "several classes an image")
    name, images = _choose(dataset, part)
    probabilities = answer(classifier, images, workers=workers, on_images=on_images)
    targets = classifier.task.targets(images, len(classifier.labels))
    figures = classifier.task.measure(probabilities, targets, classifier.labels)
    return Evaluation(figures, name, dataset.fingerprint, (*_own(classifier, dataset, name), *remarks_on(dataset)))


def _open(classifier: Classifier, data: str | Path, skip_bad: bool) -> Dataset:
    """The data as its owner divided it; the data that the model was trained on as it was divided then."""
    dataset = open_data(data, val_share=0, skip_bad=skip_bad, classes=classifier.labels)
    if not _is_own(classifier, dataset) or classifier.record.get("cut_seed") is None:
        return dataset
    cut = {"seed": classifier.record["cut_seed"], "val_share": classifier.record.get("val_share", VAL_SHARE)}
    return open_data(data, skip_bad=skip_bad, classes=classifier.labels, **cut)


def _is_own(classifier: Classifier, dataset: Dataset) -> bool:
    return dataset.fingerprint == classifier.record.get("fingerprint")


def _own(classifier: Classifier, dataset: Dataset, part: str) -> list[str]:
    """A remark where the figure is on images that the model knows."""
    used = {
        "train": "it learned from these images",
        "all": "it learned from many of these images",
        "val": "its best epoch was chosen on these images",
    }
    if _is_own(classifier, dataset) and part in used:
        return [f"the model was trained on this data; {used[part]}"]
    return []


def answer(classifier: Classifier, part: Part, *, workers: int = 0, on_images: Watch | None = None) -> Probabilities:
    """The probabilities (N, K) of a part's images, in its order."""
    loader = Loader(
        part,
        classifier.preset,
        batch_size=classifier.engine.batch_size,
        workers=workers if len(part) > _WORTH_WORKERS else 0,
        multilabel_classes=len(classifier.labels) if classifier.task.multilabel else None,
    )
    try:
        batches = (batch.images for batch in loader.epoch(0))
        return classifier.task.probabilities(classifier.engine.run(batches, on_images=_watch(on_images, len(part))))
    finally:
        loader.close()


def remarks_on(dataset: Dataset) -> tuple[str, ...]:
    """What whoever reads a figure on this data must know."""
    remarks = [f"skipped {problem}" for problem in dataset.skipped]
    if dataset.leaks:
        where = ", ".join(f"{p.part}:{p.path}" for p in dataset.leaks[0].places)
        remarks.append(f"leak: {len(dataset.leaks)} images stand in more than one part, for example {where}")
    if dataset.conflicts:
        where = ", ".join(p.path for p in dataset.conflicts[0].places)
        remarks.append(f"conflict: {len(dataset.conflicts)} images have two different labels, for example {where}")
    return tuple(remarks)


def _choose(dataset: Dataset, part: PartChoice | None) -> tuple[str, Part]:
    name = part or evaluation_part(dataset)
    if name == "all" or (part is None and list(dataset.parts) == ["train"]):
        parts = tuple(dataset.parts.values())
        return "all", Part(tuple(item for p in parts for item in p.items), parts[0].store)
    if name not in dataset.parts:
        raise ArgumentError.of("part", f"one of the data's, {', '.join(dataset.parts)}, or all", name)
    return name, dataset.parts[name]


def _watch(on_images: Watch | None, total: int) -> Callable[[int], None] | None:
    return None if on_images is None else lambda done: on_images(done, total)

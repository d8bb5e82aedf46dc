"""Localization: whether an image shows an object, where, and of what class.

Target: pc, bx, by, bh, bw, c1 … cK. Head: dense layers that read all places. Loss: of the course documents or of today,
`striate.training.place_losses`. Metric: how often all of it is right, with IoU of at least .5. Result: `Localization`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from striate.data import BoxDataset, BoxItem, Distortion, MarkedPart, Pixels, count_boxes, one_box, open_boxes
from striate.draw import Panel, Tile, draw_localization, draw_truth
from striate.errors import DataError, Problem
from striate.metrics import RIGHT_IOU, LocalizationFigures, measure_localization
from striate.ops import paired_iou, read_place
from striate.preset import Preset
from striate.results import Classes, Localization
from striate.tasks.marks_task import Habits, Score, weighted_mean
from striate.tasks.place_task import PlaceTask
from striate.training import Loss, place_cost, squared_place_cost

HABITS = Habits(
    side=224,
    enlarge=2.0,
    rate=1e-3,
    steps=400,
    batch_size=32,
    distort="mirror, crop 0.5-1, brightness 0.2, contrast 0.2, saturation 0.2",
    recipe={"stage_decay": 0.8},
)


@dataclass(frozen=True)
class LocalizeTask(PlaceTask[BoxItem, Localization]):
    """What localization means; see `PlaceTask` for its attributes."""

    job = "localize"
    monitor = "all_right"
    habits = HABITS
    needs = "a box; difficult ones and crowds don't count"

    def open(
        self, path: str | Path, *, seed: int, val_share: float, skip_bad: bool, classes: Sequence[str] | None = None
    ) -> BoxDataset:
        """Boxes of any format, of which an image has one at most."""
        dataset = open_boxes(path, seed=seed, val_share=val_share, skip_bad=skip_bad, classes=classes)
        several = tuple(
            Problem(item.path, f"{count} boxes; localization knows one object an image, detection several")
            for part in dataset.parts.values()
            for item in part.items
            if (count := count_boxes(item)) > 1
        )
        if several and not skip_bad:
            raise DataError(f"{len(several)} images of {path} can't be used (--skip-bad leaves them out)", several)
        left_out = {problem.path for problem in several}
        parts = {
            name: MarkedPart(tuple(item for item in part.items if item.path not in left_out), part.store)
            for name, part in dataset.parts.items()
        }
        parts = {name: part for name, part in parts.items() if len(part)}
        if not parts:
            raise DataError(f"no image of {path} has one box at most", several)
        return replace(dataset, parts=parts, skipped=(*dataset.skipped, *several))

    def names(self, dataset: BoxDataset) -> tuple[str, ...]:
        """The classes."""
        return dataset.classes

    def can_measure(self, item: BoxItem, labels: Sequence[str]) -> bool:
        """Whether there is a box."""
        return count_boxes(item) > 0

    @property
    def targets(self) -> Callable[[Sequence[BoxItem]], Tensor]:
        """(N, 5) class and box."""
        return one_box

    def loss(self, preset: Preset) -> Loss:
        """The cost of (answers (N, 5+K), targets (N, 5))."""
        return partial(squared_place_cost if self.linear else place_cost, size_hw=preset.size_hw)

    def found(self, answers: Tensor, preset: Preset, distortions: Sequence[Distortion]) -> list[Localization]:
        """Answers (N, 5+K) -> boxes in pixels of the original images, clipped to them."""
        place = read_place(answers.float().cpu(), preset.size_hw, linear=self.linear)
        presence, classes = place.presence.clamp(0, 1).tolist(), place.classes.clamp(0, 1).numpy()
        rows = zip(presence, place.xyxy.double().numpy(), classes, distortions, strict=True)
        return [
            Localization(pc, _in_image(box, distortion), _classes(shares, preset.labels), self.threshold)
            for pc, box, shares, distortion in rows
        ]

    def fused(self, looks: Sequence[Localization]) -> Localization:
        """The mean presence; of box and classes the mean where the looks' presences are its weights.

        What a look says of an object that it does not see means nothing, so it hardly counts.
        """
        labels, presence = looks[0].classes.labels, np.array([look.presence for look in looks])
        shares = [dict(zip(look.classes.labels, look.classes.probabilities, strict=True)) for look in looks]
        mean = weighted_mean(np.array([[of[label] for label in labels] for of in shares]), presence).clip(0, 1)  # (K,)
        left, top, right, bottom = weighted_mean(np.array([look.xyxy for look in looks]), presence).tolist()
        classes = _classes(mean, labels)
        return Localization(float(presence.mean()), (left, top, right, bottom), classes, self.threshold)

    def measure(
        self, found: Sequence[Localization], items: Sequence[BoxItem], labels: Sequence[str]
    ) -> LocalizationFigures:
        """Every figure of merit."""
        rows = one_box(items).double().numpy()  # (N, 5)
        return measure_localization(found, rows[:, 1:], rows[:, 0].astype(np.int64), labels)

    def score(self, figures: LocalizationFigures) -> Score:
        """How often all of it is right."""
        shares = {
            "presence": figures.presence_accuracy,
            "class, where there is one": figures.class_accuracy,
            "found with IoU ≥ .5, where there is one": figures.placed,
            "mean IoU": figures.mean_iou,
        }
        return Score("all right", figures.all_right, figures.interval, figures.n, shares, {})

    def draw(self, image: Pixels, found: Localization, item: BoxItem | None = None) -> Pixels:
        """The box that was found, and dashed the one that should have been."""
        class_id = sorted(found.classes.labels).index(found.classes.label)  # the same colour for a class, always
        return draw_localization(image if item is None else draw_truth(image, item.xyxy), found, class_id)

    def mistakes(
        self,
        found: Sequence[Localization],
        items: Sequence[BoxItem],
        load: Callable[[int], Pixels],
        labels: Sequence[str],
        most: int,
    ) -> list[Tile]:
        """Misses, false alarms, boxes that overlap too little and wrong classes, the surest first."""
        truths = zip(found, one_box(items).tolist(), strict=True)
        wrong = [(i, *said) for i, (f, row) in enumerate(truths) if (said := _wrong(f, row, labels))]
        return [
            Tile(self.draw(load(i), found[i], items[i]), items[i].path, there, what)
            for i, there, what, _ in sorted(wrong, key=lambda row: -row[3])[:most]
        ]

    def lines(self, found: Localization) -> list[str]:
        """Class, presence and box, or that there is nothing."""
        if not found.found:
            return [f"{1 - found.presence:6.1%}  nothing"]
        corners = " ".join(f"{x:.1f}" for x in found.xyxy)
        return [f"{found.presence:6.1%}  {found.classes.label} {found.classes.probability:.1%}, at {corners}"]

    @property
    def legend(self) -> str:
        """What `draw` draws how, in a sentence."""
        return "Dashed boxes are the labels, coloured ones what was found."

    def panels(self, figures: LocalizationFigures) -> list[Panel]:
        """Figures of each class."""
        rows = [
            (c.label, c.n, *(f"{v:.1%}" for v in (c.found, c.named, c.placed, c.mean_iou))) for c in figures.per_class
        ]
        lead = (
            "Of the images that show the class: how often one was found, named rightly, and placed with an IoU of .5."
        )
        return [Panel("Classes", lead, "", ("class", "images", "found", "named", "placed", "mean IoU"), rows)]


def _in_image(xyxy: np.ndarray[Any, Any], distortion: Distortion) -> tuple[float, float, float, float]:
    """A box of the network's input in pixels of the original image, its corners in order and inside."""
    height, width = distortion.source_hw
    corners = distortion.back(xyxy.reshape(2, 2)).clip(0, [width, height])  # (2, 2)
    (left, top), (right, bottom) = np.sort(corners, axis=0).tolist()
    return left, top, right, bottom


def _wrong(found: Localization, row: Sequence[float], labels: Sequence[str]) -> tuple[str, str, float] | None:
    """What is there by a row of `one_box`, what is wrong, and how wrong; None where all is right."""
    class_id, *xyxy = row
    if class_id < 0:
        return ("nothing", "a false alarm", found.presence) if found.found else None
    label, named = labels[int(class_id)], found.classes
    if not found.found:
        return label, "missed", 1 - found.presence
    iou = float(paired_iou(torch.tensor([found.xyxy]), torch.tensor([xyxy])))
    if iou < RIGHT_IOU:
        return label, f"IoU {iou:.2f}", 1 - iou
    return (label, f"taken for {named.label}", named.probability) if named.label != label else None


def _classes(shares: np.ndarray[Any, Any], labels: Sequence[str]) -> Classes:
    """The likeliest first; of the documents' numbers, which need not sum to 1, as they are."""
    order = np.argsort(-shares, kind="stable")
    return Classes(tuple(labels[i] for i in order), tuple(shares[order].tolist()))

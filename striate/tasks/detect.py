"""Detection: all objects on an image, each with its box and class.

Target: the boxes of an image. Head: a feature pyramid without anchors, or the course documents' grid of cells with
anchors. Loss: `striate.training.detection_losses`. Metric: mean average precision by COCO's evaluator. Result:
`Detections`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from striate.data import BoxDataset, BoxItem, Distortion, Pixels, box_rows, count_boxes, open_boxes
from striate.draw import Panel, Tile, close_up, draw_detections, draw_truth, precision_recall
from striate.metrics import (
    DetectionScores,
    choose_threshold,
    detection_scores,
)
from striate.models import Answers
from striate.models.grid_detector import BoxForm
from striate.ops import BestBoxes, best_boxes, fuse_boxes, kmeans_anchors
from striate.preset import Preset
from striate.results import Detections
from striate.runtime import detect_tiled
from striate.tasks.anchors import draw_some, seen_sizes
from striate.tasks.detection_views import mistake_views, truths_of
from striate.tasks.marks_task import Habits, MarksTask, Score
from striate.training import Loss, grid_loss, pyramid_loss

HABITS = Habits(
    side=512,
    enlarge=1.0,
    rate=2e-3,
    steps=1000,
    batch_size=8,
    distort="mirror, crop 0.5-1, brightness 0.2, contrast 0.2, saturation 0.2",
    recipe={"stage_decay": 0.7, "weight_decay": 0.02, "ema_decay": 0.99, "clip_norm": 10.0},
)
FLOOR = 0.01  # scores up to it are no candidates: average precision needs all others
SUPPRESSION_IOU = 0.5  # as in the course documents
FUSION_IOU = 0.55  # boxes of several looks that overlap by more are of one object
MOST = 300  # objects on an image
ANCHORS = 5  # of the documents' 19x19x5x8

Kind = Literal["pyramid", "grid"]


@dataclass(frozen=True)
class DetectTask(MarksTask[BoxItem, Detections]):
    """What detection means.

    Attributes:
        kind: "pyramid", the detector worth using; or "grid", that of the course documents.
        confidence: objects above it are shown, in [0, 1]; chosen on held-back images.
        iou: boxes of one class that overlap a surer one by more are dropped, in [0, 1].
        form: how the boxes of a new grid are written, see `striate.ops.box_codes`.
    """

    kind: Kind = "pyramid"
    confidence: float = 0.5
    iou: float = SUPPRESSION_IOU
    form: BoxForm = "linear"
    monitor = "map50"
    habits = HABITS
    needs = "a box; difficult ones and crowds don't count"

    @property
    def name(self) -> str:  # type: ignore[override]
        """What a model file calls it."""
        return "detect" if self.kind == "pyramid" else "detect_grid"

    def open(
        self, path: str | Path, *, seed: int, val_share: float, skip_bad: bool, classes: Sequence[str] | None = None
    ) -> BoxDataset:
        """Boxes of any format."""
        return open_boxes(path, seed=seed, val_share=val_share, skip_bad=skip_bad, classes=classes)

    def names(self, dataset: BoxDataset) -> tuple[str, ...]:
        """The classes."""
        return dataset.classes

    def arguments(self, preset: Preset, dataset: BoxDataset, seed: int) -> dict[str, Any]:
        """Of `pyramid_detector`, or of `grid_detector` with anchors that are chosen from the training boxes."""
        if self.kind == "pyramid":
            return {"head": "pyramid"}
        sizes = draw_some(seen_sizes(dataset.parts["train"].items, preset), seed)  # (N, 2)
        anchors = kmeans_anchors(sizes, min(ANCHORS, len(np.unique(sizes, axis=0))), seed=seed)
        flat = [round(float(side), 2) for wh in anchors.wh for side in wh]
        return {"head": "grid", "anchors": flat, "form": self.form}

    def can_measure(self, item: BoxItem, labels: Sequence[str]) -> bool:
        """Whether there is a box."""
        return count_boxes(item) > 0

    @property
    def targets(self) -> Callable[[Sequence[BoxItem]], Tensor]:
        """(N, M, 5) classes and boxes."""
        return box_rows

    def loss(self, preset: Preset) -> Loss:
        """The cost of (answers, targets (N, M, 5))."""
        return pyramid_loss if self.kind == "pyramid" else grid_loss

    def found(self, answers: Answers, preset: Preset, distortions: Sequence[Distortion]) -> list[Detections]:
        """Everything that is at all likely, in pixels of the original images and clipped to them."""
        decoded = answers.decode()
        boxes, scores = decoded.boxes.float().cpu(), decoded.scores.float().cpu()
        rows = zip(boxes, scores, distortions, strict=True)
        return [self._best(own, likely, distortion, preset.labels) for own, likely, distortion in rows]

    def _best(self, xyxy: Tensor, scores: Tensor, distortion: Distortion, labels: Sequence[str]) -> Detections:
        best = best_boxes(xyxy, scores, score_threshold=FLOOR, iou_threshold=self.iou, most=MOST)
        height, width = distortion.source_hw
        boxes = best.xyxy.double().numpy()
        corners = np.sort(distortion.back(boxes.reshape(-1, 2, 2)), axis=1).clip(0, [width, height])  # (M, 2, 2)
        seen = (boxes[:, :2] < boxes[:, 2:]).all(axis=1) & (corners[:, 0] < corners[:, 1]).all(axis=1)
        class_ids = best.class_ids.numpy()[seen]
        confidence = best.scores.double().numpy()[seen].clip(0, 1)
        return Detections(corners[seen].reshape(-1, 4), confidence, class_ids, tuple(labels[i] for i in class_ids))

    def fused(self, looks: Sequence[Detections]) -> Detections:
        """Boxes of one object become their mean, see `striate.ops.fuse_boxes`; what few looks found is less sure."""
        found = [BestBoxes(*map(torch.tensor, (look.xyxy, look.confidence, look.class_id))) for look in looks]
        xyxy, scores, class_ids = (values[:MOST].numpy() for values in fuse_boxes(found, FUSION_IOU))
        labels = {i: label for look in looks for i, label in zip(look.class_id.tolist(), look.labels, strict=True)}
        return Detections(xyxy, scores, class_ids, tuple(labels[i] for i in class_ids.tolist()))

    def tiled(
        self, predict: Callable[[Sequence[Pixels]], list[Detections]], image: Pixels, side: int, overlap: int
    ) -> Detections:
        """What is on a large image; what two tiles saw is told once."""
        return detect_tiled(predict, image, (side, side), overlap, self.iou)

    def shown(self, found: Detections) -> Detections:
        """The objects above the confidence threshold."""
        return found[found.confidence > self.confidence]

    def measure(self, found: Sequence[Detections], items: Sequence[BoxItem], labels: Sequence[str]) -> DetectionScores:
        """Every figure of merit; difficult objects and crowds count neither way."""
        return detection_scores(found, truths_of(items), labels)

    def monitored(self, found: Sequence[Detections], items: Sequence[BoxItem], labels: Sequence[str]) -> float:
        """mAP@.5, without its interval."""
        return detection_scores(found, truths_of(items), labels, draws=0).map50

    def calibrated(self, found: Sequence[Detections], items: Sequence[BoxItem], labels: Sequence[str]) -> "DetectTask":
        """The confidence threshold with the best F1."""
        return replace(self, confidence=choose_threshold(found, truths_of(items)))

    def score(self, figures: DetectionScores) -> Score:
        """Mean average precision."""
        shares = {"mAP@[.5:.95]": figures.map, "average recall": figures.average_recall}
        return Score("mAP@.5", figures.map50, figures.map50_interval, figures.n, shares, {"objects": figures.objects})

    def draw(self, image: Pixels, found: Detections, item: BoxItem | None = None) -> Pixels:
        """The boxes that were found, and dashed those that should have been."""
        return draw_detections(image if item is None else draw_truth(image, item.xyxy), self.shown(found))

    def mistakes(
        self,
        found: Sequence[Detections],
        items: Sequence[BoxItem],
        load: Callable[[int], Pixels],
        labels: Sequence[str],
        most: int,
    ) -> list[Tile]:
        """Close-ups of the largest objects that were missed, and of the surest false alarms; half of each."""
        views = mistake_views(items, load, found, labels, self.confidence, most // 2)
        return [Tile(close_up(view), view.path, view.title, view.remark) for view in views]

    def lines(self, found: Detections) -> list[str]:
        """Each object's class, confidence and box, or that there is none."""
        rows = zip(found.labels, found.confidence.tolist(), found.xyxy.tolist(), strict=True)
        told = [f"{sure:6.1%}  {label}, at {' '.join(f'{x:.1f}' for x in box)}" for label, sure, box in rows]
        return told or ["nothing"]

    @property
    def legend(self) -> str:
        """What `draw` draws how, in a sentence."""
        return f"Dashed boxes are the labels, coloured ones what was found above a confidence of {self.confidence:.2f}."

    def panels(self, figures: DetectionScores) -> list[Panel]:
        """Precision over recall, and figures of each class."""
        rows = [(c.label, c.n, f"{c.ap50:.1%}", f"{c.ap:.1%}", f"{c.recall:.1%}") for c in figures.per_class]
        chart = precision_recall(figures.per_class) if figures.objects else ""
        lead = (
            "Of what is found, how much is right (precision), over how much of what is there is found (recall), from "
            "the surest on. A hit overlaps its object with IoU ≥ .5."
        )
        return [Panel("Classes", lead, chart, ("class", "objects", "AP@.5", "AP@[.5:.95]", "recall"), rows)]

    @property
    def thresholds(self) -> dict[str, float]:
        """What a model file keeps of it."""
        return {"confidence": self.confidence, "iou": self.iou}

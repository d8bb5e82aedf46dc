"""Landmarks: whether an image shows what points belong to, such as a face, and where each of them is.

Target: presence, and x and y of each point. Head: dense layers that read all places. Loss: of the course documents or
of today, `striate.training.place_losses`. Metric: mean distance in shares of a reference distance. Result: `Landmarks`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from striate.data import Distortion, Pixels, PointDataset, PointItem, open_points, point_pairs, point_rows
from striate.draw import Panel, Tile, cumulative_error, draw_landmarks, draw_true_points
from striate.errors import ArgumentError
from striate.metrics import LandmarkFigures, measure_landmarks, reference_distances
from striate.ops import read_points
from striate.preset import Preset
from striate.results import Landmarks
from striate.tasks.marks_task import Habits, Score, weighted_mean
from striate.tasks.place_task import PlaceTask
from striate.training import Loss, points_cost, squared_points_cost

HABITS = Habits(
    side=224,
    enlarge=1.4,
    rate=1e-3,
    steps=1800,
    batch_size=64,
    distort="mirror, crop 0.3-1, rotate 15, brightness 0.2, contrast 0.2, saturation 0.2",
    recipe={"stage_decay": 0.8},
)


@dataclass(frozen=True)
class LandmarksTask(PlaceTask[PointItem, Landmarks]):
    """What landmarks mean; see `PlaceTask` for its attributes."""

    job = "landmarks"
    monitor = "mean_error"
    lower_is_better = True
    habits = HABITS
    needs = (
        "points and the distance that errors are shares of: of the eyes, of a left and a right, or around all points"
    )

    def open(
        self, path: str | Path, *, seed: int, val_share: float, skip_bad: bool, classes: Sequence[str] | None = None
    ) -> PointDataset:
        """Points of any format; their names must be the model's."""
        dataset = open_points(path, seed=seed, val_share=val_share, skip_bad=skip_bad)
        if classes is not None and tuple(classes) != dataset.point_names:
            raise ArgumentError.of("data", f"with the points {', '.join(classes)}", ", ".join(dataset.point_names))
        return dataset

    def names(self, dataset: PointDataset) -> tuple[str, ...]:
        """Of the points."""
        return dataset.point_names

    def can_measure(self, item: PointItem, labels: Sequence[str]) -> bool:
        """Whether there are points and a reference distance."""
        return bool(reference_distances(_marked([item]), reference_points(labels))[0] > 0)

    @property
    def targets(self) -> Callable[[Sequence[PointItem]], Tensor]:
        """(N, 1 + 3P) presence and points."""
        return point_rows

    def loss(self, preset: Preset) -> Loss:
        """The cost of (answers (N, 1 + 2P), targets (N, 1 + 3P))."""
        return partial(squared_points_cost if self.linear else points_cost, size_hw=preset.size_hw)

    def found(self, answers: Tensor, preset: Preset, distortions: Sequence[Distortion]) -> list[Landmarks]:
        """Answers (N, 1 + 2P) -> points in pixels of the original images; they may lie outside."""
        presence, points = read_points(answers.float().cpu(), preset.size_hw, linear=self.linear)
        rows = zip(presence.clamp(0, 1).tolist(), points.double().numpy(), distortions, strict=True)
        pairs = point_pairs(preset.labels)
        return [
            Landmarks(pc, preset.labels, _places(distortion.back(xy, pairs=pairs)), self.threshold)
            for pc, xy, distortion in rows
        ]

    def fused(self, looks: Sequence[Landmarks]) -> Landmarks:
        """The mean presence, and the mean of each point where the looks' presences are its weights."""
        presence = np.array([look.presence for look in looks])
        xy = weighted_mean(np.array([look.xy for look in looks]), presence)  # (P, 2)
        return Landmarks(float(presence.mean()), looks[0].names, _places(xy), self.threshold)

    def measure(self, found: Sequence[Landmarks], items: Sequence[PointItem], labels: Sequence[str]) -> LandmarkFigures:
        """Every figure of merit; errors are shares of the distance of `reference_points`."""
        present, xy = np.array([item.present for item in items]), _marked(items)
        return measure_landmarks(found, present, xy, labels, reference=reference_points(labels))

    def score(self, figures: LandmarkFigures) -> Score:
        """How far points are off."""
        shares = {
            "median error": figures.median_error,
            "errors above a tenth": figures.failure_rate,
            "presence": figures.presence_accuracy,
        }
        return Score("mean error", figures.mean_error, figures.interval, figures.n, shares, {})

    def draw(self, image: Pixels, found: Landmarks, item: PointItem | None = None) -> Pixels:
        """The points that were found, and rings where they should have been."""
        picture = draw_landmarks(image, found)
        return picture if item is None or not item.present else draw_true_points(picture, _marked([item])[0])

    def mistakes(
        self,
        found: Sequence[Landmarks],
        items: Sequence[PointItem],
        load: Callable[[int], Pixels],
        labels: Sequence[str],
        most: int,
    ) -> list[Tile]:
        """The images whose points are furthest off."""
        xy = _marked(items)
        scale = reference_distances(xy, reference_points(labels))
        off = np.linalg.norm(np.array([one.xy for one in found]) - xy, axis=2)  # (N, P)
        sums, counts = np.nansum(off, axis=1), np.isfinite(off).sum(axis=1)
        errors = np.where((scale > 0) & (counts > 0), sums / np.maximum(counts * scale, 1e-9), 0.0)
        order = [i for i in np.argsort(-errors, kind="stable")[:most].tolist() if errors[i] > 0]
        return [
            Tile(self.draw(load(i), found[i], items[i]), items[i].path, f"{counts[i]} points", f"{errors[i]:.1%} off")
            for i in order
        ]

    def lines(self, found: Landmarks) -> list[str]:
        """Each point's place, or that there is nothing."""
        if not found.found:
            return [f"{1 - found.presence:6.1%}  nothing"]
        return [f"{name}: {x:.1f} {y:.1f}" for name, (x, y) in zip(found.names, found.xy, strict=True)]

    @property
    def legend(self) -> str:
        """What `draw` draws how, in a sentence."""
        return "Rings are the labels, discs what was found."

    def panels(self, figures: LandmarkFigures) -> list[Panel]:
        """Figures of each point."""
        rows = [(p.name, p.n, f"{p.mean_error:.2%}") for p in figures.per_point]
        lead = f"Mean distance from where each point is marked, in shares of {figures.reference}."
        return [Panel("Points", lead, cumulative_error(figures.errors), ("point", "images", "mean error"), rows)]


def reference_points(names: Sequence[str]) -> tuple[int, int] | None:
    """The pair whose distance errors are shares of: the eyes, or the first pair of left and right; None without any.

    Example:
        >>> reference_points(["mouth_left", "mouth_right", "left_eye", "right_eye"])
        (2, 3)
        >>> reference_points(["nose", "tail"]) is None
        True
    """
    pairs = point_pairs(names)
    eyes = [pair for pair in pairs if "eye" in names[pair[0]].casefold() and "brow" not in names[pair[0]].casefold()]
    return next(iter([*eyes, *pairs]), None)


def _places(xy: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[tuple[float, float], ...]:
    return tuple((x, y) for x, y in xy.tolist())


def _marked(items: Sequence[PointItem]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(N, P, 2), NaN where not marked."""
    return np.stack([np.where((item.visibility > 0)[:, None] & item.present, item.xy, np.nan) for item in items])

"""Anchors for a data set of boxes: shapes that overlap most with those on its images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from striate.atomic import atomic_write
from striate.data import BoxItem, count_boxes, open_boxes, preset_distortion
from striate.draw import anchors_png
from striate.errors import ArgumentError, DataError
from striate.ops import Anchors, kmeans_anchors, shape_iou
from striate.preset import Preset

Floats = NDArray[np.float64]
BESIDE = 2  # how many more and how many fewer anchors are tried as well
MOST = 20_000  # boxes that k-means looks at


@dataclass(frozen=True)
class AnchorChoice:
    """The anchors of a data set.

    Attributes:
        side: longer side of the images in pixels that the sizes are meant for.
        boxes: how many there are; crowds and difficult ones are left out.
        anchors: widths and heights in such pixels, by growing area, and how well they fit.
        others: mean IoU by number of anchors, a few more and a few fewer.
    """

    side: int
    boxes: int
    anchors: Anchors
    others: dict[int, float]

    @property
    def shares(self) -> tuple[tuple[float, float], ...]:
        """The anchors in shares of the images' longer side."""
        return tuple((width / self.side, height / self.side) for width, height in self.anchors.wh)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        rows = zip(self.anchors.wh, self.shares, strict=True)
        return {
            "side": self.side,
            "boxes": self.boxes,
            "mean_iou": self.anchors.mean_iou,
            "anchors": [{"wh": list(wh), "share": list(share)} for wh, share in rows],
            "mean_iou_by_number": [{"k": k, "mean_iou": mean} for k, mean in self.others.items()],
        }


def choose_anchors(
    data: str | Path,
    k: int = 5,
    *,
    side: int | None = None,
    seed: int = 0,
    skip_bad: bool = False,
    out: str | Path | None = None,
) -> AnchorChoice:
    """Choose k anchors by k-means on 1 - IoU from the training part's boxes.

    Every image counts as if it were resized to one longer side, as a detector sees it.

    Args:
        data: a data set of boxes.
        k: how many anchors.
        side: longer side in pixels of what the network will see; the median of the images' if left out.
        seed: of the starts, and of the val part where it is cut.
        skip_bad: leave out images of which something can't be used, instead of raising.
        out: a picture of them to write, as PNG.

    Raises:
        DataError: the data can't be read, or has no boxes to train on.
        ArgumentError: k is out of range, or `side` is below 1.
        OutputError: the picture can't be written.
    """
    if side is not None and side < 1:
        raise ArgumentError.of("side", "at least 1 pixel", side)
    dataset = open_boxes(data, seed=seed, skip_bad=skip_bad)
    items = dataset.parts["train"].items if "train" in dataset.parts else ()
    if not any(map(count_boxes, items)):
        raise DataError(f"{dataset.root} has no boxes to train on")
    side = side or round(float(np.median([max(item.size_hw) for item in items])))
    seen = seen_sizes(items, Preset((side, side), fit="letterbox"))
    sizes = draw_some(seen, seed)
    chosen = kmeans_anchors(sizes, k, seed=seed)
    numbers = range(max(1, k - BESIDE), min(k + BESIDE, len(np.unique(sizes, axis=0))) + 1)
    others = {n: chosen.mean_iou if n == k else kmeans_anchors(sizes, n, seed=seed).mean_iou for n in numbers}
    if out is not None:
        picture = anchors_png(sizes, _owners(sizes, chosen.wh), chosen.wh, chosen.mean_iou)
        with atomic_write(Path(out)) as file:
            file.write(picture)
    return AnchorChoice(side, len(seen), chosen, others)


def seen_sizes(items: Sequence[BoxItem], preset: Preset) -> Floats:
    """Widths and heights (N, 2) in pixels of the network's input, of all boxes but crowds and difficult ones."""
    sizes = [np.zeros((0, 2))]
    for item in items:
        boxes = item.xyxy[~item.ignored].reshape(-1, 2, 2)
        corners = preset_distortion(preset, item.size_hw).points(boxes)
        sizes.append(corners[:, 1] - corners[:, 0])
    return np.concatenate(sizes)


def draw_some(sizes_wh: Floats, seed: int) -> Floats:
    """All, or of very many as many as k-means has time for."""
    if len(sizes_wh) <= MOST:
        return sizes_wh
    return sizes_wh[np.sort(np.random.default_rng(seed).choice(len(sizes_wh), MOST, replace=False))]


def _owners(sizes: Floats, anchors_wh: Sequence[tuple[float, float]]) -> NDArray[np.int64]:
    overlaps = shape_iou(torch.from_numpy(sizes), torch.tensor(anchors_wh, dtype=torch.float64))
    return np.asarray(overlaps.argmax(dim=1).numpy())

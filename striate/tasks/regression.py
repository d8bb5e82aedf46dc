"""The classifier of a frozen network by regression: no steps and no epochs, its strength cross-validated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from striate.tasks.material import Kept
from striate.training import CachedFeatures, FittedHead, LinearHead, fit_head, regress_head

_MOST_ROWS = 20_000  # of features, beyond which one view of each image must do
Rows = NDArray[np.float32]  # (N, D)


@dataclass(frozen=True)
class Regression:
    """A classifier that is made at once, by `fit_head`.

    Attributes:
        kept: features of the images.
        num_classes: K.
        class_weights: weight of each class in the cost; empty where all weigh the same.
        seed: of the folds.
    """

    kept: Kept
    num_classes: int
    class_weights: tuple[float, ...]
    seed: int

    def choose(self) -> FittedHead:
        """By cross-validation over the training images as evaluation sees them: the strength, and what it is worth."""
        y = self.kept.train.targets.numpy()
        return fit_head(_rows(self.kept.train, 0), y, self.num_classes, weights=self._weigh(y), seed=self.seed)

    def fit(self, strength: float, parts: Sequence[CachedFeatures]) -> LinearHead:
        """The classifier at one strength, on every view of the images of these parts; each image counts alike."""
        views, images = max(part.features.views for part in parts), sum(len(part.features) for part in parts)
        if views * images > _MOST_ROWS:
            views = 1
        x = np.concatenate([_rows(part, view % part.features.views) for part in parts for view in range(views)])
        y = np.concatenate([part.targets.numpy() for part in parts for _ in range(views)])
        return regress_head(x, y, self.num_classes, strength, weights=self._weigh(y))

    def _weigh(self, y: NDArray[np.int64]) -> NDArray[np.float64] | None:
        return np.array(self.class_weights)[y] if self.class_weights else None


def _rows(part: CachedFeatures, view: int) -> Rows:
    """The features of all images in one view."""
    indices = np.arange(len(part.features))
    rows: Rows = part.features.read(np.full_like(indices, view), indices).numpy()
    return rows

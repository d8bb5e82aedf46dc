"""The images held back from training: which of two networks answers them better, and is that more than chance?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from striate.metrics import micro_f1_difference
from striate.tasks.classify import ClassifyTask
from striate.tasks.part_logits import Logits

SURE = 2.0  # standard errors
Right = NDArray[np.float64]  # (N,) 1 where an image was told right


@dataclass(frozen=True)
class HeldBack:
    """Judges answers by the figure that chooses the best epoch.

    Attributes:
        task: what the answers mean.
        targets: (N,) or (N, K), what the images show.
        weights: (N,) of the images; where an image may show several classes they are not asked for.
        monitor: the figure that counts.
        labels: of the classes.
    """

    task: ClassifyTask
    targets: NDArray[np.int64]
    weights: NDArray[np.float64]
    monitor: str
    labels: tuple[str, ...]

    def score(self, logits: Logits) -> float:
        """The figure that counts."""
        figures = self.task.measure(self.task.probabilities(logits), self.targets, self.labels)
        return float(getattr(figures, self.monitor))

    def compare(self, before: Logits, after: Logits) -> tuple[float, float]:
        """By how much the figure grew, and what of it may be noise."""
        if not self.task.multilabel:
            return paired_gain(self._right(before), self._right(after), self.weights)
        p, q = self.task.probabilities(before), self.task.probabilities(after)
        change = micro_f1_difference(p, q, self.targets, threshold=self.task.threshold)
        return change.difference, change.difference - change.interval[0]

    def room(self, logits: Logits) -> tuple[float, float]:
        """The same for answers without a mistake: more can't be gained."""
        hot = self.targets if self.task.multilabel else np.eye(len(self.labels), dtype=np.int64)[self.targets]
        return self.compare(logits, np.where(hot == 1, 1e3, -1e3).astype(np.float32))

    def mistakes(self, logits: Logits) -> int:
        """How many images were not told right, with all of their classes."""
        return int((self._right(logits) < 1).sum())

    def _right(self, logits: Logits) -> Right:
        if self.task.multilabel:
            named = self.task.probabilities(logits) >= self.task.threshold
            return np.asarray((named == (self.targets == 1)).all(1), np.float64)
        return np.asarray(logits.argmax(1) == self.targets, np.float64)


def paired_gain(before: Right, after: Right, weights: NDArray[np.float64]) -> tuple[float, float]:
    """By how much the weighted share of right answers grew, and two standard errors of that.

    Example:
        >>> before, after = np.array([0, 0, 0, 1.0]), np.array([1, 1, 1, 1.0])
        >>> paired_gain(before, after, np.ones(4))
        (0.75, 0.866...)
    """
    change = weights * (after - before)
    total = weights.sum()
    return float(change.sum() / total), float(SURE * np.sqrt((change**2).sum()) / total)

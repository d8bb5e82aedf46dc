"""Classification: what an image shows, one class of several or any number of them.

Target: a class number, or 1 and 0 for every class. Head: K logits. Loss: softmax or logistic cross-entropy.
Metric: accuracy, or F1 over all (image, class) pairs. Result: `Classes`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from striate.data import Part
from striate.errors import ArgumentError, ModelFileError
from striate.metrics import (
    Classification,
    MultilabelClassification,
    PairedDifference,
    accuracy_difference,
    classification,
    micro_f1_difference,
    multilabel,
)
from striate.recordings import RecordingPart
from striate.results import Classes
from striate.training import Loss, logistic_cross_entropy, softmax_cross_entropy, with_auxiliary

Figures = Classification | MultilabelClassification
Probabilities = NDArray[np.float64]  # (N, K)


@dataclass(frozen=True)
class ClassifyTask:
    """What classification means, for one class an image or several.

    Attributes:
        multilabel: an image may show any number of classes.
        threshold: an image that may shows the classes whose probability is at least this, in [0, 1].
        temperature: what logits are divided by on their way to probabilities, above 0, so that these mean what they
            say: see `striate.metrics.fit_temperature`.

    Raises:
        ArgumentError: a temperature that is not finite or not above 0.

    Example:
        >>> import numpy as np
        >>> one = ClassifyTask(multilabel=False)
        >>> one.to_classes(np.array([0.2, 0.8]), ("cat", "dog")).label
        'dog'
    """

    multilabel: bool
    threshold: float = 0.5
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.temperature < math.inf:
            raise ArgumentError.of("temperature", "finite and above 0", self.temperature)

    @property
    def name(self) -> str:
        """What a model file calls it."""
        return "classify_multilabel" if self.multilabel else "classify"

    @property
    def monitor(self) -> str:
        """The figure by which the best epoch is chosen."""
        return "micro_f1" if self.multilabel else "accuracy"

    @property
    def thresholds(self) -> dict[str, float]:
        """What a model file keeps of it."""
        kept = {"temperature": self.temperature}
        return kept | {"probability": self.threshold} if self.multilabel else kept

    def loss(self, label_smoothing: float, class_weights: Sequence[float] = ()) -> Loss:
        """The cost of (logits, targets)."""
        if self.multilabel:
            return with_auxiliary(partial(logistic_cross_entropy, label_smoothing=label_smoothing))
        weights = torch.tensor(class_weights) if class_weights else None
        return with_auxiliary(partial(softmax_cross_entropy, label_smoothing=label_smoothing, class_weights=weights))

    def targets(self, part: Part | RecordingPart, num_classes: int) -> NDArray[np.int64]:
        """(N,) class numbers, or (N, K) of 0 and 1."""
        if not self.multilabel:
            return np.array([item.labels[0] for item in part.items], dtype=np.int64)
        shown = np.zeros((len(part), num_classes), dtype=np.int64)
        for row, item in zip(shown, part.items, strict=True):
            row[list(item.labels)] = 1
        return shown

    def probabilities(self, logits: NDArray[np.float32]) -> Probabilities:
        """Logits (N, K) -> (N, K) in [0, 1]; rows sum to 1 where an image shows one class."""
        z = torch.from_numpy(logits).double() / self.temperature
        p: Probabilities = (z.sigmoid() if self.multilabel else z.softmax(-1)).numpy()
        return p

    def measure(self, probabilities: Probabilities, targets: NDArray[np.int64], labels: Sequence[str]) -> Figures:
        """Every figure of merit."""
        if self.multilabel:
            return multilabel(probabilities, targets, labels, threshold=self.threshold)
        return classification(probabilities, targets, labels)

    def difference(self, before: Probabilities, after: Probabilities, targets: NDArray[np.int64]) -> PairedDifference:
        """How much better the second probabilities of the same images are, by the figure that counts."""
        if self.multilabel:
            return micro_f1_difference(before, after, targets, threshold=self.threshold)
        return accuracy_difference(before, after, targets)

    def headline(self, figures: Figures, noun: str = "images") -> str:
        """The figure that counts, in words; `noun` is what was looked at."""
        score, (low, high) = getattr(figures, self.monitor), figures.interval
        if self.multilabel:
            return f"micro F1 {score:.2%} on {figures.n} {noun}"
        return f"accuracy {score:.2%} (95 % interval {low:.2%} to {high:.2%}) on {figures.n} {noun}"

    def to_classes(self, probabilities: NDArray[np.float64], labels: Sequence[str]) -> Classes:
        """One image's probabilities (K,) -> classes, the likeliest first."""
        order = np.argsort(-probabilities, kind="stable")
        return Classes(tuple(labels[i] for i in order), tuple(probabilities[order].tolist()))


def find_task(name: str, thresholds: Mapping[str, float]) -> ClassifyTask:
    """The task that a model file names, with its thresholds.

    Raises:
        ModelFileError: this striate does not know it, or its temperature is none.
    """
    temperature = thresholds.get("temperature", 1.0)
    if not 0 < temperature < math.inf:
        raise ModelFileError(f"the model's temperature must be finite and above 0, got {temperature}")
    known = (
        ClassifyTask(False, temperature=temperature),
        ClassifyTask(True, thresholds.get("probability", 0.5), temperature),
    )
    for task in known:
        if task.name == name:
            return task
    raise ModelFileError(f"the model was trained for the task {name!r}, which this version of striate does not know")

"""What a training tells: a Step and an Epoch at a time, and the Progress it would resume from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One update of the weights, for a progress bar.

    Attributes:
        epoch: counted from 1.
        step: counted from 1 within the epoch.
        steps: in the epoch.
        loss: mean over the images of this step, of all processes.
        lr: learning rate.
    """

    epoch: int
    step: int
    steps: int
    loss: float
    lr: float


@dataclass(frozen=True)
class Epoch:
    """One pass over the training images and the validation after it.

    Attributes:
        epoch: counted from 1.
        loss: mean over the epoch's training images, each as it was seen (the weights changed meanwhile).
        lr: learning rate of the last step.
        figures: what `validate` answered, by name.
        seconds: training and validation together.
        waited: share of the seconds, in [0, 1], in which training waited for images.
        best: the monitored figure is better than in every epoch before.

    Example:
        >>> epoch = Epoch(1, 0.5, 0.01, {"accuracy": 0.9}, 3.0, 0.1, True)
        >>> Epoch(**epoch.to_dict()) == epoch
        True
    """

    epoch: int
    loss: float
    lr: float
    figures: Mapping[str, float]
    seconds: float
    waited: float
    best: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**asdict(self), "figures": dict(self.figures)}


@dataclass
class Progress:
    """Where a training stands: the finished epochs, and sums over the steps of the one under way.

    Example:
        >>> progress = Progress()
        >>> progress.add(images=10, loss=0.5, seconds=1.5, waited=0.5)
        >>> progress.finish(lr=0.01, figures={"accuracy": 0.9}, best=True, seconds=0.5)
        Epoch(epoch=1, loss=0.5, lr=0.01, figures={'accuracy': 0.9}, seconds=2.0, waited=0.25, best=True)
        >>> progress.step, len(progress.history)
        (0, 1)
    """

    history: list[Epoch] = field(default_factory=list)
    step: int = 0
    images: int = 0
    loss_sum: float = 0.0
    seconds: float = 0.0
    waited_seconds: float = 0.0

    def add(self, images: int, loss: float, seconds: float, waited: float) -> None:
        """Count a step: its mean loss, how long it took, and how much of that was waiting."""
        self.step += 1
        self.images += images
        self.loss_sum += loss * images
        self.seconds += seconds
        self.waited_seconds += waited

    def finish(self, lr: float, figures: Mapping[str, float], best: bool, seconds: float) -> Epoch:
        """Close the epoch: its record joins the history, and the sums start again. `seconds` validation took."""
        seconds += self.seconds
        mean, waited = self.loss_sum / self.images, self.waited_seconds / max(seconds, 1e-9)
        self.history.append(Epoch(len(self.history) + 1, mean, lr, dict(figures), seconds, waited, best))
        self.step = self.images = 0
        self.loss_sum = self.seconds = self.waited_seconds = 0.0
        return self.history[-1]

    @property
    def best(self) -> Epoch | None:
        """The best epoch so far."""
        return next((epoch for epoch in reversed(self.history) if epoch.best), None)

    def out_of_patience(self, patience: int) -> bool:
        """Whether `patience` epochs in a row brought no new best (never where it is 0)."""
        best = self.best.epoch if self.best else 0
        return patience > 0 and len(self.history) - best >= patience

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**vars(self), "history": [epoch.to_dict() for epoch in self.history]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Progress":
        """The inverse of `to_dict`."""
        return cls(**{**values, "history": [Epoch(**epoch) for epoch in values["history"]]})

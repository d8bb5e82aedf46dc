"""What an image shows, by name."""

from dataclasses import dataclass
from typing import Any

from striate.errors import ArgumentError


@dataclass(frozen=True)
class Classes:
    """What an image shows: every class with its probability, the likeliest first.

    Attributes:
        labels: names of the classes.
        probabilities: in [0, 1], falling; they sum to 1 unless an image may show several classes.

    Raises:
        ArgumentError: the two differ in length, or a probability is out of order or range.

    Example:
        >>> answer = Classes(("cat", "dog"), (0.9, 0.1))
        >>> answer.label, answer.probability
        ('cat', 0.9)
        >>> answer.to_dict(top=1)
        {'labels': [{'label': 'cat', 'probability': 0.9}]}
    """

    labels: tuple[str, ...]
    probabilities: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.probabilities) or not self.labels:
            raise ArgumentError.of("probabilities", f"one for each of {len(self.labels)} labels", self.probabilities)
        if not all(0 <= p <= 1 for p in self.probabilities):
            raise ArgumentError.of("probabilities", "in [0, 1]", self.probabilities)
        if any(a < b for a, b in zip(self.probabilities, self.probabilities[1:], strict=False)):
            raise ArgumentError.of("probabilities", "falling", self.probabilities)

    @property
    def label(self) -> str:
        """The likeliest class."""
        return self.labels[0]

    @property
    def probability(self) -> float:
        """How likely the likeliest class is, in [0, 1]."""
        return self.probabilities[0]

    def to_dict(self, top: int | None = None) -> dict[str, Any]:
        """Plain JSON values of the `top` likeliest classes (all by default)."""
        pairs = zip(self.labels[:top], self.probabilities[:top], strict=True)
        return {"labels": [{"label": label, "probability": p} for label, p in pairs]}

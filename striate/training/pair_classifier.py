"""The pair classifier: one logistic unit decides by how two encodings differ whether they show the same.

Taigman et al., DeepFace, 2014, section 4. The encodings are computed once; only this unit looks at pairs.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.ops import chi_square_terms
from striate.training.contrastive_loss import balanced_mean

SMOOTHING = 0.4
PairFeatures = Literal["difference", "chi-square"]


def absolute_difference(a: Tensor, b: Tensor) -> Tensor:
    """|f - f'|, number by number.

    Args:
        a, b: (M, D) encodings.
    """
    return (a - b).abs()


FEATURES: dict[PairFeatures, Callable[[Tensor, Tensor], Tensor]] = {
    "difference": absolute_difference,
    "chi-square": chi_square_terms,  # its denominator is |f| + |f'| + ε, as encodings have signs
}


class PairUnit(nn.Module):
    """A logistic unit on the difference of two encodings: logit of "the same" = b + Σ w_k · difference_k.

    It begins as a plain distance against a threshold: all weights are -1.

    Args:
        features: "difference", |f - f'|, or "chi-square", (f - f')² / (|f| + |f'| + ε).
        dim: D, how many numbers an encoding has.

    Example:
        >>> unit = PairUnit("difference", dim=4)
        >>> near, far = torch.tensor([[1.0, 0, 0, 0]]), torch.tensor([[-1.0, 0, 0, 0]])
        >>> unit(near, near).item(), unit(near, far).item()
        (1.0, -1.0)
    """

    def __init__(self, features: PairFeatures, dim: int):
        super().__init__()
        self.features = features
        self.weight = nn.Parameter(-torch.ones(dim))
        self.bias = nn.Parameter(torch.tensor(math.sqrt(dim) / 2))  # unlike vectors of unit length are about √D apart

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """(M, D), (M, D) -> logits (M,), positive where both show the same."""
        logits: Tensor = FEATURES[self.features](a, b) @ self.weight + self.bias
        return logits

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"features": self.features, "weight": self.weight.tolist(), "bias": self.bias.item()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "PairUnit":
        """The inverse of `to_dict`.

        Example:
            >>> unit = PairUnit("chi-square", dim=2)
            >>> PairUnit.from_dict(unit.to_dict()).to_dict() == unit.to_dict()
            True
        """
        unit = cls(values["features"], len(values["weight"]))
        state = {name: torch.tensor(values[name], dtype=torch.float32) for name in ("weight", "bias")}
        unit.load_state_dict(state)
        return unit


def pair_cross_entropy(logits: Tensor, same: Tensor, *, label_smoothing: float = SMOOTHING) -> Tensor:
    """Binary cross entropy of a pair classifier; pairs that show the same and others count alike.

    A sure answer is not asked for: else what shows the same is drawn together to a point, and the encoder tells less of
    what it never saw (docs/verify.md).

    Args:
        logits: (M,) of "the same".
        same: (M,) bool.
        label_smoothing: ε in [0, 1): of "the same" 1 - ε/2 is asked, of others ε/2.

    Returns:
        A scalar.

    Example:
        >>> pair_cross_entropy(torch.zeros(3), torch.tensor([True, False, False])).item()  # log 2
        0.693...
    """
    targets = same.to(logits.dtype) * (1 - label_smoothing) + label_smoothing / 2
    return balanced_mean(F.binary_cross_entropy_with_logits(logits, targets, reduction="none"), same)

"""Siamese: one encoder for all images of a batch, and costs of how near its encodings are."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from striate.models import AuxiliaryLogits
from striate.models.network import Network
from striate.ops import paired_distance, squared_distance
from striate.training.collapse import CollapseAlarm
from striate.training.contrastive_loss import contrastive_loss
from striate.training.mining import Miner
from striate.training.pair_classifier import PairUnit, pair_cross_entropy
from striate.training.relations import Relations, relate
from striate.training.triplet_loss import MARGIN, triplet_loss

Cost = Callable[[Tensor, Relations], Tensor]  # (encodings (N, D), who is who) -> a scalar


class Siamese(nn.Module):
    """The same weights for every image, and encodings of unit length: what is trained to tell things apart.

    Auxiliary heads of an encoder don't learn.

    Args:
        encoder: (N, C, *S) -> (N, D)
        unit: decides on pairs of encodings, and learns with the encoder; or None.

    Example:
        >>> import torch
        >>> from striate.models import create_model
        >>> siamese = Siamese(create_model("lenet5", num_classes=8))
        >>> siamese(torch.randn(3, 1, 32, 32)).norm(dim=1).allclose(torch.ones(3))
        True
    """

    def __init__(self, encoder: Network, unit: PairUnit | None = None):
        super().__init__()
        self.encoder, self.unit = encoder, unit
        encoder.auxiliary.requires_grad_(False)

    @property
    def stages(self) -> nn.ModuleDict:
        """The encoder's, by name."""
        return self.encoder.stages

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, *S) -> (N, D), rows of length 1, in float32."""
        answers = self.encoder(images)
        vectors: Tensor = answers.logits if isinstance(answers, AuxiliaryLogits) else answers
        return F.normalize(vectors.float())


@dataclass(frozen=True)
class TripletCost:
    """The triplet loss over what a miner chooses.

    Attributes:
        mine: chooses.
        margin: α.
    """

    mine: Miner
    margin: float = MARGIN

    def __call__(self, encodings: Tensor, related: Relations) -> Tensor:
        """(N, D) -> a scalar."""
        fixed = encodings.detach()
        anchors, positives, negatives = self.mine(squared_distance(fixed, fixed), related, self.margin).T
        return triplet_loss(encodings[anchors], encodings[positives], encodings[negatives], margin=self.margin)


def contrastive_cost(encodings: Tensor, related: Relations) -> Tensor:
    """The contrastive loss over all pairs of a batch of which something is known.

    Args:
        encodings: (N, D)
        related: who is who.
    """
    first, second, same = related.pairs()
    return contrastive_loss(paired_distance(encodings[first], encodings[second]), same)


@dataclass(frozen=True)
class PairCost:
    """The cross entropy of a pair classifier over all pairs of a batch of which something is known.

    Attributes:
        unit: the classifier.
    """

    unit: PairUnit

    def __call__(self, encodings: Tensor, related: Relations) -> Tensor:
        """(N, D) -> a scalar."""
        first, second, same = related.pairs()
        return pair_cross_entropy(self.unit(encodings[first], encodings[second]), same)


class SiameseLoss(nn.Module):
    """The loss that `fit` asks for; what the alarm has counted is its state.

    Args:
        cost: of encodings and who is who.
        alarm: raises when the encoder collapses; None does not look.
    """

    def __init__(self, cost: Cost, alarm: CollapseAlarm | None = None):
        super().__init__()
        self.cost, self.alarm = cost, alarm

    def forward(self, encodings: Tensor, targets: Tensor) -> Tensor:
        """(N, D) and targets as `relate` reads them -> a scalar."""
        related = relate(targets)
        cost = self.cost(encodings, related)
        if self.alarm:
            self.alarm.watch(encodings, related, cost)
        return cost

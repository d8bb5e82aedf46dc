"""The collapse alarm: an encoder that answers the same to every image has found the easy way out, and stays there."""

import torch
from torch import Tensor, nn

from striate.errors import CollapseError
from striate.training.relations import Relations

NEAR_ZERO = 0.02  # distance between encodings of unit length; unlike ones are about 1.4 apart
PATIENCE = 50  # steps

ADVICE = (
    "give a lower learning rate (--lr), --mining semi-hard instead of hard, larger batches (--batch-size), "
    "or a network with batch normalisation (--model resnet20)"
)


class CollapseAlarm(nn.Module):
    """Watches the distances between what differs, step by step.

    With all encodings alike the triplet loss is its margin, however the triplets are chosen, and its gradient about
    zero: training goes on and learns nothing (Schroff et al., FaceNet, 2015, section 3.2, and Hermans et al., 2017,
    section 2, saw it with hard negatives).

    Args:
        near_zero: mean distance from which downwards encodings count as alike.
        patience: so many steps in a row may they be.

    Attributes:
        steps: how many they have been; a buffer, so that a checkpoint keeps it.

    Example:
        >>> from striate.training.relations import relate
        >>> alarm, related = CollapseAlarm(patience=2), relate(torch.tensor([0, 0, 1]))
        >>> alarm.watch(torch.ones(3, 4) / 2, related, torch.tensor(0.2))
        >>> alarm.watch(torch.ones(3, 4) / 2, related, torch.tensor(0.2))
        Traceback (most recent call last):
        striate.errors.CollapseError: the network has collapsed: for 2 steps images ...were 0 apart...
    """

    steps: Tensor

    def __init__(self, *, near_zero: float = NEAR_ZERO, patience: int = PATIENCE):
        super().__init__()
        self.near_zero, self.patience = near_zero, patience
        self.register_buffer("steps", torch.tensor(0))

    def watch(self, encodings: Tensor, related: Relations, cost: Tensor) -> None:
        """Look at a step.

        Args:
            encodings: (N, D) of unit length.
            related: who is who in the batch; without two images that differ the step counts for nothing.
            cost: the loss, to be told.

        Raises:
            CollapseError: the last of too many steps in which all were alike; says what to do.
        """
        if not related.different.any():
            return
        distance = spread(encodings.detach(), related)
        self.steps.add_(1) if distance < self.near_zero else self.steps.zero_()
        if self.steps >= self.patience:
            raise CollapseError(
                f"the network has collapsed: for {self.steps} steps images that show different things were "
                f"{distance:.2g} apart, of 2 that are possible, and the loss stays at {cost.item():.3g}; {ADVICE}"
            )


def spread(encodings: Tensor, related: Relations) -> float:
    """The mean distance between images that differ.

    Args:
        encodings: (N, D)
        related: who is who; some must differ.
    """
    first, second, same = related.pairs()
    distances = torch.linalg.vector_norm(encodings[first[~same]] - encodings[second[~same]], dim=1)
    return float(distances.mean())

"""The cost J: the mean loss over the images of a batch.

Binary problems are two classes with softmax, or one logit with the logistic loss; the two agree, as
softmax over (0, z) is the logistic function of z.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import ArgumentError
from striate.models import AuxiliaryLogits

AUXILIARY_WEIGHT = 0.3  # Szegedy et al., 2014, arXiv:1409.4842, section 5


def softmax_cross_entropy(
    logits: Tensor, targets: Tensor, *, label_smoothing: float = 0.0, class_weights: Tensor | None = None
) -> Tensor:
    """One class of K per image: J = 1/N Σ w[y] · (-Σ q log softmax(logits)), q the smoothed target.

    The weighted sum is divided by N and not, as torch does, by the sum of the batch's weights: then
    J is the same cost however the images fall into batches and processes.

    Args:
        logits: (N, K)
        targets: (N,) class numbers in [0, K), or (N, K) shares: the cost is then that of each class, in its share.
        label_smoothing: ε in [0, 1): q is 1-ε on the class plus ε/K on every class (Szegedy et al., 2015,
            arXiv:1512.00567, section 7).
        class_weights: (K,) from `class_weights`.

    Returns:
        J, a float32 scalar.

    Example:
        >>> softmax_cross_entropy(torch.zeros(3, 4), torch.tensor([0, 1, 3])).item()  # log 4
        1.386...
    """
    if targets.ndim > 1:
        shares = targets.float() if class_weights is None else targets.float() * class_weights.to(logits.device)
        smoothed = (1 - label_smoothing) * shares + label_smoothing * shares.mean(1, keepdim=True)  # (N, K)
        return -(smoothed * F.log_softmax(logits.float(), 1)).sum(1).mean()
    losses = F.cross_entropy(logits.float(), targets, label_smoothing=label_smoothing, reduction="none")  # (N,)
    if class_weights is not None:
        losses = losses * class_weights.to(losses)[targets]
    return losses.mean()


def logistic_cross_entropy(logits: Tensor, targets: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
    """Any of K classes per image, or one yes-or-no question: J = mean of -(y log p + (1-y) log(1-p)).

    Args:
        logits: (N, K), or (N,) for one question.
        targets: the same shape; 1 where the image shows the class, else 0.
        label_smoothing: ε in [0, 1): y becomes y (1-ε) + ε/2.

    Returns:
        J, a float32 scalar.

    Example:
        >>> logistic_cross_entropy(torch.zeros(2, 3), torch.tensor([[1, 0, 1], [0, 0, 0]])).item()  # log 2
        0.693...
    """
    smoothed = targets.float() * (1 - label_smoothing) + label_smoothing / 2
    return F.binary_cross_entropy_with_logits(logits.float(), smoothed)


def with_auxiliary(loss: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor | AuxiliaryLogits, Tensor], Tensor]:
    """The same loss, plus 0.3 of it for every auxiliary head of a network that has any.

    Args:
        loss: of (logits, targets).

    Example:
        >>> answers = AuxiliaryLogits(torch.zeros(2, 4), auxiliary=(torch.zeros(2, 4),) * 2)
        >>> with_auxiliary(softmax_cross_entropy)(answers, torch.tensor([0, 1])).item()  # 1.6 log 4
        2.218...
    """

    def total(answers: Tensor | AuxiliaryLogits, targets: Tensor) -> Tensor:
        if not isinstance(answers, AuxiliaryLogits):
            return loss(answers, targets)
        costs = [AUXILIARY_WEIGHT * loss(logits, targets) for logits in answers.auxiliary]
        return torch.stack([loss(answers.logits, targets), *costs]).sum()

    return total


def class_weights(counts: Sequence[int]) -> Tensor:
    """A weight per class that makes every class count the same in the cost; 1 on the average image.

    Args:
        counts: training images of each class, each at least 1.

    Returns:
        (K,) float32: N / (K · count).

    Raises:
        ArgumentError: a class without images.

    Example:
        >>> class_weights([30, 10])
        tensor([0.6667, 2.0000])
    """
    if not len(counts) or min(counts) < 1:
        raise ArgumentError.of("counts", "at least 1 image for every class", list(counts))
    return torch.tensor([sum(counts) / (len(counts) * count) for count in counts])

"""Batches in which two images share a place, and so do their targets: mixup and CutMix.

Both are functions of a batch and a generator. Targets are shares of the classes, (N, K): one-hot rows, or 0 and 1 for
each class where an image may show several. Points, boxes and masks can't be shared so, and are not taken.
"""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import ArgumentError, ShapeError


def mixup(images: Tensor, targets: Tensor, rng: np.random.Generator, alpha: float) -> tuple[Tensor, Tensor]:
    """Lay a second image of the batch over each: λ of the one and 1 - λ of the other, λ ~ Beta(α, α).

    Zhang et al., mixup: Beyond Empirical Risk Minimization, 2017, arXiv:1710.09412. One λ is drawn for the batch, and
    the second images are the batch in another order.

    Args:
        images: (N, C, ...).
        targets: (N, K) shares of the classes.
        rng: where chance comes from.
        alpha: positive; the paper finds 0.1 to 0.4 best on ImageNet. The smaller, the more often λ is near 0 or 1.

    Returns:
        Images and targets of the same shapes; what was given is left as it was.

    Raises:
        ArgumentError: alpha is not positive.
        ShapeError: the targets are not (N, K).

    Example:
        >>> images, targets = mixup(torch.eye(2), torch.eye(2), np.random.default_rng(0), 1.0)
        >>> torch.equal(images, targets), targets.sum(1)
        (True, tensor([1., 1.]))
    """
    _check(images, targets, alpha)
    share, order = rng.beta(alpha, alpha), _order(rng, images)
    return _blend(images, images[order], share), _blend(targets, targets[order], share)


def cutmix(images: Tensor, targets: Tensor, rng: np.random.Generator, alpha: float) -> tuple[Tensor, Tensor]:
    """Cover a rectangle of each image by the same part of a second one; targets are shared by area.

    Yun et al., CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features, 2019,
    arXiv:1905.04899. The rectangle has the image's proportions and a share 1 - λ of its area, λ ~ Beta(α, α). It lies
    around a place drawn anywhere in the image, and what of it falls outside counts for nobody.

    Args:
        images: (N, C, H, W).
        targets: (N, K) shares of the classes.
        rng: where chance comes from.
        alpha: positive; 1 in the paper, which makes every share as likely.

    Returns:
        Images and targets of the same shapes; what was given is left as it was.

    Raises:
        ArgumentError: alpha is not positive.
        ShapeError: the images are not (N, C, H, W), or the targets not (N, K).

    Example:
        >>> images, targets = cutmix(torch.eye(2).view(2, 2, 1, 1), torch.eye(2), np.random.default_rng(0), 1.0)
        >>> targets.sum(1)
        tensor([1., 1.])
    """
    _check(images, targets, alpha)
    if images.ndim != 4:
        raise ShapeError.of("images", "(N, C, H, W) for CutMix", tuple(images.shape))
    side, order = math.sqrt(1 - rng.beta(alpha, alpha)), _order(rng, images)
    rows, columns = (_span(rng, size, side * size) for size in images.shape[2:])
    mixed = images.clone()
    mixed[:, :, rows, columns] = images[order][:, :, rows, columns]
    covered = (rows.stop - rows.start) * (columns.stop - columns.start) / math.prod(images.shape[2:])
    return mixed, _blend(targets, targets[order], 1 - covered)


def mix(
    images: Tensor,
    targets: Tensor,
    rng: np.random.Generator,
    *,
    num_classes: int,
    mixup_alpha: float,
    cutmix_alpha: float,
) -> tuple[Tensor, Tensor]:
    """What a recipe's `mixup` and `cutmix` ask for: one of them or neither; where both are wished, a coin decides.

    Args:
        images: (N, C, ...).
        targets: (N,) class numbers, or (N, K) shares.
        rng: where chance comes from.
        num_classes: K.
        mixup_alpha, cutmix_alpha: 0 for none.

    Returns:
        Images, and targets (N, K) float32; both as they came if there is nothing to mix.
    """
    if not (mixup_alpha or cutmix_alpha):
        return images, targets
    shares = F.one_hot(targets, num_classes).float() if targets.ndim == 1 else targets.float()
    if mixup_alpha and (not cutmix_alpha or rng.random() < 0.5):
        return mixup(images, shares, rng, mixup_alpha)
    return cutmix(images, shares, rng, cutmix_alpha)


def _check(images: Tensor, targets: Tensor, alpha: float) -> None:
    if not 0 < alpha < math.inf:
        raise ArgumentError.of("alpha", "finite and positive", alpha)
    if targets.ndim != 2 or len(targets) != len(images):
        raise ShapeError.of("targets", f"({len(images)}, K), shares of the classes", tuple(targets.shape))


def _order(rng: np.random.Generator, images: Tensor) -> Tensor:
    return torch.from_numpy(rng.permutation(len(images))).to(images.device)


def _blend(a: Tensor, b: Tensor, share: float) -> Tensor:
    """`share` of a, the rest of b; in a's memory order."""
    return a * share + b * (1 - share)


def _span(rng: np.random.Generator, size: int, length: float) -> slice:
    """Pixels of a stretch of this length around a place anywhere within the size, cut to it."""
    centre = rng.uniform(0, size)
    start, stop = (min(max(round(edge), 0), size) for edge in (centre - length / 2, centre + length / 2))
    return slice(start, stop)

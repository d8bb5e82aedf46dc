"""The best linear head on features that are at hand: regularised logistic regression, its strength cross-validated."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from striate.errors import ArgumentError, ShapeError
from striate.metrics import wilson_interval

STRENGTHS = tuple(10.0**exponent for exponent in np.arange(-5, 2.5, 0.5).tolist())
_UNKNOWN = -50.0  # log probability of a class that a fold's head has not seen
_SMALLEST = 1e-10  # share of the largest eigenvalue below which a direction is rounding
_MOST_ITERATIONS = 500
_PATIENCE = 3  # strengths after the best one that are tried
_ENOUGH, _EXACT = 1e-6, 1e-15  # change of the cost at which L-BFGS stops: to choose a strength, and in the end

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FittedHead:
    """A linear head and what it is worth.

    Attributes:
        weight: float64 (K, D), on the features as they came.
        bias: float64 (K,).
        strength: λ, the one of the grid that cross-validation chose.
        accuracy: share of the images that were told right by heads which had not seen them, at this strength.
        interval: of the accuracy, 95 %; a choice among few strengths makes it a little too good.
        losses: strength -> mean cross-entropy of the images held back, of those that were tried.
    """

    weight: Floats
    bias: Floats
    strength: float
    accuracy: float
    interval: tuple[float, float]
    losses: dict[float, float]

    def put_into(self, classifier: nn.Linear) -> None:
        """Make these the weights of a layer.

        Raises:
            ShapeError: it has other features or classes, or no bias.
        """
        if classifier.weight.shape != self.weight.shape or classifier.bias is None:
            shape = tuple(classifier.weight.shape)
            raise ShapeError.of("classifier", f"a dense layer with a bias and weights of {self.weight.shape}", shape)
        with torch.no_grad():
            classifier.weight.copy_(torch.from_numpy(self.weight))
            classifier.bias.copy_(torch.from_numpy(self.bias))


class _Linear(NamedTuple):
    """Logits = features · weight + bias."""

    weight: Tensor  # (D, K)
    bias: Tensor  # (K,)

    def log_probabilities(self, features: Tensor) -> Tensor:
        """(N, D) -> (N, K)"""
        return (features @ self.weight + self.bias).log_softmax(1)


def fit_head(
    features: ArrayLike,
    targets: ArrayLike,
    num_classes: int,
    *,
    strengths: tuple[float, ...] = STRENGTHS,
    folds: int = 5,
    seed: int = 0,
) -> FittedHead:
    """Multinomial logistic regression: the minimum of the mean cross-entropy plus λ/2 of the squared weights.

    The weights are those of standardised features; biases are free. λ is the strength with the least cross-entropy on
    images held back, in stratified folds: accuracy hardly tells strengths apart where there are few images. All is
    computed in float64, by L-BFGS along the features' principal axes, where the cost is nearly a round bowl.

    Args:
        features: (N, D), finite.
        targets: (N,) class numbers; of each class at least one.
        num_classes: K, at least 2.
        strengths: the λ to choose among, each above 0.
        folds: parts of the images that are held back in turn, at least 2; fewer where every class has fewer images.
        seed: of the folds.

    Returns:
        The head, trained on all images with the strength that was chosen.

    Raises:
        ShapeError: features and targets that don't fit each other.
        ArgumentError: a class without images, values that are not finite, or another argument out of its range.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> targets = np.arange(60) % 3
        >>> head = fit_head(rng.normal(size=(60, 8)) + 9 * np.eye(8)[targets], targets, num_classes=3)
        >>> head.weight.shape, head.accuracy
        ((3, 8), 1.0)
    """
    x, y = _checked(features, targets, num_classes)
    if not strengths or min(strengths) <= 0:
        raise ArgumentError.of("strengths", "numbers above 0", strengths)
    if folds < 2:
        raise ArgumentError.of("folds", "at least 2", folds)
    folds = max(2, min(folds, int(np.bincount(y).max())))
    ordered = sorted(strengths, reverse=True)
    rows = torch.arange(len(y))
    losses, hits = list[float](), list[int]()
    for logs in _held_back(x, y, num_classes, ordered, deal(y, folds, seed)):
        losses.append(-logs[rows, torch.from_numpy(y)].mean().item())
        hits.append(int((logs.argmax(1).numpy() == y).sum()))
        if len(losses) > _PATIENCE and min(losses[-_PATIENCE:]) > losses[-_PATIENCE - 1]:
            break  # too weak, and weaker will be worse
    best = int(np.argmin(losses))  # of equals the strongest
    (head,) = _regress(x, torch.from_numpy(y), num_classes, [ordered[best]], _EXACT)
    return FittedHead(
        head.weight.T.contiguous().numpy(),
        head.bias.numpy(),
        ordered[best],
        hits[best] / len(y),
        wilson_interval(hits[best], len(y)),
        dict(zip(ordered, losses, strict=False)),
    )


def deal(targets: NDArray[np.int64], folds: int, seed: int) -> NDArray[np.int64]:
    """(N,) the fold of each image: every class is shuffled, and dealt out in turn, one class after the other.

    Example:
        >>> targets = np.array([0, 0, 0, 0, 1, 1])
        >>> np.bincount(deal(targets, 2, seed=0)), np.bincount(deal(targets, 2, seed=0)[:4])
        (array([3, 3]), array([2, 2]))
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(targets))
    order = order[np.argsort(targets[order], kind="stable")]
    fold = np.empty(len(targets), np.int64)
    fold[order] = np.arange(len(targets)) % folds
    return fold


def _checked(features: ArrayLike, targets: ArrayLike, num_classes: int) -> tuple[Tensor, NDArray[np.int64]]:
    x, y = np.asarray(features, np.float64), np.asarray(targets)
    if x.ndim != 2 or not x.shape[1] or y.shape != x.shape[:1] or not np.issubdtype(y.dtype, np.integer):
        raise ShapeError.of(
            "features, targets", "(N, D) numbers, D at least 1, and (N,) integers", (x.shape, y.shape, str(y.dtype))
        )
    if num_classes < 2:
        raise ArgumentError.of("num_classes", "at least 2", num_classes)
    if len(y) < 2 or set(np.unique(y).tolist()) != set(range(num_classes)):
        raise ArgumentError.of("targets", f"all of the classes 0 to {num_classes - 1}", np.unique(y).tolist()[:10])
    if not np.isfinite(x).all():
        raise ArgumentError("features must be finite")
    return torch.from_numpy(x), y.astype(np.int64)


def _held_back(
    x: Tensor, y: NDArray[np.int64], num_classes: int, strengths: list[float], fold: NDArray[np.int64]
) -> Iterator[Tensor]:
    """For each strength (N, K) log probabilities of each image, by the head that was trained without its fold.

    A class that is in no other fold has a probability of next to nothing.
    """
    splits, paths = [], []
    for number in np.unique(fold):
        seen, unseen = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        known, targets = np.unique(y[seen], return_inverse=True)
        splits.append((unseen, known))
        paths.append(_regress(x[seen], torch.from_numpy(targets), len(known), strengths, _ENOUGH))
    for heads in zip(*paths, strict=True):
        found = torch.full((len(y), num_classes), _UNKNOWN, dtype=torch.float64)
        for (unseen, known), head in zip(splits, heads, strict=True):
            found[np.ix_(unseen, known)] = head.log_probabilities(x[unseen])
        yield found


def _regress(x: Tensor, y: Tensor, num_classes: int, strengths: list[float], tolerance: float) -> Iterator[_Linear]:
    """A head for each strength, from strong to weak, each starting from the one before."""
    mean, std = x.mean(0), x.std(0, correction=0)
    std = torch.where(std > 1e-12 * (1 + mean.abs()), std, 1.0)
    axes, scale = _principal_axes((x - mean) / std)
    z = (x - mean) / std @ axes  # (N, R)
    hot = nn.functional.one_hot(y, num_classes).double()
    head = _Linear(torch.zeros(z.shape[1], num_classes, dtype=torch.float64), torch.log(hot.mean(0)))
    for strength in strengths:
        head = _minimise(z, hot, strength, scale, head, tolerance)
        weight = axes @ head.weight / std[:, None]  # (D, K)
        yield _Linear(weight, head.bias - mean @ weight)


def _principal_axes(x: Tensor) -> tuple[Tensor, Tensor]:
    """(N, D) centred -> the directions (D, R) in which it varies, and its mean squares (R,) along them.

    The weights of least norm lie in their span. With fewer images than features they come from the images' products.
    """
    wide = x.shape[1] > len(x)
    squares, vectors = torch.linalg.eigh((x @ x.T if wide else x.T @ x) / len(x))
    kept = squares > max(_SMALLEST * float(squares.max()), 1e-300)
    squares, vectors = squares[kept], vectors[:, kept]
    axes = x.T @ vectors / (squares * len(x)).sqrt() if wide else vectors
    return axes, squares


def _minimise(z: Tensor, hot: Tensor, strength: float, scale: Tensor, start: _Linear, tolerance: float) -> _Linear:
    """The minimum of the cost, from a head that is near it."""
    curve = (scale / hot.shape[1] + strength).sqrt()[:, None]  # of the cost along each axis, where all is undecided
    weight = (start.weight * curve).requires_grad_()
    bias = start.bias.clone().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [weight, bias],
        max_iter=_MOST_ITERATIONS,
        tolerance_grad=1e-3 * tolerance**0.5,
        tolerance_change=tolerance,
        history_size=20,
        line_search_fn="strong_wolfe",
    )

    def cost() -> float:
        with torch.no_grad():
            logs = (z @ (weight / curve) + bias).log_softmax(1)
            slope = (logs.exp() - hot) / len(z)  # (N, K)
            weight.grad = (z.T @ slope + strength * weight / curve) / curve
            bias.grad = slope.sum(0)
            return float(-(logs * hot).sum() / len(z) + strength / 2 * (weight / curve).square().sum())

    optimizer.step(cost)  # type: ignore[no-untyped-call]
    return _Linear((weight / curve).detach(), bias.detach())

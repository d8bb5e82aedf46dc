"""The best linear head on features that are at hand: regularised logistic regression, its strength cross-validated."""

import math
from collections.abc import Callable
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
_MOST_ITERATIONS, _MOST_PRODUCTS = 500, 5e9  # of features by weights: many images, or classes, get fewer iterations
# change of the cost, as a share of it, at which L-BFGS stops: to choose a strength, and in the end
_ENOUGH, _EXACT = 1e-5, 1e-12

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LinearHead:
    """A linear head.

    Attributes:
        weight: float64 (K, D), on the features as they came.
        bias: float64 (K,).
    """

    weight: Floats
    bias: Floats

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


@dataclass(frozen=True)
class FittedHead(LinearHead):
    """A linear head whose strength was chosen by cross-validation, and what it is worth.

    Attributes:
        strength: λ, the one of the grid that cross-validation chose.
        accuracy: share of the images that were told right by heads which had not seen them, at this strength.
        interval: of the accuracy, 95 %; a choice among few strengths makes it a little too good.
        losses: strength -> mean cross-entropy of the images held back, of those that were tried.
        held_back: float64 (N, K) log probabilities of each image by a head that had not seen it, at this strength.
    """

    strength: float
    accuracy: float
    interval: tuple[float, float]
    losses: dict[float, float]
    held_back: Floats


class _Heads(NamedTuple):
    """Several heads side by side, on features along their principal axes."""

    weight: Tensor  # (R, F, K)
    bias: Tensor  # (F, K)


def fit_head(
    features: ArrayLike,
    targets: ArrayLike,
    num_classes: int,
    *,
    strengths: tuple[float, ...] = STRENGTHS,
    folds: int = 5,
    seed: int = 0,
    weights: ArrayLike | None = None,
) -> FittedHead:
    """Multinomial logistic regression: the minimum of the mean cross-entropy plus λ/2 of the squared weights.

    The weights are those of features in units of their spread, or of the spread that is usual among them where theirs
    is less: what hardly varies among a few images may be a thousand times as large in the next. Biases are free. λ is
    the strength with the least cross-entropy on images held back, in stratified folds: accuracy hardly tells strengths
    apart where there are few images. It is searched for from the middle of the strengths, as the cross-entropy falls
    and then rises with λ. The heads of all folds are trained at once, by L-BFGS along the features' principal axes,
    where the cost is nearly a round bowl; the units and axes of the features are those of all images, whose classes
    they do not depend on.

    Args:
        features: (N, D), finite.
        targets: (N,) class numbers; of each class at least one.
        num_classes: K, at least 2.
        strengths: the λ to choose among, each above 0.
        folds: parts of the images that are held back in turn, at least 2; fewer where every class has fewer images.
        seed: of the folds.
        weights: (N,) above 0, how much each image counts in the cost, here and held back; the accuracy is plain.

    Returns:
        The head, trained on all images with the strength that was chosen.

    Raises:
        ShapeError: features, targets and weights that don't fit each other.
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
    share = _checked_weights(weights, len(y))
    folds = max(2, min(folds, int(np.bincount(y).max())))
    ordered = sorted(strengths, reverse=True)
    problem, rows, fold = _Problem(x, torch.from_numpy(y), num_classes), np.arange(len(y)), deal(y, folds, seed)
    seen = share[:, None] * torch.from_numpy(fold[:, None] != np.arange(folds))  # (N, F)
    seen /= seen.sum(0)
    tried, losses, logs = dict[int, _Heads](), dict[int, float](), dict[int, Floats]()

    def loss(number: int) -> float:
        near = min(tried, key=lambda other: (abs(other - number), other), default=None)
        start = problem.start(seen) if near is None else tried[near]
        tried[number] = problem.minimise(seen, ordered[number], start, _ENOUGH, torch.float32)
        logs[number] = _held_back(problem, tried[number], fold)
        losses[number] = -float(logs[number][rows, y] @ share.numpy())
        return losses[number]

    best = _search(len(ordered), loss)
    average = _Heads(*(part.mean(-2, keepdim=True) for part in tried[best]))
    weight, bias = problem.head(problem.minimise(share[:, None], ordered[best], average, _EXACT))
    hits = int((logs[best].argmax(1) == y).sum())
    return FittedHead(
        weight,
        bias,
        ordered[best],
        hits / len(y),
        wilson_interval(hits, len(y)),
        {ordered[number]: losses[number] for number in sorted(losses)},
        logs[best],
    )


def regress_head(
    features: ArrayLike, targets: ArrayLike, num_classes: int, strength: float, *, weights: ArrayLike | None = None
) -> LinearHead:
    """The head of `fit_head` at a strength that is known.

    Args:
        features, targets, num_classes, weights: as there.
        strength: λ, above 0.

    Raises:
        ShapeError, ArgumentError: as there.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> targets = np.arange(60) % 3
        >>> regress_head(rng.normal(size=(60, 8)), targets, 3, 0.1).weight.shape
        (3, 8)
    """
    x, y = _checked(features, targets, num_classes)
    if strength <= 0:
        raise ArgumentError.of("strength", "above 0", strength)
    share = _checked_weights(weights, len(y))[:, None]
    problem = _Problem(x, torch.from_numpy(y), num_classes)
    return LinearHead(*problem.head(problem.minimise(share, strength, problem.start(share), _EXACT)))


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


def _checked_weights(weights: ArrayLike | None, images: int) -> Tensor:
    """(N,) the share of each image in the cost."""
    w = np.ones(images) if weights is None else np.asarray(weights, np.float64)
    if w.shape != (images,):
        raise ShapeError.of("weights", f"({images},), one number for each image", w.shape)
    if not (np.isfinite(w) & (w > 0)).all():
        raise ArgumentError("weights must be finite and above 0")
    return torch.from_numpy(w / w.sum())


class _Problem:
    """Several heads on the same features, each trained on images of its own, all at once.

    Attributes:
        axes: (D, R) features in their units -> along their principal axes.
        z: (N, R) the features along them.
        hot: (N, K) ones where the targets are.
    """

    def __init__(self, x: Tensor, y: Tensor, num_classes: int):
        self.mean, self.unit = x.mean(0), _units(x)
        standard = (x - self.mean) / self.unit
        self.axes = _principal_axes(standard)
        self.z = standard @ self.axes
        self.hot = nn.functional.one_hot(y, num_classes).double()

    def start(self, shares: Tensor) -> _Heads:
        """The heads that know how frequent the classes are."""
        frequency = torch.log(shares.T @ self.hot).clamp(min=_UNKNOWN)  # (F, K)
        return _Heads(torch.zeros(self.z.shape[1], *frequency.shape, dtype=torch.float64), frequency)

    def minimise(
        self, shares: Tensor, strength: float, start: _Heads, tolerance: float, dtype: torch.dtype = torch.float64
    ) -> _Heads:
        """The heads with the least cost.

        Args:
            shares: (N, F) of each image in each head's cost; a column sums to 1.
            strength: λ.
            start: heads that are near.
            tolerance: change of the cost, as a share of it, at which to stop.
            dtype: to compute in.
        """
        z, hot, part = self.z.to(dtype), self.hot.to(dtype)[:, None], shares.to(dtype)[..., None]

        def log_probabilities(weight: Tensor, bias: Tensor) -> Tensor:
            return ((z @ weight).view(len(z), *bias.shape) + bias).log_softmax(2)  # (N, F, K)

        begin = start.weight.flatten(1).to(dtype)  # (R, F K)
        undecided = log_probabilities(begin, start.bias.to(dtype)).exp()
        # The curvature of the cost along each axis: by it the bowl becomes nearly round.
        curve = (z.square().T @ (undecided * (1 - undecided) * part).flatten(1) + strength).sqrt()  # (R, F K)
        weight = (begin * curve).requires_grad_()
        bias = start.bias.to(dtype).requires_grad_()

        def cost() -> float:
            with torch.no_grad():
                plain = weight / curve
                logs = log_probabilities(plain, bias)
                found = float(-(logs * hot * part).sum() + strength * plain.square().sum() / 2)
                slope = logs.exp_().sub_(hot).mul_(part)
                weight.grad = torch.addmm(strength * plain, z.T, slope.flatten(1)).div_(curve)
                bias.grad = slope.sum(0)
                return found

        enough = max(tolerance * cost(), torch.finfo(dtype).eps)
        optimizer = torch.optim.LBFGS(
            [weight, bias],
            max_iter=min(_MOST_ITERATIONS, 50 + int(_MOST_PRODUCTS / (len(z) * (weight.numel() + 1)))),
            tolerance_grad=1e-3 * enough**0.5,
            tolerance_change=enough,
            history_size=10,
            line_search_fn="strong_wolfe",
        )
        optimizer.step(cost)  # type: ignore[no-untyped-call]
        found = (weight.detach() / curve).view(-1, *bias.shape)
        return _Heads(found.double(), bias.detach().double())

    def head(self, heads: _Heads) -> tuple[Floats, Floats]:
        """Weights (K, D) and biases (K,) of the only head, on the features as they came."""
        weight = self.axes @ heads.weight[:, 0] / self.unit[:, None]  # (D, K)
        return weight.T.contiguous().numpy(), (heads.bias[0] - self.mean @ weight).numpy()


def _held_back(problem: _Problem, heads: _Heads, fold: NDArray[np.int64]) -> Floats:
    """(N, K) log probabilities of each image, by the head of its own fold's number."""
    found = np.empty(problem.hot.shape)
    for number in range(len(heads.bias)):
        unseen = fold == number
        logits = problem.z[unseen] @ heads.weight[:, number] + heads.bias[number]
        found[unseen] = logits.log_softmax(1)
    return found


def _search(count: int, loss: Callable[[int], float]) -> int:
    """The number in [0, count) of the least loss, of equals the first, if it only falls before it and rises after.

    Looks at few: with wide steps first, then with narrow ones, and not beyond a rise.

    Example:
        >>> seen = []
        >>> _search(15, lambda number: seen.append(number) or (number - 3) ** 2), seen
        (3, [4, 6, 2, 0, 1, 3])
    """
    tried: dict[int, float] = {}
    middle, step = 2 * count // 5, max(1, count // 7)
    while True:
        for number in range(middle - step, middle + step + 1, step):
            if 0 <= number < count and number not in tried:
                tried[number] = loss(number)
            if tried.get(number, -math.inf) > tried.get(number - step, math.inf):
                break
        best = min(tried, key=lambda number: (tried[number], number))
        if best == middle and step == 1:
            return best
        middle, step = best, max(1, step // 2) if best == middle else step


def _units(x: Tensor) -> Tensor:
    """(D,) the standard deviation of each feature, but at least the root mean square of them all.

    Example:
        >>> _units(torch.tensor([[0.0, 0.0], [14.0, 0.002]]))
        tensor([7.0000, 4.9497])
    """
    std = x.std(0, correction=0)
    std = torch.where(std > 1e-12 * (1 + x.mean(0).abs()), std, 0.0)  # the rest is rounding
    units = torch.maximum(std, std.square().mean().sqrt())
    return torch.where(units > 0, units, 1.0)


def _principal_axes(x: Tensor) -> Tensor:
    """(N, D) centred -> the directions (D, R) in which it varies.

    The weights of least norm lie in their span. With fewer images than features they come from the images' products.
    """
    wide = x.shape[1] > len(x)
    squares, vectors = torch.linalg.eigh((x @ x.T if wide else x.T @ x) / len(x))
    kept = squares > max(_SMALLEST * float(squares.max()), 1e-300)
    squares, vectors = squares[kept], vectors[:, kept]
    axes: Tensor = x.T @ vectors / (squares * len(x)).sqrt() if wide else vectors
    return axes
